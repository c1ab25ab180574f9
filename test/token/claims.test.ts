import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Environment } from '../../src/config/config.ts';
import { readClaims } from '../../src/token/claims.ts';
import { refusalOf, settingsOf } from '../support/settings.ts';
import { AUDIENCE } from '../support/tokens.ts';

const NOW = 1_700_000_000;
const GOOD = { sub: 'me', aud: AUDIENCE, exp: NOW + 300 };

/** Claims as a token holds them: what is `undefined` is absent, and JSON text is parsed, `__proto__` too. */
const claimsOf = (claims: object | string) =>
  JSON.parse(
    typeof claims === 'string'
      ? `${JSON.stringify(GOOD).slice(0, -1)},${claims}}`
      : JSON.stringify({ ...GOOD, ...claims }),
  );
const read = (claims: object | string, env?: Environment) => readClaims(claimsOf(claims), settingsOf(env).issuer);
/** Why the claims are refused; nothing if they are not. */
const problem = (claims: object | string, env?: Environment) => {
  const { reason, message } = refusalOf(() => read(claims, env));
  assert.equal(reason, message && 'invalid_claims', JSON.stringify(claims));
  return message;
};

describe('readClaims', () => {
  it('gives what it found, and nothing for what is not there', () => {
    assert.deepEqual(read({}), {
      principalId: 'me',
      scopes: [],
      audience: [AUDIENCE],
      audienceClaim: 'aud',
      exp: NOW + 300,
      nbf: undefined,
      iat: undefined,
    });
  });

  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    exp: [null, '', String(NOW + 300), true, {}, [NOW + 300]],
    nbf: [null, '', String(NOW), true, {}, [NOW]],
    iat: [null, '', String(NOW), true, {}, [NOW]],
    aud: [null, 0, true, {}, [0], [AUDIENCE, 0], [[AUDIENCE]], [null], { 0: AUDIENCE }],
    sub: [1.5, true, {}, ['me']],
    client_id: [1.5, true, {}, ['me']],
    azp: [1.5, true, {}, ['me']],
    scope: [0, true, [0], ['a', 0], [['a']], [null]],
    scp: [0, [0]],
  };
  for (const [name, values] of Object.entries(wrong)) {
    it(`names the claim that is of the wrong type, and not its value: ${name}`, () => {
      for (const value of [...values, [{ secret: 1 }]]) {
        const message = String(problem({ [name]: value }));
        assert.match(message, new RegExp(`^The claim ${name} is not `), JSON.stringify(value));
        assert.doesNotMatch(message, /secret/);
      }
    });
  }

  it('requires an end', () => assert.equal(problem({ exp: undefined }), 'The claim exp is missing.'));

  it('takes no number for a time that is not finite', () => {
    for (const name of ['exp', 'nbf', 'iat']) {
      for (const json of ['1e999', '-1e999']) assert.ok(problem(`"${name}":${json}`), name);
    }
  });
});

