import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Config, ConfigurationError, type Environment, readConfig } from '../../src/config/config.ts';

/** Everything that is needed, and nothing else. */
const NEEDED: Environment = {
  TOKEN_ISSUER: 'https://issuer.example/',
  JWKS_URI: 'https://issuer.example/.well-known/jwks.json',
  AUDIENCE: 'https://api.example',
};

const DEFAULTS: Config = {
  issuers: [{ issuer: 'https://issuer.example/', jwksUri: 'https://issuer.example/.well-known/jwks.json' }],
  audience: new Set(['https://api.example']),
  audienceClaim: 'aud',
  requiredScopes: [],
  scopeClaims: ['scope', 'scp'],
  algorithms: new Set(['RS256'] as const),
  tokenTypes: new Set(['jwt', 'at+jwt']),
  clockTolerance: 5,
  policyResource: 'method',
  invalidToken: 'unauthorized',
  contextClaims: [],
  usageKeyClaim: undefined,
  tokenQueryParameter: undefined,
  simpleResponses: false,
  metricsNamespace: undefined,
  jwksMaxAge: 600,
  jwksMaxStale: 3600,
  jwksCooldown: 30,
  jwksTimeout: 3,
};

/** The problems that are told: the lines of the message, but for the first. */
function problems(env: Environment): string[] {
  try {
    readConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    assert.equal(error.name, 'ConfigurationError');
    const [first, ...lines] = error.message.split('\n- ');
    assert.equal(first, 'Settings are missing or wrong:');
    return lines;
  }
  return [];
}

const one = (issuer: string, jwksUri: string) => ({ issuer, jwksUri });
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const;

/** What a variable may hold, and what becomes of it. */
interface Good {
  readonly env: Environment;
  readonly config: Partial<Config>;
}
/** A variable, what it may not hold, and what it is said that it should. */
interface Bad {
  readonly values: readonly string[];
  readonly should: string;
}

const URLS =
  'for each issuer the https: URL of its JWK Set (http: for a loopback host only), separated by commas';
const LIST_MISTAKES = [',', 'a,', ',a', 'a,,b', 'a, ,b'];
const NUMBER_MISTAKES = [
  ...[
    '-1',
    '-0',
    '+1',
    '1e3',
    '0x10',
    '1.',
    '.5',
    '1,5',
    '1_000',
    '10s',
    'ten',
    'NaN',
    'Infinity',
    '1 0',
    '٣',
  ],
  '9'.repeat(400),
];

