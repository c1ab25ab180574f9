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

const RANGES = (...beyond: readonly string[]) => [...NUMBER_MISTAKES, ...beyond];
const NAMES = [...LIST_MISTAKES, ...POINTER_MISTAKES];

/** What a variable may not hold. */
const BAD: Readonly<Record<string, readonly string[]>> = {
  TOKEN_ISSUER: [
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
    ...LIST_MISTAKES,
    ...words('["https://api.example/"] ["api"] [api] a,"b" {{resolve:ssm:/audience}}'),
    ...words('https://api.example/{stage} a"b “api”,b https:// https:///'),
    ...["a,'b'", 'https://a.example https://b.example', "'api", "api'", 'urn:a b'],
  ],
  AUDIENCE_CLAIM: NAMES,
  PRINCIPAL_CLAIM: NAMES,
  SCOPE_CLAIM: NAMES,
  REQUIRED_SCOPES: [...LIST_MISTAKES, 'a,"b"', '["read"]'],
  ROUTE_SCOPES: [...LIST_MISTAKES, '/pets read', 'get /pets', 'GET /a//b', 'GET /{id', 'GET /*'],
  REQUIRED_CLAIMS: [
    ...NAMES,
    ...words('=access token_use= hd=a||b hd=a| hd=|a | auth0|123 a,=b'),
    ...words('sub=* sub=a*b sub=*a* sub=a** sub=a|* sub="a" sub=a|“b” sub=\'a\''),
    'a, = access',
  ],
  TOKEN_BINDING: words('MTLS mtls_only DPoP true'),
  DPOP_URLS: [
    ...words('api.example.com https:/api.example.com https:api.example.com https:// http://api.example.com'),
    ...words('ftp://api.example.com wss://api.example.com file:///opt https://api.example.com?a'),
    ...words('https://api.example.com/? https://api.example.com/# https://user@api.example.com https://a.example,'),
    ...words('https://user:password@api.example.com https:\\\\api.example.com https://api.example.com\\v1'),
    ...words('https://{host}/v1 https://api.example.com/{stage} "https://a.example" https://a.example,,https://b.c'),
    'https://api.example.com/a b',
  ],
  ALGORITHMS: [
    ...LIST_MISTAKES,
    ...words('none HS256 HS384 HS512 rs256 RS256,none RS256,HS256 eddsa Ed448 ES256K RS1 toString __proto__ *'),
    'RS256 ES256',
  ],
  TOKEN_TYPES: [...LIST_MISTAKES, 'application/', 'JWT,application/'],
  CLOCK_TOLERANCE: RANGES('300.1', '301'),
  POLICY_RESOURCE: words('Method stages * method,stage'),
  INVALID_TOKEN: words('Deny 401 allow true'),
  CONTEXT_CLAIMS: [
    ...LIST_MISTAKES,
    ...words('scope iss error error_description principalId sub,scope scope=scp iss=x sub,sub a=b,a=c'),
    ...words('sub,sub=client_id /realm_access/roles a/b=c my-name=sub ä=b =b a= a=/x~ a.b=c'),
    'a b=c',
  ],
  TOKEN_SOURCE: [
    ...LIST_MISTAKES,
    ...words('Authorization headers:Authorization Header:Authorization body:token header: cookie: query:'),
    ...words(':a toString:a header:a,header:a header:Authorization,header:authorization cookie:a,query:a,cookie:a'),
    ...['header:a b', 'cookie:a b', 'query:a b', 'subprotocol:a b', 'header: a'],
  ],
  USAGE_KEY_CLAIM: POINTER_MISTAKES,
  SIMPLE_RESPONSES: words('True 1 yes on'),
  METRICS_NAMESPACE: [...words('a:b ä a,b AWS/Lambda'), 'x'.repeat(256)],
  JWKS_MAX_AGE: RANGES('0', '0.0', '86400.1', '600000'),
  JWKS_MAX_STALE: RANGES('604800.1', '3600000'),
  JWKS_COOLDOWN: RANGES('3600.1', '30000'),
  JWKS_TIMEOUT: RANGES('0', '30.1', '31'),
};

const ROWS = Object.values(SETTINGS).map(({ name, should }) => ({ name, should, values: BAD[name] ?? [] }));

/** What is said of a mistake, up to the reason in brackets. */
const complaint = (name: string, value: string, should: string) => {
  const shown = value.length > 200 ? `"${value.slice(0, 200)} …"` : `"${value}"`;
  return `${name} is ${shown}; set it to ${should}`;
};

describe('what a variable may not hold', () => {
  for (const { name, should, values } of ROWS) {
    it(name, () => {
      assert.ok(values.length > 0, 'each variable is tried');
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

  it('a long value is cut', () => {
    const [problem = ''] = problemsWith({ ALGORITHMS: 'x'.repeat(100_000) });
    assert.ok(problem.length < 700, problem);
  });
});

describe('what is needed', () => {
  for (const name of Object.keys(NEEDED)) {
    for (const value of [undefined, '', ' \t']) {
      it(`${name} is ${JSON.stringify(value)}`, () => {
        const should = ROWS.find((row) => row.name === name)?.should;
        assert.deepEqual(problemsWith({ [name]: value }), [`${name} is not set; set it to ${should}`]);
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
    const env = Object.fromEntries(ROWS.map(({ name, values }) => [name, values[0]]));
    // a map is read for a POLICY_RESOURCE, which is wrong here as well
    const expected = ROWS.filter(({ name }) => name !== 'ROUTE_SCOPES').map(({ name, should, values: [value = ''] }) =>
      complaint(name, value, should),
    );
    const found = problems(env);
    assert.deepEqual(
      expected.filter((text) => !found.some((problem) => problem.startsWith(text))),
      [],
    );
    assert.equal(found.length, expected.length);
  });
});