describe('the principal', () => {
  const principal = (claims: object | string, env?: Environment) => read(claims, env).principalId;

  it('is the first of sub, client_id, azp that is not empty', () => {
    assert.equal(principal({ sub: 's', client_id: 'c', azp: 'a' }), 's');
    for (const sub of [undefined, null, '']) {
      assert.equal(principal({ sub, client_id: 'c', azp: 'a' }), 'c');
      assert.equal(principal({ sub, azp: 'a' }), 'a');
    }
    for (const sub of [' ', 'Zoë "☃"\n']) assert.equal(principal({ sub }), sub);
  });

  it('is an integer, which becomes its decimal text, as some issuers write it', () => {
    for (const [json, text] of [
      ['7', '7'],
      ['0', '0'],
      ['-0', '0'],
      ['1.2e3', '1200'],
      ['-9007199254740991', '-9007199254740991'],
    ]) {
      assert.equal(principal(`"sub":${json}`), text);
      assert.equal(principal(`"sub":"","azp":${json}`), text);
    }
    assert.equal(principal({ sub: 'me', client_id: 7 }), 'me');
    for (const json of ['9007199254740992', '9007199254740993', '1e999', '-1e400', '0.5', '[7]', '{"id":7}', 'true']) {
      assert.equal(problem(`"sub":${json}`), 'The claim sub is not a string or an integer.', json);
      assert.ok(problem(`"azp":${json}`), json);
    }
  });

  it('must be there', () => {
    const none = 'The token does not name its subject: it has no claim sub, client_id or azp.';
    assert.equal(problem({ sub: undefined }), none);
    assert.equal(problem({ sub: '', client_id: '', azp: '' }), 'The claim sub is empty and names nobody.');
    // nothing of what __proto__ holds is the token's own
    const { issuer } = settingsOf();
    const claims = JSON.parse('{"exp":1,"__proto__":{"sub":"admin","client_id":"admin"}}');
    assert.equal(refusalOf(() => readClaims(claims, issuer)).message, none);
  });

  it('is the first claim of PRINCIPAL_CLAIM; all of them are strings or integers or integers or integers', () => {
    const env = { PRINCIPAL_CLAIM: 'email, /who/id,azp' };
    assert.equal(principal({ email: 'e', who: { id: 'i' }, azp: 'a' }, env), 'e');
    for (const email of [null, '']) assert.equal(principal({ email, who: { id: 'i' } }, env), 'i');
    assert.equal(principal({ email: 9, who: { id: 'i' } }, env), '9');
    assert.equal(principal({ who: { id: -7 } }, env), '-7');
    const literal = { 'who/id': 'x', '/who/id': 'x', who: { id: null }, azp: 'a' };
    assert.equal(principal(literal, env), 'a');
    assert.match(String(problem({ who: [{ id: 'i' }] }, env)), /no claim email, \/who\/id or azp\.$/);
    assert.equal(problem({ email: '' }, env), 'The claim email is empty and names nobody.');
    for (const [name, claims] of Object.entries({
      sub: { sub: 1.5 },
      client_id: { client_id: true },
      '/who/id': { who: { id: 7.5 } },
      email: { email: ['e'] },
    })) {
      assert.equal(problem({ email: 'e', ...claims }, env), `The claim ${name} is not a string or an integer.`);
    }
  });
});

