import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Environment } from '../../src/config/config.ts';
import type { JsonObject } from '../../src/json.ts';
import { checkAudience, checkRequiredClaims, checkScopes, checkTimes } from '../../src/token/checks.ts';
import { readClaims } from '../../src/token/claims.ts';
import { refusalOf, settingsOf } from '../support/settings.ts';
import { AUDIENCE } from '../support/tokens.ts';

const NOW = 1_700_000_000;
const GOOD = { sub: 'me', aud: AUDIENCE, exp: NOW + 300 };

describe('checkTimes', () => {
  /** The reason at an instant, for a token with these times. */
  const reasonAt = (now: number, times: object, CLOCK_TOLERANCE?: string) => {
    const { config, issuer } = settingsOf({ CLOCK_TOLERANCE });
    const identity = readClaims({ ...GOOD, exp: Number.MAX_VALUE, ...times }, issuer);
    return refusalOf(() => checkTimes(identity, now, config)).reason;
  };

  for (const [tolerance, seconds] of [
    [undefined, 5],
    ['0', 0],
    ['0.5', 0.5],
    ['300', 300],
  ] as const) {
    it(`allows ${seconds} seconds of difference, CLOCK_TOLERANCE=${tolerance ?? '(not set)'}`, () => {
      const at = (now: number, times: object) => reasonAt(now, times, tolerance);
      // RFC 7519, 4.1.4: on or after which the token is not accepted
      assert.equal(at(NOW + seconds - 0.001, { exp: NOW }), undefined);
      assert.equal(at(NOW + seconds, { exp: NOW }), 'token_expired');
      // RFC 7519, 4.1.5: before which it is not
      for (const name of ['nbf', 'iat']) {
        assert.equal(at(NOW - seconds, { [name]: NOW }), undefined);
        assert.equal(at(NOW - seconds - 0.001, { [name]: NOW }), 'token_not_active');
      }
    });
  }

  it('tells an end before a beginning', () => {
    assert.equal(reasonAt(NOW, { exp: NOW - 60, nbf: NOW + 60 }), 'token_expired');
  });

  it('asks for no beginning', () => {
    assert.equal(reasonAt(NOW, {}), undefined);
  });

  it('takes any number for a time, and sees milliseconds', () => {
    for (const exp of [0, -1]) assert.equal(reasonAt(NOW, { exp }), 'token_expired');
    assert.equal(reasonAt(NOW, { exp: 1e308, nbf: -1e308, iat: 0 }), undefined);
    const { config, issuer } = settingsOf();
    for (const name of ['nbf', 'iat']) {
      for (const [time, detail] of [
        [NOW + 240, `The claim ${name} is in the future.`],
        [NOW * 1000, `The claim ${name} is so far in the future that it seems to be in milliseconds, not seconds.`],
      ] as const) {
        const identity = readClaims({ ...GOOD, [name]: time }, issuer);
        assert.deepEqual(
          refusalOf(() => checkTimes(identity, NOW, config)),
          { reason: 'token_not_active', message: detail },
        );
      }
    }
  });
});

describe('checkAudience', () => {
  const reasonFor = (claims: Readonly<Record<string, unknown>>, env: Environment = {}) => {
    const { issuer } = settingsOf(env);
    return refusalOf(() => checkAudience(readClaims({ ...GOOD, ...claims }, issuer), issuer));
  };

  it('names the audiences that are accepted, and not those of the token', () => {
    const { reason, message } = reasonFor({ aud: 'https://other.example' }, { AUDIENCE: 'a,b' });
    assert.equal(reason, 'invalid_audience');
    assert.equal(message, 'The claim aud does not contain a or b.');
  });

  it('compares each exactly', () => {
    const env = { AUDIENCE: `https://api-2.example, ${AUDIENCE}` };
    for (const aud of [AUDIENCE, [AUDIENCE], ['x', AUDIENCE], 'https://api-2.example']) {
      assert.deepEqual(reasonFor({ aud }, env), {});
    }
    for (const aud of [
      ...[undefined, [], '', [''], ['x'], `${AUDIENCE}/`, AUDIENCE.slice(0, -1), ` ${AUDIENCE}`],
      ...[AUDIENCE.toUpperCase(), `${AUDIENCE} x`, `${AUDIENCE},x`, env.AUDIENCE],
    ]) {
      assert.equal(reasonFor({ aud }, env).reason, 'invalid_audience', String(aud));
    }
  });

  it('names the claim that should hold the audience', () => {
    assert.match(String(reasonFor({}, { AUDIENCE_CLAIM: 'client_id' }).message), /no claim client_id, /);
  });
});

