import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { describe, it } from 'node:test';
import type { KeyLine } from '../../src/log/log.ts';
import {
  alice,
  all,
  cutOff,
  down,
  hang,
  heldBack,
  inTurn,
  LIMIT,
  PATIENT,
  publish,
  setUp,
} from '../support/sources.ts';

describe('an early fetch', () => {
  it('that is done: the first request finds the keys in hand', async (t) => {
    const { source, ask, asked, endpoint } = await setUp(t);
    source.fetchEarly();
    await ask();
    endpoint.answer(down);
    assert.equal(await ask(), 'found');
    assert.equal(asked(), 1);
  });

  it('that is under way: the first requests wait for it', LIMIT, async (t) => {
    const { source, ask, asked, endpoint } = await setUp(t, PATIENT);
    const { listener, arrived, release } = heldBack(publish(alice.jwk));
    endpoint.answer(listener);
    source.fetchEarly();
    await arrived;
    const first = all(20, (index) => ask(index % 2 ? 'alice' : 'invented'));
    release();
    assert.deepEqual(new Set(await first), new Set(['unknown_key', 'found']));
    assert.equal(asked(), 1);
  });

  const faults: Readonly<Record<string, RequestListener>> = {
    fails: down,
    'is cut off': cutOff,
    hangs: hang,
  };
  for (const [name, fault] of Object.entries(faults)) {
    const env = { JWKS_TIMEOUT: '0.1' };

    it(`that ${name} while the first requests wait: they ask anew, once for all`, LIMIT, async (t) => {
      const { source, ask, asked, endpoint } = await setUp(t, { env });
      endpoint.answer(inTurn(fault, publish(alice.jwk)));
      source.fetchEarly();
      assert.deepEqual(new Set(await all(20, () => ask())), new Set(['found']));
      assert.equal(asked(), 2);
    });

    it(`that ${name} before the first request, an hour ago`, LIMIT, async (t) => {
      const { source, ask, asked, pass, lines, endpoint } = await setUp(t, { env });
      endpoint.answer(inTurn(fault, publish(alice.jwk)));
      source.fetchEarly();
      await ended(lines);
      pass(3600);
      assert.equal(await ask(), 'found');
      assert.equal(asked(), 2);
    });

    it(`that ${name}, and so does what the first request asks`, LIMIT, async (t) => {
      const { source, ask, asked, endpoint } = await setUp(t, { env });
      endpoint.answer(fault);
      source.fetchEarly();
      assert.equal(await ask(), 'keys_unavailable');
      assert.equal(asked(), 2);
      endpoint.answer([alice]);
      assert.equal(await ask(), 'found');
    });

    it(`that ${name}, and nobody waits: nothing goes unhandled`, LIMIT, async (t) => {
      const unhandled: unknown[] = [];
      const listener = (reason: unknown) => unhandled.push(reason);
      process.on('unhandledRejection', listener);
      t.after(() => process.off('unhandledRejection', listener));
      const { source, lines, endpoint } = await setUp(t, { env });
      endpoint.answer(fault);
      source.fetchEarly();
      await ended(lines);
      // unhandled rejections are told once the microtasks are done
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(unhandled, []);
    });
  }

  it(
    'that hangs until the first request has waited as long as it may: it asks anew all the same',
    LIMIT,
    async (t) => {
      const { source, ask, asked, endpoint } = await setUp(t, {
        env: { JWKS_TIMEOUT: '0.2' },
        clock: Date.now,
      });
      endpoint.answer(inTurn(hang, publish(alice.jwk)));
      source.fetchEarly();
      assert.equal(await ask(), 'found');
      assert.equal(asked(), 2);
    },
  );

  /** The end of a fetch that nobody waits for: its line in the log. */
  async function ended(lines: readonly KeyLine[]): Promise<void> {
    while (lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
  }
});
