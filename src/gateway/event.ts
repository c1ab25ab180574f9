import type { Config } from '../config/config.ts';
import { refusal } from '../decision.ts';
import { isObject, type JsonObject, textIn } from '../json.ts';
import { MAX_RESOURCE } from '../routes/stage/policy.ts';
import { type Credential, oneToken } from './bearer-token.ts';
import { checkCacheKey } from './cache-key.ts';
import { KINDS, type Kind } from './kinds.ts';
import { proofsIn, tokenAt } from './token-source.ts';

/** arn:partition:execute-api:region:account:apiId/stage, then /method or /route, then the path. */
const ARN = /^(arn:[^:/]+:execute-api:[^:/]+:[^:/]+:([^:/]+)\/([^/]+))\/([^/]+)(.*)$/s;
/** What has a special meaning in a policy: wildcards, and the beginning of a policy variable. */
const SPECIAL = /[*?]|\$\{/;

/** The parts of the ARN of a method or route. */
function parseArn(text: unknown) {
  const [arn, stageArn = '', apiId = '', stage = '', method = '', path = ''] = ARN.exec(textIn(text) ?? '') ?? [];
  return arn === undefined ? undefined : { arn, stageArn, apiId, stage, method, path };
}

export interface GatewayRequest {
  readonly kind: Kind;
  readonly event: JsonObject;
  readonly arn: string;
  /** The beginning of the ARN, up to and with the stage. */
  readonly stageArn: string;
  readonly apiId: string;
  readonly stage: string;
  /** The method, or the key of a WebSocket API's route. */
  readonly method: string;
  /** The rest of the ARN, unchanged. */
  readonly path: string;
  /** The path of the route that API Gateway chose, if the event tells it; none for `$default`. */
  readonly ownPath: string | undefined;
  /** PEM, where the kind has one and the client used one. */
  readonly certificate: unknown;
  /** Answered with `{ isAuthorized }` instead of a policy. */
  readonly isSimple: boolean;
}

const contextOf = ({ requestContext }: JsonObject) => (isObject(requestContext) ? requestContext : {});
const kindOf = (event: JsonObject) => KINDS.find(({ matches }) => matches(event, contextOf(event)));

/** Reads an event. @throws Refusal `unsupported_event`: of no kind known here, or without a usable ARN */
export function readEvent(event: unknown, config: Config): GatewayRequest {
  if (!isObject(event)) throw refusal('unsupported_event', 'not_an_object');
  const kind = kindOf(event);
  if (!kind) throw refusal('unsupported_event', 'unknown_kind');
  const parts = parseArn(event[kind.arn]);
  if (!parts && kind.arn === 'routeArn' && typeof event.methodArn === 'string')
    throw refusal('unsupported_event', 'mixed_versions');
  if (!parts) throw refusal('unsupported_event', 'no_arn', { member: kind.arn });
  const everyMethod = `${parts.stageArn}/*`;
  if (config.policyResource === 'stage' && (SPECIAL.test(parts.stageArn) || everyMethod.length > MAX_RESOURCE))
    throw refusal('unsupported_event', 'unnameable_stage', { member: kind.arn });
  const isSimple = config.simpleResponses && kind.acceptsSimple === true;
  if (isSimple && config.routes) checkCacheKey(event, kind, config);
  const ownPath = kind.route && /\/.*/s.exec(textIn(event[kind.route]) ?? '')?.[0];
  const client = kind.certificate && contextOf(event)[kind.certificate];
  const certificate = isObject(client) && isObject(client.clientCert) ? client.clientCert.clientCertPem : undefined;
  return { ...parts, kind, event, ownPath, certificate, isSimple };
}

/**
 * Which request an event is about, for the log, even if something is wrong with the event. Never the path, which may
 * contain anything.
 *
 * @param request the event, read, where that was possible
 */
export function placeOf(event: unknown, request?: GatewayRequest) {
  if (!isObject(event)) return undefined;
  const { methodArn, routeArn = methodArn } = event;
  const { apiId, stage, method = '' } = request ?? parseArn(routeArn) ?? {};
  const member = (request?.kind ?? kindOf(event))?.route;
  return {
    apiId,
    stage,
    method: /^([A-Z]+|\$connect)$/.test(method) ? method : undefined,
    route: textIn(member ? event[member] : (event.routeKey ?? event.resource)),
    // by which API Gateway's access log knows the request
    apiRequestId: textIn(contextOf(event).requestId),
  };
}

/** Checks that a policy can name the request, and nothing else with it. @throws Refusal `unsupported_resource` */
export function checkResource({ arn }: GatewayRequest, { policyResource }: Config): void {
  if (policyResource === 'stage' || (!SPECIAL.test(arn) && arn.length <= MAX_RESOURCE)) return;
  throw refusal('unsupported_resource', 'unnameable', { max: MAX_RESOURCE });
}

/** The values of `TOKEN_BINDING` with which a token may come by the scheme `DPoP`. */
const ACCEPT_DPOP: readonly Config['tokenBinding'][] = ['dpop', 'dpop-only', 'ignore'];

/**
 * The token of a request, and the scheme it came by.
 *
 * @throws Refusal `missing_token`: there is none, it is not of the form that is due, or there are several that differ
 */
export function readToken({ event, kind, method }: GatewayRequest, config: Config): Credential {
  const { tokenSources, tokenBinding } = config;
  const acceptsDpop = ACCEPT_DPOP.includes(tokenBinding);
  const credential = kind.isTokenEvent
    ? oneToken([event.authorizationToken], { label: 'authorizationToken', form: 'bearer', acceptsDpop })
    : tokenAt(tokenSources, { ...kind, event }, acceptsDpop);
  if (credential) return credential;
  if (method === 'OPTIONS') throw refusal('missing_token', 'preflight');
  const places = kind.isTokenEvent ? ['authorizationToken'] : tokenSources.map(({ label }) => label);
  throw refusal('missing_token', 'absent', { places });
}

/** Every DPoP proof of a request; `undefined` if its kind of event can't carry one. */
export const readProofs = ({ event, kind }: GatewayRequest): readonly unknown[] | undefined =>
  kind.isTokenEvent || kind.isWebSocket ? undefined : proofsIn(event);
