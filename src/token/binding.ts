import { X509Certificate } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { refusal } from '../decision.ts';
import { isObject, type JsonObject, textIn } from '../json.ts';
import { checkProof, type ProvedRequest, sha256 } from './dpop.ts';

/** What a caller proves the possession of a key with. */
interface Possession extends ProvedRequest {
  /** PEM of the client's certificate, as API Gateway's mutual TLS verified it. */
  readonly certificate: unknown;
  /** The scheme before the token. */
  readonly scheme: 'bearer' | 'dpop' | 'both';
}

/** RFC 8705, 3.1: the SHA-256 of the certificate's DER; nothing for what is not exactly one readable certificate. */
function thumbprintOf(certificate: unknown): string | undefined {
  if (typeof certificate !== 'string' || certificate.split('-----BEGIN ').length !== 2) return undefined;
  try {
    return sha256(new X509Certificate(certificate).raw);
  } catch {
    return undefined;
  }
}

/** The thumbprint in a claim `cnf` that holds this one and nothing else. */
const boundTo = (cnf: unknown, member: 'x5t#S256' | 'jkt'): string | undefined =>
  isObject(cnf) && Object.keys(cnf).length === 1 ? textIn(cnf[member]) : undefined;

/** RFC 8705, 3. */
function checkCertificate(cnf: unknown, certificate: unknown): void {
  const bound = boundTo(cnf, 'x5t#S256');
  if (bound === undefined) throw refusal('unproven_binding', 'not_a_thumbprint');
  if (certificate === undefined) throw refusal('unproven_binding', 'no_certificate');
  if (bound !== thumbprintOf(certificate)) throw refusal('unproven_binding', 'other_certificate');
}

/** RFC 9449, 7.1: a bound token must not pass as a bearer token. */
function checkKey(cnf: unknown, possession: Possession, now: number, config: Config): void {
  const jkt = boundTo(cnf, 'jkt');
  if (jkt === undefined) throw refusal('unproven_binding', 'not_a_jkt');
  if (possession.scheme !== 'dpop') throw refusal('unproven_binding', 'bound_by_bearer');
  checkProof(possession, jkt, now, config);
}

/**
 * Checks that the caller holds the key to which a token is bound (RFC 7800): if such a token is accepted as a plain
 * bearer token, the binding protects it from no thief.
 *
 * @param now seconds since the epoch
 * @throws Refusal `unproven_binding`
 */
export function checkBinding(claims: JsonObject, possession: Possession, now: number, config: Config): void {
  const { tokenBinding } = config;
  const { scheme, certificate } = possession;
  const isCertificate = tokenBinding === 'mtls' || tokenBinding === 'mtls-only';
  if (tokenBinding === 'ignore') return;
  if (!Object.hasOwn(claims, 'cnf')) {
    if (tokenBinding === 'mtls-only' || tokenBinding === 'dpop-only')
      throw refusal('unproven_binding', isCertificate ? 'not_bound_to_certificate' : 'not_bound_to_key');
    if (tokenBinding === 'dpop' && scheme !== 'bearer') throw refusal('unproven_binding', 'unbound_by_dpop');
    return;
  }
  if (tokenBinding === 'refuse') throw refusal('unproven_binding', 'refused');
  if (isCertificate) checkCertificate(claims.cnf, certificate);
  else checkKey(claims.cnf, possession, now, config);
}
