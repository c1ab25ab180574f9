import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { effectOf } from './routes/iam.ts';
import { type EventKind, eventKind, eventKinds, withMember } from './support/events.ts';
import { check, type Reason } from './support/expectations.ts';
import type { Reply } from './support/harness.ts';
import { startWorld, tryOut } from './support/suite.ts';
import { SECRET } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

/** What follows the stage in an ARN, and the scopes that open it; none: it is not listed. */
type Call = readonly [path: string, opens: ((scopes: readonly string[]) => boolean) | undefined];

/** What each route asks. */
const ROUTE_SCOPES = [
  'GET /request read, POST /request write, GET /pets/{id} read, GET /pets/{id} vet all',
  'ANY /admin/{path+} admin, GET /admin/{path+} audit, GET /me, $connect read',
].join(', ');

const CALLS: readonly Call[] = [
  ['GET/request', (scopes) => scopes.includes('read')],
  ['POST/request', (scopes) => scopes.includes('write')],
  ['GET/pets/1', (scopes) => scopes.includes('read') || (scopes.includes('vet') && scopes.includes('all'))],
  ['DELETE/admin/a/b', (scopes) => scopes.includes('admin')],
  ['GET/admin/a', (scopes) => scopes.includes('audit')],
  ['GET/me', () => true],
  ['$connect', (scopes) => scopes.includes('read')],
  ['PUT/request', undefined],
  ['GET/others', undefined],
  ['GET/request/', undefined],
  ['get/request', undefined],
  ['GET/ME', undefined],
  ['POST/me', undefined],
];
/** The ARN of a kind's stage, up to the method. */
const stageOf = ({ stage }: EventKind) => stage.slice(0, -1);

/** An event whose own route is that of the call, as a literal path. */
function calling(call: string, event: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const path = call.includes('/') ? call.slice(call.indexOf('/')) : '/';
  return {
    ...event,
    ...('resource' in event && { resource: path }),
    ...('routeKey' in event && { routeKey: `${call.split('/')[0]} ${path}` }),
  };
}

const SCOPES = [['read'], ['write', 'vet'], ['vet', 'all'], ['admin', 'audit', 'x'], []];

/** A WebSocket API asks for $connect alone, and no other kind does. */
const callsOf = ({ name }: EventKind) => CALLS.filter(([call]) => (call === '$connect') === (name === 'WebSocket'));

/** Signed once for each set of scopes: there are many requests. */
const signed = new Map<string, string>();
function tokenWith(scopes: readonly string[], claims: object): string {
  const name = JSON.stringify([scopes, claims]);
  const known = signed.get(name) ?? world.token({ claims: { scope: scopes.join(' '), ...claims } });
  signed.set(name, known);
  return known;
}
const eventFor = (kind: EventKind, call: string, scopes: readonly string[], claims: object = {}) =>
  calling(call, kind.event({ authorization: `Bearer ${tokenWith(scopes, claims)}`, arn: stageOf(kind) + call }));

const reasonFor = ([, opens]: Call, scopes: readonly string[]): Reason =>
  !opens ? 'unlisted_route' : opens(scopes) ? 'authorized' : 'insufficient_scope';

