import { createHash, X509Certificate } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { refusal } from '../decision.ts';
import { isObject, type JsonObject } from '../json.ts';

/** RFC 8705, 3.1: the SHA-256 of the certificate's DER; nothing for what is not exactly one readable certificate. */
function thumbprintOf(certificate: unknown): string | undefined {
  if (typeof certificate !== 'string' || certificate.split('-----BEGIN ').length !== 2) return undefined;
  try {
    return createHash('sha256').update(new X509Certificate(certificate).raw).digest('base64url');
  } catch {
    return undefined;
  }
}

/**
 * Checks that the caller holds the key to which a token is bound (RFC 7800; RFC 8705, 3): whoever takes such a token
 * as a plain bearer token gives a thief what the binding denies.
 *
 * @param certificate PEM of the client's certificate, as API Gateway's mutual TLS verified it
 * @throws Refusal `unproven_binding`
 */
export function checkBinding(
  claims: JsonObject,
  certificate: unknown,
  { tokenBinding }: Pick<Config, 'tokenBinding'>,
): void {
  if (tokenBinding === 'ignore') return;
  if (!Object.hasOwn(claims, 'cnf')) {
    if (tokenBinding === 'mtls-only') throw refusal('unproven_binding', 'not_bound');
    return;
  }
  if (tokenBinding === 'refuse') throw refusal('unproven_binding', 'refused');
  const { cnf } = claims;
  const bound = isObject(cnf) && Object.keys(cnf).length === 1 ? cnf['x5t#S256'] : undefined;
  if (typeof bound !== 'string') throw refusal('unproven_binding', 'not_a_thumbprint');
  if (certificate === undefined) throw refusal('unproven_binding', 'no_certificate');
  if (bound !== thumbprintOf(certificate)) throw refusal('unproven_binding', 'other_certificate');
}
