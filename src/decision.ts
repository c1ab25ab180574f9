import { type Cause, type FactsOf, type Sentences, sentenceOf } from './sentences.ts';

/** How an invocation ends: a policy that allows, one that denies, the error `Unauthorized`, or any other error. */
export type Outcome = 'allow' | 'deny' | 'unauthorized' | 'error';

interface Rule {
  /**
   * `bySetting`: `INVALID_TOKEN` decides. A token that may be valid a moment later never leads there, because API
   * Gateway would go on serving a cached Deny.
   */
  readonly outcome: Outcome | 'bySetting';
  /** `context.error` of a Deny (RFC 6750, 3.1). */
  readonly error?: 'invalid_token' | 'insufficient_scope';
  /** `context.error_description` of a Deny: constant, so that nothing out of a token can get into it. */
  readonly description?: string;
}

const rule = (outcome: Rule['outcome'], description: string) =>
  ({ outcome, error: 'invalid_token', description }) as const;
const scopeRule = (description: string) => ({ outcome: 'deny', error: 'insufficient_scope', description }) as const;

export type Reason = keyof Sentences | 'authorized';

/** Every reason that a decision can have, in the order of the checks. */
export const REASONS: Readonly<Record<Reason, Rule>> = {
  unsupported_event: { outcome: 'error' },
  unsupported_resource: rule('unauthorized', 'The requested path cannot be named in a policy'),
  missing_token: rule('unauthorized', 'The request has no usable bearer token'),
  malformed_token: rule('bySetting', 'The access token is not a signed JWT'),
  unsupported_type: rule('bySetting', 'This API does not accept access tokens of this type'),
  unsupported_algorithm: rule('bySetting', 'This API does not accept the algorithm of the access token'),
  unsupported_critical: rule('bySetting', 'The access token needs an extension that is not supported'),
  unknown_issuer: rule('bySetting', 'This API does not accept the issuer of the access token'),
  unknown_key: rule('unauthorized', 'The access token is signed with an unknown key'),
  invalid_signature: rule('bySetting', 'The signature of the access token is wrong'),
  invalid_claims: rule('bySetting', 'A claim of the access token is missing or has the wrong type'),
  token_expired: rule('bySetting', 'The access token expired'),
  token_not_active: rule('unauthorized', 'The access token is not valid yet'),
  unproven_binding: rule('unauthorized', 'The access token is bound to a key that the caller did not prove'),
  invalid_audience: rule('deny', 'The access token is for another audience'),
  unaccepted_claim: rule('deny', 'This API does not accept a claim of the access token'),
  insufficient_scope: scopeRule('The access token lacks a scope that this API requires'),
  unlisted_route: scopeRule('The access token does not permit this request'),
  authorized: { outcome: 'allow' },
  keys_unavailable: { outcome: 'error' },
  /** A defect of this function. No request should ever lead here. */
  internal_error: { outcome: 'error' },
};

/**
 * How an invocation ends.
 *
 * @param cause nothing for a request that is permitted
 * @param invalidToken the setting `INVALID_TOKEN`
 * @param refusal what the kind of API makes of a 401
 */
export function outcomeOf(
  cause: Cause | undefined,
  invalidToken: 'unauthorized' | 'deny',
  refusal: 'unauthorized' | 'deny' = 'unauthorized',
): Outcome {
  // the token is authentic, and no other token would change that the policy can't be written
  if (cause?.problem === 'pattern_too_long') return 'deny';
  // a Deny would be cached for all routes
  if (cause?.problem === 'indistinguishable') return refusal === 'deny' ? 'error' : refusal;
  const { outcome } = REASONS[cause?.reason ?? 'authorized'];
  const result = outcome === 'bySetting' ? invalidToken : outcome;
  return result === 'unauthorized' ? refusal : result;
}

/** What ends the checks of a request that is not permitted. */
class Caused extends Error {
  override readonly cause: Cause;

  constructor(cause: Cause) {
    super(sentenceOf(cause));
    this.cause = cause;
  }

  get reason(): Reason {
    return this.cause.reason;
  }
}

/** A request that is not permitted, and why. */
export class Refusal extends Caused {}

/**
 * Makes a refusal.
 *
 * @param reason any but the two that are about this function and its keys, never about a token
 * @param problem what exactly is wrong: a row of `SENTENCES`
 * @param facts what that row needs: configuration and names of claims, never a value of an unverified token
 */
export function refusal<
  R extends Exclude<keyof Sentences, 'keys_unavailable' | 'internal_error'>,
  P extends keyof Sentences[R],
>(reason: R, problem: P, ...[facts]: FactsOf<Sentences[R][P]>): Refusal {
  return new Refusal({ reason, problem, facts } as Cause); // the types of the three parameters are those of one row
}

/**
 * No keys of an issuer are young enough. That says nothing about any token, so it is never a refusal, which API
 * Gateway might cache.
 */
export class KeysUnavailable extends Caused {
  constructor(facts: Extract<Cause, { reason: 'keys_unavailable' }>['facts']) {
    super({ reason: 'keys_unavailable', problem: 'no_answer', facts });
  }
}

/** Why the checks ended with an error. */
export function causeOf(error: unknown): Cause {
  if (error instanceof Caused) return error.cause;
  // the place and not the message, which might quote a token
  const place = error instanceof Error ? `${error.name} ${error.stack?.match(/^ +(at .*)$/m)?.[1]}` : typeof error;
  return { reason: 'internal_error', problem: 'defect', facts: { place } };
}
