import type { Reason } from '../../src/decision.ts';
import { adviceOf } from './advice.ts';
import type { Facts } from './facts.ts';
import { unprovenBinding } from './mistakes/binding.ts';
import { explainTimes, invalidAudience, invalidClaims, unacceptedClaim } from './mistakes/claims.ts';
import { unsupportedEvent, unsupportedResource } from './mistakes/event.ts';
import { invalidSignature, unknownIssuer, unknownKey } from './mistakes/issuer.ts';
import { keysUnavailable } from './mistakes/keys.ts';
import { missingToken } from './mistakes/missing.ts';
import { insufficientScope, unlistedRoute } from './mistakes/scopes.ts';
import { malformedToken, unsupportedAlgorithm, unsupportedType } from './mistakes/token.ts';
import type { Maybe, Said } from './say.ts';

/**
 * The mistakes behind each reason. A row of them is a line `if (what recognizes it) return say` with what is wrong, a
 * line break, and what to do; the first that recognizes its mistake is said.
 */
const MISTAKES: Readonly<Partial<Record<Reason, (facts: Facts) => Maybe>>> = {
  unsupported_event: unsupportedEvent,
  unsupported_resource: unsupportedResource,
  missing_token: missingToken,
  malformed_token: malformedToken,
  unsupported_type: unsupportedType,
  unsupported_algorithm: unsupportedAlgorithm,
  unknown_issuer: unknownIssuer,
  unknown_key: unknownKey,
  invalid_signature: invalidSignature,
  invalid_claims: invalidClaims,
  token_expired: explainTimes,
  token_not_active: explainTimes,
  unproven_binding: unprovenBinding,
  invalid_audience: invalidAudience,
  unaccepted_claim: unacceptedClaim,
  insufficient_scope: insufficientScope,
  unlisted_route: unlistedRoute,
  keys_unavailable: keysUnavailable,
};

/** Explains to the person who made the request why it was refused. */
export const explain = (facts: Facts): Said => MISTAKES[facts.reason]?.(facts) ?? adviceOf(facts.reason);
