import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Environment, readConfig } from '../../src/config/config.ts';
import { claim, NEEDED, problemsWith } from '../support/settings.ts';

const ENTRA = 'https://login.microsoftonline.com/{tid}/v2.0';
const TID = { REQUIRED_CLAIMS: 'tid=a|b' };
const read = (env: Environment) => readConfig({ ...NEEDED, ...env }).issuers;
const names = (before: string, name: string, after: string) => ({ before, claim: claim(name), after });

describe('an issuer with a placeholder for its tenant', () => {
  const templates = {
    [ENTRA]: names('https://login.microsoftonline.com/', 'tid', '/v2.0'),
    'https://api.descope.com/{a-b.c_9}': names('https://api.descope.com/', 'a-b.c_9', ''),
    'https://x.example/{tid}/': names('https://x.example/', 'tid', ''),
    'https://x.example/a//{tid}//': names('https://x.example/a//', 'tid', '/'),
    'https://x.example/{tid}?a=b#c': names('https://x.example/', 'tid', '?a=b#c'),
    'x+y://h/{__proto__}/z': names('x+y://h/', '__proto__', '/z'),
  };
  for (const [issuer, expected] of Object.entries(templates)) {
    it(issuer, () => {
      const found = read({ TOKEN_ISSUER: issuer, REQUIRED_CLAIMS: expected.claim.name });
      assert.deepEqual(
        found.map(({ issuer: name, tenants }) => [name, tenants]),
        [[issuer, expected]],
      );
    });
  }
});

describe('who is accepted of the tenants is said', () => {
  const problem = (variable: string, value: string, claimName = 'tid', issuers = 'TOKEN_ISSUER') =>
    `${variable} is ${value}; it must contain ${claimName}=TENANT|TENANT with the tenants to accept, or ${claimName} alone to accept every tenant there is (${issuers} has the placeholder {${claimName}})`;

  const accepted = ['tid=a', 'tid=a|b', 'tid', 'scp, tid', '/tid=a', 'tid=a*'];
  for (const REQUIRED_CLAIMS of accepted)
    it(REQUIRED_CLAIMS, () => assert.deepEqual(problemsWith({ TOKEN_ISSUER: ENTRA, REQUIRED_CLAIMS }), []));

  for (const REQUIRED_CLAIMS of ['tenant=a', 'TID', '/tid/x', 'x=tid']) {
    it(`not by ${REQUIRED_CLAIMS}`, () =>
      assert.deepEqual(problemsWith({ TOKEN_ISSUER: ENTRA, REQUIRED_CLAIMS }), [
        problem('REQUIRED_CLAIMS', `"${REQUIRED_CLAIMS}"`),
      ]));
  }

  it('and not by nothing, once for each claim', () => {
    const TOKEN_ISSUER = `${ENTRA}, https://a.example/{tid}, https://b.example/{t}`;
    assert.deepEqual(problemsWith({ TOKEN_ISSUER }), [
      problem('REQUIRED_CLAIMS', 'not set'),
      problem('REQUIRED_CLAIMS', 'not set', 't'),
    ]);
  });

  it('a wrong REQUIRED_CLAIMS is one problem', () => {
    assert.equal(problemsWith({ TOKEN_ISSUER: ENTRA, REQUIRED_CLAIMS: 'tid=' }).length, 1);
  });

  it('with a number: by its own or by those of all', () => {
    const env = { TOKEN_ISSUER_2: ENTRA, JWKS_URI_2: 'https://k.example/' };
    assert.deepEqual(problemsWith(env), [problem('REQUIRED_CLAIMS_2', 'not set', 'tid', 'TOKEN_ISSUER_2')]);
    assert.deepEqual(problemsWith({ ...env, REQUIRED_CLAIMS_2: 'tid=a' }), []);
    assert.deepEqual(problemsWith({ ...env, ...TID }), []);
    assert.equal(problemsWith({ TOKEN_ISSUER: ENTRA, REQUIRED_CLAIMS_2: 'tid=a' }).length > 0, true);
  });
});

describe('beside a placeholder', () => {
  for (const name of ['email', 'upn', 'preferred_username', 'unique_name', '/email']) {
    it(`no principal from ${name}`, () => {
      const list = `sub,${name}`;
      const due = (variable: string) => [
        `${variable} is "${list}"; remove ${name}, which the administrator of any tenant can set to any value`,
      ];
      const two = { TOKEN_ISSUER_2: ENTRA, JWKS_URI_2: 'https://k.example/', ...TID };
      assert.deepEqual(problemsWith({ TOKEN_ISSUER: ENTRA, ...TID, PRINCIPAL_CLAIM: list }), due('PRINCIPAL_CLAIM'));
      assert.deepEqual(problemsWith({ ...two, PRINCIPAL_CLAIM: list }), due('PRINCIPAL_CLAIM'));
      assert.deepEqual(problemsWith({ ...two, PRINCIPAL_CLAIM_2: list }), due('PRINCIPAL_CLAIM_2'));
      assert.deepEqual(problemsWith({ ...two, PRINCIPAL_CLAIM: list, PRINCIPAL_CLAIM_2: 'oid' }), []);
    });
  }

  it('other claims, and those below others', () =>
    assert.deepEqual(problemsWith({ TOKEN_ISSUER: ENTRA, ...TID, PRINCIPAL_CLAIM: 'oid,/x/email,Email' }), []));

  it('without one, any', () => assert.deepEqual(problemsWith({ PRINCIPAL_CLAIM: 'email,upn' }), []));

  for (const other of [ENTRA, ENTRA.replace('tid', 'tenant'), `${ENTRA}/`]) {
    it(`none that is equal but for the name in braces: ${other}`, () => {
      const found = problemsWith({ TOKEN_ISSUER: `${ENTRA},${other}`, REQUIRED_CLAIMS: 'tid,tenant' });
      assert.equal(found.length, 1);
      assert.match(String(found[0]), /remove the issuer that is listed twice/);
    });
  }

  it('a tenant by its own name is another issuer', () =>
    assert.equal(read({ TOKEN_ISSUER: `${ENTRA},${ENTRA.replace('{tid}', 'x')}`, ...TID }).length, 2));
});
