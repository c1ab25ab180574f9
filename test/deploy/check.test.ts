import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { main } from '../../scripts/deploy/check.ts';
import { generateKey, type LocalIssuer, type SigningKey, startIssuer } from '../../scripts/issuer.ts';
import { LOADER_ARGS } from '../../scripts/loader.ts';
import { temporaryFolder } from '../support/unpacked.ts';
import { type Account, REGION, startFakeAws, URI } from './fake-aws.ts';

const AUDIENCE = 'https://pets.example/';
const SCHEME = 'x-amazon-apigateway-authorizer';
const folder = temporaryFolder();
const zip = join(folder.path, 'function.zip');
const tokenFile = join(folder.path, 'token');
let issuer: LocalIssuer;
let jwks: string;
let otherJwks: string;

before(async () => {
  const key = await generateKey('k', 'ES256'); // quicker to make than RSA
  issuer = await startIssuer([key]);
  const published = ({ jwk }: SigningKey) =>
    `data:application/json;base64,${Buffer.from(JSON.stringify({ keys: [jwk] })).toString('base64')}`;
  jwks = published(key);
  otherJwks = published(await generateKey('other', 'ES256'));
  writeFileSync(zip, 'the bytes of a zip');
  writeFileSync(tokenFile, issuer.token({ sub: 'me', aud: AUDIENCE }));
});
after(async () => {
  folder.remove();
  await issuer.close();
});

