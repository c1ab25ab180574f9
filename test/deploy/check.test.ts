import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { main } from '../../scripts/deploy/check.ts';
import FINDINGS from '../../scripts/deploy/findings.json' with { type: 'json' };
import type { Finding } from '../../scripts/deploy/row.ts';
import { generateKey, type LocalIssuer, type SigningKey, startIssuer } from '../../scripts/issuer.ts';
import { LOADER_ARGS } from '../../scripts/loader.ts';
import { temporaryFolder } from '../support/unpacked.ts';
import { type Account, healthyAccount, permission, startFakeAws, URI } from './fake-aws.ts';

const AUDIENCE = 'https://pets.example/';
const SCHEME = 'x-amazon-apigateway-authorizer';
const BYTES = 'the bytes of a zip';
const CODE = createHash('sha256').update(BYTES).digest('base64');
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
  writeFileSync(zip, BYTES);
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
const HTTP = {
  type: 'request',
  identitySource: '$request.header.Authorization',
  authorizerPayloadFormatVersion: '2.0',
};

/** An account where all is as it should be. */
function healthy(): Account {
  const env = { TOKEN_ISSUER: issuer.issuer, JWKS_URI: jwks, AUDIENCE, ALGORITHMS: 'ES256' };
  const document = documentOf({ type: 'token' }, { '/pets/{id}': { get: asked, options: {} } });
  const account = healthyAccount(env, document);
  return { ...account, configuration: { ...account.configuration, CodeSha256: CODE } };
}

const ARGS = ['--function', 'authorizer', '--api', 'a1b2c3d4e5', '--stage', 'prod'];

