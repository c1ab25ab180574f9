import type { Config } from './config/config.ts';
import { normalizeIssuer } from './config/values.ts';
import { type Answer, type Caller, readContext, readUsageKey } from './gateway/answer.ts';
import { checkResource, type GatewayRequest, placeOf, readEvent, readToken } from './gateway/event.ts';
import { failure, type InvocationContext, patienceOf } from './invocation.ts';
import type { Issuer } from './issuer.ts';
import { selectKeys } from './keys/key-set.ts';
import type { Patience } from './keys/shared-fetch.ts';
import type { DecisionLine } from './log/log.ts';
import { embeddedMetrics, type FetchCounter } from './log/metrics.ts';
import { Refusal, type Verdict, verdictOf } from './reasons.ts';
import { resultOf } from './result.ts';
import { checkRoute } from './routes/check.ts';
import { type StagePolicy, stagePolicies } from './routes/policy.ts';
import { findRoute, type Route, type RouteMap } from './routes/route.ts';
import { MAX_LOGGED } from './text.ts';
import { checkBinding } from './token/binding.ts';
import { checkAudience, checkRequiredClaims, checkScopes, checkTimes } from './token/checks.ts';
import { readClaims } from './token/claims.ts';
import { checkHeader, loggableKid, parseToken, type UnverifiedToken } from './token/jws.ts';
import { verifySignature } from './token/signature.ts';

/** What an authorizer is made of. */
export interface AuthorizerOptions {
  readonly config: Config;
  readonly issuers: readonly Issuer[];
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: (line: DecisionLine) => void;
  readonly fetches: FetchCounter;
}

/** Lambda's handler: from an event to an answer, or to an error that API Gateway maps to a 401 or a 500. */
export type Handler = (event: unknown, context?: InvocationContext) => Promise<Answer>;

/** What is known of a request by the time it is decided. */
interface Trace {
  request?: GatewayRequest;
  token?: UnverifiedToken;
  issuer?: Issuer;
  /** The issuer publishes a key under the token's kid. */
  isKidPublished?: true;
  caller?: Caller;
  /** The entry of `ROUTE_SCOPES` that takes the request. */
  route?: Route;
  policy?: StagePolicy;
}

/** Makes the handler. `judge` holds the checks, in the order of the decision table; the rest tells the result. */
export function createAuthorizer({ config, issuers, now, log, fetches }: AuthorizerOptions): Handler {
  const byName = new Map(issuers.map((issuer) => [normalizeIssuer(issuer.settings.issuer), issuer]));
  const { routes } = config;
  const policyOf = routes && config.policyResource === 'stage' ? stagePolicies(routes) : undefined;

  function issuerOf(iss: unknown): Issuer {
    const issuer = typeof iss === 'string' ? byName.get(normalizeIssuer(iss)) : undefined;
    if (issuer) return issuer;
    const accepted = issuers.map(({ settings }) => settings.issuer).join(', ');
    throw new Refusal('unknown_issuer', `The claim iss is not one of ${accepted}.`);
  }

  /** The checks. A request that is not permitted ends them with a Refusal, or with KeysUnavailable. */
  async function judge(event: unknown, patience: Patience, trace: Trace): Promise<Verdict> {
    const request = readEvent(event, config);
    trace.request = request;
    checkResource(request, config);
    const token = parseToken(readToken(request, config));
    trace.token = token;
    const algorithm = checkHeader(token, config);
    const issuer = issuerOf(token.unverifiedClaims.iss);
    trace.issuer = issuer;
    const claims = await issuer.keys.use((set) => {
      const keys = selectKeys(set, token.unverifiedKid, algorithm);
      trace.isKidPublished = true;
      return verifySignature(token, keys, algorithm);
    }, patience);
    const { settings } = issuer;
    const identity = readClaims(claims, settings);
    const iss = issuers.length > 1 ? settings.issuer : undefined;
    const context = readContext(claims, identity.scopes, iss, config);
    trace.caller = {
      principalId: identity.principalId,
      context,
      usageIdentifierKey: readUsageKey(claims, config),
    };
    checkTimes(identity, now() / 1000, config);
    checkBinding(claims, request.certificate, config);
    checkAudience(identity, settings);
    checkRequiredClaims(claims, settings);
    checkScopes(identity, claims, settings, config);
    if (routes) judgeRoute(routes, request, new Set(identity.scopes), trace);
    return { reason: 'authorized' };
  }

  function judgeRoute(
    map: RouteMap,
    request: GatewayRequest,
    scopes: ReadonlySet<string>,
    trace: Trace,
  ): void {
    const { method, path, stageArn, isSimple } = request;
    const route = findRoute(map, method, path);
    if (route) trace.route = route;
    if (policyOf && !isSimple) {
      const policy = policyOf(stageArn, scopes);
      if (!policy)
        throw new Refusal('unsupported_resource', 'A resource of ROUTE_SCOPES is too long for a policy.');
      trace.policy = policy;
    }
    checkRoute(route, scopes);
  }

  return async function handler(event, context) {
    const startedAt = config.metricsNamespace ? now() : 0;
    const trace: Trace = {};
    const verdict = await judge(event, patienceOf(context), trace).catch(verdictOf);
    const { reason } = verdict;
    const { outcome, answer, warning } = resultOf(reason, trace, config);
    const detail = warning && verdict.detail ? `${verdict.detail} ${warning}` : (verdict.detail ?? warning);
    const place = placeOf(event, trace.request);
    log({
      level: outcome === 'error' ? 'error' : outcome === 'allow' && !warning ? 'info' : 'warn',
      requestId: context?.awsRequestId,
      outcome,
      reason,
      ...place,
      route: place?.route ?? trace.route?.entry.slice(0, MAX_LOGGED),
      issuer: trace.issuer?.settings.issuer,
      kid: trace.token && loggableKid(trace.token, trace.isKidPublished === true),
      principalId: trace.caller?.principalId.slice(0, MAX_LOGGED),
      detail,
      ...(config.metricsNamespace !== undefined &&
        embeddedMetrics(config.metricsNamespace, now(), {
          functionName: context?.functionName ?? 'unknown',
          outcome,
          duration: now() - startedAt,
          keySetAge: trace.issuer?.keys.age,
          ...fetches.take(),
        })),
    });
    if (answer) return answer;
    throw failure(outcome === 'unauthorized' ? 'Unauthorized' : `${reason}: ${detail}`);
  };
}