const asked = { security: [{ ours: [] }] };
const schemeOf = (extension: object) => ({
  type: 'apiKey',
  name: 'Authorization',
  in: 'header',
  [SCHEME]: extension,
});
const documentOf = (extension: object, paths: object) => ({
  paths,
  components: {
    securitySchemes: {
      ours: schemeOf({ authorizerUri: URI, authorizerResultTtlInSeconds: 0, ...extension }),
      other: schemeOf({ authorizerUri: URI.replace('authorizer/', 'another/'), type: 'token' }),
      sigv4: {
        type: 'apiKey',
        name: 'Authorization',
        in: 'header',
        'x-amazon-apigateway-authtype': 'awsSigv4',
      },
      pool: schemeOf({ type: 'cognito_user_pools' }),
      api_key: { type: 'apiKey', name: 'x-api-key', in: 'header' },
    },
  },
});
const permission = (source: string, changed: object = {}) => ({
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
const HTTP = {
  type: 'request',
  identitySource: '$request.header.Authorization',
  authorizerPayloadFormatVersion: '2.0',
};

/** An account where all is as it should be. */
const healthy = (): Account => ({
  env: { TOKEN_ISSUER: issuer.issuer, JWKS_URI: jwks, AUDIENCE, ALGORITHMS: 'ES256' },
  codeSha256: createHash('sha256').update('the bytes of a zip').digest('base64'),
  timeout: 10,
  policy: permission('a1b2c3d4e5/authorizers/*'),
  hasLog: true,
  kind: 'REST',
  document: documentOf({ type: 'token' }, { '/pets/{id}': { get: asked, options: {} } }),
  summary: { '/pets/{id}': { GET: { authorizationType: 'CUSTOM' }, OPTIONS: { authorizationType: 'NONE' } } },
  routes: [{ routeKey: '$connect', authorizationType: 'CUSTOM', authorizerId: 'auth1' }],
});

const STANDING = {
  GET: { authorizationType: 'CUSTOM', authorizerId: 'auth1' },
  POST: { authorizationType: 'CUSTOM', authorizerId: 'auth1' },
};
/** An export and a summary that name the methods, and not what they ask. */
const untold = (methods: NonNullable<Account['methods']>): Partial<Account> => ({
  document: documentOf({}, { '/pets': { get: {}, post: {} } }),
  summary: { '/pets': { GET: { apiKeyRequired: false }, POST: { apiKeyRequired: false } } },
  methods,
});

const ARGS = ['--function', 'authorizer', '--api', 'a1b2c3d4e5', '--stage', 'prod'];

/** Runs the check on a healthy account of which one thing was changed. */
async function check(change: (account: Account) => Partial<Account>, ...args: string[]) {
  const account = healthy();
  Object.assign(account, change(account));
  const aws = await startFakeAws(account);
  Object.assign(process.env, aws.environment);
  const lines: string[] = [];
  try {
    const all = [...ARGS, '--zip', zip, '--token-file', tokenFile, ...args];
    const code = await main(all, (line) => lines.push(line));
    assert.deepEqual(aws.writes, []);
    const wrong = lines.filter((line) => !line.startsWith('ok'));
    return { code, lines, wrong };
  } finally {
    await aws.close();
  }
}

describe('npm run check', () => {
  const fine: readonly (readonly [
    what: string,
    change: (account: Account) => Partial<Account>,
    args?: string[],
  ])[] = [
    ['a REST API', () => ({})],
    ['an HTTP API', () => ({ kind: 'HTTP', document: documentOf(HTTP, { '/pets': { get: asked } }) })],
    [
      'the $default route',
      () => ({
        kind: 'HTTP',
        document: documentOf(HTTP, { '/$default': { 'x-amazon-apigateway-any-method': asked } }),
      }),
    ],
    ['a WebSocket API', () => ({ kind: 'WEBSOCKET' })],
    ['a REST API of which nothing is told but as it stands', () => untold(STANDING)],
    [
      'an HTTP API that has no export',
      () => ({
        kind: 'HTTP',
        document: undefined,
        routes: [{ routeKey: 'GET /pets', authorizationType: 'CUSTOM', authorizerId: 'auth1' }],
      }),
    ],
    [
      'IAM and another authorizer',
      () => ({
        summary: {},
        document: documentOf(
          { type: 'token' },
          { '/a': { get: asked, put: { security: [{ other: [] }] }, post: { security: [{ sigv4: [] }] } } },
        ),
      }),
    ],
    [
      'what is meant to be open',
      () => ({
        summary: {},
        document: documentOf({ type: 'token' }, { '/a': { get: asked }, '/health': { get: {} } }),
      }),
      ['--allow-open', 'GET /health'],
    ],
    [
      'a user pool, and IAM without a scheme',
      () => ({
        summary: {},
        document: documentOf(
          { type: 'token' },
          {
            '/a': {
              get: asked,
              put: { security: [{ pool: [] }] },
              post: { 'x-amazon-apigateway-auth': { type: 'AWS_IAM' } },
            },
          },
        ),
      }),
    ],
    [
      'a token that is for some of the routes',
      ({ env }) => {
        Object.assign(env, { ROUTE_SCOPES: 'GET /a admin, GET /b, GET /c admin' });
        return {
          summary: {},
          document: documentOf(
            { type: 'token' },
            { '/a': { get: asked }, '/b': { get: asked }, '/c': { get: asked } },
          ),
        };
      },
    ],
    ['a function whose log is not at hand', () => ({ hasLog: false })],
  ];
  for (const [what, change, args = []] of fine) {
    it(`finds nothing wrong with ${what}`, async () => {
      const { code, wrong, lines } = await check(change, ...args);
      assert.deepEqual({ code, wrong }, { code: 0, wrong: [] });
      assert.ok(lines.some((line) => line.startsWith('ok      good token      allow')));
    });
  }

  const set = (name: string, value: string) => (account: Account) => {
    account.env[name] = value;
    return {};
  };
  const paths = { '/pets': { get: asked, post: {} } };
  const open = (summary: object) => ({
    document: documentOf({ type: 'token' }, paths),
    summary: { '/pets': summary },
  });
  const CUSTOM = { authorizationType: 'CUSTOM' };
  const allow = { principalId: 'me', policyDocument: { Statement: [{ Effect: 'Allow', Resource: '*' }] } };
  const ttl = { authorizerResultTtlInSeconds: 300 };
  const http = (extension: object): Partial<Account> => ({
    kind: 'HTTP',
    document: documentOf({ ...HTTP, ...extension }, { '/pets': { get: asked } }),
  });

  const faults: readonly (readonly [
    what: string,
    change: (account: Account) => Partial<Account>,
    finding: RegExp,
  ])[] = [
    ['a function that lets everybody in', () => ({ answer: () => allow }), /forged token +allow/],
    [
      'a simple answer that lets everybody in',
      () => ({ ...http({ enableSimpleResponses: true }), answer: () => ({ isAuthorized: true }) }),
      /no token +allow/,
    ],
    [
      'JWKS_URI that answers no key set',
      set('JWKS_URI', 'data:application/json;base64,W10='),
      /unknown kid +error, keys_unavailable/,
    ],
    [
      'another issuer',
      set('TOKEN_ISSUER', 'https://other.example/'),
      /good token +unauthorized, unknown_issuer/,
    ],
    ['a misspelt setting', set('REQUIRED_SCOPE', 'admin'), /REQUIRED_SCOPE is no setting.*REQUIRED_SCOPES\?/],
    [
      'a setting that is none any more',
      set('TOKEN_QUERY_PARAMETER', 't'),
      /TOKEN_QUERY_PARAMETER is no setting/,
    ],
    ['a setting that is wrong', set('ALGORITHMS', 'HS256'), /can't start.*ALGORITHMS/],
    ['a short time-out', () => ({ timeout: 3 }), /time-out \(3 s\)/],
    ['another zip', () => ({ codeSha256: 'other' }), /another zip/],
    [
      'a method without authorizer',
      () => open({ GET: CUSTOM, POST: { authorizationType: 'NONE' } }),
      /POST \/pets +It is OPEN/,
    ],
    [
      'an open method of a REST API of which nothing is told but as it stands',
      () => untold({ ...STANDING, POST: { authorizationType: 'NONE' } }),
      /POST \/pets +It is OPEN/,
    ],
    [
      'an open route of an HTTP API that has no export',
      () => ({
        kind: 'HTTP',
        document: undefined,
        routes: [
          { routeKey: 'GET /pets', authorizationType: 'CUSTOM', authorizerId: 'auth1' },
          { routeKey: 'GET /open', authorizationType: 'NONE' },
        ],
      }),
      /GET \/open +It is OPEN/,
    ],
    [
      'an API key for an authorizer',
      () => ({
        summary: {},
        document: documentOf(
          { type: 'token' },
          { '/a': { get: asked, put: { security: [{ api_key: [] }] } } },
        ),
      }),
      /PUT \/a +It is OPEN/,
    ],
    [
      'a stage that was not deployed',
      () => ({ document: documentOf({}, { '/pets': { get: {} } }), summary: {} }),
      /Nothing that is deployed/,
    ],
    [
      'two witnesses that disagree',
      () => open({ GET: { authorizationType: 'NONE' }, POST: CUSTOM }),
      /GET \/pets +It asks an authorizer, and/,
    ],
    ['a canary', () => ({ canary: { percentTraffic: 10, deploymentId: 'd2' } }), /canary serves 10 %/],
    [
      'a WebSocket API without authorizer',
      () => ({ kind: 'WEBSOCKET', routes: [] }),
      /\$connect +It is OPEN/,
    ],
    [
      'a TTL with method',
      () => ({ document: documentOf({ type: 'token', ...ttl }, { '/pets/{id}': { get: asked } }) }),
      /TTL is 300 s, and POLICY_RESOURCE is method/,
    ],
    [
      'a TTL that is not named',
      () => ({
        document: documentOf(
          { type: 'token', authorizerResultTtlInSeconds: undefined },
          { '/pets/{id}': { get: asked } },
        ),
      }),
      /TTL is 300 s/,
    ],
    [
      'a cache by another header',
      (account) => ({
        ...http({ ...ttl, identitySource: '$request.header.X-Tenant' }),
        ...set('POLICY_RESOURCE', 'stage')(account),
      }),
      /the key of the cache/,
    ],
    [
      'a cache by nothing',
      (account) => ({ ...http({ ...ttl, identitySource: '' }), ...set('POLICY_RESOURCE', 'stage')(account) }),
      /identity source none/,
    ],
    [
      'simple responses on one side',
      () => http({ enableSimpleResponses: true }),
      /with simple responses; SIMPLE_RESPONSES is false/,
    ],
    [
      'scopes by route behind a cache that knows no routes',
      ({ env }) => {
        Object.assign(env, { SIMPLE_RESPONSES: 'true', ROUTE_SCOPES: 'GET /pets' });
        return http({ enableSimpleResponses: true });
      },
      /no token +.*\$context\.routeKey/,
    ],
    ['no permission at all', () => ({ policy: undefined }), /may not invoke/],
    [
      'a permission for somebody else',
      () => ({ policy: permission('*', { Principal: { Service: 'events.amazonaws.com' } }) }),
      /may not invoke/,
    ],
    ['a statement that denies', () => ({ policy: permission('*', { Effect: 'Deny' }) }), /may not invoke/],
    [
      'a cache for certificates',
      ({ env }) => {
        Object.assign(env, { TOKEN_BINDING: 'mtls', POLICY_RESOURCE: 'stage' });
        return { document: documentOf({ type: 'token', ...ttl }, { '/pets/{id}': { get: asked } }) };
      },
      /TTL must be 0/,
    ],
    [
      'a function that has other keys than are published',
      () => ({ hidden: { JWKS_URI: otherJwks } }),
      /forged token +unauthorized, unknown_key; it should be .*invalid_signature/,
    ],
    ['a setting with its letters mixed up', set('ADUIENCE', 'a'), /ADUIENCE is no setting.*AUDIENCE/],
    ['a permission for another API', () => ({ policy: permission('other/authorizers/*') }), /may not invoke/],
  ];
  for (const [what, change, finding] of faults) {
    it(`finds ${what}`, async () => {
      const { code, wrong } = await check(change);
      assert.equal(code, 1);
      assert.match(wrong.join('\n'), finding);
    });
  }

  it('finds what --allow-open names and the stage does not have', async () => {
    const { wrong } = await check(() => ({}), '--allow-open', 'GET /helth');
    assert.match(wrong.join(), /GET \/helth +--allow-open names it/);
  });

  it('finds a loopback host in JWKS_URI, however it is written', async () => {
    const { lines } = await check(set('JWKS_URI', 'http://0x7f.1/jwks'));
    assert.match(lines.join('\n'), /NOT ok {2}environment +JWKS_URI names a loopback host/);
  });

  it('shows no token', async () => {
    const { lines } = await check(() => ({}));
    assert.doesNotMatch(lines.join('\n'), /eyJ/);
  });

  it('says what is wrong with the command line', async () => {
    const lines: string[] = [];
    assert.equal(await main(['--api', 'x'], (line) => lines.push(line)), 2);
    assert.match(lines.join(), /--function is missing[\s\S]*npm run check/);
    assert.equal(await main(['--function', 'f', '--api', 'x'], () => undefined), 2);
  });

  it('is the command npm run check, and ends with what it found', async () => {
    const aws = await startFakeAws({ ...healthy(), policy: undefined });
    const args = [...LOADER_ARGS, 'scripts/deploy/check.ts', ...ARGS, '--zip', zip];
    const ended = await new Promise<{ code: unknown; stdout: string }>((resolve) => {
      const options = {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        env: { ...process.env, NODE_V8_COVERAGE: undefined, ...aws.environment },
      };
      execFile(process.execPath, args, options, (error, stdout) =>
        resolve({ code: error?.code ?? 0, stdout }),
      );
    });
    await aws.close();
    assert.equal(ended.code, 1);
    assert.match(ended.stdout, /^ok {6}code .*\n[\s\S]*NOT ok {2}permission/);
  });
});
