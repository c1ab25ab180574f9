import { closest, distance } from 'fastest-levenshtein';
import { settingNames } from '../src/config/settings.ts';

/** Names that others use for a setting. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ISSUER: 'TOKEN_ISSUER',
  ISS: 'TOKEN_ISSUER',
  ISSUER_URL: 'TOKEN_ISSUER',
  ISSUER_BASE_URL: 'TOKEN_ISSUER',
  AUTHORITY: 'TOKEN_ISSUER',
  DOMAIN: 'TOKEN_ISSUER',
  JWKS: 'JWKS_URI',
  JWKS_URL: 'JWKS_URI',
  AUD: 'AUDIENCE',
  SCOPE: 'REQUIRED_SCOPES',
  SCOPES: 'REQUIRED_SCOPES',
  ROLES: 'SCOPE_CLAIM',
  ALG: 'ALGORITHMS',
  CLOCK_SKEW: 'CLOCK_TOLERANCE',
  LEEWAY: 'CLOCK_TOLERANCE',
  CACHE_TTL: 'JWKS_MAX_AGE',
  TOKEN_QUERY_PARAMETER: 'TOKEN_SOURCE',
};

/** Variables of Node and AWS, which may be there for a reason. */
const FOREIGN = /^(NODE_(?!TLS_REJECT)|AWS_|HTTPS?_PROXY|NO_PROXY|DEBUG$)/i;

/** Names that aren't settings and aren't variables of Node or AWS either. */
export const strangers = (names: readonly string[]): string[] =>
  names.filter((name) => !settingNames().includes(name) && !FOREIGN.test(name));

/** The setting that a stranger probably means. */
export function nearest(name: string): string | undefined {
  const upper = name
    .toUpperCase()
    .replace(/-/g, '_')
    .replace(/(?<=[A-Z])(?=\d$)/, '_');
  const names = settingNames();
  const inside = names.find((each) => upper.endsWith(`_${each}`) || each.endsWith(`_${upper}`));
  const other = OTHER_NAMES[upper] ?? OTHER_NAMES[upper.replace(/^[A-Z\d]+_/, '')];
  const alike = closest(upper, [...names]);
  const isAlike = distance(upper, alike) <= Math.max(1, Math.floor(alike.length / 4));
  return isAlike ? alike : (inside ?? other);
}