/** Runs the check on a healthy account of which one thing was changed. */
async function check(t: TestContext, change: (account: Account) => Partial<Account>, ...args: string[]) {
  const account = healthy();
  const aws = await startFakeAws(t, Object.assign(account, change(account)));
  Object.assign(process.env, aws.environment);
  const lines: string[] = [];
  const all = [...ARGS, '--zip', zip, '--token-file', tokenFile, ...args];
  const code = await main(all, (line) => lines.push(line));
  assert.deepEqual(aws.writes, []);
  return { code, lines, wrong: lines.filter((line) => !line.startsWith('ok')) };
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
const HEADER = 'method.request.header';
const REQUEST = { type: 'request', identitySource: `${HEADER}.Authorization` };
const ttl = { authorizerResultTtlInSeconds: 300 };
const stage = { POLICY_RESOURCE: 'stage' };
/** A change of members of the function's configuration, and more. */
const configured =
  (members: object, more: Partial<Account> = {}) =>
  (account: Account): Partial<Account> => ({ ...more, configuration: { ...account.configuration, ...members } });

const dpop = (...urls: string[]) => ({ TOKEN_BINDING: 'dpop', DPOP_URLS: urls.join() });
const OWN_URL = 'https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/prod';
const ALL_URL = 'https://all.example';
const domains = {
  'all.example': [{ apiId: 'a1b2c3d4e5', stage: 'prod' }],
  'pets.example': ['prod', 'old'].map((one) => ({ apiId: 'a1b2c3d4e5', stage: one, apiMappingKey: one })),
};

type Change = (account: Account) => Partial<Account>;

describe('npm run check is quiet on', () => {
  const aliased = URI.replace(':authorizer/', ':$' + '{stageVariables.name}/');
  const fine: readonly (readonly [what: string, change: Change, args?: string[]])[] = [
    [
      'a TOKEN authorizer beside a user pool and IAM, a layer, a second stage that is closed, a log that is not shown',
      configured(
        { Layers: [{ Arn: 'arn:layer' }] },
        {
          ...rest(TOKEN, {
            '/a': {
              get: asked,
              put: { security: [{ pool: [] }] },
              post: { 'x-amazon-apigateway-auth': { type: 'AWS_IAM' } },
              delete: { security: [{ sigv4: [] }] },
            },
          }),
          others: { old: documentOf(TOKEN, { '/a': { get: asked, options: {} } }) },
          hasLog: false,
        },
      ),
    ],
    ['REQUEST without a TTL, whatever its identity source', () => rest({ ...REQUEST, identitySource: `${HEADER}.X` })],
    [
      'a TTL with a header in other letters, and the path in the key of the cache',
      set(
        { TOKEN_SOURCE: 'header:authorization', ...stage },
        rest({ ...REQUEST, ...ttl, identitySource: `${HEADER}.Authorization, context.path` }),
      ),
    ],
    ['scopes by route for the stage', set({ ROUTE_SCOPES: 'GET /pets', ...stage }, rest({ ...REQUEST, ...ttl }))],
    [
      'scopes of the routes below a greedy one',
      set(
        { ROUTE_SCOPES: 'GET /check, POST /pets/{id} admin' },
        rest(TOKEN, { '/{proxy+}': { [ANY]: asked, options: {} } }),
      ),
    ],
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
    // payload 1.0 knows no simple responses
    ['payload 1.0', set({ SIMPLE_RESPONSES: 'true' }, http({ authorizerPayloadFormatVersion: '1.0' }))],
    [
      'the $default route with CORS',
      () => ({ ...http({}, { '/$default': { [ANY]: asked } }), api: { corsConfiguration: { allowOrigins: ['*'] } } }),
    ],
    [
      'the $default route with an open preflight',
      () => http({}, { '/$default': { [ANY]: asked }, '/{proxy+}': { options: {} } }),
    ],
    [
      'another authorizer and an open route that are meant',
      () => ({
        ...rest(TOKEN, { '/a': { get: asked, put: { security: [{ other: [] }] } }, '/health': { get: {} } }),
        others: { old: documentOf(TOKEN, { '/health': { get: {} } }) },
      }),
      ['--accept', 'PUT /a', '--allow-open', 'GET /health'],
    ],
    [
      'a WebSocket API, whatever TTL its authorizer has',
      () => ({ kind: 'WEBSOCKET', document: documentOf({ ...HTTP, ...ttl }, {}) }),
    ],
    [
      'a stage variable in the URI',
      () => ({
        ...rest({ ...TOKEN, authorizerUri: aliased }),
        stage: { variables: { name: 'authorizer' } },
        authorizer: { authorizerUri: aliased },
      }),
    ],
    [
      'a token that is for some of the routes',
      set(
        { ROUTE_SCOPES: 'GET /a admin, GET /b, GET /c admin' },
        rest(TOKEN, { '/a': { get: asked }, '/b': { get: asked }, '/c': { get: asked } }),
      ),
    ],
    ['a token that is bound to a key that the check does not have', set({ TOKEN_BINDING: 'mtls-only' }, rest(REQUEST))],
    [
      'DPOP_URLS that name all URLs of the stage',
      set(dpop(OWN_URL, ALL_URL, 'https://pets.example/prod/'), { ...http({}), domains }),
    ],
  ];
  for (const [what, change, args = []] of fine) {
    it(what, async (t) => {
      const { code, wrong, lines } = await check(t, change, ...args);
      assert.deepEqual({ code, wrong }, { code: 0, wrong: [] });
      assert.match(lines.join('\n'), /^ok {6}valid token +(allow|unauthorized, unproven_binding)/m);
      assert.doesNotMatch(lines.join('\n'), /eyJ/); // nothing of the token
    });
  }
});

/** What the check prints for a finding, whatever its values are. */
const patternOf = (finding: Finding) =>
  new RegExp(
    FINDINGS[finding]
      .replace(/[.*+?^$()[\]|\\]/g, '\\$&')
      .replace(/ [-=]> /, '\\n +-> ')
      .replace(/ ?\{\w+\}/g, '.*'),
  );

describe('npm run check finds', () => {
  const allow = { principalId: 'me', policyDocument: { Statement: [{ Effect: 'Allow', Resource: '*' }] } };
  const simple = { enableSimpleResponses: true };
  const two = { '/pets': { get: asked, delete: asked } };
  const other = { '/a': { get: asked, post: {}, put: { security: [{ other: [] }] } } };
  const many = Array.from({ length: 50 }, (_, at) => `ANY /a${at}/{id}/of`).join();
  const ours = 'a1b2c3d4e5/authorizers/*';
  const permitted = (source: string, changed?: object) => () => ({ policy: permission(source, changed) });
  const beside = (changed: object) => () => ({
    policy: { Statement: [...permission(ours).Statement, ...permission(ours, changed).Statement] },
  });
  const when = (operator: string, value: string) => ({ Condition: { StringEquals: { [operator]: value } } });
  /** Each with a change that has to be found, and what else has to be there. */
  const cases: readonly (readonly [finding: Finding, change: Change, ...also: RegExp[]])[] = [
    ['wrongAnswer', () => ({ answer: () => allow }), /forged token +allow/],
    ['wrongAnswer', () => ({ ...http(simple), answer: () => ({ isAuthorized: true }) }), /no token +allow/],
    ['wrongAnswer', set({ JWKS_URI: 'data:application/json;base64,W10=' }), /unknown kid +error, keys_unavailable/],
    ['wrongAnswer', set({ TOKEN_ISSUER: 'https://other.example/' }), /valid token +unauthorized, unknown_issuer/],
    ['wrongAnswer', () => ({ hidden: { JWKS_URI: otherJwks } }), /forged token .*unknown_key; .*invalid_signature/],
    // a cache that knows no routes
    ['wrongAnswer', set({ SIMPLE_RESPONSES: 'true', ROUTE_SCOPES: 'GET /pets' }, http(simple)), /no token .*routeKey/],
    ['wrongSettings', set({ ALGORITHMS: 'HS256' }), /ALGORITHMS/],
    ['misspelt', set({ REQUIRED_SCOPE: 'admin' }), /REQUIRED_SCOPE isn't.*\n.*REQUIRED_SCOPES\?/],
    [
      'misspelt',
      set({ ADUIENCE: 'a', TOKEN_QUERY_PARAMETER: 't' }),
      /ADUIENCE.*\n.*AUDIENCE\?/,
      /TOKEN_QUERY_PARAMETER/,
    ],
    ['loopback', set({ JWKS_URI: 'http://0x7f.1/jwks' })],
    ['shortTimeout', configured({ Timeout: 3 })],
    ['otherCode', configured({ CodeSha256: 'other', Layers: [{ Arn: 'arn:a' }] }), /another zip.*the layers arn:a/],
    ['wrongRuntime', configured({ Runtime: 'nodejs18.x' })],
    ['wrongRuntime', configured({ Handler: 'app.handler' })],
    ['notReady', configured({ LastUpdateStatus: 'Failed' })],
    ['wrapper', set({ AWS_LAMBDA_EXEC_WRAPPER: '/opt/wrap' })],

    ['open', () => rest(TOKEN, other), /POST \/a +It is OPEN/],
    ['open', () => rest(TOKEN, { '/a': { get: asked, put: { security: [{ api_key: [] }] } } }), /PUT \/a +It is OPEN/],
    ['open', () => ({ kind: 'WEBSOCKET', routes: [] }), /\$connect +It is OPEN/],
    ['otherAuthorizer', () => rest(TOKEN, other), /PUT \/a .*\n.*--accept 'PUT \/a'/],
    ['otherVersion', () => rest({ ...TOKEN, authorizerUri: URI.replace('authorizer/', 'authorizer:live/') })],
    ['unused', () => rest({}, { '/pets': { get: {} } })],
    ['canary', () => ({ stage: { canarySettings: { percentTraffic: 10, deploymentId: 'd2' } } })],
    ['openStage', () => ({ others: { old: documentOf({}, { '/pets': { get: {} } }) } }), /stage old .*GET \/pets/],
    ['unseenStage', () => ({ others: { old: {} }, denied: /old/ }), /stage old/],
    // a typo, which leaves the route to $default
    [
      'lostEntry',
      set({ ROUTE_SCOPES: 'GET /pets, DELETE /pet admin, $default' }, rest(TOKEN, two)),
      /is DELETE \/pet\./,
    ],
    ['noEntry', set({ ROUTE_SCOPES: 'GET /pets' }, rest(TOKEN, two)), /DELETE \/pets/],
    ['largePolicy', set({ ROUTE_SCOPES: many, ...stage }, rest(TOKEN))],
    ['preflights', () => rest(TOKEN, { '/x': { [ANY]: asked } }), /ANY \/x/],
    ['preflights', () => rest(TOKEN, { '/x': { options: asked } }), /OPTIONS \/x/],
    ['preflights', () => http({}, { '/$default': { [ANY]: asked } }), /\$default/],
    ['slashes', () => http({}, { '/pets': { get: asked }, '/$default': { [ANY]: {} } }), /\/pets\/ by \$default/],

    ['undeployed', () => ({ ...rest(TOKEN), authorizer: { authorizerResultTtlInSeconds: 60 } })],
    ['wrongTtl', () => rest({ ...TOKEN, authorizerResultTtlInSeconds: undefined }), /TTL is 300 s/],
    ['wrongKey', set(stage, http({ ...ttl, identitySource: '$request.header.X-Tenant' }))],
    ['wrongKey', set(stage, http({ ...ttl, identitySource: '' })), /identity source is nothing/],
    ['wrongIdentity', set({ TOKEN_SOURCE: 'cookie:t' }, http({})), /Set IdentitySource to header:Cookie/],
    ['cachedProof', set({ TOKEN_BINDING: 'mtls', ...stage }, rest({ ...REQUEST, ...ttl }))],
    ['noProof', set({ TOKEN_BINDING: 'mtls' }, { kind: 'WEBSOCKET', document: documentOf(HTTP, {}) })],
    ['onlyToken', set({ TOKEN_BINDING: 'mtls' }, rest(TOKEN))],
    ['onlyToken', set({ TOKEN_SOURCE: 'cookie:t' }, rest(TOKEN))],
    ['wrongValidation', () => rest({ ...TOKEN, identityValidationExpression: '^Bearer [a-z]+$' })],
    ['wrongPayload', () => http(simple)],
    ['strangeUrl', set(dpop(OWN_URL, 'https://pets.example/old'), { ...http({}), domains }), /example\/old/],
    ['missingUrl', set(dpop(OWN_URL, ALL_URL), { ...http({}), domains }), /example\/prod/],

    ['noPermission', () => ({ policy: undefined }), /lambda add-permission/],
    ['noPermission', permitted('other/authorizers/*')],
    ['noPermission', permitted('a1b2c3d4e5/authorizers/x')],
    ['noPermission', permitted(ours, { Principal: { Service: 'events.amazonaws.com' } })],
    ['noPermission', permitted(ours, { Action: 'lambda:GetFunction' })],
    ['noPermission', permitted(ours, when('AWS:SourceAccount', '999999999999'))],
    ['noPermission', permitted(ours, when('aws:PrincipalOrgID', 'o')), /does not judge/],
    ['denied', beside({ Effect: 'Deny' })],
    ['noSource', beside({ Condition: {} })],
    ['everybody', beside({ Condition: {}, Principal: '*' })],
    ['furtherApis', permitted('*/*')],
  ];
  for (const [finding, change, ...also] of cases) {
    it(`${finding} ${also.join(', ')}`, async (t) => {
      const { code, wrong } = await check(t, change);
      assert.equal(code, 1);
      for (const pattern of [patternOf(finding), ...also]) assert.match(wrong.join('\n'), pattern);
      for (const line of wrong.filter((each) => each.startsWith('NOT ok'))) assert.match(line, /\n +-> \S/);
    });
  }

  it('what the command line names and is not there', async (t) => {
    const [open, accept] = [
      ['--allow-open', 'GET /helth'],
      ['--accept', 'GET /pets/{id}'],
    ] as const;
    const { wrong } = await check(t, () => ({}), ...open, ...accept, '--zip', join(folder.path, 'none.zip'));
    assert.match(wrong.join('\n'), /GET \/helth +The stage has no such open route/);
    assert.match(wrong.join('\n'), /GET \/pets\/\{id\} +There is no such finding/);
    assert.match(wrong.join('\n'), patternOf('noZip'));
  });

  it('the calls that it may not make, and looks at the rest', async (t) => {
    const calls: readonly (readonly [RegExp, RegExp])[] = [
      [/configuration$/, /GET \/pets.*It uses this authorizer/],
      [/policy$/, /validation expression/],
      [/exports/, /valid token +allow/],
      [/invocations$/, /GET \/pets.*It uses this authorizer/],
    ];
    for (const [denied, finding] of calls) {
      const { code, lines, wrong } = await check(t, () => ({ denied }));
      assert.equal(code, 1);
      assert.match(wrong.join('\n'), /could not be seen. AccessDenied.*\n +-> Permit this call/);
      assert.match(lines.join('\n'), finding);
    }
  });
});

describe('npm run check', () => {
  it('says what is wrong with the command line', async () => {
    const lines: string[] = [];
    assert.equal(await main(['--api', 'x'], (line) => lines.push(line)), 2);
    assert.match(lines.join(), /--function is missing[\s\S]*npm run check/);
    assert.equal(await main(['--function', 'f', '--api', 'x'], () => undefined), 2);
  });

  it('is a command that ends with what it found, without a warning of the SDK', async (t) => {
    const aws = await startFakeAws(t, { ...healthy(), policy: undefined });
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const env = { ...process.env, NODE_V8_COVERAGE: undefined, ...aws.environment };
    const args = [...LOADER_ARGS, 'scripts/deploy/check.ts', ...ARGS, '--zip', zip];
    const ended = await promisify(execFile)(process.execPath, args, { cwd, env }).catch((error) => error);
    assert.equal(ended.code, 1);
    assert.equal(ended.stderr, '');
    assert.match(ended.stdout, /^ok {6}code .*\n[\s\S]*NOT ok {2}permission/);
  });
});
