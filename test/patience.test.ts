import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { fetchJwks } from '../src/keys/jwks.ts';
import { composeHere } from './support/in-process.ts';
import { leftovers, NOTHING } from './support/leftovers.ts';
import { hang, LIMIT } from './support/sources.ts';
import { eventOf, startWorld } from './support/suite.ts';

const world = await startWorld();
after(world.issuer.close);

const TIME_OUT = "the invocation's own time-out leaves no more time to wait";

/** Asks a function with a clock of the test's own, in an invocation that ends in so many milliseconds. */
function setUp(env: Readonly<Record<string, string>> = {}) {
  let time = Date.now();
  const { handler, lines } = composeHere({ ...world.env, JWKS_TIMEOUT: '30', ...env }, fetchJwks, () => time);
  const ask = async (remaining?: unknown) => {
    const context = {
      awsRequestId: 'r',
      ...(remaining !== undefined && { getRemainingTimeInMillis: () => remaining as number }),
    };
    const outcome = await handler(eventOf(world, {}), context).then(
      () => 'allow',
      ({ message }: Error) => message,
    );
    const { reason, detail } = lines.findLast((line) => 'outcome' in line) ?? {};
    return { outcome, reason, detail };
  };
  return {
    ask,
    pass: (seconds: number) => {
      time += seconds * 1000;
    },
  };
}

const unavailable = (why: string) => {
  const { issuer, jwksUri } = world.issuer;
  const detail = `The keys of ${issuer} are unavailable from ${jwksUri}: ${why}.`;
  return { outcome: `keys_unavailable: ${detail}`, reason: 'keys_unavailable', detail };
};
const ALLOWED = { outcome: 'allow', reason: 'authorized', detail: undefined };

describe('a wait for keys', () => {
  it("ends 250 ms before the invocation's own time-out, and the answer names that", LIMIT, async (t) => {
    const left = leftovers(t);
    const { ask } = setUp();
    world.issuer.answer(hang);
    assert.deepEqual(await ask(300), unavailable(TIME_OUT));
    assert.deepEqual(left(), NOTHING);
  });

  it('does not begin where no time is left: the endpoint is not asked', async () => {
    const { ask } = setUp();
    world.issuer.answer([world.key]);
    const before = world.issuer.requests();
    for (const remaining of [250, 100, 0]) assert.deepEqual(await ask(remaining), unavailable(TIME_OUT));
    assert.equal(world.issuer.requests(), before);
  });

  it('is not bounded by a context that does not tell', async () => {
    world.issuer.answer([world.key]);
    for (const remaining of [undefined, 'soon', -1, Number.NaN]) {
      assert.deepEqual(await setUp().ask(remaining), ALLOWED);
    }
  });

  it('leaves keys that are young enough in use', LIMIT, async () => {
    const { ask, pass } = setUp();
    world.issuer.answer([world.key]);
    assert.deepEqual(await ask(60_000), ALLOWED);
    assert.deepEqual(await ask(0), ALLOWED, 'fresh keys are not waited for');
    world.issuer.answer(hang);
    // the token is good for five minutes
    pass(200);
    assert.deepEqual(await ask(0), ALLOWED);
  });
});
