import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shownUris } from '../../src/config/jwks-uri.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { NEEDED, problems, problemsWith } from '../support/settings.ts';

const words = (text: string) => text.split(' ');
const LIST_MISTAKES = [',', 'a,', ',a', 'a,,b', 'a, ,b'];
const NUMBER_MISTAKES = [
  ...words('-1 -0 +1 1e3 0x10 1. .5 1,5 1_000 10s ten NaN Infinity ٣'),
  ...['1 0', '9'.repeat(400)],
];
const POINTER_MISTAKES = words('/a~ /a~2b /~');

/** What it is said that a variable should hold, and what it may not. */
const BAD: Readonly<Record<string, readonly [should: string, ...values: string[]]>> = {
  TOKEN_ISSUER: [
    'issuers as in the claim iss of their tokens, separated by commas',
    ...LIST_MISTAKES,
    ...words('/ https:// : 1:x https://{tid}.example/ {tenantid} urn:x:{tid} https:/{tid} https://{tid}/v2.0'),
    ...words(
      '{tid}://x.example/ https:///{tid} https://x.example/{tid}-x https://x.example/x{tid} https://x.example/{}',
    ),
    ...words('https://x.example/{/tid} https://x.example/{ä} https://x.example/{tid https://x.example/?a={tid}'),
    ...words('https://x.example/#/{tid} https://x.example/{{tid}} https://x.example/{tid}/} https://x:y/{tid}'),
    ...['https://x.example/{a b}', 'https://x.example/a b/{tid}', 'https://x.example/{tid}/a"b'],
    ...words('a,https://x.example/{realm}x https://x.example/{a}/{b} https://t.example/<x> https://t.example/a^b'),
    ...words('https://t.example/a|b https://t.example/"x" ["https://t.example/"] {{resolve:ssm:/issuer}}'),
    ...['https:// x', 'a/b:c d', 'https://a.example https://b.example', 'https://t.example/a\\b'],
    'https://t.example/a`b',
  ],
  JWKS_URI: [
    'the https: URL of the JWK Set (http: for a loopback host only), or a file: or data: URI: one for all issuers, or one for each',
    ...LIST_MISTAKES,
    ...words('issuer.example/jwks /jwks https:// ftp://issuer.example/jwks javascript:1'),
    ...words('http://issuer.example/jwks http://10.0.0.1/jwks http://128.0.0.1/jwks http://[::2]/jwks'),
    ...words('ftp://localhost/jwks http://127.0.0.1.evil.example/jwks http://localhost.evil.example/jwks'),
    ...words('http://evil-localhost/jwks http://localhost.evil/jwks http://evil.example/127.0.0.1'),
    ...words('http://evil.example/localhost http://0.0.0.0/jwks http://169.254.169.254/jwks'),
    ...words('https://issuer.example/{tenant}/keys ["https://issuer.example/"]'),
    ...words('https://issuer.example/jwks| file:jwks.json file:./jwks.json'),
    ...words('file://elsewhere/jwks.json file: file:/// file:////a'),
    ...words('data:text/plain;base64,e30= data:application/json;base64, data:,'),
    ...words('data:application/json;charset=utf-8;base64,e30= data:application/jwk-set;base64,e30='),
    ...words('http://localhost./jwks http://.localhost/jwks https://issuer.example/?"'),
    ...['https://issuer.example/?a b', 'https://issuer.example/a b', 'https://issuer.example/`'],
    'data:application/json;base64,e3 0=',
  ],
  AUDIENCE: [
    "the API's identifiers as in the token's audience, separated by commas",
    ...LIST_MISTAKES,
    ...words('["https://api.example/"] ["api"] [api] a,"b" {{resolve:ssm:/audience}}'),
    ...words('https://api.example/{stage} a"b “api”,b https:// https:///'),
    ...["a,'b'", 'https://a.example https://b.example', "'api", "api'", 'urn:a b'],
  ],
  AUDIENCE_CLAIM: ['names of claims, separated by commas', ...LIST_MISTAKES, ...POINTER_MISTAKES],
  PRINCIPAL_CLAIM: ['names of claims, separated by commas', ...LIST_MISTAKES, ...POINTER_MISTAKES],
  SCOPE_CLAIM: ['names of claims, separated by commas', ...LIST_MISTAKES, ...POINTER_MISTAKES],
  REQUIRED_SCOPES: ['scopes, separated by commas or spaces', ...LIST_MISTAKES, 'a,"b"', '["read"]'],
  ROUTE_SCOPES: [
    'routes, each METHOD /path and the scopes that it requires, separated by commas',
    ...LIST_MISTAKES,
    ...['/pets read', 'get /pets', 'GET /a//b', 'GET /{id', 'GET /*'],
  ],
  REQUIRED_CLAIMS: [
    'requirements, each name, name=value, name=value|value or a pattern such as name=value*, separated by commas',
    ...LIST_MISTAKES,
    ...POINTER_MISTAKES,
    ...words('=access token_use= hd=a||b hd=a| hd=|a | auth0|123 a,=b'),
    ...words('sub=* sub=a*b sub=*a* sub=a** sub=a|* sub="a" sub=a|“b” sub=\'a\''),
    'a, = access',
  ],
  TOKEN_BINDING: ['refuse, mtls, mtls-only, dpop, dpop-only or ignore', ...words('MTLS mtls_only DPoP true')],
  DPOP_URLS: [
    'the https: URLs (http: for a loopback host only) by which callers reach the stage, separated by commas',
    ...words('api.example.com https:/api.example.com https:api.example.com https:// http://api.example.com'),
    ...words('ftp://api.example.com wss://api.example.com file:///opt https://api.example.com?a'),
    ...words('https://api.example.com/? https://api.example.com/# https://user@api.example.com https://a.example,'),
    ...words('https://user:password@api.example.com https:\\\\api.example.com https://api.example.com\\v1'),
    ...words('https://{host}/v1 https://api.example.com/{stage} "https://a.example" https://a.example,,https://b.c'),
    ...['https://api.example.com/a b'],
  ],
  ALGORITHMS: [
    'one or more of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, separated by commas',
    ...LIST_MISTAKES,
    ...words('none HS256 HS384 HS512 rs256 RS256,none RS256,HS256 eddsa Ed448 ES256K RS1 toString'),
    ...words('__proto__ *'),
    'RS256 ES256',
  ],
  TOKEN_TYPES: [
    'values of the header parameter typ, separated by commas',
    ...LIST_MISTAKES,
    ...['application/', 'JWT,application/'],
  ],
  CLOCK_TOLERANCE: [
    'a number of seconds, whole or decimal, 0 or more, at most 300',
    ...NUMBER_MISTAKES,
    ...['300.1', '301'],
  ],
  POLICY_RESOURCE: ['method or stage', ...words('Method stages * method,stage')],
  INVALID_TOKEN: ['unauthorized or deny', ...words('Deny 401 allow true')],
  CONTEXT_CLAIMS: [
    'claims, each claim or name=claim, separated by commas',
    ...LIST_MISTAKES,
    ...words('scope iss error error_description principalId sub,scope scope=scp iss=x sub,sub a=b,a=c'),
    ...words('sub,sub=client_id /realm_access/roles a/b=c my-name=sub ä=b =b a= a=/x~ a.b=c'),
    'a b=c',
  ],
  TOKEN_SOURCE: [
    'places such as header:Authorization, cookie:NAME, query:NAME, subprotocol:NAME, separated by commas',
    ...LIST_MISTAKES,
    ...words('Authorization headers:Authorization Header:Authorization body:token header: cookie: query:'),
    ...words(':a toString:a header:a,header:a header:Authorization,header:authorization'),
    ...words('cookie:a,query:a,cookie:a'),
    ...['header:a b', 'cookie:a b', 'query:a b', 'subprotocol:a b', 'header: a'],
  ],
  USAGE_KEY_CLAIM: ['the name of a claim', ...POINTER_MISTAKES],
  SIMPLE_RESPONSES: ['true or false', ...words('True 1 yes on')],
  METRICS_NAMESPACE: [
    'a CloudWatch namespace: up to 255 of A-Z a-z 0-9 . - _ / # and space, not beginning with AWS/',
    ...words('a:b ä a,b AWS/Lambda'),
    'x'.repeat(256),
  ],
  JWKS_MAX_AGE: [
    'a number of seconds, whole or decimal, more than 0, at most 86400',
    ...NUMBER_MISTAKES,
    ...['0', '0.0', '86400.1', '600000'],
  ],
  JWKS_MAX_STALE: [
    'a number of seconds, whole or decimal, 0 or more, at most 604800',
    ...NUMBER_MISTAKES,
    ...['604800.1', '3600000'],
  ],
  JWKS_COOLDOWN: [
    'a number of seconds, whole or decimal, 0 or more, at most 3600',
    ...NUMBER_MISTAKES,
    ...['3600.1', '30000'],
  ],
  JWKS_TIMEOUT: [
    'a number of seconds, whole or decimal, more than 0, at most 30',
    ...NUMBER_MISTAKES,
    ...['0', '30.1', '31'],
  ],
};