describe('the scopes', () => {
  const scopes = (claims: object, SCOPE_CLAIM?: string) => read(claims, { SCOPE_CLAIM }).scopes.join('|');
  /** Claims, and the scopes in them, under a setting. */
  const rows: readonly (readonly [claims: object, scopes: string, SCOPE_CLAIM?: string])[] = [
    [{}, ''],
    [{ scope: '' }, ''],
    [{ scope: ' ' }, ''],
    [{ scope: '  a   b ' }, 'a|b'],
    [{ scope: ['a', 'b'] }, 'a|b'],
    [{ scope: [] }, ''],
    [{ scp: 'a b' }, 'a|b'],
    [{ scp: ['a', 'b'] }, 'a|b'],
    // an item with a space in it isn't a scope: a back end that splits the text again would find others
    [{ scp: ['a b', '', 'c'] }, 'c'],
    [{ scope: ['a b'], scp: 'd' }, ''],
    [{ scope: [' a', 'b ', 'c\td', 'e\nf', 'g\u00a0h', 'i'] }, 'i'],
    // the first that the token has, be it empty; null is as if it were absent
    [{ scope: 'a', scp: ['b'] }, 'a'],
    [{ scope: '', scp: ['b'] }, ''],
    [{ scope: null, scp: ['b'] }, 'b'],
    [{ scope: null, scp: null }, ''],
    [{ permissions: ['a'] }, ''],
    // of an object the members, but for those that are null or false
    [{ scope: { a: {}, b: true, c: 0, d: '', e: [], f: null, g: false } }, 'a|b|c|d|e'],
    [{ scope: { 'not an admin': {}, '': {}, 'tab\tin': {}, reader: {} } }, 'reader'],
    [{ scope: {} }, ''],
    // each of them splits a text for some language; U+FEFF for none
    ...[...'\t\n\u000b\u001c\u001f\u0085\u00a0\u1680\u2003\u2028\u3000'].flatMap((space) => [
      [{ scope: `read not${space}admin write` }, 'read|write'] as const,
      [{ scope: ['read', `not${space}admin`, `admin${space}`] }, 'read'] as const,
      [{ scope: { read: {}, [`${space}admin`]: {} } }, 'read'] as const,
    ]),
    ...[...'\u0000\u007f\u009b'].map((control) => [{ scope: `read a${control}b` }, 'read'] as const),
    [{ scope: 'r\u00e9ad a\ufeffb' }, 'r\u00e9ad|a\ufeffb'],
    [{ permissions: ['a', 'b'], scope: 'c', scp: 'd' }, 'a|b', 'permissions'],
    [{ permissions: null, scope: 'c' }, '', 'permissions'],
    [{ permissions: { a: true } }, 'a', 'permissions'],
    [{ roles: ['c'], scope: 'd' }, 'c', 'scp, roles'],
    [{ scp: 'a b', roles: 0 }, 'a|b', 'scp, roles'],
    [{ scp: null, roles: ['c'] }, 'c', 'scp, roles'],
    [{ realm_access: { roles: ['a', 'b'] }, scope: 'c' }, 'a|b', '/realm_access/roles'],
    [{ '/realm_access/roles': ['a'], 'realm_access/roles': ['b'] }, '', '/realm_access/roles'],
    [{ realm_access: { roles: null } }, '', '/realm_access/roles'],
    [{ realm_access: [{ roles: ['a'] }] }, '', '/realm_access/roles'],
    [{ realm_access: 'roles' }, '', '/realm_access/roles'],
  ];
  for (const [claims, expected, SCOPE_CLAIM] of rows) {
    it(`${JSON.stringify(claims)}, SCOPE_CLAIM=${SCOPE_CLAIM ?? '(not set)'}`, () =>
      assert.equal(scopes(claims, SCOPE_CLAIM), expected));
  }

  it('are in the first claim, which may not be of the wrong type', () => {
    assert.ok(problem({ scp: 0, roles: ['c'] }, { SCOPE_CLAIM: 'scp, roles' }), 'scp');
    const env = { SCOPE_CLAIM: '/realm_access/roles' };
    const message = String(problem({ realm_access: { roles: 1 } }, env));
    assert.match(message, /^The claim \/realm_access\/roles is not a string, .*no scopes/);
  });
});

describe('the audience', () => {
  const heard = (claims: object, AUDIENCE_CLAIM = '/res/id, aud,client_id') => {
    const { audience, audienceClaim } = read({ aud: undefined, ...claims }, { AUDIENCE_CLAIM });
    return [audienceClaim, ...audience];
  };

  it('is the first claim of AUDIENCE_CLAIM that the token has, and no other', () => {
    assert.deepEqual(heard({ res: { id: 'a' }, aud: 'x' }), ['/res/id', 'a']);
    assert.deepEqual(heard({ res: { id: ['x', 'a'] } }), ['/res/id', 'x', 'a']);
    assert.deepEqual(heard({ res: { id: '' }, aud: 'x' }), ['/res/id', '']);
    assert.deepEqual(heard({ res: { id: [] }, aud: 'x' }), ['/res/id']);
    assert.deepEqual(heard({ res: { id: null }, aud: 'x' }), ['aud', 'x']);
    assert.deepEqual(heard({ res: ['a'], client_id: 'c' }), ['client_id', 'c']);
    assert.deepEqual(heard({}), [undefined]);
  });

  it('is a string or strings, whichever claim counts', () => {
    for (const id of [1, { id: 'a' }])
      assert.ok(problem({ res: { id } }, { AUDIENCE_CLAIM: '/res/id, aud' }), '/res/id');
    for (const client_id of [['app'], 1])
      assert.ok(problem({ client_id }, { AUDIENCE_CLAIM: 'client_id' }), 'client_id');
    for (const aud of [0, null]) assert.ok(problem({ aud, client_id: 'a' }, { AUDIENCE_CLAIM: 'client_id' }), 'aud');
  });
});
