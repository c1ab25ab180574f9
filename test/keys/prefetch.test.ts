import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { describe, it } from 'node:test';
import { leftovers, NOTHING } from '../support/leftovers.ts';
import { alice, all, down, hang, heldBack, LIMIT, PATIENCE, patience, publish, setUp } from '../support/sources.ts';

describe('keys asked for ahead of the first request', () => {
  it('are in hand when that is over', async (t) => {
    const { source, ask, asked, endpoint } = await setUp(t);
    await source.prefetch(PATIENCE);
    endpoint.answer(down);
    assert.equal(await ask(), 'found');
    assert.equal(asked(), 1);
  });

  it('that are on their way: requests wait for the same fetch', LIMIT, async (t) => {
    const { source, ask, asked, endpoint } = await setUp(t);
    const { listener, arrived, release } = heldBack(publish(alice.jwk));
    endpoint.answer(listener);
    const prefetched = source.prefetch(PATIENCE);
    await arrived;
    const first = all(20, (index) => ask(index % 2 ? 'alice' : 'invented'));
    release();
    await prefetched;
    assert.deepEqual(new Set(await first), new Set(['unknown_key', 'found']));
    assert.equal(asked(), 1);
  });

  const faults: Readonly<Record<string, RequestListener>> = {
    'a fetch that fails': down,
    'one that hangs': hang,
  };
  for (const [name, fault] of Object.entries(faults)) {
    // what hangs ends with it; whatever else has the time that a busy machine needs
    const env = { JWKS_TIMEOUT: fault === hang ? '0.5' : '3' };

    it(`${name}: nothing is thrown, and the first requests ask anew, once for all`, LIMIT, async (t) => {
      const { source, ask, asked, lines, endpoint } = await setUp(t, { env });
      endpoint.answer(fault);
      await source.prefetch(PATIENCE);
      assert.deepEqual(
        lines.map((line) => line.fetch),
        ['failed'],
      );
      assert.equal(await ask(), 'keys_unavailable');
      endpoint.answer([alice]);
      assert.deepEqual(new Set(await all(20, () => ask())), new Set(['found']));
      assert.equal(asked(), 3);
    });
  }

  it('that hang are waited for no longer than the patience lasts', LIMIT, async (t) => {
    const left = leftovers(t);
    const { source, lines, endpoint } = await setUp(t);
    endpoint.answer(hang);
    await source.prefetch(patience(50, 'loading ends'));
    assert.deepEqual(
      lines.map((line) => [line.fetch, line.detail]),
      [['failed', 'loading ends']],
    );
    assert.deepEqual(left(), NOTHING);
  });
});
