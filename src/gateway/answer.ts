import type { Config } from '../config/config.ts';
import { type Outcome, REASONS, type Reason } from '../decision.ts';
import { allow, deny, type Statement } from '../routes/stage/iam.ts';
import type { StagePolicy } from '../routes/stage/policy.ts';
import type { Caller, Context } from './context.ts';
import type { GatewayRequest } from './event.ts';

/** A policy (Developer Guide, "Output from an API Gateway Lambda authorizer"). */
interface PolicyAnswer {
  readonly principalId: string;
  readonly policyDocument: { readonly Version: '2012-10-17'; readonly Statement: readonly Statement[] };
  readonly context: Context;
  readonly usageIdentifierKey?: string;
}

/** The simple response of an HTTP API (Developer Guide, "Payload format version"). */
interface SimpleAnswer {
  readonly isAuthorized: boolean;
  readonly context: Context;
}

export type Answer = PolicyAnswer | SimpleAnswer;

interface Answerable {
  readonly request: GatewayRequest;
  readonly outcome: Outcome;
  readonly reason: Reason;
  readonly caller?: Caller;
  readonly policy?: StagePolicy;
}

/** Who a Deny is for while the token is not known to be authentic and valid: nothing unverified is passed on. */
const UNAUTHENTICATED: Caller = { principalId: 'unauthenticated', context: { scope: '' } };

function toAnswer(
  { request: { kind, isSimple }, outcome }: Answerable,
  statements: readonly Statement[],
  { principalId, context, usageIdentifierKey }: Caller,
): Answer {
  if (isSimple) return { isAuthorized: outcome === 'allow', context };
  return {
    principalId,
    policyDocument: { Version: '2012-10-17', Statement: statements },
    context,
    ...(kind.hasUsagePlans && usageIdentifierKey !== undefined && { usageIdentifierKey }),
  };
}

/** What is returned to API Gateway. @returns `undefined` if the invocation ends with an error */
export function answerFor(decided: Answerable, { policyResource }: Config): Answer | undefined {
  const { request, outcome, reason, caller, policy } = decided;
  if (outcome !== 'allow' && outcome !== 'deny') return undefined;
  const everything = `${request.stageArn}/*`;
  if (caller && policy?.isOpenAnywhere) return toAnswer(decided, policy.statements, caller);
  if (caller && outcome === 'allow')
    return toAnswer(decided, [allow(policyResource === 'stage' ? everything : request.arn)], caller);
  // API Gateway caches a policy for all routes, so what comes with it must fit all of them
  const rule = REASONS[policy ? 'insufficient_scope' : reason];
  const { error = 'invalid_token', description = '' } = rule;
  const { principalId, context } = (rule.outcome === 'deny' && caller) || UNAUTHENTICATED;
  const refused = { principalId, context: { ...context, error, error_description: description } };
  // All of the stage: if the API also has a resource policy, AWS permits a request that the authorizer's policy neither
  // allows nor denies, so a cached Deny of one method would open the others (Developer Guide, "How API Gateway resource
  // policies affect authorization workflow", Table A)
  return toAnswer(decided, [deny(everything)], refused);
}

/** AWS documents it for WebSocket APIs. Larger answers from REST APIs have been seen to work. */
const DOCUMENTED_ANSWER_BYTES = 8 * 1024;

/**
 * A sentence for the log about an answer that may be too large.
 *
 * @param policy whose size is known already, if the answer has its statements
 */
export function sizeWarning(answer: Answer, policy?: StagePolicy): string | undefined {
  const isKnown = policy && 'policyDocument' in answer && answer.policyDocument.Statement === policy.statements;
  const rest = isKnown ? { ...answer, policyDocument: { ...answer.policyDocument, Statement: [] } } : answer;
  const bytes = Buffer.byteLength(JSON.stringify(rest)) + (isKnown ? policy.bytes - '[]'.length : 0);
  if (bytes <= DOCUMENTED_ANSWER_BYTES) return undefined;
  return `The answer has ${bytes} bytes, more than the 8 KB that AWS documents.`;
}
