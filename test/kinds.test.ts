import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { type EventKind, eventKinds, withMember } from './support/events.ts';
import { type Reason, reasons } from './support/expectations.ts';
import type { Environment } from './support/harness.ts';
import { checkKind, kindsOf } from './support/kinds.ts';
import { startWorld } from './support/suite.ts';
import { type Spoilt, seconds } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);
const { token, onBoth } = kindsOf(world);

/** A good request, but for what is said. */
interface Asked {
  readonly spoilt?: Spoilt;
  readonly scheme?: string;
  readonly arn?: string;
  /** Spoils the event. */
  readonly event?: (event: Readonly<Record<string, unknown>>, kind: EventKind) => unknown;
}

function eventOf(kind: EventKind, { spoilt, scheme = 'Bearer', arn, event }: Asked): unknown {
  const good = kind.event({ authorization: `${scheme} ${token(spoilt)}`, arn: arn ?? kind.arn });
  return event ? event(good, kind) : good;
}

const ROWS: Readonly<Record<Exclude<Reason, 'keys_unavailable'>, (kind: EventKind) => Asked>> = {
  unsupported_event: () => ({ event: (event, { arnMember }) => withMember(event, arnMember, undefined) }),
  unsupported_resource: ({ arn }) => ({ arn: `${arn}/*` }),
  missing_token: () => ({ scheme: 'Basic' }),
  malformed_token: () => ({ spoilt: { header: { kid: 1 } } }),
  unsupported_type: () => ({ spoilt: { header: { typ: 'logout+jwt' } } }),
  unsupported_algorithm: () => ({ spoilt: { header: { alg: 'RS512' } } }),
  unsupported_critical: () => ({ spoilt: { header: { crit: ['exp'] } } }),
  unknown_issuer: () => ({ spoilt: { claims: { iss: 'https://evil.example/' } } }),
  unknown_key: () => ({ spoilt: { header: { kid: 'key-9' } } }),
  invalid_signature: () => ({ spoilt: { key: world.foreignKey } }),
  invalid_claims: () => ({ spoilt: { claims: { nbf: 'tomorrow' } } }),
  token_expired: () => ({ spoilt: { claims: { exp: seconds() - 60 } } }),
  token_not_active: () => ({ spoilt: { claims: { iat: seconds() + 240 } } }),
  unproven_binding: () => ({ spoilt: { claims: { cnf: { 'x5t#S256': 'thumbprint' } } } }),
  invalid_audience: () => ({ spoilt: { claims: { aud: 'https://other.example' } } }),
  unaccepted_claim: () => ({ spoilt: { claims: { secret: undefined } } }),
  insufficient_scope: () => ({ spoilt: { claims: { scope: 'write:pets' } } }),
  // no kind of event calls it but this one: see ROUTES
  unlisted_route: ({ arn }) => ({ arn: arn.replace(/(GET\/request|\$connect)$/, 'GET/others') }),
  authorized: () => ({}),
};
const rowNames = reasons.filter((reason) => reason !== 'keys_unavailable');

const ROUTES = 'GET /request read:pets, $connect read:pets';
const USAGE: Environment = {
  USAGE_KEY_CLAIM: 'usage_key',
  REQUIRED_SCOPES: 'read:pets',
  REQUIRED_CLAIMS: 'secret',
};
const SETTINGS: Readonly<Record<string, Environment>> = {
  'policies for a method': { ...USAGE, ROUTE_SCOPES: ROUTES, INVALID_TOKEN: 'deny' },
  'policies for a stage': { ...USAGE, POLICY_RESOURCE: 'stage', INVALID_TOKEN: 'deny' },
  'simple responses': { ...USAGE, SIMPLE_RESPONSES: 'true' },
};

/** Whether a row can be reached: a WebSocket's one route is listed, and without a map every route is. */
const isReached = ({ name }: EventKind, reason: Reason, { ROUTE_SCOPES }: Environment) =>
  reason !== 'unlisted_route' || (ROUTE_SCOPES !== undefined && name !== 'WebSocket');

