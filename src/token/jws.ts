import { type Algorithm, toAlgorithm } from '../algorithms.ts';
import type { Config } from '../config/config.ts';
import { normalizeType } from '../config/values.ts';
import { type Refusal, refusal } from '../decision.ts';
import { isObject, type JsonObject } from '../json.ts';
import { codePoint, MAX_LOGGED, PLAIN } from '../text.ts';
import { decodePart, hasExtension, splitCompact } from './compact.ts';

/** A JWS in compact serialization (RFC 7515, 7.1), parsed. Its signature is not verified yet. */
export type UnverifiedToken = Readonly<ReturnType<typeof parseToken>>;

/** API Gateway takes about 10 KB of headers; nothing longer is worth a look. */
const MAX_LENGTH = 16 * 1024;

function parseObject(text: string, part: 'header' | 'payload'): JsonObject {
  const value = decodePart(text);
  if (typeof value === 'string') throw refusal('malformed_token', value, { part });
  return value;
}

/** The header that was parsed last. All tokens of a key have the same header, so it is parsed once. */
let lastHeader: { readonly part: string; readonly header: JsonObject } | undefined;

function parseHeader(part: string): JsonObject {
  if (lastHeader?.part !== part) lastHeader = { part, header: parseObject(part, 'header') };
  return lastHeader.header;
}

/** What a variable without a value, or an issuer's error, leaves in the place of a token. */
const NO_TOKEN = /^(undefined|null|none|nil|false|true|NaN|\[object|\$\{?\w+\}?)$/i;

/** Why a bearer token is not a JWS in compact serialization. */
function explainShape(compact: string): Refusal {
  const parts = compact.split('.').length;
  const [character] = /[^\w.-]/u.exec(compact) ?? [];
  if (NO_TOKEN.test(compact)) return refusal('malformed_token', 'placeholder');
  if (parts === 5) return refusal('malformed_token', 'encrypted');
  if (parts !== 3) return refusal('malformed_token', 'opaque', { parts });
  if (compact.endsWith('.')) return refusal('malformed_token', 'unsigned');
  if (character === undefined) return refusal('malformed_token', 'not_canonical');
  const shown = PLAIN.test(character) ? character : codePoint(character);
  return refusal('malformed_token', 'character', { character: shown });
}

/**
 * Parses a bearer token. Nothing of it is verified.
 *
 * @param compact the word after `Bearer`
 * @throws Refusal `malformed_token`
 */
export function parseToken(compact: string) {
  if (compact.length > MAX_LENGTH) throw refusal('malformed_token', 'too_long', { max: MAX_LENGTH });
  const parts = splitCompact(compact);
  if (!parts) throw explainShape(compact);
  const unverifiedHeader = parseHeader(parts.header);
  const unverifiedClaims = parseObject(parts.payload, 'payload');
  const { kid } = unverifiedHeader;
  if (kid !== undefined && typeof kid !== 'string') throw refusal('malformed_token', 'kid_not_a_string');
  return { compact, unverifiedHeader, unverifiedKid: kid, unverifiedClaims };
}

/**
 * A run of 12 characters, and some of fewer, is a part of a token and not chance. Whatever part of the token a kid
 * repeats: a run of 12 has one of these blocks in it, which begin at every fifth character of the kid.
 */
const BLOCK = 8;
const STEP = 5;

/**
 * The token's `kid` as it may be logged: cut, and, unless the issuer publishes a key under that name, left out
 * where it repeats a part of this token or looks like the beginning of another. A caller may write anything there.
 */
export function loggableKid({ unverifiedKid, compact }: UnverifiedToken, isPublished: boolean): string | undefined {
  const kid = unverifiedKid?.slice(0, MAX_LOGGED);
  if (kid === undefined || isPublished) return kid;
  if (kid.includes('eyJ')) return undefined;
  for (let start = 0; start + BLOCK <= kid.length; start += STEP) {
    if (compact.includes(kid.slice(start, start + BLOCK))) return undefined;
  }
  return kid;
}

/**
 * Applies the rules that need no key.
 *
 * @returns the token's algorithm, one of those accepted
 * @throws Refusal `unsupported_type`, `unsupported_algorithm`, `unsupported_critical`
 */
export function checkHeader(
  { unverifiedHeader, unverifiedClaims }: UnverifiedToken,
  { tokenTypes, algorithms }: Pick<Config, 'tokenTypes' | 'algorithms'>,
): Algorithm {
  const { typ = 'JWT', alg } = unverifiedHeader;
  // RFC 8725, 3.11: an ID token or a logout token of the same issuer must not pass for an access token
  if (typeof typ !== 'string' || !tokenTypes.has(normalizeType(typ)))
    throw refusal('unsupported_type', 'typ', { accepted: [...tokenTypes] });
  // RFC 8417, 2.2: and neither must a security event or logout token that has no typ of its own
  if (isObject(unverifiedClaims.events)) throw refusal('unsupported_type', 'events');
  if (typeof alg === 'string' && /^none$/i.test(alg)) throw refusal('unsupported_algorithm', 'unsigned');
  const algorithm = toAlgorithm(alg);
  if (!algorithm || !algorithms.has(algorithm))
    throw refusal('unsupported_algorithm', 'not_accepted', { accepted: [...algorithms] });
  if (hasExtension(unverifiedHeader)) throw refusal('unsupported_critical', 'extension');
  return algorithm;
}
