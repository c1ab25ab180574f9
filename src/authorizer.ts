import { checkPermission, checkTimes, type Identity, readClaims } from './claims.ts';
import { type Config, normalizeIssuer } from './config.ts';
import {
  type Answer,
  answer,
  bearerToken,
  checkResource,
  type GatewayRequest,
  readEvent,
} from './gateway.ts';
import type { VerificationKey } from './key-set.ts';
import { type KeySource, takeCounts } from './key-source.ts';
import { embeddedMetrics, type Log } from './log.ts';
import { explain, type Outcome, type Reason, Refusal, ruleOf, type Verdict } from './reasons.ts';
import { checkHeader, loggableKid, parseToken, type UnverifiedToken, verifySignature } from './token.ts';

/** What an authorizer is made of. */
export interface AuthorizerOptions {
  readonly config: Config;
  /** One for each issuer. */
  readonly keySources: readonly KeySource[];
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** Lambda's handler: from an event to an answer, or to an error of which API Gateway makes a 401 or a 500. */
export type Handler = (
  event: unknown,
  context?: { readonly awsRequestId?: string; readonly functionName?: string },
) => Promise<Answer>;

/** What is known of a request by the time it is decided. */
interface Trace {
  request?: GatewayRequest;
  source?: KeySource;
  token?: UnverifiedToken;
  /** Those that may have signed the token: its kid is one that the issuer publishes. */
  keys?: readonly VerificationKey[];
  identity?: Identity;
}

/** AWS documents it for WebSocket APIs; larger answers from REST APIs have been seen to work. */
const DOCUMENTED_ANSWER_BYTES = 8 * 1024;

/** Who a Deny is for while the token is not known to be authentic and in force: nothing unverified is passed on. */
const UNAUTHENTICATED = { principalId: 'unauthenticated', context: { scope: '' } };

/** Makes the handler. `judge` holds the checks, in the order of the decision table; the rest tells the result. */
export function createAuthorizer({ config, keySources, now, log }: AuthorizerOptions): Handler {
  const sources = new Map(keySources.map((source) => [normalizeIssuer(source.issuer), source]));

  function sourceOf(iss: unknown): KeySource {
    const source = typeof iss === 'string' ? sources.get(normalizeIssuer(iss)) : undefined;
    if (source) return source;
    const accepted = keySources.map(({ issuer }) => issuer).join(', ');
    throw new Refusal('unknown_issuer', `The claim iss is not one of ${accepted}.`);
  }

  /** The checks. A request that is not permitted ends them with a Refusal, or with KeysUnavailable. */
  async function judge(event: unknown, trace: Trace): Promise<Verdict> {
    trace.request = readEvent(event, config);
    checkResource(trace.request);
    const token = parseToken(bearerToken(trace.request));
    trace.token = token;
    const alg = checkHeader(token.unverifiedHeader, config);
    trace.source = sourceOf(token.unverifiedClaims.iss);
    trace.keys = await trace.source.find(token.unverifiedKid, alg);
    const claims = verifySignature(token, trace.keys, alg);
    trace.identity = readClaims(claims, config);
    checkTimes(trace.identity, now() / 1000, config);
    checkPermission(trace.identity, config);
    return { reason: 'authorized' };
  }

  function outcomeOf(reason: Reason, request?: GatewayRequest): Outcome {
    const { outcome } = ruleOf(reason);
    const result = outcome === 'invalid' ? config.invalidToken : outcome;
    return result === 'unauthorized' && request ? request.refusal : result;
  }

  return async function handler(event, context) {
    const startedAt = config.metricsNamespace ? now() : 0;
    const trace: Trace = {};
    const { reason, detail } = await judge(event, trace).catch(explain);
    const outcome = outcomeOf(reason, trace.request);
    const result = trace.request && resultOf(outcome, reason, trace.request, trace.identity);
    const warning = result && trace.token && sizeWarning(result, trace.token);
    log({
      level: outcome === 'error' ? 'error' : warning ? 'warn' : 'info',
      requestId: context?.awsRequestId,
      outcome,
      reason,
      issuer: trace.source?.issuer,
      kid: trace.token && loggableKid(trace.token, trace.keys !== undefined),
      principalId: trace.identity?.principalId,
      detail: detail && warning ? `${detail} ${warning}` : (detail ?? warning),
      ...(config.metricsNamespace &&
        embeddedMetrics(config.metricsNamespace, now(), {
          functionName: context?.functionName ?? 'unknown',
          outcome,
          duration: now() - startedAt,
          keySetAge: trace.source?.age,
          ...takeCounts(keySources),
        })),
    });
    if (result) return result;
    // API Gateway makes a 401 of this very message, and a 500 of any other
    throw new Error(outcome === 'unauthorized' ? 'Unauthorized' : `${reason}: ${detail}`);
  };
}

/** The answer to a token this short can't be large: six times its payload, the resource, and the rest. */
const SHORT_TOKEN = 1500;

function sizeWarning(result: Answer, { compact }: UnverifiedToken): string | undefined {
  if (compact.length <= SHORT_TOKEN) return undefined;
  const bytes = Buffer.byteLength(JSON.stringify(result));
  if (bytes <= DOCUMENTED_ANSWER_BYTES) return undefined;
  return `The answer has ${bytes} bytes, more than the 8 KB that AWS documents.`;
}

/** The Allow or Deny to return, or nothing where an error is due. */
function resultOf(
  outcome: Outcome,
  reason: Reason,
  request: GatewayRequest,
  identity?: Identity,
): Answer | undefined {
  if (outcome === 'allow' && identity) {
    return answer(request, 'Allow', identity.principalId, identity.context, identity.usageIdentifierKey);
  }
  if (outcome !== 'deny') return undefined;
  const { outcome: rule, error = 'invalid_token', description = '' } = ruleOf(reason);
  const { principalId, context } = (rule === 'deny' && identity) || UNAUTHENTICATED;
  return answer(request, 'Deny', principalId, { ...context, error, error_description: description });
}
