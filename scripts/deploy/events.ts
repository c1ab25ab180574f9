import type { TokenSource } from '../../src/config/token-source.ts';
import type { Authorizer } from './openapi.ts';

/** A request to try: what API Gateway would send to the authorizer, with a token or, for '', without. */
export type Request = (token: string) => object;

/** What a caller sends who puts a token in one of the places of `TOKEN_SOURCE`. */
function sent({ kind, name }: Pick<TokenSource, 'kind' | 'name'>, token: string) {
  const headers: Readonly<Record<typeof kind, Readonly<Record<string, string>>>> = {
    header: { [name]: `Bearer ${token}` },
    cookie: { cookie: `${name}=${token}` },
    subprotocol: { 'sec-websocket-protocol': `${name}, ${token}` },
    query: {},
  };
  if (token === '') return { headers: {}, queryStringParameters: {} };
  return { headers: headers[kind], queryStringParameters: kind === 'query' ? { [name]: token } : {} };
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
  { type, payload, sources }: Partial<Authorizer>,
  stageArn: string,
  key: string,
  source: Pick<TokenSource, 'kind' | 'name'>,
): Request {
  const [apiId, stage] = stageArn.slice(stageArn.lastIndexOf(':') + 1).split('/');
  const [, verb = 'GET', resource = '/check'] = /^([A-Z]+) (.*)$/.exec(key) ?? [];
  const [method, path] = [verb === 'ANY' ? 'GET' : verb, resource.replace(/\{[^}]*\}/g, 'check')];
  const arn = `${stageArn}/${kind === 'WEBSOCKET' ? '$connect' : method + path}`;
  const context = { apiId, stage, requestId: 'npm-run-check', identity: {} };
  const connect = { routeKey: '$connect', eventType: 'CONNECT', connectionId: 'npm-run-check' };
  const rest = { resource, path, httpMethod: method };
  return (token) => {
    const parts = sent(source, token);
    const event = { type: 'REQUEST', methodArn: arn, requestContext: context, ...parts };
    if (type === 'TOKEN') return { type, methodArn: arn, authorizationToken: token && `Bearer ${token}` };
    if (kind === 'REST') return { ...event, ...rest };
    if (kind === 'WEBSOCKET') return { ...event, requestContext: { ...context, ...connect } };
    if (payload === '1.0') return { ...event, ...rest, version: '1.0' };
    const { methodArn: _, ...v2 } = event;
    const values = Object.values({ ...parts.headers, ...parts.queryStringParameters });
    const identitySource = sources?.flatMap((one) => (one === '$context.routeKey' ? key : values));
    return { ...v2, version: '2.0', routeArn: arn, identitySource, routeKey: key, rawPath: path };
  };
}
