import type {
  APIGatewayEventRequestContextV2,
  APIGatewayRequestAuthorizerEvent,
  APIGatewayRequestAuthorizerEventV2,
  APIGatewayTokenAuthorizerEvent,
} from 'aws-lambda';

/*
 * Authorizer events field by field as AWS documents them, the ellipses of its examples filled in, of headers some:
 * - REST: "Input to an API Gateway Lambda authorizer",
 *   https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
 * - HTTP: "Control access to HTTP APIs with AWS Lambda authorizers", payload format version,
 *   https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 *   and, for what the example of 1.0 leaves out of its requestContext, "Create AWS Lambda proxy integrations",
 *   https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * - WebSocket: "Control access to WebSocket APIs with AWS Lambda REQUEST authorizers",
 *   https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
 */

/** No authorizer has run yet when an authorizer is asked. */
type RestRequestEvent = Omit<APIGatewayRequestAuthorizerEvent, 'requestContext'> & {
  requestContext: Omit<APIGatewayRequestAuthorizerEvent['requestContext'], 'authorizer'>;
};

/** What a request comes with. */
export interface Sent {
  /** The `Authorization` value. */
  readonly authorization: string;
  /** The ARN of what is called. */
  readonly arn: string;
}

const CLIENT_CERT = {
  clientCertPem: 'CERT_CONTENT',
  subjectDN: 'www.example.com',
  issuerDN: 'Example issuer',
  serialNumber: 'a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1',
  validity: { notBefore: 'May 28 12:30:02 2019 GMT', notAfter: 'Aug  5 09:36:04 2021 GMT' },
};

const NOT_IAM = {
  ...{ accessKey: null, accountId: null, caller: null, principalOrgId: null, user: null, userArn: null },
  ...{ cognitoAuthenticationProvider: null, cognitoAuthenticationType: null },
  ...{ cognitoIdentityId: null, cognitoIdentityPoolId: null },
};

/** What is in events of both REST and HTTP APIs. */
const REQUEST = {
  queryStringParameters: { QueryString1: 'queryValue1' },
  multiValueQueryStringParameters: { QueryString1: ['queryValue1'] },
  pathParameters: {},
  stageVariables: { StageVar1: 'stageValue1' },
};
const API = { apiId: 'abcdef123', domainName: 'abcdef123.execute-api.us-east-1.amazonaws.com' };
const IDENTITY = { ...NOT_IAM, sourceIp: '192.0.2.1', userAgent: 'curl/8.5.0', clientCert: CLIENT_CERT };

/** The headers as the caller sent them, with all values of each. */
const multiValue = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));

const restToken = ({ authorization, arn }: Sent) =>
  ({ type: 'TOKEN', authorizationToken: authorization, methodArn: arn }) satisfies APIGatewayTokenAuthorizerEvent;

function restRequest({ authorization, arn }: Sent) {
  const headers = {
    'X-AMZ-Date': '20170718T062915Z',
    Accept: '*/*',
    Authorization: authorization,
    'User-Agent': 'curl/8.5.0',
  };
  return {
    type: 'REQUEST',
    methodArn: arn,
    resource: '/request',
    path: '/request',
    httpMethod: 'GET',
    headers,
    multiValueHeaders: multiValue(headers),
    ...REQUEST,
    requestContext: {
      path: '/request',
      accountId: '123456789012',
      resourceId: '05c7jb',
      stage: 'test',
      requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
      requestTime: '18/Jul/2017:06:29:15 +0000',
      requestTimeEpoch: 1500359355000,
      extendedRequestId: 'JCrTuGpVIAMFe8w=',
      ...API,
      domainPrefix: 'abcdef123',
      protocol: 'HTTP/1.1',
      identity: { ...IDENTITY, apiKey: 'api-key', apiKeyId: 'api-key-id' },
      resourcePath: '/request',
      httpMethod: 'GET',
    },
  } satisfies RestRequestEvent;
}

/** With `$request.header.Authorization` for its identity source, as whoever uses this authorizer has it. */
function httpV1({ authorization, arn }: Sent) {
  const headers = { accept: '*/*', authorization, host: API.domainName };
  return {
    version: '1.0',
    type: 'REQUEST',
    methodArn: arn,
    identitySource: authorization,
    authorizationToken: authorization,
    resource: '/request',
    path: '/test/request',
    httpMethod: 'GET',
    headers,
    multiValueHeaders: multiValue(headers),
    ...REQUEST,
    requestContext: {
      accountId: '123456789012',
      ...API,
      domainPrefix: 'abcdef123',
      extendedRequestId: 'request-id',
      httpMethod: 'GET',
      identity: IDENTITY,
      path: '/test/request',
      protocol: 'HTTP/1.1',
      requestId: 'id=',
      requestTime: '04/Mar/2020:19:15:17 +0000',
      requestTimeEpoch: 1583349317135,
      resourceId: null,
      resourcePath: '/request',
      stage: 'test',
    },
  };
}

