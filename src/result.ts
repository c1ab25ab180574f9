import type { Config } from './config/config.ts';
import { type Answer, allow, type Caller, deny, toAnswer } from './gateway/answer.ts';
import type { GatewayRequest } from './gateway/event.ts';
import { type Outcome, type Reason, ruleOf } from './reasons.ts';
import type { StagePolicy } from './routes/policy.ts';

/** What is known of a request by the time it is decided. */
export interface Known {
  readonly request?: GatewayRequest;
  /** Whose token it is, once the token is known to be authentic. */
  readonly caller?: Caller;
  /** What `ROUTE_SCOPES` makes of the whole stage, for this request and all others with the same scopes. */
  readonly policy?: StagePolicy;
}

/** How an invocation ends. */
export interface Result {
  readonly outcome: Outcome;
  /** The Allow or Deny to return; none where an error is due. */
  readonly answer?: Answer;
  readonly warning?: string | undefined;
}

/** Who a Deny is for while the token is not known to be authentic and valid: nothing unverified is passed on. */
const UNAUTHENTICATED: Caller = { principalId: 'unauthenticated', context: { scope: '' } };

/** AWS documents it for WebSocket APIs; larger answers from REST APIs have been seen to work. */
const DOCUMENTED_ANSWER_BYTES = 8 * 1024;

function sizeWarning(answer: Answer): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(answer));
  if (bytes <= DOCUMENTED_ANSWER_BYTES) return undefined;
  return `The answer has ${bytes} bytes, more than the 8 KB that AWS documents.`;
}

function outcomeOf(reason: Reason, { request, caller }: Known, { invalidToken }: Config): Outcome {
  // a policy of routes that can't be written: the token is authentic, and no other would change that
  if (reason === 'unsupported_resource' && caller) return 'deny';
  const { outcome } = ruleOf(reason);
  const result = outcome === 'bySetting' ? invalidToken : outcome;
  return result === 'unauthorized' && request ? request.kind.refusal : result;
}

function allowOrDeny(outcome: Outcome, reason: Reason, known: Known, config: Config): Answer | undefined {
  const { request, caller, policy } = known;
  if (!request) return undefined;
  const isAllowed = outcome === 'allow';
  if (caller && policy?.isOpenAnywhere) return toAnswer(request, isAllowed, policy.statements, caller);
  if (caller && isAllowed) return toAnswer(request, true, [allow(request, config.policyResource)], caller);
  if (outcome !== 'deny') return undefined;
  // where a policy is for all routes, what is said with it must fit all of them, for it is cached with it
  const {
    outcome: rule,
    error = 'invalid_token',
    description = '',
  } = ruleOf(policy ? 'insufficient_scope' : reason);
  const { principalId, context } = (rule === 'deny' && caller) || UNAUTHENTICATED;
  const refused = { principalId, context: { ...context, error, error_description: description } };
  return toAnswer(request, false, [deny(request)], refused);
}

/** What a reason means for a request: how the invocation ends, and what is returned. */
export function resultOf(reason: Reason, known: Known, config: Config): Result {
  const outcome = outcomeOf(reason, known, config);
  const answer = allowOrDeny(outcome, reason, known, config);
  return answer ? { outcome, answer, warning: sizeWarning(answer) } : { outcome };
}
