/** How an invocation ends: a policy that allows, one that denies, the error `Unauthorized`, any other error. */
export type Outcome = 'allow' | 'deny' | 'unauthorized' | 'error';

/** What a reason leads to. */
interface Rule {
  /**
   * `bySetting`: `INVALID_TOKEN` decides. Where the same token may be good a moment later it never does: API Gateway
   * would go on serving a cached Deny.
   */
  readonly outcome: Outcome | 'bySetting';
  /** `context.error` of a Deny (RFC 6750, 3.1). */
  readonly error?: 'invalid_token' | 'insufficient_scope';
  /** `context.error_description` of a Deny: constant, so that nothing out of a token can get into it. */
  readonly description?: string;
}

const refusal = (
  outcome: Rule['outcome'],
  description: string,
  error: Rule['error'] & string = 'invalid_token',
): Rule => ({ outcome, error, description });

/** Every reason a decision can have, in the order of the checks. */
export const REASONS = {
  unsupported_event: { outcome: 'error' },
  unsupported_resource: refusal('unauthorized', 'The requested path cannot be named in a policy'),
  missing_token: refusal('unauthorized', 'The request holds no usable bearer token'),
  malformed_token: refusal('bySetting', 'The access token is not a signed JWT'),
  unsupported_type: refusal('bySetting', 'The access token is of a type that is not accepted here'),
  unsupported_algorithm: refusal('bySetting', 'The access token is signed with an unaccepted algorithm'),
  unsupported_critical: refusal('bySetting', 'The access token needs an extension that is not understood'),
  unknown_issuer: refusal('bySetting', 'The access token is from an issuer that is not accepted here'),
  unknown_key: refusal('unauthorized', 'The access token is signed with an unknown key'),
  invalid_signature: refusal('bySetting', 'The signature of the access token is wrong'),
  invalid_claims: refusal('bySetting', 'The access token lacks a claim or holds one of the wrong type'),
  token_expired: refusal('bySetting', 'The access token expired'),
  token_not_active: refusal('unauthorized', 'The access token is not valid yet'),
  unproven_binding: refusal(
    'unauthorized',
    'The access token is bound to a key that the caller did not prove',
  ),
  invalid_audience: refusal('deny', 'The access token is for another audience'),
  unaccepted_claim: refusal('deny', 'A claim of the access token is not accepted here'),
  insufficient_scope: refusal(
    'deny',
    'The access token lacks a scope that this API requires',
    'insufficient_scope',
  ),
  unlisted_route: refusal('deny', 'The access token permits no such request', 'insufficient_scope'),
  authorized: { outcome: 'allow' },
  keys_unavailable: { outcome: 'error' },
  /** A defect of this function; no request should ever lead here. */
  internal_error: { outcome: 'error' },
} as const satisfies Record<string, Rule>;

export type Reason = keyof typeof REASONS;

/** The rule of a reason, seen through its common type. */
export const ruleOf = (reason: Reason): Rule => REASONS[reason];

/** A request that is not let through: the reason, and one sentence for the log that quotes nothing unverified. */
export class Refusal extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** No keys of an issuer are young enough: no verdict on any token, so never a refusal (API Gateway caches those). */
export class KeysUnavailable extends Error {}

/** Why a request is decided as it is, with one sentence for the log. */
export interface Verdict {
  readonly reason: Reason;
  readonly detail?: string;
}

/** What an error that ended the checks means for the request. */
export function verdictOf(error: unknown): Verdict {
  if (error instanceof Refusal) return { reason: error.reason, detail: error.message };
  if (error instanceof KeysUnavailable) return { reason: 'keys_unavailable', detail: error.message };
  // the place and not the message, which might quote a token
  const place =
    error instanceof Error ? `${error.name} ${error.stack?.match(/^ +(at .*)$/m)?.[1]}` : typeof error;
  return { reason: 'internal_error', detail: `A defect of the authorizer: ${place}.` };
}
