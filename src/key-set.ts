import { createPublicKey, type KeyObject } from 'node:crypto';
import { Refusal } from './reasons.ts';

/** Algorithms (RFC 7518, 3.1) that can be accepted, each with the one type of key that fits it. */
export const KEY_TYPES = {
  RS256: 'RSA',
  RS384: 'RSA',
  RS512: 'RSA',
  PS256: 'RSA',
  PS384: 'RSA',
  PS512: 'RSA',
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
} as const;

export type Algorithm = keyof typeof KEY_TYPES;

export const isAlgorithm = (value: unknown): value is Algorithm =>
  typeof value === 'string' && Object.hasOwn(KEY_TYPES, value);

/** A public key as it is used: imported once, for importing costs more than a verification. */
export interface VerificationKey {
  readonly kid: string | undefined;
  /** The key's own `alg`: it verifies tokens of no other (RFC 8725, 3.1). */
  readonly alg: string | undefined;
  readonly type: (typeof KEY_TYPES)[Algorithm];
  readonly key: KeyObject;
}

/** An entry of a JWK Set that is not used, and why, in words for the log. */
export interface SkippedKey {
  readonly kid: string | undefined;
  readonly why: string;
  /** `false`: there is nothing wrong with it, it is for something else. */
  readonly faulty: boolean;
}

/** Members that only a private or a symmetric key has (RFC 7518, 6.2.2, 6.3.2, 6.4.1). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const CURVES = new Set(['P-256', 'P-384', 'P-521']);
/** NIST SP 800-131A; RFC 7518, 3.3. */
const MIN_RSA_BITS = 2048;

class Unusable extends Error {
  readonly faulty: boolean;

  constructor(why: string, faulty = true) {
    super(why);
    this.faulty = faulty;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isOptionalString = (value: unknown): value is string | undefined =>
  value === undefined || typeof value === 'string';

function importRsa({ n, e }: Record<string, unknown>): KeyObject {
  const key = importJwk({ kty: 'RSA', n, e });
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS) throw new Unusable(`an RSA key of fewer than ${MIN_RSA_BITS} bits`);
  // with the exponent 1 every signature is right
  if (publicExponent < 3n) throw new Unusable('an RSA key with an unsafe exponent');
  return key;
}

function importJwk(jwk: Record<string, unknown>): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    throw new Unusable('not a readable public key');
  }
}

function importKey(jwk: unknown): VerificationKey {
  if (!isObject(jwk)) throw new Unusable('not a JSON object');
  const { kid, alg, use, key_ops: operations, kty, crv } = jwk;
  if (typeof kty !== 'string') throw new Unusable('a kty that is no string');
  if (!isOptionalString(kid) || !isOptionalString(alg)) throw new Unusable('a kid or alg that is no string');
  if (SECRET_MEMBERS.some((member) => Object.hasOwn(jwk, member))) {
    throw new Unusable('it holds a private or symmetric key, which must never be published');
  }
  if (use !== undefined && use !== 'sig') throw new Unusable('not for signatures (use)', false);
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    throw new Unusable('not for verifying (key_ops)', false);
  }
  if (kty === 'RSA') return { kid, alg, type: 'RSA', key: importRsa(jwk) };
  if (kty === 'EC' && CURVES.has(crv as string)) {
    const type = crv as 'P-256' | 'P-384' | 'P-521'; // CURVES holds these three
    return { kid, alg, type, key: importJwk({ kty, crv, x: jwk.x, y: jwk.y }) };
  }
  throw new Unusable('of a type or curve that no accepted algorithm uses', false);
}

/**
 * Imports the entries of a JWK Set (RFC 7517, 5). An entry that can't be used takes no other with it.
 *
 * @param jwks the member `keys` as published
 * @returns the keys for verifying signatures, and what was skipped
 */
export function importKeys(jwks: readonly unknown[]): { keys: VerificationKey[]; skipped: SkippedKey[] } {
  const keys: VerificationKey[] = [];
  const skipped: SkippedKey[] = [];
  for (const jwk of jwks) {
    try {
      keys.push(importKey(jwk));
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      const kid = isObject(jwk) && typeof jwk.kid === 'string' ? jwk.kid : undefined;
      skipped.push({ kid, why: error.message, faulty: error.faulty });
    }
  }
  return { keys, skipped };
}

/**
 * The keys that may have signed a token: those with its `kid` that fit its `alg`; for a token without `kid`
 * the only key that fits, if there is just one.
 *
 * @returns none where no key has that `kid`; more than one only where the issuer published one `kid` twice
 * @throws Refusal `unsupported_algorithm` where the key is there, and its `alg` or type is another
 */
export function selectKeys(
  keys: readonly VerificationKey[],
  kid: string | undefined,
  alg: Algorithm,
): readonly VerificationKey[] {
  const fits = (key: VerificationKey) => key.type === KEY_TYPES[alg] && (key.alg ?? alg) === alg;
  if (kid === undefined) {
    const fitting = keys.filter(fits);
    return fitting.length === 1 ? fitting : [];
  }
  const named = keys.filter((key) => key.kid === kid);
  const fitting = named.filter(fits);
  if (named.length > 0 && fitting.length === 0) {
    throw new Refusal('unsupported_algorithm', "The token's alg is not the one its key is published for.");
  }
  return fitting;
}
