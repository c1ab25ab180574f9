import { createHash, X509Certificate } from 'node:crypto';
import { after, it } from 'node:test';
import { selfSignedCertificate } from './support/certificate.ts';
import { type EventKind, eventKinds, withMember } from './support/events.ts';
import type { Reason } from './support/expectations.ts';
import { checkKind, kindsOf } from './support/kinds.ts';
import { startWorld } from './support/suite.ts';

const world = await startWorld();
after(world.issuer.close);
const { token, onBoth } = kindsOf(world);

const [{ cert: PEM }, { cert: OTHER }] = [
  selfSignedCertificate('client.example'),
  selfSignedCertificate('client.example'),
];
/** RFC 8705, 3.1: base64url of the SHA-256 of the DER. */
const digestOf = (pem: string, encoding: 'base64' | 'base64url' | 'hex' = 'base64url', hash = 'sha256') =>
  createHash(hash).update(new X509Certificate(pem).raw).digest(encoding);
const THUMBPRINT = digestOf(PEM);
const BOUND = { 'x5t#S256': THUMBPRINT };

/** A claim `cnf` that no certificate proves, whatever it is; the first five wherever no certificate proves anything. */
const UNPROVABLE: Readonly<Record<string, unknown>> = {
  null: null,
  'a text': THUMBPRINT,
  'an empty text': '',
  'a number': 1,
  false: false,
  'an empty object': {},
  'an array': [BOUND],
  'an array of nothing': [],
  'a key by its thumbprint (DPoP)': { jkt: THUMBPRINT },
  'a key': { jwk: { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' } },
  'the thumbprint and a further member': { ...BOUND, jkt: 'x' },
  'the thumbprint and a null member': { ...BOUND, jkt: null },
  'a list of thumbprints': { 'x5t#S256': [THUMBPRINT] },
  'null for a thumbprint': { 'x5t#S256': null },
  'an empty thumbprint': { 'x5t#S256': '' },
  'the thumbprint in base64': { 'x5t#S256': `${THUMBPRINT}=` },
  'the thumbprint in hex': { 'x5t#S256': digestOf(PEM, 'hex') },
  'the thumbprint cut': { 'x5t#S256': THUMBPRINT.slice(0, -1) },
  'the thumbprint in another case': { 'x5t#S256': THUMBPRINT.toLowerCase() },
  'a SHA-1 thumbprint': { 'x5t#S256': digestOf(PEM, 'base64url', 'sha1') },
  'a member in another case': { 'x5t#s256': THUMBPRINT },
  'the member x5t': { x5t: THUMBPRINT },
  "another certificate's": { 'x5t#S256': digestOf(OTHER) },
};

const BODY = PEM.replace(/-----.*-----|\n/g, '');
/** What is no one certificate that can be read. */
const UNREADABLE: Readonly<Record<string, unknown>> = {
  none: undefined,
  null: null,
  'an empty text': '',
  'no PEM': 'CERT_CONTENT',
  'no certificate in it': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  'its end missing': PEM.slice(0, -60),
  'the DER in base64': BODY,
  'another certificate': OTHER,
  'two, the right one first': PEM + OTHER,
  'two, the right one last': OTHER + PEM,
  'the right one twice': PEM + PEM,
  'the right one, and a key': `${PEM}-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n`,
  'a list': [PEM],
  'an object': { pem: PEM },
};

const eventWith = (kind: EventKind, cnf: unknown, certificate: unknown): unknown => {
  const event = kind.event({ authorization: `Bearer ${token({ claims: { cnf } })}`, arn: kind.arn });
  return kind.certificate ? withMember(event, kind.certificate, certificate) : event;
};

/** Every place where some kind has a certificate, in an event that has none there. */
function withCertificatesElsewhere(kind: EventKind, event: unknown): unknown {
  const places = ['requestContext.identity', 'requestContext.authentication']
    .map((parent) => `${parent}.clientCert.clientCertPem`)
    .filter((place) => place !== kind.certificate);
  return [...places, 'clientCert.clientCertPem', 'clientCertPem'].reduce(
    (members, place) => withMember(members, place, PEM),
    event,
  );
}

for (const TOKEN_BINDING of [undefined, 'refuse', 'mtls', 'mtls-only', 'ignore']) {
  const takesProof = TOKEN_BINDING === 'mtls' || TOKEN_BINDING === 'mtls-only';
  const ignores = TOKEN_BINDING === 'ignore';
  onBoth({
    name: `TOKEN_BINDING=${TOKEN_BINDING ?? '(not set)'}`,
    settings: { TOKEN_BINDING, INVALID_TOKEN: 'deny' },
    tests: (call, env) => {
      for (const kind of eventKinds) {
        const tell = (what: string, reason: Reason, event: () => unknown, detail: RegExp) =>
          it(`${kind.name}: ${what}`, async () =>
            checkKind(await call(event()), {
              ...{ kind, env, reason },
              ...(reason === 'unproven_binding' && { detail }),
            }));
        const due = (isProven: boolean): Reason =>
          ignores || (takesProof && isProven) ? 'authorized' : 'unproven_binding';
        const hasCertificate = kind.certificate !== undefined;
        const unbound = TOKEN_BINDING === 'mtls-only' ? 'unproven_binding' : 'authorized';

        tell(
          'no cnf',
          unbound,
          () => eventWith(kind, undefined, PEM),
          /^The token is not bound to a certificate/,
        );
        tell('no cnf, no certificate', unbound, () => eventWith(kind, undefined, undefined), /not bound to/);
        tell('the right certificate', due(hasCertificate), () => eventWith(kind, BOUND, PEM), /bound to a /);
        tell(
          'the right certificate, in lines of Windows',
          due(hasCertificate),
          () => eventWith(kind, BOUND, PEM.replaceAll('\n', '\r\n')),
          /bound to a /,
        );
        tell(
          'the right certificate where another kind has it',
          due(false),
          () => withCertificatesElsewhere(kind, eventWith(kind, BOUND, undefined)),
          /bound to a (certificate, and the event has none|key of its holder)/,
        );
        const isTried = takesProof && hasCertificate;
        for (const [what, cnf] of Object.entries(UNPROVABLE).slice(0, isTried ? undefined : 5)) {
          tell(
            `cnf ${what}`,
            due(false),
            () => eventWith(kind, cnf, PEM),
            /\(claim cnf\)|cnf is not|bound to a/,
          );
        }
        if (!isTried) continue;
        for (const [what, certificate] of Object.entries(UNREADABLE)) {
          // neither has a thumbprint, which makes them no more alike
          tell(
            `cnf without a thumbprint, and a certificate that is ${what}`,
            due(false),
            () => eventWith(kind, { jkt: THUMBPRINT }, certificate),
            /^The claim cnf is not a certificate thumbprint/,
          );
          tell(
            `a certificate that is ${what}`,
            due(false),
            () => eventWith(kind, BOUND, certificate),
            /bound to/,
          );
        }
      }
    },
  });
}
