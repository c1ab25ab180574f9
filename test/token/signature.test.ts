import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generateKey, type SigningKey } from '../../scripts/issuer.ts';
import { readJwk } from '../../src/keys/jwk.ts';
import { parseToken } from '../../src/token/jws.ts';
import { verifySignature } from '../../src/token/signature.ts';
import { tokenFactory } from '../support/tokens.ts';

const [rsa, foreign, ed] = await Promise.all([
  generateKey('key-1'),
  generateKey('key-1'),
  generateKey('key-1', 'EdDSA'),
]);
const forge = tokenFactory('https://issuer.example/', rsa);

/** A key as it is published. */
function verificationKey({ jwk }: SigningKey) {
  const key = readJwk(jwk);
  if ('why' in key) throw new Error(key.why);
  return key;
}

/** A refusal, with a sentence about it. */
const refusal = { reason: 'invalid_signature', message: /does not match/ };

describe('verifySignature', () => {
  const [right, wrong] = [verificationKey(rsa), verificationKey(foreign)];

  it('returns the claims that were parsed', () => {
    const token = parseToken(forge());
    assert.equal(verifySignature(token, [right], 'RS256'), token.unverifiedClaims);
  });

  it('tries each key', () => {
    const token = parseToken(forge());
    assert.equal(verifySignature(token, [wrong, right], 'RS256'), token.unverifiedClaims);
  });

  it('refuses where no key fits', () => {
    for (const keys of [[wrong], [wrong, wrong], []]) {
      assert.throws(() => verifySignature(parseToken(forge()), keys, 'RS256'), refusal);
    }
  });

  it('says that a token for Microsoft Graph has a signature of another text', () => {
    const token = parseToken(forge({ header: { nonce: 'n' }, key: foreign }));
    const message =
      /^The signature does not match the key\. The header has a nonce, so the token is for Microsoft Graph/;
    assert.throws(() => verifySignature(token, [right], 'RS256'), { ...refusal, message });
  });

  it('looks at no time: that is for claims.ts', () => {
    const token = parseToken(forge({ claims: { exp: 1, nbf: 1e12, iat: 1e12 } }));
    assert.equal(verifySignature(token, [right], 'RS256'), token.unverifiedClaims);
  });

  it('makes no refusal of an error that is a defect', () => {
    // a key that is for no such algorithm never gets here: jsonwebtoken throws something else than its own error
    const broken = { ...verificationKey(ed), signatureBytes: 256 };
    assert.throws(
      () => verifySignature(parseToken(forge()), [broken], 'RS256'),
      (error: Error) => {
        assert.notEqual(error.name, 'Refusal');
        assert.ok(!('reason' in error), String(error));
        return true;
      },
    );
  });
});
