import { createPublicKey, type KeyObject } from 'node:crypto';
import { CURVE_SIGNATURE_BYTES, KEY_TYPES, type KeyType, toAlgorithm } from '../algorithms.ts';
import { isObject, type JsonObject } from '../json.ts';

/** A public key as it is used: imported once, for importing costs more than a verification. */
export interface VerificationKey {
  readonly kid: string | undefined;
  /** The key's own `alg`: it verifies tokens of no other (RFC 8725, 3.1). */
  readonly alg: string | undefined;
  readonly type: KeyType;
  readonly key: KeyObject;
  /** The length of every signature of this key. */
  readonly signatureBytes: number;
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
/** Characters of base64url: a modulus of 8192 bits, with a byte for a sign that some publishers write. */
const MAX_MODULUS = 1368;
/** 64 bits: OpenSSL takes no larger exponent with a large modulus. */
const MAX_EXPONENT = 12;
/** A coordinate on P-521. */
const MAX_COORDINATE = 88;

/** Members that only a private or a symmetric key has (RFC 7518, 6.2.2, 6.3.2, 6.4.1). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

// returned and not thrown: the stacks of a hostile set cost more than its import
const faulty = (why: string): Skip => ({ why, isFaulty: true });
const forSomethingElse = (why: string): Skip => ({ why, isFaulty: false });

const isShort = (value: unknown, length: number) => typeof value === 'string' && value.length <= length;

function toPublicKey(jwk: JsonObject): KeyObject | Skip {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return faulty('it is not a readable public key');
  }
}

type KeyMaterial = Pick<VerificationKey, 'type' | 'key' | 'signatureBytes'>;

function importRsa({ n, e }: JsonObject): KeyMaterial | Skip {
  if (n === undefined || e === undefined) return faulty('it has no n and e (x5c is not read)');
  if (!isShort(n, MAX_MODULUS) || !isShort(e, MAX_EXPONENT)) return faulty('its n or e is too long');
  const key = toPublicKey({ kty: 'RSA', n, e });
  if ('why' in key) return key;
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS)
    return faulty(`an RSA key of fewer than ${MIN_RSA_BITS} bits is too weak`);
  if (modulusLength > MAX_RSA_BITS) return faulty(`an RSA key has at most ${MAX_RSA_BITS} bits`);
  // with the exponent 1 every signature is right
  if (publicExponent < 3n) return faulty('its exponent is unsafe');
  return { type: 'RSA', key, signatureBytes: Math.ceil(modulusLength / 8) };
}

function importCurve({ kty, crv, x, y }: JsonObject): KeyMaterial | Skip {
  const type = Object.values(KEY_TYPES).find((candidate) => candidate === crv);
  if (type === undefined || type === 'RSA' || (kty === 'OKP') !== (type === 'Ed25519')) {
    return forSomethingElse('no accepted algorithm uses its curve');
  }
  const coordinates = kty === 'OKP' ? { x } : { x, y };
  const isComplete = Object.values(coordinates).every((value) => isShort(value, MAX_COORDINATE));
  if (!isComplete) return faulty('a coordinate is missing or too long');
  const key = toPublicKey({ kty, crv, ...coordinates });
  return 'why' in key ? key : { type, key, signatureBytes: CURVE_SIGNATURE_BYTES[type] };
}

/** Serializers write a member that is absent as null. */
const withoutNulls = (jwk: JsonObject): JsonObject =>
  Object.values(jwk).includes(null)
    ? Object.fromEntries(Object.entries(jwk).filter(([, value]) => value !== null))
    : jwk;

/** Imports one entry of a JWK Set: a public key for verifying signatures, or the reason why it is skipped. */
export function importJwk(entry: unknown): VerificationKey | Skip {
  if (!isObject(entry)) return faulty('it is not a JSON object');
  const jwk = withoutNulls(entry);
  const { kid, alg, use, key_ops: operations, kty } = jwk;
  if (kid !== undefined && typeof kid !== 'string') return faulty('its kid is not a string');
  if (alg !== undefined && typeof alg !== 'string') return faulty('its alg is not a string');
  if (SECRET_MEMBERS.some((member) => Object.hasOwn(jwk, member))) {
    return faulty('it holds a private or symmetric key, which must never be published');
  }
  if (use !== undefined && use !== 'sig') return forSomethingElse('it is not for signatures (use)');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return forSomethingElse('it is not for verifying (key_ops)');
  }
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP') {
    return typeof kty === 'string'
      ? forSomethingElse('no accepted algorithm uses its type')
      : faulty('its kty is not a string');
  }
  const material = kty === 'RSA' ? importRsa(jwk) : importCurve(jwk);
  return 'why' in material ? material : { kid, alg: toAlgorithm(alg) ?? alg, ...material };
}
