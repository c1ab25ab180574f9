/**
 * The signature algorithms that can be accepted (RFC 7518, 3.1; RFC 8037, 3.1), each with the one type of key that
 * fits it. Never `none`, never a symmetric one: a public key must not serve as an HMAC secret (RFC 8725, 2.1).
 */
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
  EdDSA: 'Ed25519',
} as const;

export type Algorithm = keyof typeof KEY_TYPES;
export type KeyType = (typeof KEY_TYPES)[Algorithm];

/** Two numbers a signature, each as long as the curve's order (RFC 7518, 3.4; RFC 8032, 5.1.6). */
export const CURVE_SIGNATURE_BYTES = { 'P-256': 64, 'P-384': 96, 'P-521': 132, Ed25519: 64 } as const;

/**
 * The algorithm with a name, as written in a token's `alg`, in a key's, or in a setting.
 *
 * @returns `undefined` for the name of any other algorithm, and for anything that isn't a name
 */
export function toAlgorithm(name: unknown): Algorithm | undefined {
  if (name === 'Ed25519') return 'EdDSA'; // RFC 9864, 2.2: the same, by its fully specified name
  return typeof name === 'string' && Object.hasOwn(KEY_TYPES, name) ? (name as Algorithm) : undefined;
}