const GOOD: Readonly<Record<string, readonly Good[]>> = {
  'TOKEN_ISSUER and JWKS_URI': [
    ...['https://t.example', 'urn:example:issuer', 'issuer.example', 'accounts.example'].map((name) => ({
      env: { TOKEN_ISSUER: name },
      config: { issuers: [one(name, 'https://issuer.example/.well-known/jwks.json')] },
    })),
    {
      env: {
        TOKEN_ISSUER: ' https://a.example , https://b.example/',
        JWKS_URI: 'https://k.example/a , https://k.example/b ',
      },
      config: {
        issuers: [
          one('https://a.example', 'https://k.example/a'),
          one('https://b.example/', 'https://k.example/b'),
        ],
      },
    },
    {
      env: {
        TOKEN_ISSUER: 'https://a.example,https://a.example//',
        JWKS_URI: 'https://k.example,https://k.example',
      },
      config: {
        issuers: [
          one('https://a.example', 'https://k.example'),
          one('https://a.example//', 'https://k.example'),
        ],
      },
    },
    ...[
      'https://issuer.example:8443/jwks?tenant=1',
      'HTTPS://issuer.example/jwks',
      'http://localhost:8080/jwks',
      'http://LOCALHOST/jwks',
      'http://127.0.0.1/jwks',
      'http://127.255.255.254:1/jwks',
      'http://127.1/jwks',
      'http://[::1]:8080/jwks',
      'https://10.0.0.1/jwks',
    ].map((uri) => ({
      env: { JWKS_URI: uri },
      config: { issuers: [one('https://issuer.example/', uri)] },
    })),
  ],
  AUDIENCE: [
    { env: { AUDIENCE: 'a' }, config: { audience: new Set(['a']) } },
    { env: { AUDIENCE: ' a , b c,a' }, config: { audience: new Set(['a', 'b c']) } },
  ],
  AUDIENCE_CLAIM: [{ env: { AUDIENCE_CLAIM: ' client_id ' }, config: { audienceClaim: 'client_id' } }],
  REQUIRED_SCOPES: [
    ...['read write', 'read,write', ' read , write ', 'read\twrite', 'read   write'].map((text) => ({
      env: { REQUIRED_SCOPES: text },
      config: { requiredScopes: ['read', 'write'] },
    })),
    { env: { REQUIRED_SCOPES: 'a b,c' }, config: { requiredScopes: ['a', 'b', 'c'] } },
  ],
  SCOPE_CLAIM: [
    { env: { SCOPE_CLAIM: 'permissions' }, config: { scopeClaims: ['permissions'] } },
    { env: { SCOPE_CLAIM: 'scope' }, config: { scopeClaims: ['scope'] } },
  ],
  ALGORITHMS: [
    ...ALGORITHMS.map((alg) => ({ env: { ALGORITHMS: alg }, config: { algorithms: new Set([alg]) } })),
    { env: { ALGORITHMS: ALGORITHMS.join(' , ') }, config: { algorithms: new Set(ALGORITHMS) } },
  ],
  TOKEN_TYPES: [
    { env: { TOKEN_TYPES: 'AT+JWT' }, config: { tokenTypes: new Set(['at+jwt']) } },
    {
      env: { TOKEN_TYPES: 'application/at+jwt, Application/JWT' },
      config: { tokenTypes: new Set(['at+jwt', 'jwt']) },
    },
  ],
  CLOCK_TOLERANCE: [
    { env: { CLOCK_TOLERANCE: '0' }, config: { clockTolerance: 0 } },
    { env: { CLOCK_TOLERANCE: '0.25' }, config: { clockTolerance: 0.25 } },
    { env: { CLOCK_TOLERANCE: '300' }, config: { clockTolerance: 300 } },
  ],
  POLICY_RESOURCE: [
    { env: { POLICY_RESOURCE: 'method' }, config: { policyResource: 'method' } },
    { env: { POLICY_RESOURCE: ' stage ' }, config: { policyResource: 'stage' } },
  ],
  INVALID_TOKEN: [
    { env: { INVALID_TOKEN: 'unauthorized' }, config: { invalidToken: 'unauthorized' } },
    { env: { INVALID_TOKEN: 'deny' }, config: { invalidToken: 'deny' } },
  ],
  CONTEXT_CLAIMS: [
    {
      env: { CONTEXT_CLAIMS: 'sub , https://claims.example/roles,__proto__' },
      config: { contextClaims: ['sub', 'https://claims.example/roles', '__proto__'] },
    },
    { env: { CONTEXT_CLAIMS: 'Scope,principalid' }, config: { contextClaims: ['Scope', 'principalid'] } },
  ],
  USAGE_KEY_CLAIM: [{ env: { USAGE_KEY_CLAIM: 'api_key' }, config: { usageKeyClaim: 'api_key' } }],
  TOKEN_QUERY_PARAMETER: [
    { env: { TOKEN_QUERY_PARAMETER: 'access_token' }, config: { tokenQueryParameter: 'access_token' } },
  ],
  SIMPLE_RESPONSES: [
    { env: { SIMPLE_RESPONSES: 'true' }, config: { simpleResponses: true } },
    { env: { SIMPLE_RESPONSES: 'false' }, config: { simpleResponses: false } },
  ],
  METRICS_NAMESPACE: [
    ...['Authorizer', 'my-team/Authorizer.v1 #1_a', 'x'.repeat(255)].map((name) => ({
      env: { METRICS_NAMESPACE: name },
      config: { metricsNamespace: name },
    })),
  ],
  JWKS_MAX_AGE: [
    { env: { JWKS_MAX_AGE: '0.001' }, config: { jwksMaxAge: 0.001 } },
    { env: { JWKS_MAX_AGE: '86400' }, config: { jwksMaxAge: 86400 } },
    { env: { JWKS_MAX_AGE: '007' }, config: { jwksMaxAge: 7 } },
  ],
  JWKS_MAX_STALE: [
    { env: { JWKS_MAX_STALE: '0' }, config: { jwksMaxStale: 0 } },
    { env: { JWKS_MAX_STALE: '0.5' }, config: { jwksMaxStale: 0.5 } },
  ],
  JWKS_COOLDOWN: [
    { env: { JWKS_COOLDOWN: '0' }, config: { jwksCooldown: 0 } },
    { env: { JWKS_COOLDOWN: '1.5' }, config: { jwksCooldown: 1.5 } },
  ],
  JWKS_TIMEOUT: [
    { env: { JWKS_TIMEOUT: '0.05' }, config: { jwksTimeout: 0.05 } },
    { env: { JWKS_TIMEOUT: '30' }, config: { jwksTimeout: 30 } },
  ],
};

