import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { checkBinding } from '../../src/token/binding.ts';
import { selfSignedCertificate } from '../support/certificate.ts';
import { refusalOf, settingsOf } from '../support/settings.ts';

const { cert: PEM } = selfSignedCertificate('client.example');
const { cert: OTHER } = selfSignedCertificate('client.example');
const DER = new X509Certificate(PEM).raw;
/** RFC 8705, 3.1: base64url of the SHA-256 of the DER. */
const THUMBPRINT = createHash('sha256').update(DER).digest('base64url');
const BOUND = { 'x5t#S256': THUMBPRINT };

const UNBOUND = 'The token is not bound to a certificate: it has no claim cnf.';
const REFUSED = 'The token is bound to a key of its holder (claim cnf), and TOKEN_BINDING accepts no proof of it.';
const NO_THUMBPRINT = 'The claim cnf is not a certificate thumbprint (x5t#S256) alone.';
const NO_CERTIFICATE = 'The token is bound to a certificate, and the event has none.';
const ANOTHER = 'The token is bound to another certificate.';

/** Of a request, what certificates have nothing to do with. */
const REQUEST = { token: 'token', scheme: 'bearer', method: 'GET', path: '/', proofs: () => [] } as const;

/** Why a token with these claims is refused; `undefined` if it is not. */
function refusal(TOKEN_BINDING: string | undefined, claims: object, certificate?: unknown) {
  const { config } = settingsOf({ TOKEN_BINDING });
  const { reason, message } = refusalOf(() => checkBinding({ ...claims }, { ...REQUEST, certificate }, 0, config));
  assert.equal(reason, message && 'unproven_binding');
  return message;
}

const NO_THUMBPRINTS: readonly unknown[] = [
  ...[null, THUMBPRINT, '', 1, false, {}, [BOUND], [], { jkt: THUMBPRINT }, { ...BOUND, jkt: 'x' }],
  ...[{ ...BOUND, jkt: null }, { 'x5t#S256': [THUMBPRINT] }, { 'x5t#S256': null }, { x5t: THUMBPRINT }],
  ...[{ 'x5t#s256': THUMBPRINT }, { jwk: { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' } }],
];
const OTHER_THUMBPRINTS: readonly string[] = [
  ...['', `${THUMBPRINT}=`, THUMBPRINT.slice(0, -1), THUMBPRINT.toLowerCase(), `${THUMBPRINT} `],
  createHash('sha256').update(DER).digest('hex'),
  createHash('sha1').update(DER).digest('base64url'),
  createHash('sha256').update(new X509Certificate(OTHER).raw).digest('base64url'),
];
/** What is not one readable certificate, or not the right one. */
const OTHER_CERTIFICATES: readonly unknown[] = [
  ...[null, '', 'CERT_CONTENT', OTHER, PEM.slice(0, -60), PEM.replace(/-----.*-----|\n/g, '')],
  '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  ...[PEM + OTHER, OTHER + PEM, PEM + PEM, [PEM], { pem: PEM }],
  `${PEM}-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n`,
];

describe('checkBinding', () => {
  for (const setting of [undefined, 'refuse', 'mtls', 'mtls-only', 'ignore']) {
    const isProvable = setting === 'mtls' || setting === 'mtls-only';
    const withoutProof = (message: string) => (isProvable ? message : setting === 'ignore' ? undefined : REFUSED);

    it(`TOKEN_BINDING=${setting ?? '(not set)'}`, () => {
      for (const certificate of [undefined, PEM]) {
        assert.equal(refusal(setting, {}, certificate), setting === 'mtls-only' ? UNBOUND : undefined);
      }
      for (const certificate of [PEM, PEM.replaceAll('\n', '\r\n')]) {
        const due = isProvable || setting === 'ignore' ? undefined : REFUSED;
        assert.equal(refusal(setting, { cnf: BOUND }, certificate), due);
      }
      assert.equal(refusal(setting, { cnf: BOUND }), withoutProof(NO_CERTIFICATE));
      for (const cnf of NO_THUMBPRINTS) {
        for (const certificate of [PEM, undefined, 'CERT_CONTENT']) {
          const due = withoutProof(NO_THUMBPRINT);
          assert.equal(refusal(setting, { cnf }, certificate), due, JSON.stringify(cnf));
        }
      }
      for (const thumbprint of OTHER_THUMBPRINTS) {
        assert.equal(refusal(setting, { cnf: { 'x5t#S256': thumbprint } }, PEM), withoutProof(ANOTHER));
      }
      for (const certificate of OTHER_CERTIFICATES) {
        const due = withoutProof(ANOTHER);
        assert.equal(refusal(setting, { cnf: BOUND }, certificate), due, JSON.stringify(certificate));
      }
    });
  }
});