/** What is said of a mistake, up to the reason in brackets. */
const complaint = (name: string, value: string, should: string) => {
  const shown = value.length > 200 ? `"${value.slice(0, 200)} …"` : `"${value}"`;
  return `${name} is ${shown}; set it to ${should}`;
};

describe('what a variable may not hold', () => {
  for (const [name, [should, ...values]] of Object.entries(BAD)) {
    it(name, () => {
      for (const value of values) {
        const found = problemsWith({ [name]: value });
        assert.equal(found.length, 1, value);
        // text.test.ts has what is left of a URI
        const expected = complaint(name, /^(JWKS_URI|DPOP_URLS)$/.test(name) ? shownUris(value) : value, should);
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
        assert.deepEqual(problemsWith({ [name]: value }), [`${name} is not set; set it to ${bad?.[0]}`]);
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
    const env = Object.fromEntries(Object.entries(BAD).map(([name, [, value]]) => [name, value]));
    // a map is read for a POLICY_RESOURCE, which is wrong here as well
    const expected = Object.entries(BAD).flatMap(([name, [should, value = '']]) =>
      name === 'ROUTE_SCOPES' ? [] : complaint(name, value, should),
    );
    const found = problems(env);
    assert.deepEqual(
      expected.filter((text) => !found.some((problem) => problem.startsWith(text))),
      [],
    );
    assert.equal(found.length, expected.length);
  });
});