const BAD: Readonly<Record<string, Bad>> = {
  TOKEN_ISSUER: {
    values: [...LIST_MISTAKES, '/', 'https://', 'https:// x', 'a/b:c d', ':'],
    should: 'issuers as in the claim iss, separated by commas',
  },
  JWKS_URI: {
    values: [
      ...LIST_MISTAKES,
      'issuer.example/jwks',
      '/jwks',
      'https://',
      'http://issuer.example/jwks',
      'http://10.0.0.1/jwks',
      'ftp://localhost/jwks',
      'http://127.0.0.1.evil.example/jwks',
      'http://localhost.evil.example/jwks',
      'http://evil-localhost/jwks',
      'http://evil.localhost/jwks',
      'http://evil.example/127.0.0.1',
      'http://evil.example#localhost',
      'http://128.0.0.1/jwks',
      'http://[::2]/jwks',
      'http://0.0.0.0/jwks',
      'http://169.254.169.254/jwks',
      'ftp://issuer.example/jwks',
      'file:///etc/jwks',
      'data:application/json,{}',
      'javascript:1',
      'https://user:password@issuer.example/jwks',
      'https://user@issuer.example/jwks',
      'https://:password@issuer.example/jwks',
      'http://localhost@issuer.example/jwks',
      'http://user@localhost/jwks',
    ],
    should: URLS,
  },
  AUDIENCE: {
    values: LIST_MISTAKES,
    should: "the API's identifiers as in the claim aud, separated by commas",
  },
  REQUIRED_SCOPES: { values: LIST_MISTAKES, should: 'scopes, separated by commas or blanks' },
  ALGORITHMS: {
    values: [
      ...LIST_MISTAKES,
      'none',
      'HS256',
      'HS384',
      'HS512',
      'rs256',
      'RS256,none',
      'RS256,HS256',
      'RS256 ES256',
      'EdDSA',
      'ES256K',
      'RS1',
      'toString',
      '__proto__',
      '*',
    ],
    should: `algorithms out of ${ALGORITHMS.join(', ')}, separated by commas`,
  },
  TOKEN_TYPES: {
    values: [...LIST_MISTAKES, 'application/', 'JWT,application/'],
    should: 'values of the header parameter typ, separated by commas',
  },
  CLOCK_TOLERANCE: {
    values: [...NUMBER_MISTAKES, '300.1', '301'],
    should: 'seconds, whole or decimal, 0 or more, at most 300',
  },
  POLICY_RESOURCE: { values: ['Method', 'stages', '*', 'method,stage'], should: 'method or stage' },
  INVALID_TOKEN: { values: ['Deny', '401', 'allow', 'true'], should: 'unauthorized or deny' },
  CONTEXT_CLAIMS: {
    values: [
      ...LIST_MISTAKES,
      'scope',
      'error',
      'error_description',
      'principalId',
      'sub,scope',
      'error ,sub',
    ],
    should: 'names of claims, none of scope, error, error_description, principalId',
  },
  SIMPLE_RESPONSES: { values: ['True', '1', 'yes', 'on'], should: 'true or false' },
  METRICS_NAMESPACE: {
    values: ['a:b', 'ä', 'a\nb', 'x'.repeat(256), 'a,b', 'AWS/Lambda'],
    should: 'a CloudWatch namespace: up to 255 of A-Z a-z 0-9 . - _ / # and blank, not beginning with AWS/',
  },
  JWKS_MAX_AGE: {
    values: [...NUMBER_MISTAKES, '0', '0.0', `0.${'0'.repeat(400)}1`],
    should: 'seconds, whole or decimal, more than 0',
  },
  JWKS_MAX_STALE: { values: NUMBER_MISTAKES, should: 'seconds, whole or decimal, 0 or more' },
  JWKS_COOLDOWN: { values: NUMBER_MISTAKES, should: 'seconds, whole or decimal, 0 or more' },
  JWKS_TIMEOUT: {
    values: [...NUMBER_MISTAKES, '0', '30.1', '31'],
    should: 'seconds, whole or decimal, more than 0, at most 30',
  },
};

describe('defaults', () => {
  it('what is not needed has one', () => assert.deepEqual(readConfig(NEEDED), DEFAULTS));

  it('the result is frozen', () => {
    const config = readConfig(NEEDED);
    assert.equal(Object.isFrozen(config), true);
    assert.throws(() => Object.assign(config, { clockTolerance: 1e9 }), TypeError);
  });

  it('a variable that is empty or blank counts as not set', () => {
    const names = Object.keys({ ...GOOD, ...BAD }).filter((name) => !(name in NEEDED));
    for (const blank of ['', ' ', '\t \n', '\u00a0']) {
      const env = Object.fromEntries(names.map((name) => [name, blank]));
      assert.deepEqual(readConfig({ ...env, ...NEEDED }), DEFAULTS);
    }
  });

  it('unknown variables are ignored', () => {
    const env = { ...NEEDED, ALGORITHM: 'none', clock_tolerance: '1e9', PATH: '/bin', JWKS_URIS: ',' };
    assert.deepEqual(readConfig(env), DEFAULTS);
  });
});

