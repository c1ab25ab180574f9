import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Environment } from '../../src/config/config.ts';
import { checkAudience, checkRequiredClaims, checkScopes, checkTimes } from '../../src/token/checks.ts';
import { readClaims } from '../../src/token/claims.ts';
import { refusalOf, settingsOf } from '../support/refusals.ts';
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
});

describe('checkAudience', () => {
  const reasonFor = (claims: object, env: Environment = {}) => {
    const { issuer } = settingsOf(env);
    return refusalOf(() => checkAudience(readClaims({ ...GOOD, ...claims }, issuer), issuer));
  };

  it('names the audiences that are accepted, and not those of the token', () => {
    const { reason, message } = reasonFor({ aud: 'https://other.example' }, { AUDIENCE: 'a,b' });
    assert.equal(reason, 'invalid_audience');
    assert.equal(message, 'The claim aud does not contain one of a, b.');
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
    assert.equal(message, 'The token lacks a: it has no claim /realm/roles, scp.');
  });

  it('asks for no scope unless told to', () => {
    assert.deepEqual(reasonFor({}), {});
  });
});

describe('checkRequiredClaims', () => {
  const refuse = (REQUIRED_CLAIMS: string, claims: object) =>
    refusalOf(() => checkRequiredClaims({ ...claims }, settingsOf({ REQUIRED_CLAIMS }).issuer));

  it('names the claim and the accepted values, and not what the token says', () => {
    const SAYS = 'The claim hd is not a.example or b.example.';
    const reason = 'unaccepted_claim';
    assert.deepEqual(refuse('hd=a.example|b.example', { hd: 'evil' }), { reason, message: SAYS });
    assert.deepEqual(refuse('hd=a.example|b.example', {}), {
      reason,
      message: 'The claim hd is missing. It must be a.example or b.example.',
    });
    assert.deepEqual(refuse('tid', { tid: null }), { reason, message: 'The claim tid is missing.' });
    assert.equal(
      refuse('a=1, /b/c=2, d', { a: 1, b: {} }).message,
      'The claim /b/c is missing. It must be 2.',
    );
  });
});
