import assert from 'node:assert/strict';

import { describe, it } from 'node:test';
import {
  alice,
  all,
  bob,
  carol,
  down,
  hang,
  heldBack,
  LIMIT,
  MAX_AGE,
  MAX_STALE,
  publish,
  setUp,
} from '../support/sources.ts';

describe('one fetch serves every request that waits for it', () => {
  it('the first', async (t) => {
    const { ask, asked } = await setUp(t);
    assert.deepEqual(new Set(await all(100, () => ask())), new Set(['found']));
    assert.equal(asked(), 1);
  });

  it('the first, with kids that it does not bring among them', async (t) => {
    const { ask, asked } = await setUp(t);
    const kids = ['alice', 'invented-1', 'invented-2', 'alice'];
    assert.deepEqual(await Promise.all(kids.map((kid) => ask(kid))), ['found', 'unknown_key', 'unknown_key', 'found']);
    assert.equal(asked(), 1);
  });

  it('the first, where it fails', async (t) => {
    const { ask, asked, endpoint } = await setUp(t);
    endpoint.answer(down);
    assert.deepEqual(new Set(await all(100, () => ask())), new Set(['keys_unavailable']));
    assert.equal(asked(), 1);
  });

  it('a refresh', async (t) => {
    const { ask, asked, pass } = await setUp(t);
    await ask();
    pass(MAX_AGE);
    assert.deepEqual(new Set(await all(100, () => ask())), new Set(['found']));
    assert.equal(asked(), 2);
  });

  it('a refresh that fails', async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t);
    await ask();
    pass(MAX_AGE);
    endpoint.answer(down);
    assert.deepEqual(new Set(await all(100, () => ask())), new Set(['found']));
    assert.equal(asked(), 2);
  });

  it('that for an unknown kid, whatever kid the others wait for', async (t) => {
    const { ask, asked, endpoint } = await setUp(t);
    await ask();
    endpoint.answer([alice, bob]);
    const kids = ['invented-1', 'bob', 'invented-2', 'bob'];
    assert.deepEqual(await Promise.all(kids.map((kid) => ask(kid))), ['unknown_key', 'found', 'unknown_key', 'found']);
    assert.equal(asked(), 2);
  });
});

describe('age', () => {
  it('a set younger than JWKS_MAX_AGE answers without the network', async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t);
    await ask();
    endpoint.answer(down);
    pass(MAX_AGE - 0.001);
    assert.equal(await ask(), 'found');
    assert.equal(asked(), 1);
  });

  it('an older one is refreshed before it is used', async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t);
    await ask();
    endpoint.answer([bob]);
    pass(MAX_AGE);
    assert.equal(await ask('alice'), 'unknown_key');
    assert.equal(await ask('bob'), 'found');
    assert.equal(asked(), 2);
  });

  it('is counted from when the endpoint was asked: its answer may have been on its way for long', LIMIT, async (t) => {
    const { ask, asked, pass, endpoint } = await setUp(t);
    const { listener, arrived, release } = heldBack(publish(alice.jwk));
    endpoint.answer(listener);
    const first = ask();
    await arrived;
    pass(MAX_AGE - 1);
    release();
    assert.equal(await first, 'found');
    endpoint.answer([alice]);
    pass(0.999);
    assert.equal(await ask(), 'found');
    assert.equal(asked(), 1);
    pass(0.001);
    assert.equal(await ask(), 'found');
    assert.equal(asked(), 2);
  });

  it('JWKS_MAX_AGE is as it is set', async (t) => {
    const { ask, asked, pass } = await setUp(t, { env: { JWKS_MAX_AGE: '0.5' } });
    await ask();
    pass(0.499);
    await ask();
    assert.equal(asked(), 1);
    pass(0.001);
    await ask();
    assert.equal(asked(), 2);
  });

  it('a withdrawn key is refused from the next successful fetch on, also one that another asked for', async (t) => {
    const { ask, endpoint } = await setUp(t, { keys: [alice, bob] });
    assert.equal(await ask('alice'), 'found');
    endpoint.answer([bob]);
    assert.equal(await ask('alice'), 'found');
    assert.equal(await ask('invented'), 'unknown_key');
    assert.equal(await ask('alice'), 'unknown_key');
    assert.equal(await ask('bob'), 'found');
  });

  it('a key that is replaced under its kid', async (t) => {
    const { find, pass, endpoint } = await setUp(t);
    const [before] = await find('alice', 'ES256');
    assert.equal(before?.key.equals(alice.publicKey), true);
    endpoint.answer(publish({ ...bob.jwk, kid: 'alice' }));
    pass(MAX_AGE);
    const after = await find('alice', 'ES256');
    assert.equal(after.length, 1);
    assert.equal(after[0]?.key.equals(bob.publicKey), true);
  });

  it('two keys with one kid: the one that fits counts', async (t) => {
    const { find, ask, endpoint } = await setUp(t);
    endpoint.answer(publish({ ...alice.jwk, kid: 'x', alg: 'ES384' }, { ...bob.jwk, kid: 'x' }));
    const found = await find('x', 'ES256');
    assert.equal(found.length, 1);
    assert.equal(found[0]?.key.equals(bob.publicKey), true);
    assert.equal(await ask('x', 'RS256'), 'unsupported_algorithm');
  });
});

