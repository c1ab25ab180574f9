import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Environment } from '../../src/config/config.ts';
import { readClaims } from '../../src/token/claims.ts';
import { refusalOf, settingsOf } from '../support/refusals.ts';
import { AUDIENCE } from '../support/tokens.ts';

const NOW = 1_700_000_000;
const GOOD = { sub: 'me', aud: AUDIENCE, exp: NOW + 300 };

describe('readClaims', () => {
  const read = (claims: object, env?: Environment) =>
    readClaims({ ...GOOD, ...claims }, settingsOf(env).issuer);

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

  for (const name of ['exp', 'nbf', 'iat', 'aud', 'sub', 'client_id', 'azp', 'scope']) {
    it(`names the claim that is of the wrong type, and not its value: ${name}`, () => {
      const { reason, message } = refusalOf(() => read({ [name]: [{ secret: 1 }] }));
      assert.equal(reason, 'invalid_claims');
      assert.match(String(message), new RegExp(`claim ${name} (is|holds) `));
      assert.doesNotMatch(String(message), /secret/);
    });
  }

  it('takes no number for a time that is not finite', () => {
    for (const exp of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]) {
      assert.equal(refusalOf(() => read({ exp })).reason, 'invalid_claims');
    }
  });
});
