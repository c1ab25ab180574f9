import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SETTINGS } from '../../src/config/settings.ts';
import { NEEDED, problemsWith } from '../support/settings.ts';

const NAMES = Object.values(SETTINGS).map(({ name }) => name);

/** The reason in brackets at the end of the only problem, which is with the only variable. */
function whyOf(env: Readonly<Record<string, string | undefined>>): string {
  const [problem = '', ...others] = problemsWith(env);
  assert.deepEqual(others, []);
  const { should = '' } = Object.values(SETTINGS).find(({ name }) => name in env) ?? {};
  const [, why = ''] = problem.split(`; set it to ${should} (`);
  assert.ok(why.endsWith(')'), problem);
  return why.slice(0, -1);
}

/** Values that every variable takes, but for what is put into them. */
const PLAIN: Readonly<Record<string, string>> = {
  ...{ TOKEN_ISSUER: 'https://issuer.example/', JWKS_URI: 'https://issuer.example/jwks', AUDIENCE: 'api' },
  ...{ TOKEN_BINDING: 'mtls', ALGORITHMS: 'RS256', POLICY_RESOURCE: 'stage', INVALID_TOKEN: 'deny' },
  ...{ TOKEN_SOURCE: 'cookie:at', SIMPLE_RESPONSES: 'true', ROUTE_SCOPES: 'GET /a read' },
};
const plain = (name: string) => PLAIN[name] ?? (/JWKS_|CLOCK/.test(name) ? '10' : 'word');

/** Characters that nobody sees, as they are called in the message. */
const INVISIBLE =
  'U+0000 U+0009 U+000A U+001B U+007F U+0085 U+00A0 U+00AD U+200B U+200C U+200D U+202E U+2028 U+3000 U+FEFF';

describe('no value holds what is invisible', () => {
  for (const code of [...INVISIBLE.split(' '), 'U+E0041']) {
    const character = String.fromCodePoint(Number.parseInt(code.slice(2), 16));
    it(`${code}: each variable names it, and shows where it is`, () => {
      for (const name of NAMES) {
        const value = `${plain(name).slice(0, 1)}${character}${plain(name).slice(1)}`;
        const [problem = '', ...others] = problemsWith({ [name]: value });
        assert.deepEqual(others, [], name);
        assert.ok(problem.endsWith(`(${code} in it is invisible or only looks like a space)`), problem);
        assert.ok(problem.includes(`<${code}>`), problem);
        assert.ok(!problem.includes(character), 'the character itself');
      }
    });
  }

  it('at the end of an audience, an issuer, a URI', () => {
    for (const name of Object.keys(NEEDED)) {
      assert.match(whyOf({ [name]: `${NEEDED[name]}\u200b` }), /^U\+200B /);
    }
  });
});

describe('quotation marks that an env file kept are no part of a value', () => {
  for (const [open, close] of ['""', "''", '``', '“”', '‘’']) {
    it(`${open}…${close}`, () => {
      for (const name of NAMES) {
        assert.match(whyOf({ [name]: `${open}${plain(name)}${close}` }), /quotation mark/, name);
      }
    });
  }
});