describe('checkScopes', () => {
  const reasonFor = (claims: object, env: Environment = {}) => {
    const { config, issuer } = settingsOf(env);
    const all = { ...GOOD, ...claims };
    return refusalOf(() => checkScopes(readClaims(all, issuer), all, issuer, config));
  };

  it('names the scopes that are missing', () => {
    const { reason, message } = reasonFor({ scope: 'b' }, { REQUIRED_SCOPES: 'a b c' });
    assert.equal(reason, 'insufficient_scope');
    assert.equal(message, 'The token lacks a c.');
  });

  it('names the claims that should hold them where the token has none', () => {
    const { message } = reasonFor({}, { REQUIRED_SCOPES: 'a', SCOPE_CLAIM: '/realm/roles,scp' });
    assert.equal(message, 'The token lacks a: it has no claim /realm/roles or scp.');
  });

  it('compares each exactly, in any order', () => {
    for (const REQUIRED_SCOPES of ['read:pets, write:pets', 'read:pets write:pets']) {
      const lacks = (scope: unknown) => reasonFor({ scope }, { REQUIRED_SCOPES }).message;
      for (const scope of ['x write:pets y read:pets', ['write:pets', 'read:pets']]) {
        assert.equal(lacks(scope), undefined);
      }
      assert.equal(lacks(''), 'The token lacks read:pets write:pets.');
      assert.equal(lacks('read:pets'), 'The token lacks write:pets.');
      for (const scope of ['read:pets write:pet', 'read:petsx write:pets']) assert.ok(lacks(scope), scope);
      for (const scope of ['read:pets,write:pets', 'READ:PETS WRITE:PETS', 'read:pets\twrite:pets']) {
        assert.equal(lacks(scope), 'The token lacks read:pets write:pets.');
      }
    }
  });

  it('asks for no scope unless told to', () => {
    assert.deepEqual(reasonFor({}), {});
  });
});

