import { closest, distance } from 'fastest-levenshtein';
import { settingNames } from '../src/config/settings.ts';

/** Names that others use for a setting, after a prefix or without. */
const OTHER_NAMES: readonly (readonly [names: RegExp, setting: string])[] = [
  [/(^|_)(ISS|ISSUER(_BASE)?(_URL)?|AUTHORITY|DOMAIN)$/, 'TOKEN_ISSUER'],
  [/(^|_)JWKS(_URL)?$/, 'JWKS_URI'],
  [/(^|_)AUD$/, 'AUDIENCE'],
  [/(^|_)SCOPES?$/, 'REQUIRED_SCOPES'],
  [/(^|_)ROLES$/, 'SCOPE_CLAIM'],
  [/(^|_)ALG$/, 'ALGORITHMS'],
  [/(^|_)(CLOCK_SKEW|LEEWAY)$/, 'CLOCK_TOLERANCE'],
  [/(^|_)CACHE_TTL$/, 'JWKS_MAX_AGE'],
  [/(^|_)TOKEN_QUERY_PARAMETER$/, 'TOKEN_SOURCE'],
];

/** Variables of Node and AWS, which may be there for a reason. */
const FOREIGN = /^(NODE_(?!TLS_REJECT)|AWS_|HTTPS?_PROXY|NO_PROXY|DEBUG$)/i;

/** Names that aren't settings and aren't variables of Node or AWS either. */
export const strangers = (names: readonly string[]): string[] =>
  names.filter((name) => !settingNames().includes(name) && !FOREIGN.test(name));

export function nearest(name: string): string | undefined {
  const upper = name
    .toUpperCase()
    .replace(/-/g, '_')
    .replace(/(?<=[A-Z])(?=\d$)/, '_');
  const names = settingNames();
  const inside = names.find((each) => upper.endsWith(`_${each}`) || each.endsWith(`_${upper}`));
  const other = OTHER_NAMES.find(([names]) => names.test(upper))?.[1];
  const alike = closest(upper, [...names]);
  const isAlike = distance(upper, alike) <= Math.max(1, Math.floor(alike.length / 4));
  return isAlike ? alike : (inside ?? other);
}
