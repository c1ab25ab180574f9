import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config/config.ts';
import { fetchJwks } from '../../src/keys/jwks.ts';

export const REGION = 'eu-central-1';
export const FUNCTION_ARN = `arn:aws:lambda:${REGION}:123456789012:function:authorizer`;
export const URI = `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${FUNCTION_ARN}/invocations`;

type Json = Readonly<Record<string, unknown>>;

/** What there is in the account. A test changes one thing about it. */
export interface Account {
  readonly env: Record<string, string>;
  codeSha256: string;
  timeout: number;
  /** The function's own policy, if it has one. */
  policy: Json | undefined;
  /** Answers instead of the function. */
  answer?: (event: Json) => Json;
  /** Variables that the function runs with, and that its configuration does not show. */
  hidden?: Record<string, string>;
  /** Whether an invocation tells the end of the log. */
  hasLog: boolean;
  readonly kind: 'REST' | 'HTTP' | 'WEBSOCKET';
  /** The exported document of the stage `prod`; nothing where there are no exports. */
  document: Json | undefined;
  /** The types of authorization in the deployment's summary, of REST APIs. */
  summary: Json;
  canary?: Json;
  /** Of REST APIs, as they stand: the methods of `/pets`. */
  methods?: Json;
  /** Of HTTP and WebSocket APIs, as they stand. */
  routes: readonly Json[];
}

const ID = 'a1b2c3d4e5';

/** The paths of Lambda's and API Gateway's APIs, as the SDK asks for them, and what they answer. */
function answers(account: Account): Readonly<Record<string, Json | undefined>> {
  const {
    env,
    codeSha256: CodeSha256,
    timeout: Timeout,
    policy,
    kind,
    document,
    summary,
    canary,
    methods,
    routes,
  } = account;
  const v1 = kind === 'REST';
  const stage = { deploymentId: 'd1', ...(canary && { canarySettings: canary }) };
  const authorizer = {
    authorizerId: 'auth1',
    authorizerUri: URI,
    identitySource: ['route.request.header.Authorization'],
    authorizerPayloadFormatVersion: '2.0',
  };
  const configuration = { FunctionArn: FUNCTION_ARN, Environment: { Variables: env }, CodeSha256, Timeout };
  return {
    '/2015-03-31/functions/authorizer/configuration': configuration,
    '/2015-03-31/functions/authorizer/policy': policy && { Policy: JSON.stringify(policy) },
    [`/restapis/${ID}`]: v1 ? { id: ID } : undefined,
    [`/restapis/${ID}/stages/prod`]: stage,
    [`/restapis/${ID}/deployments/d1`]: { id: 'd1', apiSummary: summary },
    [`/restapis/${ID}/stages/prod/exports/oas30`]: document,
    [`/restapis/${ID}/authorizers`]: {
      item: [
        {
          ...{ id: 'auth1', type: 'TOKEN', authorizerUri: URI, authorizerResultTtlInSeconds: 0 },
          identitySource: 'method.request.header.Authorization',
        },
      ],
    },
    [`/restapis/${ID}/resources`]: { item: [{ id: 'r1', path: '/pets', resourceMethods: methods }] },
    [`/v2/apis/${ID}`]: { apiId: ID, protocolType: kind },
    [`/v2/apis/${ID}/stages/prod`]: { stageName: 'prod' },
    [`/v2/apis/${ID}/exports/OAS30`]: document,
    [`/v2/apis/${ID}/authorizers`]: { items: [authorizer] },
    [`/v2/apis/${ID}/routes`]: { items: routes },
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
 * Starts a server that answers what the check asks of AWS, and points the SDK at it.
 *
 * @returns the requests that changed something, which has to stay empty, and how to end it
 */
export async function startFakeAws(account: Account) {
  const writes: string[] = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://aws');
    response.setHeader('content-type', 'application/json');
    if (pathname.endsWith('/invocations')) {
      const { payload, isError, log } = await invoke(account, JSON.parse(await text(request)));
      if (isError) response.setHeader('x-amz-function-error', 'Unhandled');
      if (account.hasLog)
        response.setHeader('x-amz-log-result', Buffer.from(log.slice(-4096)).toString('base64'));
      response.end(JSON.stringify(payload));
      return;
    }
    if (request.method !== 'GET') writes.push(`${request.method} ${pathname}`);
    const answer = answers(account)[pathname];
    if (answer === undefined) {
      response.statusCode = 404;
      response.setHeader(
        'x-amzn-errortype',
        pathname.includes('functions') ? 'ResourceNotFoundException' : 'NotFoundException',
      );
    }
    response.end(JSON.stringify(answer ?? { message: 'not found' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const environment = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
  };
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { environment, writes, close };
}
