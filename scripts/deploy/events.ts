import type { Authorizer } from './openapi.ts';

/** A request to try: what API Gateway would send to the authorizer, with a token or, for '', without. */
export type Request = (token: string) => object;

/** What a caller sends who puts a token in a place of `TOKEN_SOURCE`. */
function sent(source: string, token: string) {
  const [place, name = ''] = source.split(':');
  const headers: Record<string, string> =
    {
      header: { [name]: `Bearer ${token}` },
      cookie: { cookie: `${name}=${token}` },
      subprotocol: { 'sec-websocket-protocol': `${name}, ${token}` },
    }[token && (place ?? '')] ?? {};
  return { headers, queryStringParameters: token && place === 'query' ? { [name]: token } : {} };
}

/**
 * A request for a route, in an event of the API's own kind (Developer Guide: "Input to a Lambda authorizer", "Lambda
 * authorizers for HTTP APIs").
 *
 * @param stageArn arn:…:execute-api:region:account:api/stage
 * @param key the route, such as `GET /pets/{id}`, to which a request for `/pets/check` goes
 * @param source where the token is
 */
export function request(
  kind: 'REST' | 'HTTP' | 'WEBSOCKET',
  { type, payload }: Partial<Authorizer>,
  stageArn: string,
  key: string,
  source: string,
): Request {
  const [apiId, stage] = stageArn.slice(stageArn.lastIndexOf(':') + 1).split('/');
  const [, verb = 'GET', resource = '/check'] = /^([A-Z]+) (.*)$/.exec(key) ?? [];
  const [method, path] = [verb === 'ANY' ? 'GET' : verb, resource.replace(/\{[^}]*\}/g, 'check')];
  const methodArn = `${stageArn}/${method}${path}`;
  const context = { apiId, stage, requestId: 'npm-run-check', identity: {} };
  return (token) => {
    const event = { type: 'REQUEST', methodArn, ...sent(source, token) };
    if (type === 'TOKEN') return { type, methodArn, authorizationToken: token && `Bearer ${token}` };
    if (kind === 'WEBSOCKET') {
      const connect = {
        ...context,
        routeKey: '$connect',
        eventType: 'CONNECT',
        connectionId: 'npm-run-check',
      };
      return { ...event, methodArn: `${stageArn}/$connect`, requestContext: connect };
    }
    if (kind === 'HTTP' && payload !== '1.0') {
      const requestContext = { ...context, routeKey: key, http: { method, path } };
      const cookies = event.headers.cookie ? [event.headers.cookie] : undefined;
      return {
        ...event,
        version: '2.0',
        routeArn: methodArn,
        methodArn: undefined,
        routeKey: key,
        rawPath: path,
        cookies,
        requestContext,
      };
    }
    const requestContext = { ...context, resourcePath: resource, httpMethod: method };
    return {
      ...event,
      ...(kind === 'HTTP' && { version: '1.0' }),
      resource,
      path,
      httpMethod: method,
      requestContext,
    };
  };
}
