import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config/config.ts';
import { fetchJwks } from '../../src/keys/jwks.ts';
import { listen } from '../support/fetching.ts';

export const REGION = 'eu-central-1';
export const FUNCTION_ARN = `arn:aws:lambda:${REGION}:123456789012:function:authorizer`;
export const URI = `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${FUNCTION_ARN}/invocations`;

type Json = Readonly<Record<string, unknown>>;

/** What there is in the account. A test changes one thing about it. */
export interface Account {
  readonly env: Record<string, string>;
  /** Further members of the function's configuration. */
  configuration: Json;
  /** The function's own policy, if it has one. */
  policy: Json | undefined;
  /** Answers instead of the function. */
  answer?: (event: Json) => Json;
  /** Variables that the function runs with, and that its configuration does not show. */
  hidden?: Record<string, string>;
  /** Whether an invocation shows the end of the log. */
  hasLog: boolean;
  readonly kind: 'REST' | 'HTTP' | 'WEBSOCKET';
  /** The exported document of the stage `prod`. */
  document: Json;
  /** Those of other stages, by name. */
  others: Readonly<Record<string, Json>>;
  /** Further members of the stage and of the API. */
  stage?: Json;
  api?: Json;
  /** What differs in the current authorizer of the API from the one in the document. */
  authorizer?: Json;
  /** The current routes of a WebSocket API. */
  routes: readonly Json[];
  /** The mappings to stages, by domain name. */
  domains: Readonly<Record<string, readonly Json[]>>;
  /** Calls that AWS does not permit. */
  denied?: RegExp;
}

/** A function with these variables, and an API whose one authorizer uses it: all as it should be. */
export const healthyAccount = (env: Record<string, string>, document: Json): Account => ({
  env,
  configuration: { Runtime: 'nodejs24.x', Handler: 'index.handler', Timeout: 10 },
  policy: permission('a1b2c3d4e5/authorizers/*'),
  hasLog: true,
  kind: 'REST',
  document,
  others: {},
  routes: [{ routeKey: '$connect', authorizationType: 'CUSTOM', authorizerId: 'auth1' }],
  domains: {},
});

/** A policy that lets API Gateway invoke the function for a source, with what is changed about its statement. */
export const permission = (source: string, changed: object = {}) => ({
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'apigateway.amazonaws.com' },
      Action: 'lambda:InvokeFunction',
      Condition: { ArnLike: { 'AWS:SourceArn': `arn:aws:execute-api:${REGION}:123456789012:${source}` } },
      ...changed,
    },
  ],
});

const ID = 'a1b2c3d4e5';

/** The current authorizer, as GetAuthorizers describes the one that the document has. */
function currentAuthorizer({ document, authorizer, kind }: Account): Json {
  const { ours } = (document.components as { securitySchemes: { ours: Json } }).securitySchemes;
  const { type, identitySource, ...deployed } = ours['x-amazon-apigateway-authorizer'] as Record<string, string>;
  const isToken = type === 'token';
  const sources = isToken ? 'method.request.header.Authorization' : identitySource;
  const ofV2 = sources?.split(/, */).filter(Boolean);
  const shared = { type: type?.toUpperCase(), identitySource: kind === 'REST' ? sources : ofV2 };
  return { id: 'auth1', authorizerId: 'auth1', authorizerUri: URI, ...deployed, ...shared, ...authorizer };
}

/** The paths of Lambda's and API Gateway's APIs, as the SDK requests them, and what they answer. */
function answers(account: Account): Readonly<Record<string, Json | undefined>> {
  const { env, configuration, policy, kind, document, others, stage, api, routes, domains } = account;
  const v1 = kind === 'REST';
  const stages = ['prod', ...Object.keys(others)];
  const documents = Object.entries({ prod: document, ...others });
  return {
    '/2015-03-31/functions/authorizer/configuration': {
      FunctionArn: FUNCTION_ARN,
      Environment: { Variables: env },
      ...configuration,
    },
    '/2015-03-31/functions/authorizer/policy': policy && { Policy: JSON.stringify(policy) },
    [`/restapis/${ID}`]: v1 ? { id: ID } : undefined,
    [`/restapis/${ID}/stages`]: { item: stages.map((stageName) => ({ stageName })) },
    [`/restapis/${ID}/authorizers`]: { item: [currentAuthorizer(account)] },
    [`/v2/apis/${ID}`]: { apiId: ID, protocolType: kind, ...api },
    [`/v2/apis/${ID}/stages`]: { items: stages.map((stageName) => ({ stageName })) },
    [`/v2/apis/${ID}/authorizers`]: { items: [currentAuthorizer(account)] },
    [`/v2/apis/${ID}/routes`]: { items: routes },
    '/v2/domainnames': { items: Object.keys(domains).map((domainName) => ({ domainName })) },
    ...Object.fromEntries([
      ...Object.entries(domains).map(([name, items]) => [`/v2/domainnames/${name}/apimappings`, { items }]),
      ...documents.flatMap(([name, exported]) => [
        [`/restapis/${ID}/stages/${name}`, stage ?? {}],
        [`/restapis/${ID}/stages/${name}/exports/oas30`, exported],
        [`/v2/apis/${ID}/stages/${name}`, { stageName: name }],
        [`/v2/apis/${ID}/exports/OAS30?stageName=${name}`, exported],
      ]),
    ]),
  };
}

/** What the function makes of an event, and the end of its log: it runs here, with the account's environment. */
async function invoke(account: Account, event: Json) {
  if (account.answer) return { payload: account.answer(event), isError: false, log: '' };
  const lines: string[] = [];
  const write = (line: string) => lines.push(line.trimEnd());
  try {
    const [config, now] = [readConfig({ ...account.env, ...account.hidden }), Date.now];
    const { handler } = compose({ config, fetchJwks, now, write });
    return { payload: await handler(event), isError: false, log: lines.join('\n') };
  } catch (error) {
    const { name: errorType, message: errorMessage } = error as Error; // the function throws nothing else
    return { payload: { errorType, errorMessage }, isError: true, log: lines.join('\n') };
  }
}

/**
 * Starts a server that answers what the check asks of AWS.
 *
 * @returns the variables that point the SDK at it, and the requests that changed something, which has to stay empty
 */
export async function startFakeAws(t: Pick<TestContext, 'after'>, account: Account) {
  const writes: string[] = [];
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://aws');
    const name = searchParams.get('stageName');
    if (account.denied?.test(pathname)) {
      response.writeHead(403, { 'x-amzn-errortype': 'AccessDeniedException' });
      response.end(JSON.stringify({ message: 'not authorized' }));
      return;
    }
    response.setHeader('content-type', 'application/json');
    if (pathname.endsWith('/invocations')) {
      const { payload, isError, log } = await invoke(account, JSON.parse(await text(request)));
      if (isError) response.setHeader('x-amz-function-error', 'Unhandled');
      if (account.hasLog) response.setHeader('x-amz-log-result', Buffer.from(log.slice(-4096)).toString('base64'));
      response.end(JSON.stringify(payload));
      return;
    }
    if (request.method !== 'GET') writes.push(`${request.method} ${pathname}`);
    const answer = answers(account)[name ? `${pathname}?stageName=${name}` : pathname];
    const notFound = pathname.includes('functions') ? 'ResourceNotFoundException' : 'NotFoundException';
    if (answer === undefined) response.writeHead(404, { 'x-amzn-errortype': notFound });
    response.end(JSON.stringify(answer ?? { message: 'not found' }));
  });
  const environment = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${await listen(t, server)}`,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
  };
  return { environment, writes };
}
