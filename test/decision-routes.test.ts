import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { type EventKind, eventKind, eventKinds } from './support/events.ts';
import type { Reason } from './support/expectations.ts';
import { checkKind, kindsOf, USAGE_KEY } from './support/kinds.ts';
import { effectOf } from './support/policies.ts';
import { CALLS, type Call, ROUTE_SCOPES, stageOf } from './support/routes.ts';
import { startWorld } from './support/suite.ts';

const world = await startWorld();
after(world.issuer.close);
const { token, onBoth } = kindsOf(world);

const SCOPES = [['read'], ['write', 'vet'], ['vet', 'all'], ['admin', 'audit', 'x'], []];

/** A WebSocket API asks for $connect alone, and no other kind does. */
const callsOf = ({ name }: EventKind) =>
  CALLS.filter(([call]) => (call === '$connect') === (name === 'WebSocket'));

/** Signed once for each set of scopes: there are many requests. */
const signed = new Map<string, string>();
function tokenWith(scopes: readonly string[], claims: object): string {
  const name = JSON.stringify([scopes, claims]);
  const known = signed.get(name) ?? token({ claims: { scope: scopes.join(' '), ...claims } });
  signed.set(name, known);
  return known;
}
const eventFor = (kind: EventKind, call: string, scopes: readonly string[], claims: object = {}) =>
  kind.event({ authorization: `Bearer ${tokenWith(scopes, claims)}`, arn: stageOf(kind) + call });

const reasonFor = ([, opens]: Call, scopes: readonly string[]): Reason =>
  !opens ? 'unlisted_route' : opens(scopes) ? 'authorized' : 'insufficient_scope';

onBoth({
  name: 'ROUTE_SCOPES, POLICY_RESOURCE=method',
  settings: { ROUTE_SCOPES },
  tests: (call, env) => {
    for (const kind of eventKinds) {
      for (const row of callsOf(kind)) {
        const [path] = row;
        it(`${kind.name}: ${path}`, async () => {
          for (const scopes of SCOPES) {
            const reply = await call(eventFor(kind, path, scopes));
            const called = { ...kind, arn: stageOf(kind) + path };
            checkKind(reply, { kind: called, env, reason: reasonFor(row, scopes), scope: scopes.join(' ') });
          }
        });
      }
    }

    it('says which entry took the request, and what it asks', async () => {
      const rest = eventKind('REST TOKEN');
      const told = async (path: string) => (await call(eventFor(rest, path, []))).line;
      const { route, detail } = await told('GET/pets/7');
      assert.equal(route, 'GET /pets/{id}');
      assert.equal(detail, 'The route GET /pets/{id} requires read, or vet all, which the token lacks.');
      const unlisted = await told('GET/others');
      assert.equal(unlisted.route, undefined);
      assert.equal(unlisted.detail, 'ROUTE_SCOPES has no entry for the method and path of this request.');
      const allowed = await told('GET/me');
      assert.deepEqual([allowed.route, allowed.detail], ['GET /me', undefined]);
      const socket = await call(eventFor(eventKind('WebSocket'), '$connect', []));
      assert.equal(socket.line.route, '$connect');
    });
  },
});

/** A policy for the whole stage: every request gets from it what it would get by itself. */
onBoth({
  name: 'ROUTE_SCOPES, POLICY_RESOURCE=stage',
  settings: {
    ROUTE_SCOPES,
    POLICY_RESOURCE: 'stage',
    USAGE_KEY_CLAIM: 'usage_key',
    CONTEXT_CLAIMS: 'usage_key',
  },
  tests: (call) => {
    for (const kind of eventKinds) {
      for (const scopes of SCOPES) {
        it(`${kind.name}: one answer for all, for the scopes "${scopes.join(' ')}"`, async () => {
          const answers = new Set<string>();
          for (const row of callsOf(kind)) {
            const { result, error, line } = await call(eventFor(kind, row[0], scopes));
            assert.equal(error, undefined);
            answers.add(JSON.stringify(result));
            const reason = reasonFor(row, scopes);
            assert.deepEqual(
              [line.reason, line.outcome],
              [reason, reason === 'authorized' ? 'allow' : 'deny'],
            );
            for (const [path, opens] of CALLS) {
              assert.equal(effectOf(result, stageOf(kind) + path), opens?.(scopes) ? 'Allow' : 'Deny', path);
            }
          }
          assert.equal(answers.size, 1, 'the answer depends on the request');
          const { context, usageIdentifierKey } = JSON.parse([...answers][0] ?? '');
          // what is said with it is cached for all routes
          assert.deepEqual(context, { scope: scopes.join(' '), usage_key: USAGE_KEY });
          assert.equal(usageIdentifierKey, kind.hasUsagePlans ? USAGE_KEY : undefined);
        });
      }
    }
  },
});

onBoth({
  name: 'ROUTE_SCOPES, POLICY_RESOURCE=stage, a token that opens no route',
  settings: { ROUTE_SCOPES: 'GET /request read, $connect read', POLICY_RESOURCE: 'stage' },
  tests: (call) => {
    for (const kind of eventKinds) {
      it(`${kind.name}: a Deny for the stage, the same whatever is called`, async () => {
        const answers = new Set<string>();
        for (const [path] of callsOf(kind)) {
          const { result, line } = await call(eventFor(kind, path, ['write']));
          answers.add(JSON.stringify(result));
          assert.ok(line.reason === 'insufficient_scope' || line.reason === 'unlisted_route');
        }
        assert.equal(answers.size, 1);
        const { policyDocument, context } = JSON.parse([...answers][0] ?? '');
        assert.deepEqual(policyDocument.Statement, [
          { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: kind.stage },
        ]);
        const { error_description: _, ...rest } = context;
        assert.deepEqual(rest, { scope: 'write', error: 'insufficient_scope' });
      });
    }
  },
});

/** The checks before the routes: they tell nothing of any route, and deny the whole stage. */
onBoth({
  name: 'ROUTE_SCOPES, POLICY_RESOURCE=stage, refused before',
  settings: { ROUTE_SCOPES, POLICY_RESOURCE: 'stage', REQUIRED_SCOPES: 'must', INVALID_TOKEN: 'deny' },
  tests: (call, env) => {
    for (const kind of eventKinds) {
      const path = kind.name === 'WebSocket' ? '$connect' : 'GET/others';
      for (const [reason, scopes, claims] of [
        ['insufficient_scope', ['read'], {}],
        ['invalid_audience', ['read', 'must'], { aud: 'other' }],
        ['token_expired', ['read', 'must'], { exp: 1 }],
      ] as const) {
        it(`${kind.name}: ${reason}`, async () => {
          const reply = await call(eventFor(kind, path, scopes, claims));
          checkKind(reply, { kind, env, reason, scope: scopes.join(' ') });
        });
      }
    }
  },
});