describe('checkRequiredClaims', () => {
  const refuse = (REQUIRED_CLAIMS: string, claims: JsonObject) =>
    refusalOf(() => checkRequiredClaims(claims, settingsOf({ REQUIRED_CLAIMS }).issuer));

  const of = (name: string, ...values: readonly string[]) => values.map((json) => `"${name}":${json}`);
  /** A setting, claims that meet it, and claims that don't, as JSON text. */
  const rows: readonly (readonly [setting: string, met: readonly string[], unmet: readonly string[]])[] = [
    [
      'tid',
      of('tid', '"x"', '""', '0', 'false', '1.5', '[]', '{}', '[null]', '9007199254740993', '1e999'),
      ['"tid":null', '"TID":"x","tid ":"x","_tid":"x"'],
    ],
    [
      'use = access|m2m',
      of('use', '"access"', '"m2m"', '["id","access"]', '[1,"m2m"]'),
      of(
        'use',
        ...['"id"', '"ACCESS"', '"access "', '" access"', '"acces"', '"accessx"', '"access|m2m"', '""', 'null'],
        ...['0', 'true', '[]', '["id"]', '[["access"]]', '[{"access":1}]', '{"access":true}', '{"0":"access"}'],
        ...['["access|m2m"]', '[null]'],
      ),
    ],
    [
      'ok=true',
      of('ok', 'true', '"true"', '[true]', '[false,"true"]'),
      of('ok', 'false', '"True"', '1', '"1"', '{}', '[]', '[[true]]', 'null'),
    ],
    [
      'level=7|-1.5|1e+21|0',
      of('level', '7', '"7"', '-1.5', '"-1.5"', '0', '[7]', '["x",0]', '"1e+21"', '7.0', '70e-1', '-0', '-15e-1'),
      // beyond 2^53 − 1 no number means what it says
      of('level', '7.5', '"7.0"', '"07"', '"+7"', '" 7"', 'true', '""', 'null', '{}', '[[7]]', '1e21', '1e999'),
    ],
    [
      'n=9007199254740992|9007199254740993|Infinity|null|NaN|9007199254740991',
      of('n', '9007199254740991', '"9007199254740993"', '"Infinity"', '"null"'),
      of('n', '9007199254740992', '9007199254740993', '-9007199254740992', '1e999', 'null', '[null]', '[1e999]'),
    ],
    ['x=[object Object]', ['"x":"[object Object]"'], ['"x":{}', '"x":[{}]', '"x":[[]]']],
    [
      '/realm/roles=admin',
      ['"realm":{"roles":["x","admin"]}', '"realm":{"roles":"admin"}'],
      [
        ...['"realm":{"roles":["adminx"]}', '"realm":{"roles":{"admin":true}}', '"realm":{"Roles":["admin"]}'],
        ...['"realm":[{"roles":["admin"]}]', '"realm":"{}"', '"realm":null', '"roles":["admin"]'],
        ...['"/realm/roles":"admin","realm/roles":"admin"', '"__proto__":{"realm":{"roles":["admin"]}}'],
      ],
    ],
    [
      '/a~1b/c~0d/~01=v',
      ['"a/b":{"c~d":{"~1":"v"}}'],
      ['"a~1b":{"c~0d":{"~01":"v"}}', '"a":{"b":{"c~d":{"~1":"v"}}}', '"a/b":{"c~d":{"/":"v"}}'],
    ],
    // patterns: strings only, with at least one character for the *
    [
      'repo=repo:octo-org/*|exact',
      ['repo:octo-org/a', 'repo:octo-org/a:ref:x', 'repo:octo-org/*', 'exact'].map((text) => `"repo":"${text}"`),
      [
        ...['repo:octo-org/', 'repo:octo-org', 'repo:octo-orgs/a', ' repo:octo-org/a', 'xrepo:octo-org/a'],
        ...['Repo:octo-org/a', 'exactly', '', '*'],
      ].map((text) => `"repo":"${text}"`),
    ],
    [
      'email=*@example.com, email_verified=true',
      ['"me@example.com"', '["x","me@example.com"]'].map((json) => `"email":${json},"email_verified":true`),
      [
        '"email":"me@example.com","email_verified":false',
        ...['@example.com', 'me@example.com.evil.example', 'me@xexample.com', 'me@EXAMPLE.com', 'me@example.com '].map(
          (text) => `"email":"${text}","email_verified":true`,
        ),
      ],
    ],
    [
      'n=1*|*2|t*',
      of('n', '"12"', '"x2"', '["x","11"]', '"true"'),
      of('n', '12', '112', 'true', '{}', '[]', '[[12]]', '[["12"]]', '{"12":"12"}', '[12]', '"1"', '"2"'),
    ],
    ['a*=b*', ['"a*":"bc"'], ['"ab":"bc"', '"a*":"b"']],
    // an array has no members, whatever RFC 6901 says of an index
    ['/roles/0=admin', ['"roles":{"0":"admin"}'], ['"roles":["admin"]', '"roles":"admin"']],
    ['/roles/length', ['"roles":{"length":0}'], ['"roles":["a"]', '"roles":"a"', '"roles":[]']],
    // nothing that every object inherits
    ...['/constructor', '/a/constructor/name', '/__proto__', '/a/__proto__', '/hasOwnProperty'].map(
      (name) => [name, [], ['"a":{}', '"a":[]']] as const,
    ),
    ['/__proto__/x=1', ['"__proto__":{"x":1}'], ['"x":1']],
    ['/=v', ['"":"v"'], ['"/":"v"']],
    ['/a/=v', ['"a":{"":"v"}'], ['"a":"v"']],
    [
      'https://e.example/roles=a, x.y=b',
      ['"https://e.example/roles":["a"],"x.y":"b"'],
      ['"https://e.example/roles":["a"],"x":{"y":"b"}', '"https:":{"":{"e.example":{"roles":"a"}}},"x.y":"b"'],
    ],
    ['q=a=b', ['"q":"a=b"'], ['"q":"a"', '"q=a":"b"']],
    [
      'a=1, b, /c/d=x|y, a=1|2',
      ['"a":1,"b":0,"c":{"d":"y"}'],
      ['"a":2,"b":0,"c":{"d":"y"}', '"a":1,"c":{"d":"y"}', '"a":1,"b":0,"c":{"d":"z"}'],
    ],
  ];
  for (const [setting, met, unmet] of rows) {
    it(`REQUIRED_CLAIMS=${setting}`, () => {
      for (const json of met) assert.deepEqual(refuse(setting, JSON.parse(`{${json}}`)), {}, json);
      for (const json of unmet) {
        assert.equal(refuse(setting, JSON.parse(`{${json}}`)).reason, 'unaccepted_claim', json);
      }
    });
  }

  it('names the claim and the accepted values, and not what the token says', () => {
    const SAYS = 'The claim hd is not a.example or b.example.';
    const reason = 'unaccepted_claim';
    assert.deepEqual(refuse('hd=a.example|b.example', { hd: 'evil' }), { reason, message: SAYS });
    assert.deepEqual(refuse('hd=a.example|b.example', {}), {
      reason,
      message: 'The claim hd is missing. It must be a.example or b.example.',
    });
    assert.deepEqual(refuse('tid', { tid: null }), { reason, message: 'The claim tid is missing.' });
    assert.equal(refuse('a=1, /b/c=2, d', { a: 1, b: {} }).message, 'The claim /b/c is missing. It must be 2.');
  });
});
