import { type KeyObject, verify as verifyBytes } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { Algorithm } from '../algorithms.ts';
import { refusal } from '../decision.ts';
import type { JsonObject } from '../json.ts';
import type { VerificationKey } from '../keys/jwk.ts';
import type { UnverifiedToken } from './jws.ts';

const { verify, JsonWebTokenError } = jwt;

function isSignedBy(key: KeyObject, compact: string, algorithm: Exclude<Algorithm, 'EdDSA'>): boolean {
  try {
    // times are validated elsewhere: jsonwebtoken lets a missing exp and a future iat pass
    verify(compact, key, { algorithms: [algorithm], ignoreExpiration: true, ignoreNotBefore: true });
    return true;
  } catch (error) {
    if (error instanceof JsonWebTokenError) return false;
    throw error;
  }
}

/** RFC 8037, 3.1, which jsonwebtoken does not know. */
function isSignedByEd25519(key: KeyObject, compact: string): boolean {
  const dot = compact.lastIndexOf('.');
  const signature = Buffer.from(compact.slice(dot + 1), 'base64url');
  return verifyBytes(null, Buffer.from(compact.slice(0, dot)), key, signature);
}

/** Whether the signature of a JWS in compact serialization is that of a key, which is fit for `algorithm`. */
export function isGenuine(compact: string, key: VerificationKey, algorithm: Algorithm): boolean {
  const signatureBytes = Math.floor(((compact.length - compact.lastIndexOf('.') - 1) * 3) / 4);
  // RFC 8017, 8.1.2; RFC 7518, 3.4: of another length it is not this key's, though OpenSSL takes a PSS signature
  // without its leading zeros
  const imported = key.signatureBytes === signatureBytes ? key.import() : undefined;
  if (!imported) return false;
  return algorithm === 'EdDSA' ? isSignedByEd25519(imported, compact) : isSignedBy(imported, compact, algorithm);
}

/**
 * Verifies the signature. The claims returned are those that chose the issuer and its keys, not parsed anew.
 *
 * @param keys those that may have signed the token, each fit for `algorithm`
 * @returns the verified claims set
 * @throws Refusal `invalid_signature`
 */
export function verifySignature(
  { compact, unverifiedClaims, unverifiedHeader }: UnverifiedToken,
  keys: readonly VerificationKey[],
  algorithm: Algorithm,
): JsonObject {
  if (keys.some((key) => isGenuine(compact, key, algorithm))) return unverifiedClaims;
  throw refusal('invalid_signature', 'nonce' in unverifiedHeader ? 'graph' : 'mismatch');
}
