import { createHash, X509Certificate } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { isObject, type JsonObject } from '../json.ts';
import { Refusal } from '../reasons.ts';

const unproven = (detail: string) => new Refusal('unproven_binding', detail);

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
    if (tokenBinding === 'mtls-only')
      throw unproven('The token is bound to no certificate: it has no claim cnf.');
    return;
  }
  if (tokenBinding === 'refuse') {
    throw unproven(
      'The token is bound to a key of its holder (claim cnf), and TOKEN_BINDING takes no proof of it.',
    );
  }
  const { cnf } = claims;
  const bound = isObject(cnf) && Object.keys(cnf).length === 1 ? cnf['x5t#S256'] : undefined;
  if (typeof bound !== 'string')
    throw unproven('The claim cnf is not a certificate thumbprint (x5t#S256) alone.');
  if (certificate === undefined)
    throw unproven('The token is bound to a certificate, and the event has none.');
  if (bound !== thumbprintOf(certificate)) throw unproven('The token is bound to another certificate.');
}
