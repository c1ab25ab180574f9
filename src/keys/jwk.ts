import { createPublicKey, type KeyObject } from 'node:crypto';
import { CURVE_SIGNATURE_BYTES, KEY_TYPES, type KeyType, toAlgorithm } from '../algorithms.ts';
import { isObject, type JsonObject, textIn } from '../json.ts';
import { hasSmallOrder } from './small-order.ts';

/** A public key for verifying signatures, as an entry of a JWK Set publishes it. */
export interface VerificationKey {
  readonly kid: string | undefined;
  /** The key's own `alg`: it verifies tokens of no other (RFC 8725, 3.1). */
  readonly alg: string | undefined;
  readonly type: KeyType;
  /** Whose tokens the key is for, if it says so: of its host it verifies tokens of no other issuer. */
  readonly issuer: string | undefined;
  /** The length of every signature of this key. */
  readonly signatureBytes: number;
  /**
   * Imports the key if it is readable, and only once: importing costs more than verifying, and a large set has keys
   * that no token needs.
   */
  readonly import: () => KeyObject | undefined;
}

/** Why an entry of a JWK Set is not used, in words for the log. */
export interface Skip {
  readonly why: string;
  /** `false`: nothing is wrong with the entry, it is for something else. */
  readonly isFaulty: boolean;
}

/** NIST SP 800-131A; RFC 7518, 3.3. */
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;

/** Characters of base64url that the numbers of the largest key have. */
const MAX_CHARACTERS = {
  n: 1368, // 8192 bits, with a byte for a sign that some publishers write
  e: 12, // 64 bits: OpenSSL accepts no larger exponent with a large modulus
  x: 88, // P-521
  y: 88,
};

/** Members that only a private or a symmetric key has (RFC 7518, 6.2.2, 6.3.2, 6.4.1). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

// returned and not thrown: the stacks of a hostile set cost more than its import
const faulty = (why: string): Skip => ({ why, isFaulty: true });
const forSomethingElse = (why: string): Skip => ({ why, isFaulty: false });
export const UNREADABLE = faulty('it is not a readable public key');

/** Reads numbers of a key. @returns their text, or what is wrong with the first that is wrong */
function readNumbers<Name extends keyof typeof MAX_CHARACTERS>(
  jwk: JsonObject,
  ...names: readonly Name[]
): Record<Name, string> | Skip {
  const numbers: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = jwk[name];
    if (value === undefined) return faulty(`it has no ${name}${name === 'n' ? ' (x5c is not read)' : ''}`);
    if (typeof value !== 'string') return faulty(`its ${name} is not a string`);
    if (value.length > MAX_CHARACTERS[name]) return faulty(`its ${name} is too long`);
    numbers[name] = value;
  }
  return numbers as Record<Name, string>; // the loop has set each
}

const isSkip = (value: object): value is Skip => 'why' in value;

/** The bytes of a number, without zeros before it. */
function significantBytes(number: string): Buffer {
  const bytes = Buffer.from(number, 'base64url');
  const first = bytes.findIndex((byte) => byte !== 0);
  return first === -1 ? Buffer.alloc(0) : bytes.subarray(first);
}

function readRsa(jwk: JsonObject) {
  const numbers = readNumbers(jwk, 'n', 'e');
  if (isSkip(numbers)) return numbers;
  const [modulus, exponent] = [significantBytes(numbers.n), significantBytes(numbers.e)];
  const bits = modulus.length * 8 - (Math.clz32(modulus[0] ?? 0) - 24);
  if (bits < MIN_RSA_BITS) return faulty(`an RSA key of fewer than ${MIN_RSA_BITS} bits is too weak`);
  if (bits > MAX_RSA_BITS) return faulty(`an RSA key has at most ${MAX_RSA_BITS} bits`);
  // with the exponent 1 every signature is right
  if (exponent.length < 2 && (exponent[0] ?? 0) < 3) return faulty('its exponent is unsafe');
  const members = { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') };
  return { type: 'RSA' as const, members, signatureBytes: modulus.length };
}

function readCurve(jwk: JsonObject) {
  const isOkp = jwk.kty === 'OKP';
  const type = Object.values(KEY_TYPES).find((candidate) => candidate === jwk.crv);
  if (type === undefined || type === 'RSA' || isOkp !== (type === 'Ed25519'))
    return forSomethingElse('no accepted algorithm uses its curve');
  const numbers = isOkp ? readNumbers(jwk, 'x') : readNumbers(jwk, 'x', 'y');
  if (isSkip(numbers)) return numbers;
  if (isOkp && hasSmallOrder(numbers.x)) return faulty('anybody can sign for it: its x has a small order');
  const members = { kty: isOkp ? 'OKP' : 'EC', crv: type, ...numbers };
  return { type, members, signatureBytes: CURVE_SIGNATURE_BYTES[type] };
}

/** Judges an entry of a JWK Set by its members: a public key for verifying signatures, or the reason why it is skipped. */
export function readJwk(entry: unknown): VerificationKey | Skip {
  if (!isObject(entry)) return faulty('it is not a JSON object');
  // serializers write a member that is absent as null
  const jwk: JsonObject = Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null));
  const { kid, use, key_ops: operations, kty } = jwk;
  if (kid !== undefined && typeof kid !== 'string') return faulty('its kid is not a string');
  if (jwk.alg !== undefined && typeof jwk.alg !== 'string') return faulty('its alg is not a string');
  if (SECRET_MEMBERS.some((member) => Object.hasOwn(jwk, member)))
    return faulty('it holds a private or symmetric key, which must never be published');
  if (use !== undefined && use !== 'sig') return forSomethingElse('it is not for signatures (use)');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return forSomethingElse('it is not for verifying (key_ops)');
  if (typeof kty !== 'string') return faulty('its kty is not a string');
  if (!['RSA', 'EC', 'OKP'].includes(kty)) return forSomethingElse('no accepted algorithm uses its type');
  const material = kty === 'RSA' ? readRsa(jwk) : readCurve(jwk);
  if (isSkip(material)) return material;
  const { type, members, signatureBytes } = material;
  let imported: KeyObject | false | undefined;
  const importOnce = () => {
    try {
      imported ??= createPublicKey({ key: members, format: 'jwk' });
    } catch {
      imported = false;
    }
    return imported || undefined;
  };
  const alg = toAlgorithm(jwk.alg) ?? jwk.alg;
  return { kid, alg, type, issuer: textIn(jwk.issuer), signatureBytes, import: importOnce };
}
