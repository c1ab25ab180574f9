import type { Reason } from '../../src/decision.ts';
import { ADVICE } from './advice.ts';
import type { About, Facts } from './facts.ts';
import { invalidAudience, otherToken } from './mistakes/audience.ts';
import { invalidClaims, times, unacceptedClaim } from './mistakes/claims.ts';
import { invalidSignature, keysUnavailable, unknownIssuer, unknownKey } from './mistakes/issuer.ts';
import {
  malformedToken,
  missingToken,
  unsupportedAlgorithm,
  unsupportedEvent,
  unsupportedType,
} from './mistakes/request.ts';
import { unlistedRoute, unsupportedResource } from './mistakes/routes.ts';
import { insufficientScope } from './mistakes/scopes.ts';
import { type Said, say } from './say.ts';

const MISTAKES: { readonly [R in Reason]?: (facts: About<R>) => Said | undefined } = {
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
  token_expired: times,
  token_not_active: times,
  invalid_audience: invalidAudience,
  unaccepted_claim: unacceptedClaim,
  insufficient_scope: insufficientScope,
  unlisted_route: unlistedRoute,
  keys_unavailable: keysUnavailable,
};

/**
 * Explains a refusal to the person who made the request. Without a row, the function's own sentence says it, and what
 * helps in general is the cure of any row that has none.
 */
export function explain(facts: Facts): Said {
  const { reason, sentence } = facts;
  const rows = MISTAKES[reason] as ((facts: Facts) => Said | undefined) | undefined; // the cause is of that reason
  const said = otherToken(facts) ?? rows?.(facts) ?? say`${sentence}`;
  return said.remedy
    ? said
    : say`${said}
    → ${ADVICE[reason]}`;
}
