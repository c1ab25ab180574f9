import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SETTINGS } from '../../src/config/settings.ts';
import { NEEDED, problems, problemsWith } from '../support/settings.ts';

/** What a variable may not hold, and what it is said that it should. */
interface Bad {
  readonly values: readonly string[];
  readonly should: string;
}

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
const CLAIMS = 'names of claims, separated by commas';
const POINTER_MISTAKES = ['/a~', '/a~2b', '/~'];

const BAD: Readonly<Record<string, Bad>> = {
  TOKEN_ISSUER: {
    values: [
      ...LIST_MISTAKES,
      ...['/', 'https://', 'https:// x', 'a/b:c d', ':', '1:x', 'https://a.example https://b.example'],
      ...['https://login.microsoftonline.com/{tenantid}/v2.0', '{tenantid}', 'a,https://x.example/{realm}'],
      ...[
        'https://t.example/<x>',
        'https://t.example/a\\b',
        'https://t.example/a^b',
        'https://t.example/a|b',
      ],
      ...[
        'https://t.example/a`b',
        'https://t.example/"x"',
        '["https://t.example/"]',
        '{{resolve:ssm:/issuer}}',
      ],
    ],
    should: 'issuers as in the claim iss, separated by commas',
  },
  JWKS_URI: {
    values: [
      ...LIST_MISTAKES,
      ...['issuer.example/jwks', '/jwks', 'https://', 'ftp://issuer.example/jwks', 'javascript:1'],
      ...['http://issuer.example/jwks', 'http://10.0.0.1/jwks', 'http://128.0.0.1/jwks', 'http://[::2]/jwks'],
      ...['ftp://localhost/jwks', 'http://127.0.0.1.evil.example/jwks', 'http://localhost.evil.example/jwks'],
      ...['http://evil-localhost/jwks', 'http://evil.localhost/jwks', 'http://evil.example/127.0.0.1'],
      ...['http://evil.example#localhost', 'http://0.0.0.0/jwks', 'http://169.254.169.254/jwks'],
      ...[
        'https://issuer.example/{tenant}/keys',
        'https://issuer.example/a b',
        '["https://issuer.example/"]',
      ],
      ...['https://issuer.example/jwks|', 'https://issuer.example/`', '{{resolve:ssm:/jwks}}'],
      ...[
        'file:jwks.json',
        'file:./jwks.json',
        'file://elsewhere/jwks.json',
        'file:',
        'file:///',
        'file:////a',
      ],
      ...[
        'data:application/json,{}',
        'data:text/plain;base64,e30=',
        'data:application/json;base64,',
        'data:,',
      ],
      ...['data:application/json;base64,e3 0=', 'data:application/json;charset=utf-8;base64,e30='],
    ],
    should:
      'for each issuer the https: URL of its JWK Set (http: for a loopback host only), or a file: or data: URI',
  },
  AUDIENCE: {
    values: [
      ...LIST_MISTAKES,
      ...[
        '["https://api.example/"]',
        '["api"]',
        '[api]',
        "a,'b'",
        'a,"b"',
        'https://a.example https://b.example',
      ],
      ...['{{resolve:ssm:/audience}}', 'https://api.example/{stage}', 'a"b', '“api”,b', "'api", "api'"],
      ...['https://', 'https:///', 'urn:a b'],
    ],
    should: "the API's identifiers as in the token's audience, separated by commas",
  },
  AUDIENCE_CLAIM: { values: [...LIST_MISTAKES, ...POINTER_MISTAKES], should: CLAIMS },
  PRINCIPAL_CLAIM: { values: [...LIST_MISTAKES, ...POINTER_MISTAKES], should: CLAIMS },
  SCOPE_CLAIM: { values: [...LIST_MISTAKES, ...POINTER_MISTAKES], should: CLAIMS },
  REQUIRED_SCOPES: {
    values: [...LIST_MISTAKES, 'a,"b"', '["read"]'],
    should: 'scopes, separated by commas or blanks',
  },
  ROUTE_SCOPES: {
    values: [...LIST_MISTAKES, '/pets read', 'get /pets', 'GET /a//b', 'GET /{id', 'GET /*'],
    should: 'routes, each METHOD /path and the scopes it asks, separated by commas',
  },
  REQUIRED_CLAIMS: {
    values: [
      ...LIST_MISTAKES,
      ...['=access', 'a, = access', 'token_use=', 'hd=a||b', 'hd=a|', 'hd=|a', '|', 'auth0|123', 'a,=b'],
      ...POINTER_MISTAKES,
    ],
    should: 'requirements, each name, name=value or name=value|value, separated by commas',
  },
  TOKEN_BINDING: {
    values: ['MTLS', 'mtls_only', 'dpop', 'true'],
    should: 'refuse, mtls, mtls-only or ignore',
  },
  ALGORITHMS: {
    values: [
      ...LIST_MISTAKES,
      ...['none', 'HS256', 'HS384', 'HS512', 'rs256', 'RS256,none', 'RS256,HS256', 'RS256 ES256'],
      ...['eddsa', 'Ed448', 'ES256K', 'RS1', 'toString', '__proto__', '*'],
    ],
    should:
      'algorithms out of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, separated by commas',
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
      ...['scope', 'iss', 'error', 'error_description', 'principalId', 'sub,scope', 'scope=scp', 'iss=x'],
      ...[
        'sub,sub',
        'a=b,a=c',
        'sub,sub=client_id',
        '/realm_access/roles',
        'a/b=c',
        'my-name=sub',
        'ä=b',
        '=b',
      ],
      ...['a=', 'a b=c', 'a=/x~', 'a.b=c'],
    ],
    should: 'claims, each claim or name=claim, separated by commas',
  },
  TOKEN_SOURCE: {
    values: [
      ...LIST_MISTAKES,
      ...[
        'Authorization',
        'headers:Authorization',
        'Header:Authorization',
        'body:token',
        'header:',
        'cookie:',
      ],
      ...[
        'query:',
        'header:a b',
        'cookie:a b',
        'query:a b',
        'subprotocol:a b',
        ':a',
        'header: a',
        'toString:a',
      ],
      ...['header:a,header:a', 'header:Authorization,header:authorization', 'cookie:a,query:a,cookie:a'],
    ],
    should:
      'places such as header:Authorization, cookie:NAME, query:NAME, subprotocol:NAME, separated by commas',
  },
  USAGE_KEY_CLAIM: { values: POINTER_MISTAKES, should: 'the name of a claim' },
  SIMPLE_RESPONSES: { values: ['True', '1', 'yes', 'on'], should: 'true or false' },
  METRICS_NAMESPACE: {
    values: ['a:b', 'ä', 'x'.repeat(256), 'a,b', 'AWS/Lambda'],
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

/** What is said of a mistake, up to the reason in brackets. */
const complaint = (name: string, value: string, should: string) => {
  const holds = value.length > 200 ? `"${value.slice(0, 200)} …"` : `"${value}"`;
  return `${name} holds ${holds}; it should hold ${should}`;
};

describe('what a variable may not hold', () => {
  for (const [name, { values, should }] of Object.entries(BAD)) {
    it(name, () => {
      for (const value of values) {
        const found = problemsWith({ [name]: value });
        assert.equal(found.length, 1, value);
        const expected = complaint(name, value, should);
        assert.equal(String(found[0]).slice(0, expected.length), expected);
        // and it may say why, in brackets
        assert.match(String(found[0]).slice(expected.length), /^( \(.+\))?$/s);
      }
    });
  }

  it('each variable is tried', () => {
    assert.deepEqual(
      Object.keys(BAD).sort(),
      Object.values(SETTINGS)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('a long value is cut', () => {
    const [problem = ''] = problemsWith({ ALGORITHMS: 'x'.repeat(100_000) });
    assert.ok(problem.length < 700, problem);
  });
});

describe('what is needed', () => {
  for (const name of Object.keys(NEEDED)) {
    for (const value of [undefined, '', ' \t']) {
      it(`${name} is ${JSON.stringify(value)}`, () => {
        const { [name]: bad } = BAD;
        assert.deepEqual(problemsWith({ [name]: value }), [
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

describe('several problems', () => {
  it('are told in one error, each with the variable, what it holds and what it should', () => {
    const env = Object.fromEntries(Object.entries(BAD).map(([name, { values }]) => [name, values[0]]));
    const expected = Object.entries(BAD)
      .filter(([name]) => name !== 'ROUTE_SCOPES')
      .map(
        ([
          name,
          {
            values: [value = ''],
            should,
          },
        ]) => complaint(name, value, should),
      );
    const found = problems(env);
    assert.deepEqual(
      expected.filter((text) => !found.some((problem) => problem.startsWith(text))),
      [],
    );
    // a map is read for a POLICY_RESOURCE, which is wrong here as well
    assert.equal(found.length, expected.length);
  });
});