tryOut(world, {
  name: 'ROUTE_SCOPES, POLICY_RESOURCE=method',
  env: { ROUTE_SCOPES },
  tests: (call, env) => {
    for (const kind of eventKinds) {
      for (const row of callsOf(kind)) {
        const [path] = row;
        it(`${kind.name}: ${path}`, async () => {
          for (const scopes of SCOPES) {
            const reply = await call(eventFor(kind, path, scopes));
            const called = { ...kind, arn: stageOf(kind) + path };
            const due = { reason: reasonFor(row, scopes), kind: called, resource: called.arn };
            check(reply, env, { ...due, context: { scope: scopes.join(' ') } });
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
tryOut(world, {
  name: 'ROUTE_SCOPES, POLICY_RESOURCE=stage',
  env: { ROUTE_SCOPES, POLICY_RESOURCE: 'stage', USAGE_KEY_CLAIM: 'secret', CONTEXT_CLAIMS: 'secret' },
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
            assert.deepEqual([line.reason, line.outcome], [reason, reason === 'authorized' ? 'allow' : 'deny']);
            for (const [path, opens] of CALLS) {
              assert.equal(effectOf(result, stageOf(kind) + path), opens?.(scopes) ? 'Allow' : 'Deny', path);
            }
          }
          assert.equal(answers.size, 1, 'the answer depends on the request');
          const { context, usageIdentifierKey } = JSON.parse([...answers][0] ?? '');
          // what is said with it is cached for all routes
          assert.deepEqual(context, { scope: scopes.join(' '), secret: SECRET });
          assert.equal(usageIdentifierKey, kind.hasUsagePlans ? SECRET : undefined);
        });
      }
    }
  },
});

/** Another spelling, and the route that API Gateway chose, for a token with the scope read; routes/request.test.ts has more. */
const SPELLED =
  'GET /pets/{id} read, GET /pets/{id}/owner admin, GET /pets/mine admin, ANY /admin/{path+} admin, GET /x read';
for (const POLICY_RESOURCE of ['method', 'stage']) {
  tryOut(world, {
    name: `ROUTE_SCOPES, POLICY_RESOURCE=${POLICY_RESOURCE}, other spellings and other routes`,
    env: { ROUTE_SCOPES: SPELLED, POLICY_RESOURCE },
    tests: (call) => {
      const isStage = POLICY_RESOURCE === 'stage';
      for (const kind of eventKinds.filter(({ name }) => name !== 'WebSocket')) {
        const ask = (path: string, own: object = {}) => call({ ...eventFor(kind, path, ['read']), ...own });
        it(`${kind.name}: a spelling that the policy denies for the sake of another route is denied`, async () => {
          for (const path of ['GET/pets/%6f', 'GET/pets/%60']) {
            const { result, line } = await ask(path);
            const due = isStage ? ['deny', 'unlisted_route'] : ['allow', 'authorized'];
            assert.deepEqual([line.outcome, line.reason], due);
            assert.equal(effectOf(result, stageOf(kind) + path), isStage ? 'Deny' : 'Allow');
            if (isStage) assert.match(String(line.detail), /because of its spelling/);
          }
        });
        it(`${kind.name}: a path with a dot segment is of no route, even of one that is closed`, async () => {
          for (const path of ['GET/pets/../owner', 'GET/pets/%2E/owner'])
            assert.equal((await ask(path)).line.reason, 'unlisted_route', path);
        });

        /** With `stage` the policy permits these paths, so that nothing may be cached: an error. */
        const checkRefused = ({ line, error }: Awaited<ReturnType<typeof ask>>, reason: Reason) => {
          assert.equal(line.reason, isStage ? 'unsupported_resource' : reason);
          if (!isStage) return;
          assert.equal(error?.message === 'Unauthorized', kind.refusal === 'thrown');
          assert.equal(line.outcome, kind.refusal === 'thrown' ? 'unauthorized' : 'error');
          assert.match(String(line.detail), /IAM can't tell it from a route that is open/);
        };
        it(`${kind.name}: a request of no route that IAM can't tell apart`, async () => {
          checkRefused(await ask('GET/pets/1/toys'), 'unlisted_route');
        });
        if (kind.name === 'REST TOKEN') continue;
        const own = (path: string) => (kind.name === 'HTTP 2.0' ? { routeKey: `GET ${path}` } : { resource: path });
        it(`${kind.name}: API Gateway chose a route that is closed`, async () => {
          checkRefused(await ask('GET/pets/1', own('/pets/{other}/owner')), 'insufficient_scope');
          checkRefused(await ask('GET/pets/1', own('/admin/{proxy+}')), 'insufficient_scope');
        });
        it(`${kind.name}: API Gateway chose a route that is open, matches, or has no entry`, async () => {
          for (const path of ['/x', '/pets/{name}', '/{proxy+}', '$default', '/unlisted'])
            assert.equal((await ask('GET/pets/1', own(path))).line.reason, 'authorized', path);
        });
      }
    },
  });
}

/** The checks before the routes: they tell nothing of any route, and deny the whole stage. */
tryOut(world, {
  name: 'ROUTE_SCOPES, POLICY_RESOURCE=stage, refused before',
  env: { ROUTE_SCOPES, POLICY_RESOURCE: 'stage', REQUIRED_SCOPES: 'must', INVALID_TOKEN: 'deny' },
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
          check(reply, env, { reason, kind, resource: kind.stage, context: { scope: scopes.join(' ') } });
        });
      }
    }
  },
});

/** A stage whose name leaves so many characters for a pattern. */
function named(kind: EventKind, room: number): EventKind {
  const name = kind.place.stage ?? '';
  const longer = 'x'.repeat(512 - stageOf(kind).length - room);
  const put = (arn: string) => arn.replace(`/${name}/`, `/${name}${longer}/`);
  return { ...kind, arn: put(kind.arn), stage: put(kind.stage) };
}
const LONGEST = 'GET/pets/*/of/somebody'.length;

tryOut(world, {
  name: 'a pattern of more than 512 characters',
  env: {
    ROUTE_SCOPES: 'GET /request read, GET /pets/{id}/of/somebody read, GET /me, $connect read',
    POLICY_RESOURCE: 'stage',
  },
  tests: (call) => {
    for (const kind of eventKinds) {
      it(`${kind.name}: a Deny, never an error: the token is authentic, and no other would change that`, async () => {
        const long = named(kind, LONGEST - 1);
        const path = kind.name === 'WebSocket' ? '$connect' : 'GET/me';
        const { line, error, result } = await call(eventFor(long, path, ['read']));
        assert.deepEqual([line.reason, line.outcome, error], ['unsupported_resource', 'deny', undefined]);
        const { context, principalId, policyDocument } = result as Record<string, Record<string, unknown>>;
        assert.deepEqual(policyDocument?.Statement, [
          { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: long.stage },
        ]);
        assert.deepEqual([principalId, context?.scope, context?.error], ['unauthenticated', '', 'invalid_token']);
      });
    }
  },
});

