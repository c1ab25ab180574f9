import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Environment, readConfig } from '../../src/config/config.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { claim, ISSUER, issuersOf, NEEDED, pick, problemsWith, type Read } from '../support/settings.ts';

const ALGORITHMS = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const),
];

const DEFAULTS = {
  ...ISSUER,
  requiredScopes: [],
  routes: undefined,
  tokenBinding: 'refuse',
  algorithms: new Set(['RS256']),
  tokenTypes: new Set(['jwt', 'at+jwt']),
  clockTolerance: 5,
  policyResource: 'method',
  invalidToken: 'unauthorized',
  contextClaims: [],
  tokenSources: [{ kind: 'header', name: 'authorization', label: 'header:Authorization', form: 'bearer' }],
  usageKeyClaim: undefined,
  simpleResponses: false,
  metricsNamespace: undefined,
  jwksMaxAge: 600,
  jwksMaxStale: 3600,
  jwksCooldown: 30,
  jwksTimeout: 3,
};

/** What the settings hold for the one issuer and for all. */
function read(env: Environment) {
  const config = readConfig(env);
  const [issuer, ...others] = issuersOf(config);
  assert.deepEqual(others, []);
  return { ...pick(config, Object.keys(DEFAULTS)), ...issuer };
}

/** What a variable may hold, and what becomes of it. */
type Good = readonly (readonly [text: string, read: Read])[];

const each = (texts: readonly string[], of: (text: string) => Read): Good => texts.map((text) => [text, of(text)]);

const ROLES = claim('/realm_access/roles', ['realm_access', 'roles']);
const required = (name: string, ...values: readonly string[]) => ({ claim: claim(name), values });

const handed = (key: string, of: ReturnType<typeof claim>) => ({ key, claim: of });
const bare = (kind: 'cookie' | 'query' | 'subprotocol', name: string) =>
  ({ kind, name, label: `${kind}:${name}`, form: 'bare' }) as const;

