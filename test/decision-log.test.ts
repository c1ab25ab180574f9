import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { type EventKind, eventKind, eventKinds } from './support/events.ts';
import { startWorld, tryOut } from './support/suite.ts';
import type { Spoilt } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

const eventOf = (kind: EventKind, spoilt: Spoilt = {}, arn = kind.arn) =>
  kind.event({ authorization: `Bearer ${world.token(spoilt)}`, arn });

tryOut(world, {
  name: 'the line of a decision',
  env: { REQUIRED_SCOPES: 'read:pets' },
  tests: (call) => {
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
        assert.ok(JSON.stringify(result).length > 8192, 'the whole answer');
      }
    });
  },
});

tryOut(world, {
  name: 'the route of a request, where the event has none',
  env: { ROUTE_SCOPES: 'GET /request/{id}, GET /request nobody, $connect' },
  tests: (call) => {
    it("is the event's own where it has one", async () => {
      for (const kind of eventKinds.filter(({ place }) => place.route !== undefined)) {
        const { line } = await call(eventOf(kind, {}, `${kind.arn}/7`));
        assert.equal(line.route, kind.place.route);
      }
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
        assert.ok(Buffer.byteLength(JSON.stringify(reply.line)) < 4096, kind.name);
      }
    });
  },
});
