import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refusal } from '../../src/decision.ts';
import type { KeySet } from '../../src/keys/key-set.ts';
import { alice, all, bob, COOLDOWN, down, PATIENCE, publish, setUp } from '../support/sources.ts';

/** A key with a kid that is published for another. */
const asAlice = { ...bob.jwk, kid: 'alice' };

describe('a key in hand that has the kid, but does not verify the token', () => {
  it('replaced under another alg: found by the fetch that the token causes', async (t) => {
    const { ask, asked, endpoint } = await setUp(t);
    endpoint.answer(publish({ ...alice.jwk, alg: 'ES384' }));
    assert.equal(await ask('alice'), 'unsupported_algorithm');
    endpoint.answer([alice]);
    assert.equal(await ask('alice'), 'found');
    assert.equal(asked(), 2);
  });

  /** Judges by the key itself, as a signature does. */
  const isBobs = (set: KeySet) => {
    if (set.keys.some((key) => key.import()?.equals(bob.publicKey))) return 'verified';
    throw refusal('invalid_signature', 'mismatch');
  };

  it('replaced by another key: verified by the newer one', async (t) => {
    const { source, ask, asked, endpoint } = await setUp(t);
    await ask();
    endpoint.answer(publish(asAlice));
    assert.equal(await source.use(isBobs, PATIENCE), 'verified');
    assert.equal(asked(), 2);
  });

  it('not replaced: refused, and the endpoint asked once in JWKS_COOLDOWN', async (t) => {
    const { source, ask, asked, pass } = await setUp(t);
    await ask();
    const refused = () => assert.rejects(source.use(isBobs, PATIENCE), { reason: 'invalid_signature' });
    for (let times = 1; times <= 3; times++) {
      await all(20, refused);
      pass(COOLDOWN - 0.001);
      await refused();
      assert.equal(asked(), 1 + times);
      pass(0.001);
    }
  });

  it('shares its cooldown with unknown kids and failed fetches', async (t) => {
    const { source, ask, asked, pass, endpoint } = await setUp(t);
    await ask();
    assert.equal(await ask('invented'), 'unknown_key');
    endpoint.answer(publish(asAlice));
    await assert.rejects(source.use(isBobs, PATIENCE), { reason: 'invalid_signature' });
    assert.equal(asked(), 2);
    pass(COOLDOWN);
    assert.equal(await source.use(isBobs, PATIENCE), 'verified');
    assert.equal(asked(), 3);
  });

  it('refused as before where the fetch fails', async (t) => {
    const { source, ask, asked, endpoint } = await setUp(t);
    await ask();
    endpoint.answer(down);
    await assert.rejects(source.use(isBobs, PATIENCE), { reason: 'invalid_signature' });
    assert.equal(asked(), 2);
  });

  it('judged no third time: what the fetch brought is as new as can be', async (t) => {
    const { source, asked } = await setUp(t);
    let judged = 0;
    const refuse = () => {
      judged += 1;
      throw refusal('invalid_signature', 'mismatch');
    };
    await assert.rejects(source.use(refuse, PATIENCE), { reason: 'invalid_signature' });
    assert.deepEqual([asked(), judged], [1, 1]);
    await assert.rejects(source.use(refuse, PATIENCE), { reason: 'invalid_signature' });
    assert.deepEqual([asked(), judged], [2, 3]);
  });

  it('asks for nothing where the judge fails otherwise: that is a defect, no token', async (t) => {
    const { source, ask, asked } = await setUp(t);
    await ask();
    const fail = () => assert.fail('a defect');
    await assert.rejects(source.use(fail, PATIENCE), { message: 'a defect' });
    assert.equal(asked(), 1);
  });
});

describe('a token without kid', () => {
  it('where none fits: refused, and asked for once in a cooldown', async (t) => {
    const { find, asked, pass, endpoint } = await setUp(t);
    endpoint.answer(publish({ ...bob.jwk, alg: 'ES384' }));
    for (let times = 0; times < 3; times++) {
      await assert.rejects(async () => find(undefined), { reason: 'unknown_key' });
    }
    assert.equal(asked(), 2);
    endpoint.answer([bob]);
    pass(COOLDOWN);
    assert.equal((await find(undefined)).length, 1);
  });
});
