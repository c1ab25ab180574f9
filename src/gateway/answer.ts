import { readClaim } from '../claim-name.ts';
import type { Config } from '../config/config.ts';
import { isExactNumber, type JsonObject } from '../json.ts';
import { Refusal } from '../reasons.ts';
import type { Statement } from '../routes/policy.ts';
import type { GatewayRequest } from './event.ts';

/** What API Gateway can pass on to the back end: strings, numbers and booleans. */
export type Context = Readonly<Record<string, string | number | boolean>>;

/** A policy (Developer Guide, "Output from an API Gateway Lambda authorizer"). */
export interface PolicyAnswer {
  readonly principalId: string;
  readonly policyDocument: { readonly Version: '2012-10-17'; readonly Statement: readonly Statement[] };
  readonly context: Context;
  /** For the usage plans of REST APIs. */
  readonly usageIdentifierKey?: string;
}

/** The simple response of an HTTP API (Developer Guide, "Payload format version"). */
export interface SimpleAnswer {
  readonly isAuthorized: boolean;
  readonly context: Context;
}

export type Answer = PolicyAnswer | SimpleAnswer;

/** Allows the request alone, or every method of the stage. */
export const allow = ({ arn, stageArn }: GatewayRequest, policyResource: 'method' | 'stage'): Statement => ({
  Action: 'execute-api:Invoke',
  Effect: 'Allow',
  Resource: policyResource === 'stage' ? `${stageArn}/*` : arn,
});

/**
 * Denies the whole stage, for beside a resource policy of the API, AWS lets a request pass that the authorizer's
 * policy neither allows nor denies: a cached Deny of one method would open the others (Developer Guide, "How API
 * Gateway resource policies affect authorization workflow", Table A).
 */
export const deny = ({ stageArn }: GatewayRequest): Statement => ({
  Action: 'execute-api:Invoke',
  Effect: 'Deny',
  Resource: `${stageArn}/*`,
});

/** Who is answered, and what the back end or a gateway response gets. */
export interface Caller {
  readonly principalId: string;
  readonly context: Context;
  readonly usageIdentifierKey?: string | undefined;
}

/**
 * What is returned to API Gateway.
 *
 * @param isAuthorized whether this request is, which is all that a simple response says
 */
export function toAnswer(
  { kind, isSimple }: GatewayRequest,
  isAuthorized: boolean,
  statements: readonly Statement[],
  { principalId, context, usageIdentifierKey }: Caller,
): Answer {
  if (isSimple) return { isAuthorized, context };
  return {
    principalId,
    policyDocument: { Version: '2012-10-17', Statement: statements },
    context,
    ...(kind.hasUsagePlans && usageIdentifierKey !== undefined && { usageIdentifierKey }),
  };
}

/** A claim as API Gateway takes it: scalars as they are, arrays and objects as JSON text, nothing for nothing. */
function contextValue(value: unknown, name: string): Context[string] | undefined {
  if (value === undefined || typeof value === 'string' || typeof value === 'boolean') return value;
  // JSON can write numbers (1e999, 2^53 + 1) that would arrive as others, or not at all
  if (typeof value === 'number') return isExactNumber(value) ? value : undefined;
  try {
    return JSON.stringify(value);
  } catch {
    throw new Refusal('invalid_claims', `The claim ${name} is nested too deeply.`);
  }
}

/**
 * Makes the `context` of an answer: what the back end is to know of a verified token.
 *
 * @param iss the configured issuer, where there are several: equal subjects of two issuers are two callers
 * @throws Refusal `invalid_claims` where a claim can't be written
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
  return Object.fromEntries([
    ['scope', scope],
    ...(iss === undefined ? [] : [['iss', iss] as const]),
    ...contextClaims.flatMap(({ key, claim }): (readonly [string, Context[string]])[] => {
      const value = contextValue(readClaim(claims, claim), claim.name);
      return value === undefined ? [] : [[key, value]];
    }),
  ]);
}

/** The API key of the caller, for usage plans, where the token names one. */
export function readUsageKey(
  claims: JsonObject,
  { usageKeyClaim }: Pick<Config, 'usageKeyClaim'>,
): string | undefined {
  const key = usageKeyClaim && readClaim(claims, usageKeyClaim);
  return typeof key === 'string' && key !== '' ? key : undefined;
}
