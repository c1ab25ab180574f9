import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { describe, it } from 'node:test';
import {
  alice,
  all,
  bob,
  COOLDOWN,
  cutOff,
  down,
  hang,
  heldBack,
  LIMIT,
  MAX_AGE,
  MAX_STALE,
  publish,
  setUp,
} from '../support/sources.ts';

describe('a refresh that fails', () => {
  const faults: Readonly<Record<string, RequestListener>> = {
    '503': down,
    HTML: (_request, response) => response.end('<html>'),
    'no keys': (_request, response) => response.end('{}'),
    'an empty set': publish(),
    'no usable key': publish({ kty: 'oct', k: 'AA', kid: 'alice' }, null),
    'a redirect': (_request, response) => response.writeHead(302, { location: '/' }).end(),
    'an answer that breaks off': cutOff,
    '10 MB': (_request, response) => response.end(' '.repeat(10_000_000)),
    'none at all': hang,
  };
  for (const [name, fault] of Object.entries(faults)) {
    it(`${name}: the set is used on, and without one the keys are unavailable`, LIMIT, async (t) => {
      const env = { JWKS_TIMEOUT: fault === hang ? '0.5' : '3' };
      const { ask, pass, endpoint } = await setUp(t, { env });
      await ask();
      endpoint.answer(fault);
      pass(MAX_AGE);
      assert.equal(await ask(), 'found');

      const fresh = await setUp(t, { env });
      fresh.endpoint.answer(fault);
      assert.equal(await fresh.ask(), 'keys_unavailable');
    });
  }

  it('the endpoint is asked again at most once in JWKS_COOLDOWN', async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t);
    await ask();
    endpoint.answer(down);
    pass(MAX_AGE);
    for (let times = 1; times <= 5; times++) {
      assert.deepEqual(new Set(await all(10, () => ask())), new Set(['found']));
      pass(COOLDOWN - 0.001);
      assert.deepEqual(new Set(await all(10, () => ask())), new Set(['found']));
      assert.equal(asked(), 1 + times);
      pass(0.001);
    }
  });

  it('JWKS_COOLDOWN is as it is set', async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t, { env: { JWKS_COOLDOWN: '0.5' } });
    await ask();
    endpoint.answer(down);
    pass(MAX_AGE);
    await ask();
    pass(0.499);
    await ask();
    assert.equal(asked(), 2);
    pass(0.001);
    await ask();
    assert.equal(asked(), 3);
  });

  it('a known outage slows down no request but the one that asks', LIMIT, async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t);
    await ask();
    endpoint.answer(down);
    pass(MAX_AGE);
    await ask();
    pass(COOLDOWN);
    const { listener, arrived, release } = heldBack(down);
    endpoint.answer(listener);
    const asking = ask();
    await arrived;
    assert.deepEqual(await all(10, () => ask()), Array(10).fill('found'));
    assert.equal(asked(), 3);
    release();
    assert.equal(await asking, 'found');
    assert.equal(asked(), 3);
  });

  it('that one gets what it asked for, should the outage be over', LIMIT, async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t);
    await ask();
    endpoint.answer(down);
    pass(MAX_AGE);
    await ask();
    pass(COOLDOWN);
    const { listener, arrived, release } = heldBack(publish(bob.jwk));
    endpoint.answer(listener);
    const asking = ask('bob');
    await arrived;
    assert.equal(await ask('alice'), 'found');
    release();
    assert.equal(await asking, 'found');
    assert.equal(asked(), 3);
    assert.equal(await ask('alice'), 'unknown_key');
  });

  it('an outage that is over is forgotten: the next refresh is waited for again', async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t);
    await ask();
    endpoint.answer(down);
    pass(MAX_AGE);
    await ask();
    endpoint.answer([alice, bob]);
    pass(COOLDOWN);
    assert.equal(await ask('bob'), 'found');
    endpoint.answer([bob]);
    pass(MAX_AGE);
    assert.deepEqual(await all(2, () => ask('alice')), ['unknown_key', 'unknown_key']);
    assert.equal(asked(), 4);
  });

  it('the set is used up to JWKS_MAX_STALE more, and no moment longer', async (t) => {
    const { ask, pass, endpoint } = await setUp(t);
    await ask();
    endpoint.answer(down);
    pass(MAX_AGE + MAX_STALE - 0.001);
    assert.equal(await ask(), 'found');
    pass(0.001);
    assert.equal(await ask(), 'keys_unavailable');
  });

  it('a set that grows too old while the fetch that fails is under way is used no more', LIMIT, async (t) => {
    const { ask, pass, endpoint } = await setUp(t);
    await ask();
    pass(MAX_AGE + MAX_STALE - 1);
    const { listener, arrived, release } = heldBack(down);
    endpoint.answer(listener);
    const asking = ask();
    await arrived;
    pass(1);
    release();
    assert.equal(await asking, 'keys_unavailable');
  });

  it('JWKS_MAX_STALE is as it is set', async (t) => {
    const { ask, pass, endpoint } = await setUp(t, { env: { JWKS_MAX_STALE: '0.5' } });
    await ask();
    endpoint.answer(down);
    pass(MAX_AGE + 0.499);
    assert.equal(await ask(), 'found');
    pass(0.001);
    assert.equal(await ask(), 'keys_unavailable');
  });

  it('JWKS_MAX_STALE=0 turns that off', async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t, { env: { JWKS_MAX_STALE: '0' } });
    await ask();
    endpoint.answer(down);
    pass(MAX_AGE);
    assert.equal(await ask(), 'keys_unavailable');
    assert.equal(await ask(), 'keys_unavailable');
    assert.equal(asked(), 3);
    endpoint.answer([alice]);
    assert.equal(await ask(), 'found');
  });
});
