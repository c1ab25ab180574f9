import { namesOf, readClaim } from '../claim-name.ts';
import type { Config, IssuerConfig } from '../config/config.ts';
import { refusal } from '../decision.ts';
import { isExactNumber, type JsonObject } from '../json.ts';
import type { Identity } from './claims.ts';

/** Seconds; a NumericDate as far ahead as that is milliseconds. */
const A_THOUSAND_YEARS = 1000 * 365 * 86_400;

/**
 * RFC 7519, 4.1.4 to 4.1.6: the token is valid now.
 *
 * @param now seconds since the epoch
 * @throws Refusal `token_expired`, `token_not_active`
 */
export function checkTimes({ exp, nbf, iat }: Identity, now: number, { clockTolerance }: Config): void {
  if (now >= exp + clockTolerance) throw refusal('token_expired', 'exp');
  for (const [claim, time = 0] of [['nbf', nbf] as const, ['iat', iat] as const]) {
    if (time <= now + clockTolerance) continue;
    const problem = time > now + A_THOUSAND_YEARS ? 'milliseconds' : 'future';
    throw refusal('token_not_active', problem, { claim });
  }
}

/** RFC 7519, 4.1.3: the token is meant for this API. @throws Refusal `invalid_audience` */
export function checkAudience({ audience, audienceClaim }: Identity, issuer: IssuerConfig): void {
  if (audience.some((name) => issuer.audience.has(name))) return;
  const accepted = [...issuer.audience];
  if (audienceClaim) throw refusal('invalid_audience', 'other', { claim: audienceClaim, accepted });
  throw refusal('invalid_audience', 'missing', { claims: namesOf(issuer.audienceClaims), accepted });
}

/** A scalar as a setting can write it; nothing for what equals no text. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return isExactNumber(value) ? JSON.stringify(value) : undefined;
}

/** Whether an item of a claim is an accepted value. A `*` at its beginning or end matches one or more characters of a string. */
function isAccepted(item: unknown, value: string): boolean {
  const isPrefix = value.endsWith('*');
  if (!isPrefix && !value.startsWith('*')) return textOf(item) === value;
  if (typeof item !== 'string' || item.length < value.length) return false;
  return isPrefix ? item.startsWith(value.slice(0, -1)) : item.endsWith(value.slice(1));
}

/**
 * The further claims say what the issuer's settings require.
 *
 * @throws Refusal `unaccepted_claim`, which names the claim and the accepted values, never what the token says
 */
export function checkRequiredClaims(claims: JsonObject, { requiredClaims }: IssuerConfig): void {
  for (const { claim, values: accepted } of requiredClaims) {
    const value = readClaim(claims, claim);
    const isAny = accepted.length === 0;
    const facts = { claim: claim.name, accepted };
    if (value === undefined) throw refusal('unaccepted_claim', isAny ? 'absent' : 'missing', facts);
    if (isAny || [value].flat().some((item) => accepted.some((one) => isAccepted(item, one)))) continue;
    throw refusal('unaccepted_claim', 'other', facts);
  }
}

/** RFC 6750, 3.1: the token has every scope that this API requires. @throws Refusal `insufficient_scope` */
export function checkScopes(
  { scopes }: Identity,
  claims: JsonObject,
  { scopeClaims }: IssuerConfig,
  { requiredScopes }: Pick<Config, 'requiredScopes'>,
): void {
  const missing = requiredScopes.filter((scope) => !scopes.includes(scope));
  if (missing.length === 0) return;
  if (scopeClaims.some((claim) => readClaim(claims, claim) !== undefined))
    throw refusal('insufficient_scope', 'lacking', { missing });
  throw refusal('insufficient_scope', 'no_claim', { missing, claims: namesOf(scopeClaims) });
}
