import type { Reason } from '../../src/decision.ts';
import { isReason, REASON_ADVICE } from '../explain/advice.ts';
import { INVALID_AUDIENCE, UNACCEPTED_CLAIM, UNPROVEN_BINDING } from '../explain/audience.ts';
import { INVALID_CLAIMS, TOKEN_EXPIRED, TOKEN_NOT_ACTIVE } from '../explain/claims.ts';
import { UNSUPPORTED_EVENT, UNSUPPORTED_RESOURCE } from '../explain/event.ts';
import { INVALID_SIGNATURE, UNKNOWN_ISSUER, UNKNOWN_KEY } from '../explain/issuer.ts';
import { KEYS_UNAVAILABLE } from '../explain/keys.ts';
import { MISSING_TOKEN } from '../explain/missing.ts';
import { INSUFFICIENT_SCOPE, UNLISTED_ROUTE } from '../explain/scope.ts';
import { MALFORMED_TOKEN, UNSUPPORTED_ALGORITHM, UNSUPPORTED_TYPE } from '../explain/token.ts';
import { WARNINGS } from '../explain/warnings.ts';
import { type Ask, publishedJwksUri } from '../facts/endpoint.ts';
import { commonValues, type Facts, factsOf, type Looked, type Refused, type Table } from '../facts/facts.ts';
import { type Explanation, explainBy } from '../facts/table.ts';
import { maskFor } from './mask.ts';

/** The mistakes behind each reason. */
export const TABLES = {
  unsupported_event: UNSUPPORTED_EVENT,
  unsupported_resource: UNSUPPORTED_RESOURCE,
  missing_token: MISSING_TOKEN,
  malformed_token: MALFORMED_TOKEN,
  unsupported_type: UNSUPPORTED_TYPE,
  unsupported_algorithm: UNSUPPORTED_ALGORITHM,
  unsupported_critical: {},
  unknown_issuer: UNKNOWN_ISSUER,
  unknown_key: UNKNOWN_KEY,
  invalid_signature: INVALID_SIGNATURE,
  invalid_claims: INVALID_CLAIMS,
  token_expired: TOKEN_EXPIRED,
  token_not_active: TOKEN_NOT_ACTIVE,
  unproven_binding: UNPROVEN_BINDING,
  invalid_audience: INVALID_AUDIENCE,
  unaccepted_claim: UNACCEPTED_CLAIM,
  insufficient_scope: INSUFFICIENT_SCOPE,
  unlisted_route: UNLISTED_ROUTE,
  authorized: WARNINGS,
  keys_unavailable: KEYS_UNAVAILABLE,
  internal_error: {},
} satisfies Record<Reason, Table>;

/** As much of a JWK Set as the function reads, in bytes. */
const MAX_BYTES = 1024 * 1024;

/** Asks the issuer's server again where its keys are what is wrong: it says more than a line of the log. */
async function look({ reason, iss, issuer, config }: Facts, ask: Ask): Promise<Looked> {
  if (reason === 'unknown_issuer') return { published: await publishedJwksUri(iss, ask) };
  if (!['keys_unavailable', 'unknown_key', 'invalid_signature'].includes(reason)) return {};
  const [reply, published] = await Promise.all([
    ask(issuer.jwksUri, config.jwksTimeout * 1000, MAX_BYTES),
    publishedJwksUri(issuer.issuer, ask),
  ]);
  return { reply, published };
}

/**
 * Explains a decision to the person who made the request.
 *
 * @param ask reaches the issuer's server
 * @returns what is wrong and what to do; of a request that is permitted a warning, or nothing
 */
export async function explain(refused: Refused, ask: Ask): Promise<Explanation | undefined> {
  const taken = factsOf(refused);
  const facts: Facts = { ...taken, ...(await look(taken, ask)) };
  const reason = isReason(refused.reason) ? refused.reason : 'internal_error';
  const mask = maskFor(facts.found, refused.event);
  const table: Table = TABLES[reason];
  const explanation = explainBy(reason, table, facts, commonValues(facts), mask);
  return explanation ?? (reason === 'authorized' ? undefined : REASON_ADVICE[reason]);
}