describe('what is shown of a JWKS_URI, and of DPOP_URLS', () => {
  const shown = (uri: string, name = 'JWKS_URI') => {
    const env = name === 'JWKS_URI' ? {} : { TOKEN_ISSUER_2: 'two', AUDIENCE: 'api' };
    if (name === 'DPOP_URLS') return String(problemsWith({ TOKEN_BINDING: 'dpop', DPOP_URLS: uri })[0]);
    const found = problemsWith({ ...env, [name]: uri });
    assert.equal(found.length, 1);
    return String(found[0]);
  };

  const items: readonly (readonly [uri: string, shown: string])[] = [
    // its query, which may hold a key; user names and passwords
    ['http://keys.example/jwks?apikey=s3cr3t#x', 'http://keys.example/jwks'],
    ...['user:s3cr3t', ':s3cr3t', 's3cr3t', 'user:a@s3cr3t', 'user:a:s3cr3t'].map(
      (userinfo) => [`https://${userinfo}@keys.example/jwks`, 'https://…@keys.example/jwks'] as const,
    ),
    ['https:user:s3cr3t@keys.example/', 'https:…@keys.example/'],
    ['https://user:s3/cr3t@keys.example/j', 'https://…@keys.example/j'],
    ['https://user:s3?cr3t@keys.example/j', 'https://…'],
    ['https://user:s3#cr3t@keys.example/j', 'https://…'],
    ['https://user:s3@cr3t/@keys.example/j?s3cr3t#s3cr3t', 'https://…@keys.example/j'],
    ['https://user:s3 cr3t\\@keys.example/j', 'https://…@keys.example/j'],
    ['https://user:s3,cr3t@keys.example/j', 'https://…@keys.example/j'],
    ['http://keys.example/j?k=a@s3cr3t', 'http://…'],
    ['ftp://keys.example/j#s3cr3t', 'ftp://keys.example/j'],
    ['user:s3cr3t@keys.example', 'user:…@keys.example'],
    ['s3/cr3t@keys.example', '…@keys.example'],
    ['data:application/json,{"keys":["s3cr3t"]}', 'data:application/json,…'],
    ['data:application/json;charset=utf-8;base64,s3cr3t', 'data:application/json,…'],
    ['DATA:s3cr3t/s3cr3t', 'DATA:,…'],
    ['data:,s3cr3t', 'data:,…'],
    ['data:text/secret', 'data:,…'],
    ['{keys:{kty:s3cr3t,n:s3cr3t}}', '…'],
    ['\'{"keys":["s3cr3t"]}\'', '…'],
    ['eyJrZXlzIjpbXX0s3cr3t', '…'],
    ['{{resolve:ssm:/s3cr3t}}', '…'],
    ['http://a.example/?s3cr3t, ftp://b:s3cr3t@c.example', 'http://a.example/,ftp://…@c.example'],
  ];
  for (const [uri, expected] of items) {
    it(uri, () => {
      for (const name of ['JWKS_URI', 'JWKS_URI_2', 'DPOP_URLS']) {
        const problem = shown(uri, name);
        assert.ok(problem.startsWith(`${name} is "${expected}"; `), problem);
        assert.doesNotMatch(problem, /s3|cr3t|apikey/);
      }
    });
  }

  it('no URI of a list has its secrets shown, where the list has another length than that of the issuers', () => {
    const uris = 'https://one.example/?k=s3cr3t,https://two.example/?k=s3cr3t';
    assert.doesNotMatch(shown(uris), /s3cr3t/);
  });
});

describe('why a value is wrong', () => {
  const reasons: readonly (readonly [env: Readonly<Record<string, string>>, why: RegExp])[] = [
    [{ AUDIENCE: 'a,,b' }, /^an item is empty$/],
    [{ TOKEN_ISSUER: 'https://{tid}.example/' }, /^replace what is in braces; only \{claim\} may stay/],
    [{ JWKS_URI: 'http://keys.example/' }, /^http: is for a loopback host only$/],
    [{ JWKS_URI: 'https://me@keys.example/' }, /^remove the user name and password/],
    [{ JWKS_URI: 'file:jwks.json' }, /^the path of a file: URI must be absolute$/],
    [{ JWKS_URI: 'data:text/plain,x' }, /^a data: URI must be data:application\/json;base64,/],
    [{ JWKS_URI: 'ftp://keys.example/' }, /^ftp: is not supported$/],
    [{ ALGORITHMS: 'RS256,none' }, /^"none" is an unknown algorithm$/],
    [{ SCOPE_CLAIM: '/a~b' }, /write ~ as ~0, and \/ in a name as ~1$/],
    [{ CONTEXT_CLAIMS: '/a/b' }, /^give "\/a\/b" a name: name=\/a\/b$/],
    [{ CONTEXT_CLAIMS: 'a=b,a=c' }, /^"a" is listed twice$/],
    [{ CONTEXT_CLAIMS: 'iss' }, /^the name iss is reserved$/],
    [{ TOKEN_SOURCE: 'cookie:a,cookie:a' }, /^a source is listed twice$/],
    [{ TOKEN_SOURCE: 'body:a' }, /^"body:a" is an unknown source$/],
    [{ REQUIRED_CLAIMS: 'auth0|1' }, /has no name of a claim before = or \|$/],
    [{ REQUIRED_CLAIMS: 'sub=a*b' }, /^"a\*b" is not a pattern: one \* is allowed, at the beginning or end/],
    [{ REQUIRED_CLAIMS: 'sub="a"|b' }, /^remove the quotation marks around a$/],
    [{ REQUIRED_SCOPES: '["read"]' }, /RFC 6749, 3\.3/],
    [{ ROUTE_SCOPES: 'get /a' }, /has a method in small letters; write GET/],
  ];
  for (const [env, why] of reasons) {
    it(JSON.stringify(env), () => assert.match(whyOf(env), why));
  }
});
