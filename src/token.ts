import { isUtf8 } from 'node:buffer';
import jwt from 'jsonwebtoken';
import { type Config, normalizeType } from './config.ts';
import { type Algorithm, isAlgorithm, type VerificationKey } from './key-set.ts';
import { cutKid } from './log.ts';
import { Refusal } from './reasons.ts';

const { verify, JsonWebTokenError } = jwt;

/** What a JSON object holds, by member name. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A JWS in compact serialization (RFC 7515, 7.1), taken apart. Nothing in it is to be believed yet. */
export interface UnverifiedToken {
  readonly compact: string;
  readonly unverifiedHeader: JsonObject;
  readonly unverifiedKid: string | undefined;
  readonly unverifiedClaims: JsonObject;
}

/** API Gateway takes about 10 KB of headers; nothing longer is worth a look. */
const MAX_LENGTH = 16 * 1024;

/** Three parts in the alphabet of base64url, none empty (RFC 7515, 2 and 7.1). */
const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/** What a part may end in, by the number of characters that are left over from fours: the spare bits are zero. */
const LAST_CHARACTERS = ['', '', 'AQgw', 'AEIMQUYcgkosw048'];

/** Whether a part is written in the one canonical way, so that no token can be written in two. */
function isCanonical(part: string): boolean {
  const leftOver = part.length % 4;
  return leftOver === 0 || (LAST_CHARACTERS[leftOver] ?? '').includes(part.slice(-1));
}

const malformed = (detail: string) => new Refusal('malformed_token', detail);

function parseObject(part: string, name: string): JsonObject {
  const bytes = Buffer.from(part, 'base64url');
  if (!isUtf8(bytes)) throw malformed(`The token's ${name} is not UTF-8.`);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    throw malformed(`The token's ${name} is not JSON.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(`The token's ${name} is not a JSON object.`);
  }
  return value as JsonObject;
}

/** The header that was read last: to the letter the one that all tokens of a key have, so it is read once. */
let lastHeader: { readonly part: string; readonly header: JsonObject } | undefined;

function parseHeader(part: string): JsonObject {
  if (lastHeader?.part !== part) lastHeader = { part, header: parseObject(part, 'header') };
  return lastHeader.header;
}

/** Why a bearer token is no JWS in compact serialization, for the person who debugs it. */
function explainShape(compact: string): string {
  const parts = compact.split('.').length;
  if (parts === 5) return 'The token is encrypted (JWE, five parts); this function reads signed tokens only.';
  if (parts !== 3)
    return `The token has ${parts} part${parts === 1 ? '' : 's'}, not three: it is opaque, not a JWT.`;
  return 'A part of the token is empty or not canonical base64url.';
}

/**
 * Takes a bearer token apart, without believing a word of it.
 *
 * @param compact the word after `Bearer`
 * @throws Refusal `malformed_token`
 */
export function parseToken(compact: string): UnverifiedToken {
  if (compact.length > MAX_LENGTH) throw malformed(`The token is longer than ${MAX_LENGTH} characters.`);
  const [, header, payload, signature] = COMPACT.exec(compact) ?? [];
  if (!header || !payload || !signature || ![header, payload, signature].every(isCanonical)) {
    throw malformed(explainShape(compact));
  }
  const unverifiedHeader = parseHeader(header);
  const unverifiedClaims = parseObject(payload, 'payload');
  const { kid } = unverifiedHeader;
  if (kid !== undefined && typeof kid !== 'string') throw malformed("The token's kid is not a string.");
  return { compact, unverifiedHeader, unverifiedKid: kid, unverifiedClaims };
}

/** So many characters in a row are a part of a token; fewer are chance. */
const TELLING_RUN = 12;

/**
 * The token's `kid` as it may be logged: cut, and, unless the issuer publishes a key under that name, left out
 * where it repeats a part of this token or looks like the beginning of another. A caller may write anything there.
 */
export function loggableKid(
  { unverifiedKid, compact }: UnverifiedToken,
  isPublished: boolean,
): string | undefined {
  const kid = cutKid(unverifiedKid);
  if (kid === undefined || isPublished) return kid;
  if (kid.includes('eyJ')) return undefined;
  for (let start = 0; start + TELLING_RUN <= kid.length; start++) {
    if (compact.includes(kid.slice(start, start + TELLING_RUN))) return undefined;
  }
  return kid;
}

/**
 * Applies the rules for header parameters that need no key.
 *
 * @returns the token's algorithm, one of those accepted
 * @throws Refusal `unsupported_type`, `unsupported_algorithm`, `unsupported_critical`
 */
export function checkHeader(unverifiedHeader: JsonObject, { tokenTypes, algorithms }: Config): Algorithm {
  const { typ = 'JWT', alg } = unverifiedHeader;
  // RFC 8725, 3.11: an ID token or a logout token of the same issuer must not pass for an access token
  if (typeof typ !== 'string' || !tokenTypes.has(normalizeType(typ))) {
    throw new Refusal('unsupported_type', `The token's typ is not one of ${[...tokenTypes].join(', ')}.`);
  }
  if (!isAlgorithm(alg) || !algorithms.has(alg)) {
    throw new Refusal(
      'unsupported_algorithm',
      `The token's alg is not one of ${[...algorithms].join(', ')}.`,
    );
  }
  // RFC 7515, 4.1.11: whoever does not understand an extension named there must refuse; none is understood.
  // RFC 7797, 6: `b64` changes what is signed.
  if (Object.hasOwn(unverifiedHeader, 'crit') || Object.hasOwn(unverifiedHeader, 'b64')) {
    throw new Refusal('unsupported_critical', 'The token has the header parameter crit or b64.');
  }
  return alg;
}

/**
 * Verifies the signature. The claims returned are those that chose the issuer and its keys, not parsed anew.
 *
 * @param keys those that may have signed the token, each fit for `alg`
 * @returns the verified claims set
 * @throws Refusal `invalid_signature`
 */
export function verifySignature(
  { compact, unverifiedClaims }: UnverifiedToken,
  keys: readonly VerificationKey[],
  alg: Algorithm,
): JsonObject {
  // times are validated in claims.ts: jsonwebtoken lets a missing exp and a future iat pass
  const options = { algorithms: [alg], ignoreExpiration: true, ignoreNotBefore: true };
  for (const { key } of keys) {
    try {
      verify(compact, key, options);
      return unverifiedClaims;
    } catch (error) {
      // a signature of the wrong length makes a TypeError for ES256, ES384 and ES512
      if (!(error instanceof JsonWebTokenError || error instanceof TypeError)) throw error;
    }
  }
  throw new Refusal('invalid_signature', 'The signature does not match the key that the token names.');
}