const GOOD: Readonly<Record<string, Good>> = {
  TOKEN_ISSUER: each(
    [
      ...['https://t.example', 'urn:example:issuer', 'issuer.example', 'http://10.0.0.1/x?y=1#z'],
      ...['https://müller.example/realms/größe', 'https://t.example/a;b(c)[1]', "it's mine", 'a b', '//'],
    ],
    (issuer) => ({ issuer }),
  ),
  JWKS_URI: [
    ...each(
      [
        ...['https://issuer.example:8443/jwks?tenant=1', 'HTTPS://issuer.example/jwks', 'https://10.0.0.1/jwks'],
        ...[
          ...['http://localhost:8080/jwks', 'http://LOCALHOST/jwks', 'http://127.0.0.1/jwks', 'http://127.1/jwks'],
          ...['http://keycloak.localhost:8080/jwks', 'https://issuer.example/jwks?p={a}&q=[<b>]|^`\\'],
        ],
        ...['http://127.255.255.254:1/jwks', 'http://[::1]:8080/jwks', 'file:///opt/jwks.json'],
        ...['https://issuer.example/jwks;v=1?a=b&c=d', 'https://schlüssel.example/größe'],
        ...['data:application/json;base64,eyJrZXlzIjpbXX0=', 'data:application/json;base64,eyJrZXlzIjpbXX0'],
      ],
      (jwksUri) => ({ jwksUri }),
    ),
    ['DATA:Application/JSON;base64,eyJrZXlzIjpbXX0=', { jwksUri: 'data:application/json;base64,eyJrZXlzIjpbXX0=' }],
    [
      'data:application/jwk-set+json;base64,eyJrZXlzIjpbXX0=',
      { jwksUri: 'data:application/jwk-set+json;base64,eyJrZXlzIjpbXX0=' },
    ],
    ['file:/opt/jwks.json', { jwksUri: 'file:///opt/jwks.json' }],
    ['file://localhost/opt/key%20set.json', { jwksUri: 'file:///opt/key%20set.json' }],
  ],
  AUDIENCE: [
    ...each(['a', 'api://0f1e', 'https://api.example/', 'urn:x:y', "it's"], (text) => ({ audience: new Set([text]) })),
    [' a , b c,a', { audience: new Set(['a', 'b c']) }],
    ['größe, 日本, слово, 🔑', { audience: new Set(['größe', '日本', 'слово', '🔑']) }],
  ],
  AUDIENCE_CLAIM: [
    [' client_id ', { audienceClaims: [claim('client_id')] }],
    ['client_id,aud', { audienceClaims: [claim('client_id'), claim('aud')] }],
    ['https://x.example/aud', { audienceClaims: [claim('https://x.example/aud')] }],
    ['a.b/c', { audienceClaims: [claim('a.b/c')] }],
    ['/a/b', { audienceClaims: [claim('/a/b', ['a', 'b'])] }],
    ['/a~1b/c~0d/~01', { audienceClaims: [claim('/a~1b/c~0d/~01', ['a/b', 'c~d', '~1'])] }],
    ['/', { audienceClaims: [claim('/', [''])] }],
    ['a~b', { audienceClaims: [claim('a~b')] }],
  ],
  PRINCIPAL_CLAIM: [
    ['appid', { principalClaims: [claim('appid')] }],
    ['sub , common_name', { principalClaims: [claim('sub'), claim('common_name')] }],
  ],
  SCOPE_CLAIM: [
    ['permissions', { scopeClaims: [claim('permissions')] }],
    ['scp,roles', { scopeClaims: [claim('scp'), claim('roles')] }],
    ['/realm_access/roles', { scopeClaims: [ROLES] }],
  ],
  REQUIRED_SCOPES: [
    ...each(['read write', 'read,write', ' read , write ', 'read   write'], () => ({
      requiredScopes: ['read', 'write'],
    })),
    ['a b,c', { requiredScopes: ['a', 'b', 'c'] }],
  ],
  REQUIRED_CLAIMS: [
    ['tid', { requiredClaims: [required('tid')] }],
    [' token_use = access ', { requiredClaims: [required('token_use', 'access')] }],
    ['hd=a.example | b.example|c', { requiredClaims: [required('hd', 'a.example', 'b.example', 'c')] }],
    ['sub=repo:a/*|*@b, *=c', { requiredClaims: [required('sub', 'repo:a/*', '*@b'), required('*', 'c')] }],
    ['url=https://x/?a=b', { requiredClaims: [required('url', 'https://x/?a=b')] }],
    [
      'email_verified=true,tid,/realm_access/roles=pets-admin',
      {
        requiredClaims: [required('email_verified', 'true'), required('tid'), { claim: ROLES, values: ['pets-admin'] }],
      },
    ],
  ],
  TOKEN_BINDING: each(['refuse', 'mtls', 'mtls-only', 'ignore'], (text) => ({ tokenBinding: text as 'mtls' })),
  ALGORITHMS: [
    ...ALGORITHMS.map((alg) => [alg, { algorithms: new Set([alg]) }] as const),
    [ALGORITHMS.join(' , '), { algorithms: new Set(ALGORITHMS) }],
    ['Ed25519', { algorithms: new Set(['EdDSA'] as const) }],
    ['Ed25519,EdDSA', { algorithms: new Set(['EdDSA'] as const) }],
  ],
  TOKEN_TYPES: [
    ['AT+JWT', { tokenTypes: new Set(['at+jwt']) }],
    ['application/at+jwt, Application/JWT', { tokenTypes: new Set(['at+jwt', 'jwt']) }],
  ],
  CLOCK_TOLERANCE: each(['0', '0.25', '300'], (text) => ({ clockTolerance: Number(text) })),
  POLICY_RESOURCE: [
    ['method', { policyResource: 'method' }],
    [' stage ', { policyResource: 'stage' }],
  ],
  INVALID_TOKEN: [
    ['unauthorized', { invalidToken: 'unauthorized' }],
    ['deny', { invalidToken: 'deny' }],
  ],
  CONTEXT_CLAIMS: [
    [
      'sub , https://claims.example/roles,__proto__',
      { contextClaims: ['sub', 'https://claims.example/roles', '__proto__'].map((key) => handed(key, claim(key))) },
    ],
    [
      'email, roles = https://example.com/roles, groups=/realm_access/roles',
      {
        contextClaims: [
          ...[handed('email', claim('email')), handed('roles', claim('https://example.com/roles'))],
          handed('groups', ROLES),
        ],
      },
    ],
    [
      'Scope,a=b=c,_1=scope',
      { contextClaims: [handed('Scope', claim('Scope')), handed('a', claim('b=c')), handed('_1', claim('scope'))] },
    ],
  ],
  TOKEN_SOURCE: [
    [
      'header:Authorization, header:X-Token , cookie:at,query:Token,subprotocol:jwt',
      {
        tokenSources: [
          { kind: 'header', name: 'authorization', label: 'header:Authorization', form: 'bearer' },
          { kind: 'header', name: 'x-token', label: 'header:X-Token', form: 'either' },
          ...[bare('cookie', 'at'), bare('query', 'Token'), bare('subprotocol', 'jwt')],
        ],
      },
    ],
    ['cookie:a,cookie:A', { tokenSources: [bare('cookie', 'a'), bare('cookie', 'A')] }],
  ],
  USAGE_KEY_CLAIM: [
    ['api_key', { usageKeyClaim: claim('api_key') }],
    ['/realm_access/roles', { usageKeyClaim: ROLES }],
  ],
  SIMPLE_RESPONSES: [
    ['true', { simpleResponses: true }],
    ['false', { simpleResponses: false }],
  ],
  METRICS_NAMESPACE: each(['Authorizer', 'my-team/Authorizer.v1 #1_a', 'x'.repeat(255)], (text) => ({
    metricsNamespace: text,
  })),
  JWKS_MAX_AGE: each(['0.001', '86400', '007'], (text) => ({ jwksMaxAge: Number(text) })),
  JWKS_MAX_STALE: each(['0', '0.5'], (text) => ({ jwksMaxStale: Number(text) })),
  JWKS_COOLDOWN: each(['0', '1.5'], (text) => ({ jwksCooldown: Number(text) })),
  JWKS_TIMEOUT: each(['0.05', '30'], (text) => ({ jwksTimeout: Number(text) })),
};

