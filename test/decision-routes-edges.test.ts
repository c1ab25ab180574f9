import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { type EventKind, eventKind, eventKinds, withMember } from './support/events.ts';
import type { Reason } from './support/expectations.ts';
import type { Reply } from './support/harness.ts';
import { checkKind, kindsOf } from './support/kinds.ts';
import { effectOf } from './support/policies.ts';
import { ROUTE_SCOPES, stageOf } from './support/routes.ts';
import { startWorld } from './support/suite.ts';

const world = await startWorld();
after(world.issuer.close);
const { token, onBoth } = kindsOf(world);

const eventFor = (kind: EventKind, path: string, scopes: readonly string[]) =>
  kind.event({
    authorization: `Bearer ${token({ claims: { scope: scopes.join(' ') } })}`,
    arn: stageOf(kind) + path,
  });

/** A stage whose name leaves so many characters for a pattern. */
function named(kind: EventKind, room: number): EventKind {
  const name = kind.place.stage ?? '';
  const longer = 'x'.repeat(512 - stageOf(kind).length - room);
  const put = (arn: string) => arn.replace(`/${name}/`, `/${name}${longer}/`);
  return { ...kind, arn: put(kind.arn), stage: put(kind.stage) };
}
const LONGEST = 'GET/pets/*/of/somebody'.length;

for (const POLICY_RESOURCE of ['stage', 'method']) {
  onBoth({
    name: `a pattern of 512 characters, POLICY_RESOURCE=${POLICY_RESOURCE}`,
    settings: {
      ROUTE_SCOPES: 'GET /request read, GET /pets/{id}/of/somebody read, GET /me, $connect read',
      POLICY_RESOURCE,
    },
    tests: (call) => {
      for (const kind of eventKinds) {
        const path = kind.name === 'WebSocket' ? '$connect' : 'GET/me';
        it(`${kind.name}: is taken, and one more is not`, async () => {
          const longest = named(kind, LONGEST);
          const reply = await call(eventFor(longest, path, ['read']));
          assert.equal(reply.line.reason, 'authorized', String(reply.line.detail));
          assert.equal(effectOf(reply.result, stageOf(longest) + path), 'Allow');

          const long = named(kind, LONGEST - 1);
          const refused = await call(eventFor(long, path, ['read']));
          const reason = POLICY_RESOURCE === 'method' ? 'authorized' : 'unsupported_resource';
          assert.deepEqual([refused.line.reason, refused.error], [reason, undefined]);
          if (POLICY_RESOURCE === 'method') return;
          // never an error: the token is authentic, and no other would change that
          const { context, principalId, policyDocument } = refused.result as Record<
            string,
            Record<string, unknown>
          >;
          assert.deepEqual(policyDocument?.Statement, [
            { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: long.stage },
          ]);
          assert.deepEqual(
            [principalId, context?.scope, context?.error],
            ['unauthenticated', '', 'invalid_token'],
          );
          assert.equal(refused.line.outcome, 'deny');
        });
      }
    },
  });
}

const simple = eventKind('HTTP 2.0');
onBoth({
  name: 'ROUTE_SCOPES, SIMPLE_RESPONSES=true',
  settings: { ROUTE_SCOPES, SIMPLE_RESPONSES: 'true', POLICY_RESOURCE: 'stage' },
  tests: (call, env) => {
    const asking = (path: string, scopes: readonly string[], identitySource: unknown, routeKey?: string) => {
      const event = withMember(eventFor(simple, path, scopes), 'identitySource', identitySource);
      return call(routeKey === undefined ? event : withMember(event, 'routeKey', routeKey));
    };
    const tell = (name: string, reason: Reason, ask: () => Promise<Reply>, scope = 'read') =>
      it(name, async () => checkKind(await ask(), { kind: simple, env, reason, scope }));

    for (const [what, sources] of [
      ['the route among the identity sources', ['Bearer x', 'GET /request']],
      ['the route alone', ['GET /request']],
      ['null for identity sources: not cached', null],
      ['no identity sources: not cached', undefined],
      ['identity sources that are no list', 'Bearer x'],
    ] as const) {
      tell(`${what}, open`, 'authorized', () => asking('GET/request', ['read'], sources));
      tell(`${what}, not open`, 'insufficient_scope', () => asking('GET/request', [], sources), '');
      tell(`${what}, not listed`, 'unlisted_route', () => asking('GET/others', ['read'], sources));
    }
    for (const sources of [[], ['Bearer x'], ['GET /request '], ['get /request'], ['POST /request']]) {
      it(`the identity sources ${JSON.stringify(sources)}: one answer would be cached for all routes`, async () => {
        for (const scopes of [['read'], []]) {
          const reply = await asking('GET/request', scopes, sources);
          const detail = /add \$context\.routeKey to the identity sources\.$/;
          checkKind(reply, { kind: simple, env, reason: 'unsupported_event', detail });
        }
      });
    }
    for (const kind of eventKinds.filter(({ name }) => name !== 'HTTP 2.0')) {
      it(`${kind.name}: a policy, and no look at the identity sources`, async () => {
        const path = kind.name === 'WebSocket' ? '$connect' : 'GET/request';
        const { result } = await call({ ...eventFor(kind, path, ['read']), identitySource: ['Bearer x'] });
        assert.equal(effectOf(result, stageOf(kind) + path), 'Allow');
      });
    }
  },
});

onBoth({
  name: 'SIMPLE_RESPONSES=true without ROUTE_SCOPES',
  settings: { SIMPLE_RESPONSES: 'true' },
  tests: (call, env) => {
    it('takes whatever identity sources there are', async () => {
      for (const sources of [[], ['Bearer x'], null]) {
        const event = withMember(eventFor(simple, 'GET/request', ['read']), 'identitySource', sources);
        checkKind(await call(event), { kind: simple, env, reason: 'authorized', scope: 'read' });
      }
    });
  },
});
