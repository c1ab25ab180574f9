import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { type EventKind, eventKind, eventKinds, withMember } from './support/events.ts';
import type { Reply } from './support/harness.ts';
import { startWorld, tryOut } from './support/suite.ts';
import type { Spoilt } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

const PLACE = ['apiId', 'stage', 'method', 'route', 'apiRequestId'];
const placeOf = ({ line }: Reply) => Object.fromEntries(Object.entries(line).filter(([name]) => PLACE.includes(name)));

const eventOf = (kind: EventKind, spoilt: Spoilt = {}, arn = kind.arn) =>
  kind.event({ authorization: `Bearer ${world.token(spoilt)}`, arn });

/** The lines of Lambda's log level filter, by what was returned. */
const LEVELS = { allow: 'info', deny: 'warn', unauthorized: 'warn', error: 'error' } as const;

tryOut(world, {
  name: 'the line of a decision',
  env: { REQUIRED_SCOPES: 'read:pets' },
  tests: (call) => {
    for (const kind of eventKinds) {
      const refused = kind.refusal === 'thrown' ? 'unauthorized' : 'deny';
      it(`${kind.name}: which request it was, and the level`, async () => {
        for (const [outcome, event] of [
          ['allow', eventOf(kind)],
          ['deny', eventOf(kind, { claims: { scope: '' } })],
          [refused, eventOf(kind, { claims: { exp: 1 } })],
          [refused, kind.event({ authorization: '', arn: kind.arn })],
          ['error', withMember(eventOf(kind), 'type', 'OTHER')],
        ] as const) {
          const reply = await call(event);
          assert.deepEqual(placeOf(reply), kind.place);
          const { level, requestId } = reply.line;
          assert.deepEqual([reply.line.outcome, level, requestId], [outcome, LEVELS[outcome], reply.requestId]);
          assert.deepEqual(Object.keys(reply.line).slice(0, 3), ['level', 'timestamp', 'requestId']);
        }
      });
    }

    it('never the path', async () => {
      for (const kind of eventKinds) {
        const secret = 'path-that-is-nobodys-business';
        const { line } = await call(eventOf(kind, {}, `${kind.arn}/${secret}`));
        assert.ok(!JSON.stringify(line).includes(secret), kind.name);
      }
    });

    it('cuts a principal at 128 characters, and hands on all of it', async () => {
      for (const kind of eventKinds) {
        const sub = 'principal '.repeat(20);
        const { line, result } = await call(eventOf(kind, { claims: { sub } }));
        assert.equal(line.principalId, sub.slice(0, 128));
        assert.equal(Object(result).principalId, sub);
      }
    });

    it('warns of an answer over 8 KB, which is returned', async () => {
      const rest = eventKind('REST TOKEN');
      for (const [scope, outcome, detail] of [
        [`read:pets ${'x'.repeat(8192)}`, 'allow', /^The answer has \d{4} bytes/],
        ['x'.repeat(8192), 'deny', /^The token lacks read:pets\. The answer has \d{4} bytes/],
      ] as const) {
        const { line, result } = await call(eventOf(rest, { claims: { scope } }));
        assert.deepEqual([line.outcome, line.level], [outcome, 'warn']);
        assert.match(String(line.detail), detail);
        assert.ok(JSON.stringify(result).length > 8192);
      }
    });

    it('cuts a kid at 128 characters', async () => {
      const { line } = await call(eventOf(eventKind('REST TOKEN'), { header: { kid: 'kid '.repeat(40) } }));
      assert.equal(line.kid, 'kid '.repeat(32));
    });

    it('names the principal once the signature is good, and not before', async () => {
      const rest = eventKind('REST TOKEN');
      for (const [spoilt, isKnown] of [
        [{ claims: { aud: 'x' } }, true],
        [{ claims: { exp: 1 } }, true],
        [{ key: world.foreignKey }, false],
        [{ claims: { nbf: 'x' } }, false],
      ] as const) {
        const { line } = await call(eventOf(rest, spoilt));
        assert.equal('principalId' in line, isKnown, JSON.stringify(line));
      }
    });
  },
});

const LONG_PATH = `/${'segment'.repeat(30)}`;

tryOut(world, {
  name: 'the route of a request, where the event has none',
  env: { ROUTE_SCOPES: `GET /request/{id}, GET /request nobody, GET ${LONG_PATH} nobody, $connect` },
  tests: (call) => {
    it('is the entry that took it', async () => {
      const rest = eventKind('REST TOKEN');
      const routeOf = async (path: string) =>
        (await call(eventOf(rest, {}, rest.arn.replace('/request', path)))).line.route;
      assert.equal(await routeOf('/request/7'), 'GET /request/{id}');
      assert.equal(await routeOf('/request'), 'GET /request');
      assert.equal(await routeOf('/other'), undefined);
      const socket = eventKind('WebSocket');
      assert.equal((await call(eventOf(socket))).line.route, '$connect');
    });

    it("is the event's own where it has one", async () => {
      for (const kind of eventKinds.filter(({ place }) => place.route !== undefined)) {
        const { line } = await call(eventOf(kind, {}, `${kind.arn}/7`));
        assert.equal(line.route, kind.place.route);
      }
    });

    it('is cut at 128 characters like any other name', async () => {
      const rest = eventKind('REST TOKEN');
      const { line } = await call(eventOf(rest, {}, rest.arn.replace('/request', LONG_PATH)));
      assert.equal(line.reason, 'insufficient_scope');
      assert.equal(line.route, `GET ${LONG_PATH}`.slice(0, 128));
    });
  },
});

/** Names of configuration that a sentence may hold, each of them long. */
const MANY = Array.from({ length: 60 }, (_, at) => `urn:a-long-name-of-an-audience:${at}`).join(',');

tryOut(world, {
  name: 'a sentence that is long',
  env: { AUDIENCE: MANY, AUDIENCE_CLAIM: 'client_id' },
  tests: (call) => {
    it('is cut at 1,000 characters, and the line stays below 4 KiB', async () => {
      for (const kind of eventKinds) {
        const reply = await call(eventOf(kind, { claims: { sub: 's'.repeat(5000) } }));
        assert.equal(reply.line.reason, 'invalid_audience');
        assert.equal(String(reply.line.detail).length, 1000);
        assert.ok(Buffer.byteLength(JSON.stringify(reply.line)) < 4096);
      }
    });
  },
});