for (const [name, settings] of Object.entries(SETTINGS)) {
  onBoth({
    name: `every reason for every kind, ${name}`,
    settings,
    tests: (call, env) => {
      for (const kind of eventKinds) {
        for (const reason of rowNames.filter((row) => isReached(kind, row, env))) {
          // a stage can be named, whatever is called
          const isNameable = reason === 'unsupported_resource' && env.POLICY_RESOURCE === 'stage';
          it(`${kind.name}: ${reason}`, async () => {
            const asked = ROWS[reason](kind);
            const reply = await call(eventOf(kind, asked));
            const scope = asked.spoilt?.claims?.scope;
            checkKind(reply, {
              ...{ kind, env, reason: isNameable ? 'authorized' : reason },
              ...(typeof scope === 'string' && { scope }),
            });
          });
        }
      }
    },
  });
}

onBoth({
  name: 'no keys',
  settings: { ...USAGE, INVALID_TOKEN: 'deny', SIMPLE_RESPONSES: 'true' },
  answer: (_request, response) => response.writeHead(503).end(),
  tests: (call, env) => {
    for (const kind of eventKinds) {
      it(`${kind.name}: an error, which is never cached`, async () => {
        checkKind(await call(eventOf(kind, {})), { kind, env, reason: 'keys_unavailable' });
      });
    }
  },
});

const PREFLIGHT = /^The request is a CORS preflight, which never has a token/;

onBoth({
  name: 'what the log says of an event',
  tests: (call, env) => {
    for (const kind of eventKinds.filter(({ name }) => name !== 'WebSocket')) {
      it(`${kind.name}: a preflight`, async () => {
        const arn = kind.arn.replace('GET', 'OPTIONS');
        const event = kind.event({ authorization: '', arn });
        checkKind(await call(event), { kind, env, reason: 'missing_token', detail: PREFLIGHT });
      });
    }

    it('HTTP 2.0 with the methodArn of 1.0, as an emulator mixes them', async () => {
      const kind = eventKinds.find(({ name }) => name === 'HTTP 2.0') ?? assert.fail();
      const event = withMember(eventOf(kind, {}), 'routeArn', undefined);
      checkKind(await call(withMember(event, 'methodArn', kind.arn)), {
        ...{ kind, env, reason: 'unsupported_event' },
        detail:
          /^The event has no usable routeArn: its version is 2\.0, but its methodArn belongs to version 1\.0/,
      });
      const { line } = await call(event);
      assert.equal(line.detail, 'The event has no usable routeArn.');
    });
  },
});

onBoth({
  name: 'USAGE_KEY_CLAIM',
  settings: { USAGE_KEY_CLAIM: '/billing/key' },
  tests: (call) => {
    for (const kind of eventKinds) {
      it(`${kind.name}: ${kind.hasUsagePlans ? 'the key inside an object' : 'none'}`, async () => {
        const { result } = await call(eventOf(kind, { spoilt: { claims: { billing: { key: 'k' } } } }));
        assert.equal(Object(result).usageIdentifierKey, kind.hasUsagePlans ? 'k' : undefined);
        assert.equal('usageIdentifierKey' in Object(result), kind.hasUsagePlans);
      });
      for (const [what, billing] of Object.entries({
        ...{ absent: undefined, null: { key: null }, empty: { key: '' }, 'a number': { key: 1 } },
        ...{ 'a list': { key: ['k'] }, 'an object': { key: { k: 'k' } }, 'a text around it': 'key' },
      })) {
        it(`${kind.name}: none for a claim that is ${what}`, async () => {
          const { result } = await call(eventOf(kind, { spoilt: { claims: { billing } } }));
          assert.deepEqual(Object.keys(Object(result)), ['principalId', 'policyDocument', 'context']);
        });
      }
    }
  },
});
