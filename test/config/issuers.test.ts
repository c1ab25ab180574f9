import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Environment, readConfig } from '../../src/config/config.ts';
import { SETTINGS, type Setting } from '../../src/config/settings.ts';
import { claim, ISSUER, issuersOf, NEEDED, problemsWith } from '../support/settings.ts';

const read = (env: Environment) => issuersOf(readConfig({ ...NEEDED, ...env }));
const one = (issuer: string, jwksUri: string) => ({ ...ISSUER, issuer, jwksUri });
const SECOND = { TOKEN_ISSUER_2: 'https://two.example/', JWKS_URI_2: 'https://two.example/jwks' };
const TWO = one('https://two.example/', 'https://two.example/jwks');

const uris = (count: number) => Array(count).fill('https://k.example').join(',');

describe('issuers in a list', () => {
  it('are paired with their URIs by position, spaces around them aside', () => {
    const env = {
      TOKEN_ISSUER: ' https://a.example , https://b.example/',
      JWKS_URI: 'https://k.example/a , https://k.example/b ',
    };
    assert.deepEqual(read(env), [
      one('https://a.example', 'https://k.example/a'),
      one('https://b.example/', 'https://k.example/b'),
    ]);
  });

  it('may have one URI, and names that differ by more than one trailing slash', () => {
    const env = {
      TOKEN_ISSUER: 'https://a.example,https://a.example//',
      JWKS_URI: 'https://k.example,https://k.example',
    };
    assert.deepEqual(read(env), [
      one('https://a.example', 'https://k.example'),
      one('https://a.example//', 'https://k.example'),
    ]);
  });

  const DATA = 'data:application/json;base64,e30=';
  for (const uris of [
    [DATA, DATA],
    ['https://k.example', DATA],
    [DATA, 'https://k.example', DATA.toUpperCase().replace(/.*,/, 'DATA:application/json;base64,')],
  ]) {
    it(`the comma in a data: URI separates nothing: ${uris.join(' ')}`, () => {
      const TOKEN_ISSUER = ['a', 'b', 'c'].slice(0, uris.length).join(',');
      const found = read({ TOKEN_ISSUER, JWKS_URI: uris.join(', ') }).map(({ jwksUri }) => jwksUri);
      assert.deepEqual(
        found,
        uris.map((uri) => uri.replace('DATA:', 'data:')),
      );
    });
  }

  for (const [issuers, count] of [
    ['a', 2],
    ['a,b', 3],
    ['a,b,c', 2],
  ] as const) {
    it(`have one URI for all, or one for each: ${issuers}, and ${count}`, () => {
      const number = issuers.split(',').length;
      const remedy =
        number === 1
          ? 'set it to one URI, because TOKEN_ISSUER has one issuer'
          : `set it to one URI for all ${number} issuers of TOKEN_ISSUER, or to ${number}, in the same order`;
      assert.deepEqual(problemsWith({ TOKEN_ISSUER: issuers, JWKS_URI: uris(count) }), [
        `JWKS_URI is "${uris(count)}"; ${remedy} (it has ${count})`,
      ]);
    });
  }

  const twice: readonly Environment[] = [
    { TOKEN_ISSUER: 'https://t.example,https://t.example' },
    { TOKEN_ISSUER: 'https://t.example , https://t.example/' },
    { TOKEN_ISSUER_2: 'https://issuer.example' },
    { TOKEN_ISSUER_3: 'https://two.example', JWKS_URI_3: 'https://k.example' },
  ];
  for (const env of twice) {
    it(`no issuer twice: ${JSON.stringify(env)}`, () => {
      const [name = ''] = Object.keys(env);
      assert.deepEqual(problemsWith({ ...SECOND, ...env }), [
        `${name} is "${env[name]}"; remove the issuer that is listed twice (a slash at the end and the name in braces make no difference)`,
      ]);
    });
  }
});

