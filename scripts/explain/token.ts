import { toAlgorithm } from '../../src/algorithms.ts';
import { isObject } from '../../src/json.ts';
import { asList, type Facts, type Sees, type Table } from '../local/facts.ts';
import { hasPlaceholder, invisibleIn } from './missing.ts';

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
  [/^ya29\./, 'Google'],
  [/^xox[abeprs]-/, 'Slack'],
  [/^EAA/, 'Facebook'],
  [/^(sk|pk|rk)_(live|test)_/, 'Stripe'],
  [/^npm_/, 'npm'],
];

/** The characters that a signature of an algorithm has at least: RSA of 2048 bits, or the curve's. */
const SIGNATURE: Readonly<Record<string, number>> = {
  RS: 342,
  PS: 342,
  ES256: 86,
  ES384: 128,
  ES512: 176,
  EdDSA: 86,
};

const isCut = ({ word, header: { alg } }: Facts) => {
  const signature = word.split('.')[2] ?? '';
  const least = SIGNATURE[String(alg)] ?? SIGNATURE[String(alg).slice(0, 2)] ?? 0;
  return word.split('.').length === 3 && signature.length > 0 && signature.length < least;
};

const longestClaim = ({ word, claims }: Facts) => {
  const [name, value] =
    Object.entries(claims).sort(([, a], [, b]) => JSON.stringify(b).length - JSON.stringify(a).length)[0] ??
    [];
  const size = Array.isArray(value)
    ? `${value.length} entries`
    : `${JSON.stringify(value ?? '').length} characters`;
  return word.length > 16_384 && { name: name ?? 'groups', size };
};

const NO_VALUE = /^(undefined|null|none|nil|NaN|true|false|\[object \w+\]?)$/i;
const jwe =
  (alg: RegExp): Sees =>
  ({ word, header }) =>
    word.split('.').length === 5 && alg.test(String(header.alg));

export const MALFORMED_TOKEN: Table = {
  placeholder: hasPlaceholder,
  noValue: wordIs(NO_VALUE),
  variable: wordIs(/^["']?(\$\{?\w+\}?|\$env:\w+|%\w+%|\{\{\w+\}\}|\$\(.*)/),
  wholeAnswer: wordIs(/"?access_token"?\s*[:=]/),
  tooLong: longestClaim,
  invisible: ({ word }) =>
    [...word].some((character) => /[^ -~]/.test(character)) && invisibleIn({ text: word }),
  quotes: wordIs(/^"|"$/),
  singleQuotes: wordIs(/^'|'$/),
  otherQuotes: wordIs(/^[“‘`«]|[”’`»]$/),
  brackets: wordIs(/^[<[({]|[>\])}]$/),
  abbreviated: wordIs(/…|\.\.\.$/),
  comma: wordIs(/,$/),
  character: wordIs(/^[\w-]+\.[\w-]+\.[\w-]+([^\w-])$/),
  lineBreak: wordIs(/\\[nrt]/),
  urlEncoded: wordIs(/%[0-9A-F]{2}/i),
  base64: wordIs(/^eyJ[^.]*[+/=]|^eyJ.*\..*[+/=]/),
  vendor: ({ word }) => {
    const [, vendor] = VENDORS.find(([beginning]) => beginning.test(word)) ?? [];
    return vendor !== undefined && { vendor };
  },
  encryptedRefresh: jwe(/^RSA-OAEP/),
  encrypted: ({ word }) => word.split('.').length === 5,
  unsigned: wordIs(/^[\w-]+\.[\w-]+\.$/),
  cutOff: ({ word }) => /^eyJ[^.]*(\.[^.]*)?$/.test(word),
  cutSignature: isCut,
  opaque: wordIs(/^[^.]*$|^[^.]*\.[^.]*$/),
  dots: wordIs(/^(.*\..*){3}/),
  kid: ({ header }) => 'kid' in header && typeof header.kid !== 'string',
  otherwise: ({ detail }) => detail !== '',
};

const isRefreshToken = ({ claims }: Facts) => claims.typ === 'Refresh' || claims.typ === 'Offline';
const REFRESH = isRefreshToken;

export const UNSUPPORTED_TYPE: Table = {
  refresh: REFRESH,
  okta: ({ header, iss, issuer }) =>
    /okta-internal/.test(String(header.typ)) && { org: iss || issuer.issuer },
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
  unaccepted: ({ header: { alg }, config }) => {
    const algorithm = toAlgorithm(alg);
    return (
      algorithm !== undefined &&
      !config.algorithms.has(algorithm) && { algorithm, accepted: [...config.algorithms] }
    );
  },
  otherKey: ({ header }) => toAlgorithm(header.alg) !== undefined,
  otherwise: ({ header, config }) => ({ alg: header.alg, accepted: asList([...config.algorithms]) }),
};
