import { readClaim } from '../claim-name.ts';
import type { Config } from '../config/config.ts';
import { refusal } from '../decision.ts';
import { isExactNumber, type JsonObject } from '../json.ts';

/** What API Gateway can pass on to the back end: strings, numbers and booleans. */
export type Context = Readonly<Record<string, string | number | boolean>>;

/** Who is answered, and what the back end or a gateway response gets. */
export interface Caller {
  readonly principalId: string;
  readonly context: Context;
  readonly usageIdentifierKey?: string | undefined;
}

/** A claim as API Gateway accepts it: scalars as they are, arrays and objects as JSON text. */
function contextValue(value: unknown, name: string): Context[string] | undefined {
  if (value === undefined || typeof value === 'string' || typeof value === 'boolean') return value;
  // JSON can write numbers (1e999, 2^53 + 1) that would arrive as others, or not at all
  if (typeof value === 'number') return isExactNumber(value) ? value : undefined;
  try {
    return JSON.stringify(value);
  } catch {
    throw refusal('invalid_claims', 'too_deep', { claim: name });
  }
}

/**
 * Makes the `context` of an answer: what the back end learns about a verified token.
 *
 * @param iss the issuer, if several are configured: equal subjects of two issuers are two callers
 * @throws Refusal `invalid_claims` if a claim can't be written
 */
export function readContext(
  claims: JsonObject,
  scopes: readonly string[],
  iss: string | undefined,
  { contextClaims }: Pick<Config, 'contextClaims'>,
): Context {
  const scope = scopes.join(' ');
  if (iss === undefined && contextClaims.length === 0) return { scope };
  // fromEntries defines members: a claim named __proto__ is one like any other
  const members: [string, Context[string]][] = [['scope', scope]];
  if (iss !== undefined) members.push(['iss', iss]);
  for (const { key, claim } of contextClaims) {
    const value = contextValue(readClaim(claims, claim), claim.name);
    if (value !== undefined) members.push([key, value]);
  }
  return Object.fromEntries(members);
}

/** The API key of the caller, for usage plans, where the token names one. */
export function readUsageKey(claims: JsonObject, { usageKeyClaim }: Pick<Config, 'usageKeyClaim'>): string | undefined {
  const key = usageKeyClaim && readClaim(claims, usageKeyClaim);
  return typeof key === 'string' && key !== '' ? key : undefined;
}
