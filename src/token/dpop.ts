import { createHash } from 'node:crypto';
import { type Algorithm, KEY_TYPES, toAlgorithm } from '../algorithms.ts';
import type { Config } from '../config/config.ts';
import { hasUrl } from '../config/dpop-urls.ts';
import { normalizeType } from '../config/values.ts';
import { refusal } from '../decision.ts';
import { isObject, type JsonObject } from '../json.ts';
import { readJwk, UNREADABLE, type VerificationKey } from '../keys/jwk.ts';
import type { FactsOf, Sentences } from '../sentences.ts';
import { decodePart, hasExtension, splitCompact } from './compact.ts';
import { isGenuine } from './signature.ts';

/** A request with a token whose key is to be proved. */
export interface ProvedRequest {
  readonly token: string;
  readonly method: string;
  /** The path of the method ARN. */
  readonly path: string;
  /** Every proof that the request has; `undefined` if its kind of event can't carry one. */
  readonly proofs: () => readonly unknown[] | undefined;
}

const MAX_LENGTH = 4 * 1024;
/** Seconds that a proof may be old, and that the client's clock may be fast. Clients' clocks are worse than issuers'. */
const MAX_BEHIND = 60;
const MAX_AHEAD = 30;

/** The members of a key that its thumbprint covers, in their order (RFC 7638, 3.2; RFC 8037, 2). */
const THUMBPRINT_MEMBERS: ReadonlyMap<unknown, string[]> = new Map([
  ['RSA', ['e', 'kty', 'n']],
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['OKP', ['crv', 'kty', 'x']],
]);

export const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('base64url');

/** RFC 7638, 3. */
const thumbprintOf = (jwk: JsonObject) => sha256(JSON.stringify(jwk, THUMBPRINT_MEMBERS.get(jwk.kty) ?? []));

type Problem = keyof Sentences['unproven_binding'];
const fault = <P extends Problem>(problem: P, ...facts: FactsOf<Sentences['unproven_binding'][P]>) =>
  refusal('unproven_binding', problem, ...facts);

/** RFC 9449, 4.3, 1: there is exactly one. A comma joins two headers. */
function oneProof(proofs: readonly unknown[] | undefined): string {
  if (!proofs) throw fault('no_place_for_proof');
  const [proof, ...others] = proofs;
  if (proof === undefined) throw fault('no_proof');
  if (others.length > 0) throw fault('several_proofs');
  if (typeof proof !== 'string') throw fault('proof_malformed');
  if (proof.length > MAX_LENGTH) throw fault('proof_too_long', { max: MAX_LENGTH });
  if (proof.includes(',')) throw fault('several_proofs');
  return proof;
}

/** RFC 9449, 4.3, 2: it is a well-formed JWT. */
function parse(proof: string): { readonly header: JsonObject; readonly claims: JsonObject } {
  const parts = splitCompact(proof);
  const header = parts && decodePart(parts.header);
  const claims = parts && decodePart(parts.payload);
  if (!isObject(header) || !isObject(claims)) throw fault('proof_malformed');
  return { header, claims };
}

function importKey(jwk: JsonObject, algorithm: Algorithm): VerificationKey {
  const entry = readJwk(jwk);
  if ('why' in entry) throw fault('proof_jwk', { why: entry.why });
  if (entry.type !== KEY_TYPES[algorithm] || (entry.alg ?? algorithm) !== algorithm) throw fault('proof_jwk_alg');
  if (!entry.import()) throw fault('proof_jwk', { why: UNREADABLE.why });
  return entry;
}

/** Times that a proof need not have. */
function checkTimes({ exp, nbf }: JsonObject, now: number, tolerance: number): void {
  for (const [claim, time] of [['exp', exp] as const, ['nbf', nbf] as const]) {
    if (time !== undefined && !Number.isFinite(time)) throw fault('proof_time', { claim });
  }
  if (typeof exp === 'number' && now >= exp + tolerance) throw fault('proof_expired');
  if (typeof nbf === 'number' && nbf > now + tolerance) throw fault('proof_not_active');
}

/** How far a proof is from now: too old it might be a thief's, too new it would be good for too long. */
function checkAge(iat: unknown, now: number): void {
  if (typeof iat !== 'number' || !Number.isFinite(iat)) throw fault('proof_time', { claim: 'iat' });
  const seconds = Math.round(Math.abs(iat - now));
  if (now - iat > MAX_BEHIND) throw fault('proof_behind', { seconds, max: MAX_BEHIND });
  if (iat - now > MAX_AHEAD) throw fault('proof_ahead', { seconds, max: MAX_AHEAD });
}

/**
 * Checks that a request comes with a proof of the key that its token is bound to (RFC 9449, 4.3 and 7.1). The numbers
 * are those of the list in 4.3. What costs most comes last. Nothing is remembered, so a proof can be sent again until
 * it is too old (11.1).
 *
 * @param jkt the thumbprint in the token's claim `cnf`
 * @param now seconds since the epoch
 * @throws Refusal `unproven_binding`
 */
export function checkProof(
  { token, method, path, proofs }: ProvedRequest,
  jkt: string,
  now: number,
  { dpopUrls, clockTolerance }: Pick<Config, 'dpopUrls' | 'clockTolerance'>,
): void {
  const proof = oneProof(proofs()); // 1
  const { header, claims } = parse(proof); // 2
  const { typ, alg, jwk } = header;
  if (typeof typ !== 'string' || normalizeType(typ) !== 'dpop+jwt') throw fault('proof_typ'); // 4
  const algorithm = toAlgorithm(alg); // 5
  if (!algorithm) throw fault('proof_alg', { accepted: Object.keys(KEY_TYPES) });
  if (hasExtension(header)) throw fault('proof_crit');
  if (!isObject(jwk)) throw fault('proof_jwk', { why: 'it is not a JSON object' });
  if (thumbprintOf(jwk) !== jkt) throw fault('proof_jkt'); // 12: the key. A stranger's costs a hash
  if (claims.htm !== method) throw fault('proof_htm'); // 8
  if (!hasUrl(dpopUrls, claims.htu, path)) throw fault('proof_htu', { urls: dpopUrls }); // 9
  checkAge(claims.iat, now); // 11
  checkTimes(claims, now, clockTolerance);
  if (claims.ath !== sha256(token)) throw fault('proof_ath'); // 12: the token
  if (typeof claims.jti !== 'string' || claims.jti === '') throw fault('proof_jti'); // 3
  const key = importKey(jwk, algorithm); // 7
  if (!isGenuine(proof, key, algorithm)) throw fault('proof_signature'); // 6
}