describe('what a variable may hold', () => {
  for (const [name, cases] of Object.entries(GOOD)) {
    it(name, () => {
      for (const { env, config } of cases) {
        assert.deepEqual(readConfig({ ...NEEDED, ...env }), { ...DEFAULTS, ...config }, JSON.stringify(env));
      }
    });
  }
});

describe('what a variable may not hold', () => {
  for (const [name, { values, should }] of Object.entries(BAD)) {
    it(name, () => {
      for (const value of values) {
        const holds = value.length > 200 ? `${JSON.stringify(value.slice(0, 200))} …` : JSON.stringify(value);
        const expected = `${name} holds ${holds}; it should hold ${should}`;
        assert.deepEqual(problems({ ...NEEDED, [name]: value }), [expected]);
      }
    });
  }

  it('each variable is tried', () => {
    const free = ['AUDIENCE_CLAIM', 'SCOPE_CLAIM', 'USAGE_KEY_CLAIM', 'TOKEN_QUERY_PARAMETER'];
    const tried = [...Object.keys(NEEDED), ...Object.keys(GOOD)].filter((name) => !name.includes(' '));
    assert.deepEqual(new Set([...Object.keys(BAD), ...free]), new Set(tried));
  });

  it('a long value is cut', () => {
    const [problem = ''] = problems({ ...NEEDED, ALGORITHMS: 'x'.repeat(100_000) });
    assert.ok(problem.length < 400, problem);
  });
});

describe('what is needed', () => {
  for (const name of Object.keys(NEEDED)) {
    for (const value of [undefined, '', ' \t']) {
      it(`${name} is ${JSON.stringify(value)}`, () => {
        const { [name]: bad } = BAD;
        assert.deepEqual(problems({ ...NEEDED, [name]: value }), [
          `${name} is not set; it should hold ${bad?.should}`,
        ]);
      });
    }
  }

  it('nothing at all is set', () => {
    assert.deepEqual(
      problems({}).map((problem) => problem.split(' ')[0]),
      ['TOKEN_ISSUER', 'JWKS_URI', 'AUDIENCE'],
    );
  });
});

describe('settings that do not go together', () => {
  const uris = (count: number) => Array(count).fill('https://k.example').join(',');
  const counts = { '1,2': ['a', 2], '2,1': ['a,b', 1], '3,2': ['a,b,c', 2] } as const;
  for (const [name, [issuers, count]] of Object.entries(counts)) {
    it(`as many URIs as issuers: ${name}`, () => {
      const number = issuers.split(',').length;
      assert.deepEqual(problems({ ...NEEDED, TOKEN_ISSUER: issuers, JWKS_URI: uris(count) }), [
        `JWKS_URI holds "${uris(count)}"; it should hold one URL for each issuer of TOKEN_ISSUER: ${number}, not ${count}`,
      ]);
    });
  }

  for (const issuers of ['https://t.example,https://t.example', 'https://t.example,https://t.example/']) {
    it(`no issuer twice: ${issuers}`, () => {
      assert.deepEqual(problems({ ...NEEDED, TOKEN_ISSUER: issuers, JWKS_URI: uris(2) }), [
        `TOKEN_ISSUER holds "${issuers}"; it should hold no issuer twice (a trailing slash makes no difference)`,
      ]);
    });
  }

  it('what is wrong is quoted as it stands', () => {
    const issuers = 'https://t.example , https://t.example/';
    assert.match(String(problems({ ...NEEDED, TOKEN_ISSUER: issuers, JWKS_URI: uris(2) })), / , /);
  });

  it('a wrong list is not counted besides', () => {
    assert.equal(problems({ ...NEEDED, TOKEN_ISSUER: 'a,b', JWKS_URI: 'nowhere' }).length, 1);
  });
});

describe('several problems', () => {
  it('are told in one error, each with the variable, what it holds and what it should', () => {
    const env = Object.fromEntries(Object.entries(BAD).map(([name, { values }]) => [name, values[0]]));
    const expected = Object.entries(BAD).map(
      ([name, { values, should }]) => `${name} holds ${JSON.stringify(values[0])}; it should hold ${should}`,
    );
    assert.deepEqual(problems(env).sort(), expected.sort());
  });
});
