/** How an invocation ends: a policy that allows, one that denies, the error `Unauthorized`, any other error. */
export type Outcome = 'allow' | 'deny' | 'unauthorized' | 'error';

/**
 * What a reason leads to. `invalid` is decided by the setting `INVALID_TOKEN`; `unauthorized` never is, for
 * the same token may be good a moment later, and API Gateway would go on serving a cached Deny.
 */
interface Rule {
  readonly outcome: Outcome | 'invalid';
  /** `context.error` of a Deny (RFC 6750, 3.1). */
  readonly error?: 'invalid_token' | 'insufficient_scope';
  /** `context.error_description` of a Deny: constant, so that nothing out of a token can get into it. */
  readonly description?: string;
}

const invalid = (outcome: Rule['outcome'], description: string): Rule => ({
  outcome,
  error: 'invalid_token',
  description,
});

/** Every reason a decision can have, in the order of the checks. */
export const REASONS = {
  unsupported_event: { outcome: 'error' },
  unsupported_resource: invalid('unauthorized', 'The requested path cannot be named in a policy'),
  missing_token: invalid('unauthorized', 'The request holds no usable bearer token'),
  malformed_token: invalid('invalid', 'The access token is not a signed JWT'),
  unsupported_type: invalid('invalid', 'The access token is of a type that is not accepted here'),
  unsupported_algorithm: invalid('invalid', 'The access token is signed with an unaccepted algorithm'),
  unsupported_critical: invalid('invalid', 'The access token needs an extension that is not understood'),
  unknown_issuer: invalid('invalid', 'The access token is from an issuer that is not accepted here'),
  unknown_key: invalid('unauthorized', 'The access token is signed with an unknown key'),
  invalid_signature: invalid('invalid', 'The signature of the access token is wrong'),
  invalid_claims: invalid('invalid', 'The access token lacks a claim or holds one of the wrong type'),
  token_expired: invalid('invalid', 'The access token expired'),
  token_not_active: invalid('unauthorized', 'The access token is not valid yet'),
  invalid_audience: invalid('deny', 'The access token is for another audience'),
  insufficient_scope: {
    outcome: 'deny',
    error: 'insufficient_scope',
    description: 'The access token lacks a scope that this API requires',
  },
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

/** The keys of an issuer can't be had: no verdict on any token, so never a refusal (API Gateway caches those). */
export class KeysUnavailable extends Error {}

/** Why a request is decided as it is, with one sentence for the log. */
export interface Verdict {
  readonly reason: Reason;
  readonly detail?: string;
}

/** What an error that ended the checks means for the request. */
export function explain(error: unknown): Verdict {
  if (error instanceof Refusal) return { reason: error.reason, detail: error.message };
  if (error instanceof KeysUnavailable) return { reason: 'keys_unavailable', detail: error.message };
  // the place and not the message, which might quote a token
  const place =
    error instanceof Error ? `${error.name} ${error.stack?.match(/^ +(at .*)$/m)?.[1]}` : typeof error;
  return { reason: 'internal_error', detail: `A defect of the authorizer: ${place}.` };
}