describe('an issuer with a number', () => {
  it('is judged as the others where nothing else is set', () => {
    assert.deepEqual(read(SECOND), [ISSUER, TWO]);
  });

  it('may be any of 2 to 9, whatever is between, and several with one number', () => {
    const env: Record<string, string> = {};
    for (let number = 9; number >= 2; number--) {
      env[`TOKEN_ISSUER_${number}`] = `issuer-${number},other-${number}`;
      env[`JWKS_URI_${number}`] = `https://k.example/${number},https://k.example/other-${number}`;
    }
    const names = read(env).map(({ issuer }) => issuer);
    const expected = [2, 3, 4, 5, 6, 7, 8, 9].flatMap((number) => [`issuer-${number}`, `other-${number}`]);
    assert.deepEqual(names, [ISSUER.issuer, ...expected]);
    assert.equal(read({ TOKEN_ISSUER_9: 'nine', JWKS_URI_9: 'https://k.example' }).length, 2);
  });

  const own: readonly (readonly [env: Environment, changes: Partial<typeof ISSUER>])[] = [
    [{ AUDIENCE_2: 'a,b' }, { audience: new Set(['a', 'b']) }],
    [{ AUDIENCE_CLAIM_2: 'client_id' }, { audienceClaims: [claim('client_id')] }],
    [{ SCOPE_CLAIM_2: 'scp,roles' }, { scopeClaims: [claim('scp'), claim('roles')] }],
    [{ PRINCIPAL_CLAIM_2: 'appid' }, { principalClaims: [claim('appid')] }],
    [{ REQUIRED_CLAIMS_2: 'tid' }, { requiredClaims: [{ claim: claim('tid'), values: [] }] }],
  ];
  for (const [env, changes] of own) {
    it(`has its own ${Object.keys(env)}, and no other has it`, () =>
      assert.deepEqual(read({ ...SECOND, ...env }), [ISSUER, { ...TWO, ...changes }]));
  }

  const missing: Readonly<Record<string, readonly string[]>> = {
    TOKEN_ISSUER_2: ['JWKS_URI_2'],
    JWKS_URI_2: ['TOKEN_ISSUER_2'],
    AUDIENCE_2: ['TOKEN_ISSUER_2', 'JWKS_URI_2'],
    SCOPE_CLAIM_9: ['TOKEN_ISSUER_9', 'JWKS_URI_9'],
  };
  for (const [name, needed] of Object.entries(missing)) {
    it(`needs name and URI: ${name} alone`, () => {
      const text = name.startsWith('JWKS') ? 'https://two.example/jwks' : 'two';
      assert.deepEqual(
        problemsWith({ [name]: text }).map((problem) => problem.split(';')[0]),
        needed.map((missed) => `${missed} is not set`),
      );
    });
  }

  it('a mistake is told with its own name', () => {
    const found = problemsWith({ ...SECOND, JWKS_URI_2: 'nowhere', AUDIENCE_2: 'a,', REQUIRED_CLAIMS_2: '=' });
    assert.deepEqual(
      found.map((problem) => problem.split(';')[0]),
      ['JWKS_URI_2 is "nowhere"', 'AUDIENCE_2 is "a,"', 'REQUIRED_CLAIMS_2 is "="'],
    );
  });

  for (const number of ['0', '1', '10', '02', '99']) {
    it(`no other number: ${number}`, () => {
      const name = `AUDIENCE_${number}`;
      assert.deepEqual(problemsWith({ [name]: 'x' }), [
        `${name} is "x"; use a number from 2 to 9, the same for all settings of the issuer`,
      ]);
      assert.deepEqual(problemsWith({ [name]: ' ' }), [], 'blank is not set');
    });
  }

  const shared = Object.values<Setting<unknown>>(SETTINGS).flatMap(({ name, isPerIssuer }) =>
    isPerIssuer ? [] : [name],
  );
  for (const name of shared) {
    it(`none for what holds for all: ${name}_2`, () => {
      assert.deepEqual(problemsWith({ ...SECOND, [`${name}_2`]: 'x' }), [
        `${name}_2 is "x"; remove it, because ${name} applies to all issuers`,
      ]);
    });
  }
});
