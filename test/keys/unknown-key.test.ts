import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alice, all, bob, COOLDOWN, down, heldBack, LIMIT, MAX_AGE, publish, setUp } from '../support/sources.ts';

describe('an unknown kid', () => {
  it('is asked for at most once in JWKS_COOLDOWN, whoever sends it and however many', async (t) => {
    const { ask, asked, pass } = await setUp(t);
    await ask();
    for (let times = 1; times <= 5; times++) {
      const verdicts = await all(200, (index) => ask(`invented-${times}-${index}`));
      assert.deepEqual(new Set(verdicts), new Set(['unknown_key']));
      pass(COOLDOWN - 0.001);
      assert.equal(await ask('invented'), 'unknown_key');
      assert.equal(asked(), 1 + times);
      pass(0.001);
    }
  });

  it('never makes a known one wait', LIMIT, async (t) => {
    const { ask, asked, endpoint } = await setUp(t);
    await ask();
    const { listener, arrived, release } = heldBack(publish(alice.jwk));
    endpoint.answer(listener);
    const flood = all(100, (index) => ask(`invented-${index}`));
    await arrived;
    assert.deepEqual(await all(100, () => ask()), Array(100).fill('found'));
    release();
    assert.deepEqual(new Set(await flood), new Set(['unknown_key']));
    assert.equal(asked(), 2);
  });

  it('a key published during a flood is taken up within one cooldown', async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t);
    await ask();
    await ask('invented');
    endpoint.answer([alice, bob]);
    for (let second = 0; second < COOLDOWN; second++) {
      assert.deepEqual(await Promise.all([ask('bob'), ask(`invented-${second}`), ask('alice')]), [
        'unknown_key',
        'unknown_key',
        'found',
      ]);
      pass(1);
    }
    assert.deepEqual(await Promise.all([ask('invented'), ask('bob')]), ['unknown_key', 'found']);
    assert.equal(asked(), 3);
    assert.equal(await ask('bob'), 'found');
  });

  it('a flood keeps no set from being refreshed in time', async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t, { keys: [alice, bob] });
    await ask();
    pass(MAX_AGE - 1);
    await ask('invented');
    pass(MAX_AGE - 1);
    await ask('invented');
    endpoint.answer([bob]);
    // 599 s old, and then refreshed 1 s after the flood asked last
    pass(MAX_AGE - 1);
    await ask('invented');
    endpoint.answer([alice]);
    pass(1);
    assert.equal(await ask('alice'), 'unknown_key');
    assert.equal(asked(), 4);
    pass(MAX_AGE - 1);
    assert.equal(await ask('alice'), 'found');
    assert.equal(asked(), 5);
  });

  it('begins its cooldown when it is asked for, not when the answer comes', LIMIT, async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t);
    await ask();
    const { listener, arrived, release } = heldBack(publish(alice.jwk));
    endpoint.answer(listener);
    const slow = ask('invented');
    await arrived;
    pass(COOLDOWN);
    release();
    assert.equal(await slow, 'unknown_key');
    endpoint.answer([bob]);
    assert.equal(await ask('bob'), 'found');
    assert.equal(asked(), 3);
  });

  it('is refused, and others are served, where asking fails; both for one cooldown', async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t);
    await ask();
    endpoint.answer(down);
    assert.equal(await ask('bob'), 'unknown_key');
    endpoint.answer([alice, bob]);
    pass(COOLDOWN - 0.001);
    assert.equal(await ask('bob'), 'unknown_key');
    assert.equal(await ask('alice'), 'found');
    assert.equal(asked(), 2);
    pass(0.001);
    assert.equal(await ask('bob'), 'found');
  });

  it('asks no more often during an outage', async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t);
    await ask();
    endpoint.answer(down);
    pass(MAX_AGE);
    for (let times = 1; times <= 3; times++) {
      const verdicts = await all(20, (index) => ask(index % 2 ? 'alice' : `invented-${index}`));
      assert.deepEqual(new Set(verdicts), new Set(['unknown_key', 'found']));
      assert.equal(asked(), 1 + times);
      pass(COOLDOWN);
    }
  });

  it('JWKS_COOLDOWN=0: each may ask', async (t) => {
    const { ask, asked } = await setUp(t, { env: { JWKS_COOLDOWN: '0' } });
    await ask();
    for (let times = 1; times <= 3; times++) {
      assert.equal(await ask('invented'), 'unknown_key');
      assert.equal(asked(), 1 + times);
    }
  });
});