describe('no set in hand', () => {
  it('every request asks anew, so that the end of an outage is seen at once', async (t) => {
    const { ask, asked, endpoint } = await setUp(t);
    endpoint.answer(down);
    assert.equal(await ask(), 'keys_unavailable');
    assert.equal(await ask(), 'keys_unavailable');
    assert.equal(await ask('invented'), 'keys_unavailable');
    assert.equal(asked(), 3);
    endpoint.answer([alice]);
    assert.equal(await ask(), 'found');
    assert.equal(asked(), 4);
  });

  it('likewise where the one in hand is too old', async (t) => {
    const { ask, pass, endpoint } = await setUp(t);
    await ask();
    endpoint.answer(down);
    pass(MAX_AGE + MAX_STALE);
    assert.equal(await ask(), 'keys_unavailable');
    endpoint.answer([bob]);
    assert.equal(await ask('bob'), 'found');
    assert.equal(await ask('alice'), 'unknown_key');
  });

  it('a failed fetch begins no cooldown: an unknown kid is asked for as soon as there is a set', async (t) => {
    const { ask, pass, endpoint } = await setUp(t);
    await ask();
    endpoint.answer(down);
    pass(MAX_AGE + MAX_STALE);
    assert.equal(await ask(), 'keys_unavailable');
    endpoint.answer([alice]);
    assert.equal(await ask(), 'found');
    endpoint.answer([alice, bob]);
    assert.equal(await ask('bob'), 'found');
  });
});

describe('several issuers', () => {
  it('each has its keys, its age and its cooldown for itself', async (t) => {
    const [one, two] = [await setUp(t, { keys: [alice] }), await setUp(t, { keys: [bob] })];
    assert.equal(await one.ask('alice'), 'found');
    assert.equal(await two.ask('bob'), 'found');
    one.endpoint.answer([alice, carol]);
    two.endpoint.answer([bob, carol]);
    assert.equal(await one.ask('bob'), 'unknown_key');
    assert.equal(await one.ask('carol'), 'found');
    assert.equal(one.asked(), 2);
    // neither the keys nor the cooldown of the one are those of the other
    assert.equal(two.asked(), 1);
    assert.equal(await two.ask('carol'), 'found');
    assert.equal(await two.ask('alice'), 'unknown_key');
  });

  it('the outage of the one is not that of the other', LIMIT, async (t) => {
    const [one, two] = [await setUp(t), await setUp(t)];
    one.endpoint.answer(hang);
    const waiting = one.ask();
    assert.equal(await two.ask(), 'found');
    await one.endpoint.close();
    assert.equal(await waiting, 'keys_unavailable');
    assert.equal(await two.ask(), 'found');
  });
});
