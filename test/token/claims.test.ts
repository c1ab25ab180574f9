import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkPermission, checkTimes, readClaims } from '../src/claims.ts';
import { type Environment, readConfig } from '../src/config/config.ts';
import { Refusal } from '../src/reasons.ts';
import { AUDIENCE } from './support/tokens.ts';

const NOW = 1_700_000_000;
const GOOD = { sub: 'me', aud: AUDIENCE, exp: NOW + 300 };

const configOf = (env: Environment = {}) =>
  readConfig({
    TOKEN_ISSUER: 'https://issuer.example/',
    JWKS_URI: 'https://issuer.example/jwks',
    AUDIENCE,
    ...env,
  });

/** Why something is refused; nothing where it is not. */
function refusalOf(judge: () => unknown): { reason?: string; message?: string } {
  try {
    judge();
    return {};
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { reason: error.reason, message: error.message };
  }
}

describe('readClaims', () => {
  const read = (claims: object, env?: Environment) => readClaims({ ...GOOD, ...claims }, configOf(env));

  it('gives what it found, and nothing for what is not there', () => {
    assert.deepEqual(read({}), {
      principalId: 'me',
      scopes: [],
      audience: [AUDIENCE],
      exp: NOW + 300,
      nbf: undefined,
      iat: undefined,
      context: { scope: '' },
      usageIdentifierKey: undefined,
    });
  });

  for (const name of ['exp', 'nbf', 'iat', 'aud', 'sub', 'client_id', 'azp', 'scope']) {
    it(`names the claim that is of the wrong type, and not its value: ${name}`, () => {
      const { reason, message } = refusalOf(() => read({ [name]: { secret: 1 } }));
      assert.equal(reason, 'invalid_claims');
      assert.match(String(message), new RegExp(`claim ${name} is `));
      assert.doesNotMatch(String(message), /secret/);
    });
  }

  it('takes no number for a time that is not finite', () => {
    for (const exp of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]) {
      assert.equal(refusalOf(() => read({ exp })).reason, 'invalid_claims');
    }
  });

  it('hands on a claim whatever its depth, or refuses it', () => {
    const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    const env = { CONTEXT_CLAIMS: 'nested' };
    assert.equal(read({ nested: nested(100) }, env).context.nested, '['.repeat(100) + ']'.repeat(100));
    // deeper than any token of 16 KiB can hold, and than JSON.stringify goes
    let abyss: unknown[] = [];
    for (let depth = 0; depth < 100_000; depth++) abyss = [abyss];
    assert.equal(refusalOf(() => read({ nested: abyss }, env)).reason, 'invalid_claims');
  });

  it('finds a usage key where one is named, and only a string that holds something', () => {
    const env = { USAGE_KEY_CLAIM: 'usage' };
    assert.equal(read({ usage: 'key' }, env).usageIdentifierKey, 'key');
    for (const name of ['usage', 'undefined', '']) {
      assert.equal(read({ [name]: 'key' }).usageIdentifierKey, undefined);
    }
    for (const usage of ['', 1, null, ['key'], undefined]) {
      assert.equal(read({ usage }, env).usageIdentifierKey, undefined);
    }
  });
});

describe('checkTimes', () => {
  /** The reason at an instant, for a token with these times. */
  const reasonAt = (now: number, times: object, CLOCK_TOLERANCE?: string) => {
    const config = configOf({ CLOCK_TOLERANCE });
    const identity = readClaims({ ...GOOD, exp: Number.MAX_VALUE, ...times }, config);
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
});

describe('checkPermission', () => {
  const reasonFor = (claims: object, env: Environment = {}) => {
    const config = configOf(env);
    return refusalOf(() => checkPermission(readClaims({ ...GOOD, ...claims }, config), config));
  };

  it('names the audiences that are accepted, and not those of the token', () => {
    const { reason, message } = reasonFor({ aud: 'https://other.example' }, { AUDIENCE: 'a,b' });
    assert.equal(reason, 'invalid_audience');
    assert.equal(message, 'The claim aud holds none of a, b.');
  });

  it('names the claim that should hold the audience', () => {
    assert.match(String(reasonFor({}, { AUDIENCE_CLAIM: 'client_id' }).message), /claim client_id/);
  });

  it('names the scopes that are missing', () => {
    const { reason, message } = reasonFor({ scope: 'b' }, { REQUIRED_SCOPES: 'a b c' });
    assert.equal(reason, 'insufficient_scope');
    assert.equal(message, 'The token lacks a c.');
  });

  it('asks for no scope unless told to', () => {
    assert.deepEqual(reasonFor({}), {});
  });
});