const httpV2 = ({ authorization, arn }: Sent) =>
  ({
    version: '2.0',
    type: 'REQUEST',
    routeArn: arn,
    identitySource: [authorization],
    routeKey: 'GET /request',
    rawPath: '/request',
    rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=value',
    cookies: ['cookie1', 'cookie2'],
    headers: { accept: '*/*', authorization, host: API.domainName },
    queryStringParameters: { parameter1: 'value1,value2', parameter2: 'value' },
    requestContext: {
      accountId: '123456789012',
      ...API,
      authentication: { clientCert: CLIENT_CERT },
      domainPrefix: 'abcdef123',
      http: { method: 'GET', path: '/request', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'curl/8.5.0' },
      requestId: 'id',
      routeKey: 'GET /request',
      stage: '$default',
      time: '12/Mar/2020:19:03:58 +0000',
      timeEpoch: 1583348638390,
    } satisfies APIGatewayEventRequestContextV2,
    pathParameters: { parameter1: 'value1' },
    stageVariables: { stageVariable1: 'value1', stageVariable2: 'value2' },
  }) satisfies APIGatewayRequestAuthorizerEventV2;

function webSocket({ authorization, arn }: Sent) {
  const headers = {
    Authorization: authorization,
    Host: API.domainName,
    'Sec-WebSocket-Key': 'am5ubWVpbHd3bmNyYXF0ag==',
    'X-Forwarded-For': '192.0.2.1',
  };
  return {
    type: 'REQUEST',
    methodArn: arn,
    headers,
    multiValueHeaders: multiValue(headers),
    queryStringParameters: { QueryString1: 'queryValue1' },
    multiValueQueryStringParameters: { QueryString1: ['queryValue1'] },
    stageVariables: {},
    requestContext: {
      routeKey: '$connect',
      eventType: 'CONNECT',
      extendedRequestId: 'request-id',
      requestTime: '19/Jan/2023:21:13:26 +0000',
      messageDirection: 'IN',
      stage: 'default',
      connectedAt: 1674162806344,
      requestTimeEpoch: 1674162806345,
      identity: { sourceIp: '192.0.2.1' },
      requestId: 'request-id',
      ...API,
      connectionId: 'connection-id',
    },
  };
}

/** A kind of authorizer event, and what issue and documentation say about it. */
export interface EventKind {
  readonly name: string;
  readonly event: (sent: Sent) => Readonly<Record<string, unknown>>;
  /** The member that names what is called. */
  readonly arnMember: 'methodArn' | 'routeArn';
  readonly arn: string;
  /** All of its stage. */
  readonly stage: string;
  /** Whether a refusal is an error, of which API Gateway makes a 401, or an answer like any other. */
  readonly refusal: 'thrown' | 'returned';
  /** Takes `{ isAuthorized }`. */
  readonly takesSimpleResponses: boolean;
  /** Takes `usageIdentifierKey`. */
  readonly hasUsagePlans: boolean;
  /** Where the client's certificate of mutual TLS is, if the kind has one. */
  readonly certificate?: string;
  /** What the log tells of the event: the names of the fixtures. */
  readonly place: Readonly<Record<string, string>>;
}

const ARN = 'arn:aws:execute-api:us-east-1:123456789012:abcdef123';
const CERTIFICATE = 'requestContext.identity.clientCert.clientCertPem';

/** A kind, most of which is as for a REST API. @param path what follows the API in the ARN */
function kindOf(name: string, event: EventKind['event'], path: string, own: Partial<EventKind>): EventKind {
  const [stage = '', method = ''] = path.split('/');
  return {
    ...{ name, event, arnMember: 'methodArn', arn: `${ARN}/${path}`, stage: `${ARN}/${stage}/*` },
    ...{ refusal: 'thrown', takesSimpleResponses: false, hasUsagePlans: false, ...own },
    place: { apiId: 'abcdef123', stage, method, ...own.place },
  };
}

export const eventKinds: readonly EventKind[] = [
  kindOf('REST TOKEN', restToken, 'test/GET/request', { hasUsagePlans: true }),
  kindOf('REST REQUEST', restRequest, 'test/GET/request', {
    hasUsagePlans: true,
    certificate: CERTIFICATE,
    place: { route: '/request', apiRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef' },
  }),
  kindOf('HTTP 1.0', httpV1, 'test/GET/request', {
    refusal: 'returned',
    certificate: CERTIFICATE,
    place: { route: '/request', apiRequestId: 'id=' },
  }),
  kindOf('HTTP 2.0', httpV2, '$default/GET/request', {
    arnMember: 'routeArn',
    refusal: 'returned',
    takesSimpleResponses: true,
    certificate: 'requestContext.authentication.clientCert.clientCertPem',
    place: { route: 'GET /request', apiRequestId: 'id' },
  }),
  kindOf('WebSocket', webSocket, 'default/$connect', { place: { apiRequestId: 'request-id' } }),
];

/** A kind by name. */
export function eventKind(name: string): EventKind {
  const kind = eventKinds.find((candidate) => candidate.name === name);
  if (!kind) throw new Error(`no kind ${name}`);
  return kind;
}

/** An event with one member replaced; deep: `requestContext.eventType`. `undefined` takes it away. */
export function withMember(event: unknown, path: string, value: unknown): Readonly<Record<string, unknown>> {
  const [member = '', ...rest] = path.split('.');
  const members = Object(event) as Readonly<Record<string, unknown>>;
  const replaced = rest.length > 0 ? withMember(members[member], rest.join('.'), value) : value;
  const { [member]: _, ...others } = members;
  return replaced === undefined ? others : { ...others, [member]: replaced };
}
