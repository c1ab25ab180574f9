import type { Context } from './claims.ts';
import type { Config } from './config.ts';
import { Refusal } from './reasons.ts';
import type { JsonObject } from './token.ts';

/** A kind of authorizer event, as data: how it is told, where it keeps what is asked, how it is answered. */
interface Kind {
  readonly matches: (event: JsonObject, requestContext: JsonObject) => boolean;
  /** The member with the ARN of the method or route that is called. */
  readonly arn: 'methodArn' | 'routeArn';
  /** All that the caller sent for a credential. */
  readonly credentials: (event: JsonObject, config: Config) => readonly unknown[];
  /**
   * What a refusal by error becomes. A REST or WebSocket API turns the error `Unauthorized` into a 401; for an
   * HTTP API AWS documents no such error, so that every refusal is returned.
   */
  readonly refusal: 'unauthorized' | 'deny';
  /** Takes `{ isAuthorized }` for an answer: HTTP APIs with payload 2.0 only. */
  readonly simple?: true;
  /** Takes a `usageIdentifierKey` in an answer: REST APIs only. */
  readonly usagePlans?: true;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const valuesOf = (members: unknown, isName: (name: string) => boolean): unknown[] =>
  isObject(members)
    ? Object.keys(members)
        .filter(isName)
        .flatMap((name) => members[name])
    : [];

const isAuthorization = (name: string) => name.toLowerCase() === 'authorization';

const headers = (event: JsonObject) => valuesOf(event.headers, isAuthorization);

const allHeaders = (event: JsonObject) => [
  ...headers(event),
  ...valuesOf(event.multiValueHeaders, isAuthorization),
];

/** A browser can't set headers on a WebSocket handshake: the query may hold the bare token instead. */
const queryTokens = (event: JsonObject, { tokenQueryParameter }: Config) =>
  [event.queryStringParameters, event.multiValueQueryStringParameters]
    .flatMap((parameters) => valuesOf(parameters, (name) => name === tokenQueryParameter))
    .map((token) => (typeof token === 'string' ? `Bearer ${token}` : token));

/** The ARN of a WebSocket API's route $connect: the third segment says so. */
const CONNECT = /^[^/]+\/[^/]+\/\$connect(\/|$)/;

/**
 * The kinds, each told by the event alone; no event is of two. Shapes: API Gateway Developer Guide, "Input to
 * a Lambda authorizer" (REST, WebSocket) and "Payload format version" (HTTP APIs).
 */
const KINDS: readonly Kind[] = [
  {
    // REST API, TOKEN
    matches: ({ type }) => type === 'TOKEN',
    arn: 'methodArn',
    credentials: ({ authorizationToken }) => [authorizationToken],
    refusal: 'unauthorized',
    usagePlans: true,
  },
  {
    // REST API, REQUEST
    matches: ({ type, version }, { eventType, connectionId }) =>
      type === 'REQUEST' && version === undefined && eventType === undefined && connectionId === undefined,
    arn: 'methodArn',
    credentials: allHeaders,
    refusal: 'unauthorized',
    usagePlans: true,
  },
  {
    // HTTP API, payload 1.0; its authorizationToken is whatever the identity sources are, so it is not read
    matches: ({ type, version }) => type === 'REQUEST' && version === '1.0',
    arn: 'methodArn',
    credentials: allHeaders,
    refusal: 'deny',
  },
  {
    // HTTP API, payload 2.0; equal headers are joined by commas, so there are no multi-value ones
    matches: ({ type, version }) => type === 'REQUEST' && version === '2.0',
    arn: 'routeArn',
    credentials: headers,
    refusal: 'deny',
    simple: true,
  },
  {
    // WebSocket API, $connect
    matches: ({ type, version, httpMethod, methodArn }, { eventType, connectionId }) =>
      type === 'REQUEST' &&
      version === undefined &&
      httpMethod === undefined &&
      eventType === 'CONNECT' &&
      typeof connectionId === 'string' &&
      typeof methodArn === 'string' &&
      CONNECT.test(methodArn),
    arn: 'methodArn',
    credentials: (event, config) => [...allHeaders(event), ...queryTokens(event, config)],
    refusal: 'unauthorized',
  },
];

/** arn:partition:execute-api:region:account:apiId/stage, then /method or /route, then the path. */
const ARN = /^(arn:[^:/]+:execute-api:[^:/]+:[^:/]+:[^:/]+\/[^/]+)\/[^/]/;
const WILDCARD = /[*?]/;
/** The longest resource that API Gateway takes in a policy, in characters. */
const MAX_RESOURCE = 512;

/** What an event asks, whatever its kind. */
export interface GatewayRequest {
  readonly credentials: readonly unknown[];
  /** What the policy names. */
  readonly resource: string;
  /** `false`: no policy can name this request alone, and `resource` is only the beginning of its ARN. */
  readonly isNameable: boolean;
  readonly refusal: Kind['refusal'];
  /** Answer with `{ isAuthorized }` instead of a policy. */
  readonly isSimple: boolean;
  readonly hasUsagePlans: boolean;
}

/**
 * Reads an event.
 *
 * @throws Refusal `unsupported_event`: of no kind known here, or without a usable ARN
 */
export function readEvent(event: unknown, config: Config): GatewayRequest {
  if (!isObject(event)) throw new Refusal('unsupported_event', 'The event is not an object.');
  const requestContext = isObject(event.requestContext) ? event.requestContext : {};
  const kind = KINDS.find(({ matches }) => matches(event, requestContext));
  if (!kind) throw new Refusal('unsupported_event', 'The event is no authorizer event of API Gateway.');
  const arn = event[kind.arn];
  const stage = typeof arn === 'string' ? ARN.exec(arn)?.[1] : undefined;
  if (typeof arn !== 'string' || stage === undefined) {
    throw new Refusal('unsupported_event', `The event has no usable ${kind.arn}.`);
  }
  const everyMethod = `${stage}/*`;
  if (config.policyResource === 'stage' && (WILDCARD.test(stage) || everyMethod.length > MAX_RESOURCE)) {
    throw new Refusal(
      'unsupported_event',
      `The stage in the event's ${kind.arn} can't be named in a policy.`,
    );
  }
  // a wildcard in the request's own path would widen the policy to other paths
  const thisMethod = arn.replace(/[*?].*$/s, '').slice(0, MAX_RESOURCE);
  return {
    credentials: kind.credentials(event, config),
    resource: config.policyResource === 'stage' ? everyMethod : thisMethod,
    isNameable: config.policyResource === 'stage' || thisMethod === arn,
    refusal: kind.refusal,
    isSimple: config.simpleResponses && kind.simple === true,
    hasUsagePlans: kind.usagePlans === true,
  };
}

/**
 * Checks that a policy can name the request, and nothing else with it.
 *
 * @throws Refusal `unsupported_resource`
 */
export function checkResource({ isNameable }: GatewayRequest): void {
  if (isNameable) return;
  const detail = `The method ARN holds * or ?, or is longer than ${MAX_RESOURCE} characters; POLICY_RESOURCE=stage would take it.`;
  throw new Refusal('unsupported_resource', detail);
}

/** `Bearer`, in any case, blanks, and one word (RFC 6750, 2.1; RFC 9110, 11.1 for the case). */
const BEARER = /^[ \t]*Bearer[ \t]+(\S+)[ \t]*$/i;

/**
 * The bearer token of a request.
 *
 * @throws Refusal `missing_token`: none, not a bearer token, or several that differ, between which to choose
 * would let a proxy and this function see different callers
 */
export function bearerToken({ credentials }: GatewayRequest): string {
  const [credential] = credentials;
  if (credentials.some((other) => other !== credential))
    throw new Refusal('missing_token', 'The request holds several credentials that differ.');
  const token = typeof credential === 'string' ? BEARER.exec(credential)?.[1] : undefined;
  if (token === undefined) {
    throw new Refusal(
      'missing_token',
      'The request holds no Authorization value of the form "Bearer <token>".',
    );
  }
  return token;
}

/** A policy, or the simple response of an HTTP API. */
export type Answer = ReturnType<typeof answer>;

/**
 * What is returned to API Gateway (Developer Guide, "Output from an API Gateway Lambda authorizer").
 *
 * @param usageIdentifierKey for usage plans; no API but a REST API gets it
 */
export function answer(
  { resource, isSimple, hasUsagePlans }: GatewayRequest,
  effect: 'Allow' | 'Deny',
  principalId: string,
  context: Context,
  usageIdentifierKey?: string,
) {
  if (isSimple) return { isAuthorized: effect === 'Allow', context };
  return {
    principalId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: resource }],
    },
    context,
    ...(hasUsagePlans && usageIdentifierKey !== undefined && { usageIdentifierKey }),
  };
}