const simple = eventKind('HTTP 2.0');
tryOut(world, {
  name: 'ROUTE_SCOPES, SIMPLE_RESPONSES=true',
  env: { ROUTE_SCOPES, SIMPLE_RESPONSES: 'true', POLICY_RESOURCE: 'stage' },
  tests: (call, env) => {
    /** `own` stands for the value of the header that TOKEN_SOURCE names. */
    const asking = (
      path: string,
      scopes: readonly string[],
      sources: (own: string) => unknown,
      members: Readonly<Record<string, unknown>> = {},
    ) => {
      const event: Readonly<Record<string, unknown>> = { ...eventFor(simple, path, scopes), ...members };
      const { Authorization, authorization = Authorization } = Object(event.headers);
      return call(withMember(event, 'identitySource', sources(authorization)));
    };
    const tell = (name: string, reason: Reason, ask: () => Promise<Reply>, scope = 'read') =>
      it(name, async () =>
        check(await ask(), env, { reason, kind: simple, resource: simple.stage, context: { scope } }),
      );

    for (const [what, sources] of [
      ['the token and the route', (own: string, path: string) => [own, `GET /${path}`]],
      ['the route and the token', (own: string, path: string) => [`GET /${path}`, own]],
      ['the route alone', (_: string, path: string) => [`GET /${path}`]],
      ['null for identity sources: not cached', () => null],
      ['no identity sources: not cached', () => undefined],
      ['identity sources that are no list', () => 'Bearer x'],
    ] as const) {
      const ask = (path: string, scopes: string[]) => () => asking(`GET/${path}`, scopes, (own) => sources(own, path));
      tell(`${what}, open`, 'authorized', ask('request', ['read']));
      tell(`${what}, not open`, 'insufficient_scope', ask('request', []), '');
      tell(`${what}, not listed`, 'unlisted_route', ask('others', ['read']));
    }
    const ROUTE = 'GET /request';
    const refused = (
      name: string,
      detail: RegExp,
      sources: (own: string) => unknown,
      members?: Readonly<Record<string, unknown>>,
    ) =>
      it(`${name}: one answer would be cached for all routes`, async () => {
        for (const scopes of [['read'], []]) {
          const reply = await asking('GET/request', scopes, sources, members);
          check(reply, env, { reason: 'unsupported_event', kind: simple, resource: simple.arn, detail });
        }
      });
    const ADD = /add \$context\.routeKey to the identity sources\.$/;
    for (const sources of [[], ['Bearer x'], ['GET /request '], ['get /request'], ['POST /request']])
      refused(`the identity sources ${JSON.stringify(sources)}`, ADD, () => sources);
    refused('a route key that is null', ADD, (own) => [own, null], { routeKey: null });
    const OTHERS = /must be \$context\.routeKey and those that TOKEN_SOURCE names\.$/;
    refused('a value of another header beside the route', OTHERS, (own) => [own, ROUTE, 'acme']);
    refused('a value that is not there beside the route', OTHERS, () => [ROUTE, null]);
    refused('the route twice', OTHERS, () => [ROUTE, ROUTE]);
    refused('the route key in a header', /header or query parameter has the route key/, (own) => [own, ROUTE], {
      headers: { ...Object(eventFor(simple, 'GET/request', []).headers), 'x-tenant': ROUTE },
    });
    refused('the route key in a query parameter', /has the route key/, () => [ROUTE], {
      queryStringParameters: { q: ROUTE },
    });
    for (const kind of eventKinds.filter(({ name }) => name !== 'HTTP 2.0')) {
      it(`${kind.name}: a policy, and no look at the identity sources`, async () => {
        const path = kind.name === 'WebSocket' ? '$connect' : 'GET/request';
        const { result } = await call({ ...eventFor(kind, path, ['read']), identitySource: ['Bearer x'] });
        assert.equal(effectOf(result, stageOf(kind) + path), 'Allow');
      });
    }
  },
});

tryOut(world, {
  name: 'SIMPLE_RESPONSES=true without ROUTE_SCOPES',
  env: { SIMPLE_RESPONSES: 'true' },
  tests: (call, env) => {
    it('takes whatever identity sources there are', async () => {
      for (const sources of [[], ['Bearer x'], null]) {
        const event = withMember(eventFor(simple, 'GET/request', ['read']), 'identitySource', sources);
        check(await call(event), env, {
          ...{ reason: 'authorized', kind: simple, resource: simple.arn },
          context: { scope: 'read' },
        });
      }
    });
  },
});
