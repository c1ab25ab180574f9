import { after, it } from 'node:test';
import { selfSignedCertificate } from './support/certificate.ts';
import { type EventKind, eventKind, eventKinds, withMember } from './support/events.ts';
import { check, type Reason } from './support/expectations.ts';
import type { Environment } from './support/harness.ts';
import { onBoth, startWorld, tryOut } from './support/suite.ts';
import { SCOPE, type Spoilt, seconds } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

const eventOf = (kind: EventKind, spoilt: Spoilt = {}, arn = kind.arn) =>
  kind.event({ authorization: `Bearer ${world.token(spoilt)}`, arn });

/** A request for each way in which an invocation ends. */
const ROWS: Partial<Record<Reason, (kind: EventKind) => unknown>> = {
  unsupported_event: (kind) => withMember(eventOf(kind), kind.arnMember, undefined),
  unsupported_resource: (kind) => eventOf(kind, {}, `${kind.arn}/*`),
  missing_token: (kind) => kind.event({ authorization: 'Basic x', arn: kind.arn }),
  unknown_key: (kind) => eventOf(kind, { header: { kid: 'key-9' } }),
  token_expired: (kind) => eventOf(kind, { claims: { exp: seconds() - 60 } }),
  invalid_audience: (kind) => eventOf(kind, { claims: { aud: 'https://other.example' } }),
  insufficient_scope: (kind) => eventOf(kind, { claims: { scope: 'write:pets' } }),
  // a WebSocket API has one route, which is listed
  unlisted_route: (kind) => eventOf(kind, {}, kind.arn.replace(/GET\/request$/, 'GET/others')),
  authorized: (kind) => eventOf(kind),
};

const REQUIRED = { USAGE_KEY_CLAIM: 'secret', REQUIRED_SCOPES: 'read:pets' };
const SETTINGS: Readonly<Record<string, Environment>> = {
  'policies for a method': {
    ...REQUIRED,
    ROUTE_SCOPES: 'GET /request read:pets, $connect read:pets',
    INVALID_TOKEN: 'deny',
  },
  'policies for a stage': { ...REQUIRED, POLICY_RESOURCE: 'stage', INVALID_TOKEN: 'deny' },
  'simple responses': { ...REQUIRED, SIMPLE_RESPONSES: 'true' },
};

/** Why a row is decided as it is under these settings. */
function reasonFor(row: Reason, kind: EventKind, env: Environment): Reason {
  const isListed = env.ROUTE_SCOPES === undefined || kind.name === 'WebSocket';
  if (row === 'unlisted_route' && isListed) return 'authorized';
  return row === 'unsupported_resource' && env.POLICY_RESOURCE === 'stage' ? 'authorized' : row;
}

for (const [name, env] of Object.entries(SETTINGS)) {
  tryOut(
    world,
    {
      name: `every kind, ${name}`,
      env,
      tests: (call, settings) => {
        for (const kind of eventKinds) {
          for (const [row, event] of Object.entries(ROWS)) {
            const reason = reasonFor(row as Reason, kind, env);
            it(`${kind.name}: ${row}`, async () => {
              const asked = event(kind);
              const resource = env.POLICY_RESOURCE === 'stage' ? kind.stage : String(Object(asked)[kind.arnMember]);
              const scope = row === 'insufficient_scope' ? 'write:pets' : SCOPE;
              check(await call(asked), settings, { reason, kind, resource, context: { scope } });
            });
          }
        }
      },
    },
    onBoth,
  );
}

tryOut(
  world,
  {
    name: 'no keys',
    env: { ...REQUIRED, INVALID_TOKEN: 'deny', SIMPLE_RESPONSES: 'true' },
    answer: (_request, response) => response.writeHead(503).end(),
    tests: (call, env) => {
      for (const kind of eventKinds) {
        it(`${kind.name}: an error, which is never cached`, async () =>
          check(await call(eventOf(kind)), env, { reason: 'keys_unavailable', kind, resource: kind.arn }));
      }
    },
  },
  onBoth,
);

const { cert } = selfSignedCertificate('client.example');
const PROVED = 'The token is bound to another certificate.';
const UNPROVED = 'The token is bound to a certificate, and the event has none.';

tryOut(world, {
  name: 'where a kind has what is read of it',
  env: { TOKEN_BINDING: 'mtls' },
  tests: (call, env) => {
    for (const kind of eventKinds) {
      it(`${kind.name}: the certificate of mutual TLS, and none where another kind has it`, async () => {
        const spoilt = { claims: { cnf: { 'x5t#S256': 'thumbprint' } } };
        const places = ['identity', 'authentication'].map((p) => `requestContext.${p}.clientCert.clientCertPem`);
        for (const place of [...places, 'clientCert.clientCertPem', 'clientCertPem']) {
          const without = places.reduce(
            (event: unknown, other) => withMember(event, other, undefined),
            eventOf(kind, spoilt),
          );
          const detail = place === kind.certificate ? PROVED : UNPROVED;
          const reply = await call(withMember(without, place, cert));
          check(reply, env, { reason: 'unproven_binding', kind, resource: kind.arn, detail });
        }
      });

      it(`${kind.name}: a preflight`, async () => {
        if (kind.name === 'WebSocket') return;
        const event = kind.event({ authorization: '', arn: kind.arn.replace('GET', 'OPTIONS') });
        const detail = /^The request is a CORS preflight, which never has a token/;
        check(await call(event), env, { reason: 'missing_token', kind, resource: kind.arn, detail });
      });
    }

    it('HTTP 2.0 with the methodArn of 1.0, as an emulator mixes them', async () => {
      const kind = eventKind('HTTP 2.0');
      const event = withMember(eventOf(kind), 'routeArn', undefined);
      const due = { reason: 'unsupported_event', kind, resource: kind.arn } as const;
      const mixed = /^The event has no usable routeArn: its version is 2\.0, but its methodArn belongs to version 1/;
      check(await call(withMember(event, 'methodArn', kind.arn)), env, { ...due, detail: mixed });
      check(await call(event), env, { ...due, detail: 'The event has no usable routeArn.' });
    });
  },
});
