import { toAlgorithm } from '../../src/algorithms.ts';
import { isObject } from '../../src/json.ts';
import type { Facts, Sees, Table } from '../facts/facts.ts';
import { invisibleIn } from '../facts/invisible.ts';
import { hasPlaceholder } from './missing.ts';

const wordIs =
  (pattern: RegExp): Sees =>
  ({ word }) => {
    const [match, ...groups] = pattern.exec(word) ?? [];
    return match !== undefined && { match, part: groups.find((group) => group !== undefined) };
  };

/** Opaque tokens that say whose they are, by their beginning. */
const VENDORS: readonly (readonly [beginning: RegExp, vendor: string])[] = [
  [/^(gh[opsur]_|github_pat_)/, 'GitHub'],
  [/^gl(pat|oas|dt)-/, 'GitLab'],
  [/^(ya29\.|1\/\/0)/, 'Google'],
  [/^v1\.M/, 'Auth0 (a refresh token)'],
  [/^(AKIA|ASIA)/, 'AWS (an access key)'],
  [/^xox[abeprs]-/, 'Slack'],
  [/^EAA/, 'Facebook'],
  [/^(sk|pk|rk)_(live|test)_/, 'Stripe'],
  [/^npm_/, 'npm'],
];

/** The characters that a signature has at least: of an RSA key of 2048 bits, or on the curve. */
const LEAST: Record<string, number> = { RS: 342, PS: 342, ES256: 86, ES384: 128, ES512: 176, EdDSA: 86 };

const isCut: Sees = ({ word, header: { alg } }) => {
  const [, , signature = '', ...others] = word.split('.');
  const least = LEAST[String(alg)] ?? LEAST[String(alg).slice(0, 2)] ?? 0;
  return others.length === 0 && signature !== '' && signature.length < least;
};

const sizeOf = (value: unknown) => JSON.stringify(value).length;
const longestClaim: Sees = ({ word, claims }) => {
  const [[name, value] = ['groups', ''] as const] = Object.entries(claims).sort(
    ([, a], [, b]) => sizeOf(b) - sizeOf(a),
  );
  const size = Array.isArray(value) ? `${value.length} entries` : `${sizeOf(value)} characters`;
  return word.length > 16_384 && { name, size };
};

const isEncrypted = ({ word }: Pick<Facts, 'word'>) => word.split('.').length === 5;

export const MALFORMED_TOKEN: Table = {
  placeholder: hasPlaceholder,
  noValue: wordIs(/^[<(]?(undefined|null|none|nil|NaN|true|false|\[object \w+\]?)[>)]?$/i),
  variable: wordIs(/^["']?(\$env:\w+|\$\{?\w+\}?|%\w+%|\{\{\w+\}\}|\$\(.*)/),
  wholeAnswer: wordIs(/"?(access|id)_token"?\s*[:=]/),
  errorAnswer: wordIs(/"?error"?\s*[:=]/),
  url: wordIs(/^https?:/),
  tooLong: longestClaim,
  invisible: ({ word }) => invisibleIn({ text: word }),
  quotes: wordIs(/^"|"$/),
  singleQuotes: wordIs(/^'|'$/),
  otherQuotes: wordIs(/^[“‘`«]|[”’`»]$/),
  template: wordIs(/^[<[({](?!ey).*[>\])}]$/),
  brackets: wordIs(/^[<[({]|[>\])}]$/),
  abbreviated: wordIs(/…|\.\.\.$|\*\*|••/),
  foreign: wordIs(/([^ -~])/),
  comma: wordIs(/,$/),
  character: wordIs(/^[\w-]+\.[\w-]+\.[\w-]+([^\w-])$/),
  lineBreak: wordIs(/\\[nrt]/),
  urlEncoded: wordIs(/%[0-9A-F]{2}/i),
  base64: wordIs(/^eyJ[^.]*[+/=]|^eyJ.*\..*[+/=]/),
  vendor: ({ word }) => {
    const [, vendor] = VENDORS.find(([beginning]) => beginning.test(word)) ?? [];
    return vendor !== undefined && { vendor };
  },
  encryptedRefresh: ({ word, header }) => isEncrypted({ word }) && /^RSA-OAEP/.test(String(header.alg)),
  encrypted: isEncrypted,
  unsigned: wordIs(/^[\w-]+\.[\w-]+\.$/),
  cutOff: ({ word }) => /^eyJ[^.]*(\.[^.]*)?$/.test(word),
  beginning: wordIs(/^(?!ey)[\w-]+\.[\w-]+\.[\w-]+$/),
  cutSignature: isCut,
  opaque: wordIs(/^[^.]*$|^[^.]*\.[^.]*$/),
  dots: wordIs(/^(.*\..*){3}/),
  kid: ({ header }) => 'kid' in header && typeof header.kid !== 'string',
  otherwise: ({ detail }) => detail !== '',
};

const REFRESH: Sees = ({ claims }) => claims.typ === 'Refresh' || claims.typ === 'Offline';

export const UNSUPPORTED_TYPE: Table = {
  refresh: REFRESH,
  okta: ({ header, iss, issuer }) => /okta-internal/.test(String(header.typ)) && { org: iss || issuer.issuer },
  events: ({ claims }) => isObject(claims.events),
  dpopProof: ({ header }) => /^(application\/)?dpop\+jwt$/i.test(String(header.typ)),
  narrowed: ({ header, config }) =>
    /^(application\/)?at\+jwt$|^JWT$/i.test(String(header.typ ?? 'JWT')) && {
      types: [...config.tokenTypes],
    },
  otherwise: ({ config }) => ({ types: [...config.tokenTypes] }),
};

export const UNSUPPORTED_ALGORITHM: Table = {
  refresh: REFRESH,
  none: ({ header }) => /^none$/i.test(String(header.alg)),
  shared: ({ header }) => /^HS\d+$/.test(String(header.alg)),
  unaccepted: ({ header: { alg }, config: { algorithms } }) => {
    const algorithm = toAlgorithm(alg);
    return algorithm && !algorithms.has(algorithm) && { accepted: [...algorithms] };
  },
  otherKey: ({ header }) => toAlgorithm(header.alg) !== undefined,
  otherwise: ({ config }) => ({ accepted: [...config.algorithms] }),
};
