import type { JsonObject } from '../json.ts';
import type { Parts } from './token-source.ts';

/** A kind of authorizer event, as data: how it is recognized, where its parts are, how it is answered. */
export interface Kind extends Omit<Parts, 'event'> {
  readonly matches: (event: JsonObject, requestContext: JsonObject) => boolean;
  /** The member with the ARN of the method or route that is called. */
  readonly arn: 'methodArn' | 'routeArn';
  /** The member with the route that API Gateway chose: a path, or for payload 2.0 a method and a path. */
  readonly route?: 'resource' | 'routeKey';
  /** Has the token in `authorizationToken`. */
  readonly isTokenEvent?: true;
  /** The member of `requestContext` with the client's certificate of API Gateway's mutual TLS. */
  readonly certificate?: 'identity' | 'authentication';
  /**
   * What a refusal by error becomes. A REST or WebSocket API turns the error `Unauthorized` into a 401; for an
   * HTTP API AWS documents no such error, so that every refusal is returned.
   */
  readonly refusal: 'unauthorized' | 'deny';
  /** Accepts `{ isAuthorized }` for an answer: HTTP APIs with payload 2.0 only. */
  readonly acceptsSimple?: true;
  /** Accepts a `usageIdentifierKey` in an answer: REST APIs only. */
  readonly hasUsagePlans?: true;
}

/** The ARN of a WebSocket API's route $connect: the third segment says so. */
const CONNECT = /^[^/]+\/[^/]+\/\$connect(\/|$)/;

/**
 * The kinds, each recognized by the event alone; no event is of two. Shapes: API Gateway Developer Guide, "Input to
 * a Lambda authorizer" (REST, WebSocket) and "Payload format version" (HTTP APIs).
 */
export const KINDS: readonly Kind[] = [
  {
    // REST API, TOKEN
    matches: ({ type }) => type === 'TOKEN',
    arn: 'methodArn',
    isTokenEvent: true,
    refusal: 'unauthorized',
    hasUsagePlans: true,
  },
  {
    // REST API, REQUEST
    matches: ({ type, version }, { eventType, connectionId }) =>
      type === 'REQUEST' && version === undefined && eventType === undefined && connectionId === undefined,
    arn: 'methodArn',
    route: 'resource',
    certificate: 'identity',
    refusal: 'unauthorized',
    hasUsagePlans: true,
  },
  {
    // HTTP API, payload 1.0; its authorizationToken contains the identity sources, so it is not read
    matches: ({ type, version }) => type === 'REQUEST' && version === '1.0',
    arn: 'methodArn',
    route: 'resource',
    certificate: 'identity',
    refusal: 'deny',
  },
  {
    // HTTP API, payload 2.0
    matches: ({ type, version }) => type === 'REQUEST' && version === '2.0',
    arn: 'routeArn',
    route: 'routeKey',
    isJoined: true,
    certificate: 'authentication',
    refusal: 'deny',
    acceptsSimple: true,
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
    isWebSocket: true,
    refusal: 'unauthorized',
  },
];
