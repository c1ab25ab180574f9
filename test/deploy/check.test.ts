import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
const schemeOf = (extension: object) => ({ type: 'apiKey', name: 'Authorization', in: 'header', [SCHEME]: extension });
const documentOf = (extension: object, paths: object) => ({
  paths,
  components: {
    securitySchemes: {
      ours: schemeOf({ authorizerUri: URI, authorizerResultTtlInSeconds: 0, ...extension }),
      other: schemeOf({ authorizerUri: URI.replace('authorizer/', 'another/'), type: 'token' }),
      sigv4: { type: 'apiKey', name: 'Authorization', in: 'header', 'x-amazon-apigateway-authtype': 'awsSigv4' },
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
  configuration: {
    ...{ Runtime: 'nodejs24.x', Handler: 'index.handler', State: 'Active', LastUpdateStatus: 'Successful' },
  },
  policy: permission('a1b2c3d4e5/authorizers/*'),
  hasLog: true,
  kind: 'REST',
  document: documentOf({ type: 'token' }, { '/pets/{id}': { get: asked, options: {} } }),
  others: {},
  variables: {},
  authorizer: {},
  routes: [{ routeKey: '$connect', authorizationType: 'CUSTOM', authorizerId: 'auth1' }],
  domains: {},
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

/** A change that sets variables of the function, and more. */
const set =
  (env: Record<string, string>, more: Partial<Account> = {}) =>
  (account: Account): Partial<Account> => {
    Object.assign(account.env, env);
    return more;
  };
const rest = (extension: object, paths: object = { '/pets': { get: asked } }): Partial<Account> => ({
  document: documentOf(extension, paths),
});
const http = (extension: object, paths: object = { '/pets': { get: asked } }): Partial<Account> => ({
  kind: 'HTTP',
  document: documentOf({ ...HTTP, ...extension }, paths),
});
const ANY = 'x-amazon-apigateway-any-method';
const TOKEN = { type: 'token', identityValidationExpression: '^[Bb]earer +[-0-9a-zA-Z._]+$' };
const REQUEST = { type: 'request', identitySource: 'method.request.header.Authorization' };
const ttl = { authorizerResultTtlInSeconds: 300 };
const stage = { POLICY_RESOURCE: 'stage' };
const CONFIGURATION = { Runtime: 'nodejs24.x', Handler: 'index.handler' };

type Change = (account: Account) => Partial<Account>;

describe('npm run check is quiet on', () => {
  const fine: readonly (readonly [what: string, change: Change, args?: string[]])[] = [
    ['a REST API with TOKEN', () => rest(TOKEN)],
    ['REQUEST', () => rest(REQUEST)],
    [
      'REQUEST without a TTL and another identity source',
      () => rest({ ...REQUEST, identitySource: 'method.request.header.X-Tenant' }),
    ],
    ['a TTL with stage', set(stage, rest({ ...REQUEST, ...ttl }))],
    [
      'a TTL with the path in the key of the cache',
      set(stage, rest({ ...REQUEST, ...ttl, identitySource: `${REQUEST.identitySource}, context.path` })),
    ],
    [
      'a header in other letters',
      set({ TOKEN_SOURCE: 'header:authorization', ...stage }, rest({ ...REQUEST, ...ttl })),
    ],
    ['scopes by route', set({ ROUTE_SCOPES: 'GET /pets' }, rest(TOKEN))],
    ['scopes by route for the stage', set({ ROUTE_SCOPES: 'GET /pets', ...stage }, rest({ ...REQUEST, ...ttl }))],
    [
      'scopes of the routes below a greedy one',
      set(
        { ROUTE_SCOPES: 'GET /pets, POST /pets/{id} admin, ANY /{proxy+}' },
        rest(TOKEN, { '/{proxy+}': { [ANY]: asked, options: {} } }),
      ),
    ],
    ['an HTTP API', () => http({})],
    ['simple responses', set({ SIMPLE_RESPONSES: 'true' }, http({ enableSimpleResponses: true }))],
    [
      'simple responses with scopes by route, a TTL and the route in the key',
      set(
        { SIMPLE_RESPONSES: 'true', ROUTE_SCOPES: 'GET /pets', ...stage },
        http({
          ...{ enableSimpleResponses: true, ...ttl },
          identitySource: '$request.header.Authorization, $context.routeKey',
        }),
      ),
    ],
    ['payload 1.0', () => http({ authorizerPayloadFormatVersion: '1.0' })],
    [
      'the $default route with CORS',
      () => ({ ...http({}, { '/$default': { [ANY]: asked } }), cors: { allowOrigins: ['*'] } }),
    ],
    [
      'the $default route with an open preflight',
      () => http({}, { '/$default': { [ANY]: asked }, '/{proxy+}': { options: {} } }),
    ],
    [
      'a user pool and IAM beside it',
      () =>
        rest(TOKEN, {
          '/a': {
            get: asked,
            put: { security: [{ pool: [] }] },
            post: { 'x-amazon-apigateway-auth': { type: 'AWS_IAM' } },
            delete: { security: [{ sigv4: [] }] },
          },
        }),
    ],
    [
      'another authorizer that is meant',
      () => rest(TOKEN, { '/a': { get: asked, put: { security: [{ other: [] }] } } }),
      ['--accept', 'PUT /a'],
    ],
    [
      'an open route that is meant',
      () => rest(TOKEN, { '/a': { get: asked }, '/health': { get: {} } }),
      ['--allow-open', 'GET /health'],
    ],
    [
      'a WebSocket API, whatever TTL its authorizer has',
      () => ({ kind: 'WEBSOCKET', document: documentOf({ ...HTTP, ...ttl }, {}) }),
    ],
    [
      'a stage variable in the URI',
      () => ({
        ...rest({ ...TOKEN, authorizerUri: URI.replace(':authorizer/', ':$' + '{stageVariables.name}/') }),
        variables: { name: 'authorizer' },
        authorizer: { authorizerUri: URI.replace(':authorizer/', ':$' + '{stageVariables.name}/') },
      }),
    ],
    [
      'a token that is for some of the routes',
      set(
        { ROUTE_SCOPES: 'GET /a admin, GET /b, GET /c admin' },
        rest(TOKEN, { '/a': { get: asked }, '/b': { get: asked }, '/c': { get: asked } }),
      ),
    ],
    ['a function whose log is not shown', () => ({ hasLog: false })],
    ['a layer', () => ({ configuration: { ...CONFIGURATION, Layers: [{ Arn: 'arn:layer' }] } })],
    ['a second stage that is closed as well', () => ({ others: { old: documentOf(TOKEN, { '/a': { get: asked } }) } })],
    ['a token that is bound to a key that the check does not have', set({ TOKEN_BINDING: 'mtls-only' }, rest(REQUEST))],
  ];
  for (const [what, change, args = []] of fine) {
    it(what, async () => {
      const { code, wrong, lines } = await check(change, ...args);
      assert.deepEqual({ code, wrong }, { code: 0, wrong: [] });
      assert.ok(lines.some((line) => /^ok {6}valid token +(allow|unauthorized, unproven_binding)/.test(line)));
    });
  }
});

describe('npm run check finds', () => {
  const allow = { principalId: 'me', policyDocument: { Statement: [{ Effect: 'Allow', Resource: '*' }] } };
  const two = { '/pets': { get: asked, delete: asked } };
  const ours = 'a1b2c3d4e5/authorizers/*';
  const beside = (changed: object): Partial<Account> => ({
    policy: { Statement: [...permission(ours).Statement, ...permission(ours, changed).Statement] },
  });
  const SERVICE = { Service: 'apigateway.amazonaws.com' };
  const faults: readonly (readonly [what: string, change: Change, finding: RegExp])[] = [
    // the function
    ['a function that accepts everybody', () => ({ answer: () => allow }), /forged token +allow/],
    [
      'a simple answer that accepts everybody',
      () => ({ ...http({ enableSimpleResponses: true }), answer: () => ({ isAuthorized: true }) }),
      /no token +allow/,
    ],
    [
      'JWKS_URI that answers no key set',
      set({ JWKS_URI: 'data:application/json;base64,W10=' }),
      /unknown kid +error, keys_unavailable/,
    ],
    ['another issuer', set({ TOKEN_ISSUER: 'https://other.example/' }), /valid token +unauthorized, unknown_issuer/],
    ['a misspelt setting', set({ REQUIRED_SCOPE: 'admin' }), /REQUIRED_SCOPE isn't a setting.*\n.*REQUIRED_SCOPES\?/],
    ['a setting that was removed', set({ TOKEN_QUERY_PARAMETER: 't' }), /TOKEN_QUERY_PARAMETER isn't/],
    ['a setting with its letters mixed up', set({ ADUIENCE: 'a' }), /ADUIENCE isn't.*\n.*AUDIENCE\?/],
    ['a setting that is wrong', set({ ALGORITHMS: 'HS256' }), /can't start.*ALGORITHMS.*\n.*npm run parameters/],
    ['a short timeout', () => ({ timeout: 3 }), /timeout \(3 s\)/],
    ['another zip', () => ({ codeSha256: 'other' }), /another zip/],
    ['an old runtime', () => ({ configuration: { ...CONFIGURATION, Runtime: 'nodejs18.x' } }), /nodejs18\.x/],
    ['another handler', () => ({ configuration: { ...CONFIGURATION, Handler: 'app.handler' } }), /app\.handler/],
    [
      'an update that failed',
      () => ({ configuration: { ...CONFIGURATION, LastUpdateStatus: 'Failed' } }),
      /last update Failed/,
    ],
    ['a wrapper', set({ AWS_LAMBDA_EXEC_WRAPPER: '/opt/wrap' }), /AWS_LAMBDA_EXEC_WRAPPER +It is \/opt\/wrap/],
    [
      'a function that has other keys than are published',
      () => ({ hidden: { JWKS_URI: otherJwks } }),
      /forged token +unauthorized, unknown_key; it should be .*invalid_signature/,
    ],
    // routes
    [
      'a method without authorizer',
      () => rest(TOKEN, { '/pets': { get: asked, post: {} } }),
      /POST \/pets +It is OPEN/,
    ],
    [
      'an API key for an authorizer',
      () => rest(TOKEN, { '/a': { get: asked, put: { security: [{ api_key: [] }] } } }),
      /PUT \/a +It is OPEN/,
    ],
    ['a stage that was not deployed', () => rest({}, { '/pets': { get: {} } }), /Nothing that is deployed/],
    ['a WebSocket API without authorizer', () => ({ kind: 'WEBSOCKET', routes: [] }), /\$connect +It is OPEN/],
    ['a canary', () => ({ canary: { percentTraffic: 10, deploymentId: 'd2' } }), /canary serves 10 %/],
    [
      'a typo in an entry, which leaves the route to $default',
      set({ ROUTE_SCOPES: 'GET /pets, DELETE /pet admin, $default' }, rest(TOKEN, two)),
      /ROUTE_SCOPES +No route .* is DELETE \/pet\.\n.*DELETE \/pets/,
    ],
    [
      'a route that no entry matches',
      set({ ROUTE_SCOPES: 'GET /pets' }, rest(TOKEN, two)),
      /DELETE \/pets +It uses .*no entry/,
    ],
    ['the same for a stage', set({ ROUTE_SCOPES: 'GET /pets', ...stage }, http({}, two)), /DELETE \/pets +.*no entry/],
    [
      'another authorizer',
      () => rest(TOKEN, { '/a': { get: asked, put: { security: [{ other: [] }] } } }),
      /PUT \/a +It uses another authorizer.*\n.*--accept 'PUT \/a'/,
    ],
    [
      'an alias, and says which',
      () => rest({ ...TOKEN, authorizerUri: URI.replace(':authorizer/', ':authorizer:live/') }),
      /--function authorizer:live/,
    ],
    [
      'another stage that is open',
      () => ({ others: { old: documentOf({}, { '/pets': { get: {} } }) } }),
      /stage old +It serves GET \/pets to everybody/,
    ],
    ['a preflight that ANY gets', () => rest(TOKEN, { '/x': { [ANY]: asked } }), /preflight, so every one to ANY \/x/],
    ['a preflight that $default gets', () => http({}, { '/$default': { [ANY]: asked } }), /every one to \$default/],
    ['a preflight with the authorizer', () => rest(TOKEN, { '/x': { options: asked } }), /every one to OPTIONS \/x/],
    [
      'a slash that leads past the authorizer',
      () => http({}, { '/pets': { get: asked }, '/$default': { [ANY]: {} } }),
      /slashes +.*\/pets\/ by \$default/,
    ],
    // the authorizer
    [
      'an authorizer that was changed and not deployed',
      () => ({ ...rest(TOKEN), authorizer: { authorizerResultTtlInSeconds: 60 } }),
      /changed after the stage was deployed.*\n.*create-deployment --rest-api-id a1b2c3d4e5 --stage-name prod/,
    ],
    ['a TTL with method', () => rest({ ...TOKEN, ...ttl }), /TTL is 300 s, and POLICY_RESOURCE is method/],
    ['a TTL that is not named', () => rest({ ...TOKEN, authorizerResultTtlInSeconds: undefined }), /TTL is 300 s/],
    [
      'a cache by another header',
      set(stage, http({ ...ttl, identitySource: '$request.header.X-Tenant' })),
      /the key of the cache/,
    ],
    ['a cache by nothing', set(stage, http({ ...ttl, identitySource: '' })), /identity source is nothing/],
    [
      'a cache for certificates',
      set({ TOKEN_BINDING: 'mtls', ...stage }, rest({ ...REQUEST, ...ttl })),
      /checks no proof/,
    ],
    ['TOKEN with mtls-only', set({ TOKEN_BINDING: 'mtls-only' }, rest(TOKEN)), /The type is TOKEN.*mtls-only/],
    ['TOKEN with mtls', set({ TOKEN_BINDING: 'mtls' }, rest(TOKEN)), /The type is TOKEN.*mtls/],
    ['TOKEN with a cookie', set({ TOKEN_SOURCE: 'cookie:t' }, rest(TOKEN)), /The type is TOKEN.*cookie:t/],
    [
      'an identity source elsewhere',
      set({ TOKEN_SOURCE: 'cookie:t' }, http({})),
      /API Gateway refuses tokens.*\n.*header:Cookie/,
    ],
    [
      'a validation expression that no token matches',
      () => rest({ ...TOKEN, identityValidationExpression: '^Bearer [a-z]+$' }),
      /\^Bearer \[a-z\]\+\$ doesn't match/,
    ],
    [
      'simple responses on one side',
      () => http({ enableSimpleResponses: true }),
      /with simple responses; SIMPLE_RESPONSES is false/,
    ],
    [
      'scopes by route behind a cache that knows no routes',
      set({ SIMPLE_RESPONSES: 'true', ROUTE_SCOPES: 'GET /pets' }, http({ enableSimpleResponses: true })),
      /no token +.*\$context\.routeKey/,
    ],
    // the permission
    ['no permission at all', () => ({ policy: undefined }), /may not invoke.*\n.*lambda add-permission/],
    ['a permission for another API', () => ({ policy: permission('other/authorizers/*') }), /may not invoke/],
    [
      'a permission for another authorizer',
      () => ({ policy: permission('a1b2c3d4e5/authorizers/x') }),
      /may not invoke/,
    ],
    [
      'a permission for another service',
      () => ({ policy: permission(ours, { Principal: { Service: 'events.amazonaws.com' } }) }),
      /may not/,
    ],
    [
      'a permission for another action',
      () => ({ policy: permission(ours, { Action: 'lambda:GetFunction' }) }),
      /may not/,
    ],
    [
      'a permission for another account',
      () => ({ policy: permission(ours, { Condition: { StringEquals: { 'AWS:SourceAccount': '999999999999' } } }) }),
      /may not/,
    ],
    [
      'a permission with a condition that is not known',
      () => ({ policy: permission(ours, { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o' } } }) }),
      /does not judge/,
    ],
    ['a Deny', () => beside({ Effect: 'Deny' }), /Deny may keep/],
    ['a permission without a source', () => beside({ Condition: {}, Principal: SERVICE }), /without SourceArn/],
    ['a permission for everybody', () => beside({ Condition: {}, Principal: '*' }), /lets everybody/],
    ['a permission for all APIs', () => ({ policy: permission('*/*') }), /lets further APIs/],
  ];
  for (const [what, change, finding] of faults) {
    it(what, async () => {
      const { code, wrong } = await check(change);
      assert.equal(code, 1);
      assert.match(wrong.join('\n'), finding);
      for (const [at, line] of wrong.entries())
        if (line.startsWith('NOT ok')) assert.match(line, /\n +-> \S/, `${at}: ${line}`);
    });
  }

  it('the calls that it may not make, and looks at the rest', async () => {
    const calls: readonly (readonly [RegExp, RegExp])[] = [
      [/configuration$/, /GET \/pets.*It uses this authorizer/],
      [/policy$/, /validation expression/],
      [/exports/, /valid token +allow/],
      [/invocations$/, /GET \/pets.*It uses this authorizer/],
    ];
    for (const [denied, finding] of calls) {
      const { code, lines, wrong } = await check(() => ({ denied }));
      assert.equal(code, 1);
      assert.match(wrong.join('\n'), /could not be seen. AccessDenied.*\n +-> Permit this call/);
      assert.match(lines.join('\n'), finding);
    }
  });

  it('what the command line names and the stage does not have', async () => {
    const { wrong } = await check(() => ({}), '--allow-open', 'GET /helth', '--accept', 'GET /pets/{id}');
    assert.match(wrong.join('\n'), /GET \/helth +The stage has no such open route/);
    assert.match(wrong.join('\n'), /GET \/pets\/\{id\} +There is no such finding/);
  });

  it('a loopback host in JWKS_URI, however it is written', async () => {
    const { lines } = await check(set({ JWKS_URI: 'http://0x7f.1/jwks' }));
    assert.match(lines.join('\n'), /NOT ok {2}settings +JWKS_URI names a loopback host/);
  });

  it('nothing to print of a token', async () => {
    const { lines } = await check(() => ({}));
    assert.doesNotMatch(lines.join('\n'), /eyJ/);
  });
});

describe('npm run check', () => {
  it('has no finding that nothing finds', () => {
    const folder = new URL('../../scripts/deploy/', import.meta.url);
    const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
    const code = files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('');
    const findings = JSON.parse(readFileSync(new URL('findings.json', folder), 'utf8'));
    for (const name of Object.keys(findings)) assert.ok(code.includes(`'${name}'`), name);
  });

  it('says what is wrong with the command line', async () => {
    const lines: string[] = [];
    assert.equal(await main(['--api', 'x'], (line) => lines.push(line)), 2);
    assert.match(lines.join(), /--function is missing[\s\S]*npm run check/);
    assert.equal(await main(['--function', 'f', '--api', 'x'], () => undefined), 2);
  });

  it('does not end with 0 without an API', async () => {
    const aws = await startFakeAws(healthy());
    Object.assign(process.env, aws.environment);
    const lines: string[] = [];
    assert.equal(await main(['--function', 'authorizer', '--zip', zip], (line) => lines.push(line)), 1);
    await aws.close();
    assert.match(lines.filter((line) => !line.startsWith('ok')).join('\n'), /^NOT ok {2}stage .*\n +-> Add --api/);
  });

  it('is a command that ends with what it found, without a warning of the SDK', async () => {
    const aws = await startFakeAws({ ...healthy(), policy: undefined });
    const args = [...LOADER_ARGS, 'scripts/deploy/check.ts', ...ARGS, '--zip', zip];
    const ended = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      const options = {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        env: { ...process.env, NODE_V8_COVERAGE: undefined, ...aws.environment },
      };
      execFile(process.execPath, args, options, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });
    await aws.close();
    assert.equal(ended.code, 1);
    assert.equal(ended.stderr, '');
    assert.match(ended.stdout, /^ok {6}code .*\n[\s\S]*NOT ok {2}permission/);
  });
});