describe('defaults', () => {
  it('what is not needed has one', () => assert.deepEqual(read(NEEDED), DEFAULTS));

  it('the result is frozen', () => {
    const config = readConfig(NEEDED);
    assert.equal(Object.isFrozen(config), true);
    assert.throws(() => Object.assign(config, { clockTolerance: 1e9 }), TypeError);
  });

  it('a variable that is empty, or spaces, tabs and line ends alone, counts as not set', () => {
    const names = Object.values(SETTINGS).map(({ name }) => name);
    const numbered = names.map((name) => `${name}_2`);
    for (const blank of ['', ' ', '\t \r\n']) {
      const env = Object.fromEntries([...names, ...numbered].map((name) => [name, blank]));
      assert.deepEqual(read({ ...env, ...NEEDED }), DEFAULTS);
    }
  });

  it('spaces, tabs and line ends around a value are ignored', () => {
    const env = Object.fromEntries(Object.entries(NEEDED).map(([name, value]) => [name, `\r\n\t ${value} \n`]));
    assert.deepEqual(read(env), DEFAULTS);
  });

  it('unknown variables are ignored', () => {
    const env: Environment = {
      ...{ ALGORITHM: 'none', clock_tolerance: '1e9', PATH: '/bin', JWKS_URIS: ',', AUDIENCE_: 'x' },
      ...{ AUDIENCE_TWO: 'x', AUDIENCE_2_2: 'x', MY_AUDIENCE_2: 'x', TOKEN_QUERY_PARAMETER: 'x' },
    };
    assert.deepEqual(read({ ...NEEDED, ...env }), DEFAULTS);
  });
});

describe('what a variable may hold', () => {
  for (const [name, cases] of Object.entries(GOOD)) {
    it(name, () => {
      for (const [text, expected] of cases) {
        // and nothing else is another than it would be without
        assert.deepEqual(read({ ...NEEDED, [name]: text }), { ...DEFAULTS, ...expected }, text);
      }
    });
  }

  it('each variable is tried', () => {
    const names = Object.values(SETTINGS).map(({ name }) => name);
    // of which routes/map.test.ts tries every word; and dpop-urls.test.ts
    assert.deepEqual(new Set([...Object.keys(GOOD), 'ROUTE_SCOPES', 'DPOP_URLS']), new Set(names));
  });

  it('ROUTE_SCOPES', () => {
    const { routes } = readConfig({ ...NEEDED, ROUTE_SCOPES: 'GET /a read, $default' });
    assert.deepEqual(
      routes?.routes.map(({ entry }) => entry),
      ['GET /a', '$default'],
    );
    assert.deepEqual(problemsWith({ ROUTE_SCOPES: 'GET /a read', POLICY_RESOURCE: 'stage' }), []);
  });
});
