import type { Config, IssuerConfig } from './config/config.ts';
import { causeOf, type Outcome, outcomeOf, type Reason, refusal } from './decision.ts';
import { detailOf } from './decision-line.ts';
import { type Answer, answerFor, sizeWarning } from './gateway/answer.ts';
import { type Caller, readContext, readUsageKey } from './gateway/context.ts';
import { checkResource, type GatewayRequest, readEvent, readProofs, readToken } from './gateway/event.ts';
import { deadlineOf, failure, type InvocationContext } from './invocation.ts';
import { issuerLookup } from './issuer.ts';
import { selectKeys } from './keys/key-set.ts';
import type { KeySource } from './keys/key-source.ts';
import type { Deadline } from './keys/shared-fetch.ts';
import { checkPolicy, checkRoute, decidingRoute } from './routes/request.ts';
import type { Route } from './routes/route.ts';
import { MAX_RESOURCE, type StagePolicy, stagePolicies } from './routes/stage/policy.ts';
import type { Cause } from './sentences.ts';
import { checkBinding } from './token/binding.ts';
import { checkAudience, checkRequiredClaims, checkScopes, checkTimes } from './token/checks.ts';
import { readClaims } from './token/claims.ts';
import { checkHeader, parseToken, type UnverifiedToken } from './token/jws.ts';
import { verifySignature } from './token/signature.ts';

/** An accepted issuer: the settings that its tokens are judged by, and its keys. */
export interface Issuer {
  readonly settings: IssuerConfig;
  readonly keys: KeySource;
}

/** What is known of a request. It grows with each check. */
interface Known {
  request?: GatewayRequest;
  token?: UnverifiedToken;
  issuer?: Issuer;
  /** The issuer publishes a key under the token's kid. */
  isKidPublished?: true;
  /** Whose token it is. Known once the token is authentic. */
  caller?: Caller;
  /** The entry of `ROUTE_SCOPES` that decides on the request. */
  route?: Route;
  /** What `ROUTE_SCOPES` permits in the whole stage, for this request and all others with the same scopes. */
  policy?: StagePolicy;
}

/** How a request was decided, and all that is known of it. */
export interface Decision extends Readonly<Known> {
  readonly event: unknown;
  readonly context: InvocationContext | undefined;
  /** When the invocation began, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly reason: Reason;
  /** Nothing for a request that is permitted. */
  readonly cause: Cause | undefined;
  readonly outcome: Outcome;
  /** The Allow or Deny to return. Nothing if the invocation ends with an error. */
  readonly answer: Answer | undefined;
  readonly warning: string | undefined;
}

interface AuthorizerOptions {
  readonly config: Config;
  readonly issuers: readonly Issuer[];
  readonly now: () => number;
  /** Gets every decision before it is returned. */
  readonly record: (decision: Decision) => void;
}

/** Lambda's handler: from an event to an answer, or to an error that API Gateway maps to a 401 or a 500. */
export type Handler = (event: unknown, context?: InvocationContext) => Promise<Answer>;

/** Makes the handler. `judge` holds the checks, in the order of the decision table. */
export function createAuthorizer({ config, issuers, now, record }: AuthorizerOptions): Handler {
  const lookUp = issuerLookup(issuers);
  const accepted = issuers.map(({ settings }) => settings.issuer);
  const hasTenants = issuers.some(({ settings }) => settings.tenants);
  const { routes } = config;
  const policyOf = routes?.spills && stagePolicies(routes.routes, routes.spills);

  /** The checks. A request that is not permitted ends them with a Refusal, or with KeysUnavailable. */
  async function judge(event: unknown, deadline: Deadline, known: Known): Promise<void> {
    const request = readEvent(event, config);
    known.request = request;
    checkResource(request, config);
    const credential = readToken(request, config);
    const token = parseToken(credential.token);
    known.token = token;
    const algorithm = checkHeader(token, config);
    const issuer = lookUp(token.unverifiedClaims);
    if (!issuer) throw refusal('unknown_issuer', hasTenants ? 'tenant' : 'iss', { accepted });
    known.issuer = issuer;
    const claims = await issuer.keys.use((set) => {
      const keys = selectKeys(set, token.unverifiedKid, algorithm, token.unverifiedClaims);
      known.isKidPublished = true;
      return verifySignature(token, keys, algorithm);
    }, deadline);
    const { settings } = issuer;
    const identity = readClaims(claims, settings);
    const iss = settings.tenants ? String(claims.iss) : issuers.length > 1 ? settings.issuer : undefined;
    known.caller = {
      principalId: identity.principalId,
      context: readContext(claims, identity.scopes, iss, config),
      usageIdentifierKey: readUsageKey(claims, config),
    };
    const seconds = now() / 1000;
    checkTimes(identity, seconds, config);
    checkBinding(claims, { ...request, ...credential, proofs: () => readProofs(request) }, seconds, config);
    checkAudience(identity, settings);
    checkRequiredClaims(claims, settings);
    checkScopes(identity, claims, settings, config);
    if (!routes) return;
    const scopes = new Set(identity.scopes);
    const route = decidingRoute(routes.routes, request, scopes);
    if (route) known.route = route;
    if (policyOf && !request.isSimple) {
      const policy = policyOf(request.stageArn, scopes);
      if (!policy) throw refusal('unsupported_resource', 'pattern_too_long', { max: MAX_RESOURCE });
      known.policy = policy;
      checkPolicy(policy, request, route, scopes);
    }
    checkRoute(route, scopes);
  }

  return async function handler(event, context) {
    const startedAt = config.metricsNamespace ? now() : 0;
    const known: Known = {};
    const cause = await judge(event, deadlineOf(context), known).then(() => undefined, causeOf);
    const reason = cause?.reason ?? 'authorized';
    const outcome = outcomeOf(cause, config.invalidToken, known.request?.kind.refusal);
    const answer = known.request && answerFor({ ...known, request: known.request, outcome, reason }, config);
    const warning = answer && sizeWarning(answer, known.policy);
    record({ ...known, event, context, startedAt, reason, cause, outcome, answer, warning });
    if (answer) return answer;
    throw failure(outcome === 'unauthorized' ? 'Unauthorized' : `${reason}: ${detailOf({ cause, warning })}`);
  };
}
