import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { after, before, describe, it, type TestContext } from 'node:test';
import { generateKey, startIssuer } from '../scripts/issuer.ts';
import { type Environment, LOADING_ENDS, start, startInTime } from './support/harness.ts';
import { down, hang, LIMIT, publish } from './support/sources.ts';
import { eventOf, startWorld, type World } from './support/suite.ts';
import { tokenFactory } from './support/tokens.ts';

/** The members of the lines about keys that say what came of a fetch. */
const told = (lines: readonly Readonly<Record<string, unknown>>[]) => lines.map(({ fetch, detail }) => [fetch, detail]);

/** A second issuer, with a key and tokens of its own. */
async function startSecond(t: TestContext, world: World) {
  const key = await generateKey('key-1');
  const issuer = await startIssuer([key]);
  t.after(issuer.close);
  const env = {
    ...world.env,
    TOKEN_ISSUER: `${world.issuer.issuer},${issuer.issuer}`,
    JWKS_URI: `${world.issuer.jwksUri},${issuer.jwksUri}`,
  };
  return { issuer, key, env, token: tokenFactory(issuer.issuer, key) };
}

describe('the zip, while it loads,', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.issuer.close());

  it('waits for the keys: the first request finds them in hand', LIMIT, async () => {
    world.issuer.answer([world.key]);
    const fn = await startInTime(world.env);
    const asked = world.issuer.requests();
    world.issuer.answer(down);
    // one line, and nothing of the decisions that are rehearsed meanwhile
    assert.deepEqual(told(fn.lines()), [['succeeded', undefined]]);
    const { line } = await fn.call(eventOf(world, {}));
    await fn.stop();
    assert.equal(line.reason, 'authorized');
    assert.equal(world.issuer.requests(), asked);
  });

  const faults: Readonly<Record<string, readonly [RequestListener, detail: string, env?: Environment]>> = {
    'they do not come in JWKS_TIMEOUT': [hang, 'it did not answer in 0.5 s', { JWKS_TIMEOUT: '0.5' }],
    'the endpoint is down': [down, 'it answered with status 503, not 200'],
    'the endpoint hangs up': [({ socket }) => socket.destroy(), 'socket hang up'],
  };
  for (const [name, [fault, detail, env]] of Object.entries(faults)) {
    it(`succeeds where ${name}: the first request asks again`, LIMIT, async (t) => {
      world.issuer.answer(fault);
      const fn = await startInTime({ ...world.env, ...env });
      t.after(fn.stop);
      world.issuer.answer([world.key]);
      assert.equal(fn.loadError, undefined);
      assert.deepEqual(told(fn.lines()), [['failed', detail]]);
      const ask = async () => (await fn.call(eventOf(world, {}))).line.reason;
      let reason = await ask();
      // a busy machine may not answer in JWKS_TIMEOUT
      while (env && reason === 'keys_unavailable') reason = await ask();
      assert.equal(reason, 'authorized');
    });
  }

  it('asks all issuers at once', LIMIT, async (t) => {
    const second = await startSecond(t, world);
    // each answers once the other is asked as well
    let ask = () => {};
    const bothAsked = new Promise<void>((resolve) => {
      let asked = 0;
      ask = () => {
        asked += 1;
        if (asked === 2) resolve();
      };
    });
    const together =
      (jwk: unknown): RequestListener =>
      async (request, response) => {
        ask();
        await bothAsked;
        publish(jwk)(request, response);
      };
    world.issuer.answer(together(world.key.jwk));
    second.issuer.answer(together(second.key.jwk));
    const fn = await startInTime(second.env);
    assert.deepEqual(told(fn.lines()), Array(2).fill(['succeeded', undefined]));
    await fn.stop();
  });

  it('one issuer that is down takes no other with it', LIMIT, async (t) => {
    const second = await startSecond(t, world);
    world.issuer.answer(down);
    const fn = await startInTime(second.env);
    const good = await fn.call(eventOf(world, { token: second.token() }));
    const bad = await fn.call(eventOf(world, {}));
    await fn.stop();
    assert.deepEqual([good.line.reason, bad.line.reason], ['authorized', 'keys_unavailable']);
  });

  it('waits no longer than 2 s where JWKS_TIMEOUT is longer, and leaves no connection', LIMIT, async (t) => {
    const world = await startWorld();
    t.after(world.issuer.close);
    const closed = new Promise<void>((resolve) => {
      world.issuer.answer(({ socket }) => socket.once('close', () => resolve()));
    });
    const fn = await start(world.env);
    assert.deepEqual(told(fn.lines()), [['failed', LOADING_ENDS]]);
    await closed;
    world.issuer.answer([world.key]);
    const { line } = await fn.call(eventOf(world, {}));
    await fn.stop();
    assert.equal(line.reason, 'authorized');
  });
});
