import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { describe, it } from 'node:test';
import type { Environment } from '../../src/config/config.ts';
import { refusal } from '../../src/decision.ts';
import type { KeySet } from '../../src/keys/key-set.ts';
import {
  alice,
  all,
  bob,
  COOLDOWN,
  down,
  hang,
  heldBack,
  LIMIT,
  MAX_AGE,
  MAX_STALE,
  PATIENCE,
  publish,
  setUp,
} from '../support/sources.ts';

const KEYS = { alice, bob };
const VERDICTS = { '': 'found', '-': 'unknown_key', '?': 'keys_unavailable', '~': 'unsupported_algorithm' } as const;
type Mark = keyof typeof VERDICTS;

/**
 * What happens to a source, and what it says, step by step. The keys are fresh for 600 s and stale for 3600 s more; the
 * cooldown is 30 s. The kid x stands for another that nobody publishes, each time.
 *
 *     alice  -bob  ?bob    a token with this kid: its key is found, is unknown, the keys are unavailable
 *     ~alice               a token with this kid and another alg: unsupported_algorithm
 *     100*alice  bob&-x    so many at once, or these
 *     =alice,bob  down     from now on the endpoint publishes these keys, or answers with 503
 *     +29.999              so many seconds pass
 *     #2                   the endpoint was asked so often
 */
type Row = readonly [name: string, steps: string, env?: Environment];

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  'one fetch serves every request that waits for it': [
    ['the first', '100*alice #1'],
    ['the first, with kids that it does not bring among them', 'alice&-x&-x&alice #1'],
    ['the first, where it fails', 'down 100*?alice #1'],
    ['a refresh', 'alice +600 100*alice #2'],
    ['a refresh that fails', 'alice +600 down 100*alice #2'],
    ['that for an unknown kid, whatever kid the others wait for', 'alice =alice,bob -x&bob&-x&bob #2'],
  ],
  age: [
    ['a set younger than JWKS_MAX_AGE answers without the network', 'alice down +599.999 alice #1'],
    ['an older one is refreshed before it is used', 'alice =bob +600 -alice bob #2'],
    ['JWKS_MAX_AGE is as it is set', 'alice +0.499 alice #1 +0.001 alice #2', { JWKS_MAX_AGE: '0.5' }],
    ['a withdrawn key is refused from the next successful fetch on', '=alice,bob alice =bob alice -x -alice bob'],
  ],
  'no set that is young enough': [
    [
      'every request asks anew, so that the end of an outage is seen at once',
      'down ?alice ?alice ?x #3 =alice alice #4',
    ],
    ['likewise where the one in hand is too old', 'alice down +4200 ?alice =bob bob -alice'],
    ['a failed fetch begins no cooldown', 'alice down +4200 ?alice =alice alice =alice,bob bob'],
  ],
  'an unknown kid': [
    ['is asked for at most once in JWKS_COOLDOWN', 'alice 200*-x +29.999 -x #2 +0.001 200*-x #3'],
    ['a key published in a flood', 'alice -x =alice,bob -bob&-x&alice +29 -bob&-x&alice +1 -x&bob #3 bob'],
    // 599 s old, and then refreshed 1 s after the flood asked last
    ['a flood delays no refresh', '=alice,bob alice +599 -x +599 -x =bob +599 -x =alice +1 -alice #4 +599 alice #5'],
    ['where asking fails, others are served', 'alice down -bob =alice,bob +29.999 -bob alice #2 +0.001 bob'],
    ['asks no more often during an outage', 'alice down +600 alice&-x&alice #2 +30 alice&-x #3 +30 alice&-x #4'],
    ['JWKS_COOLDOWN=0: each may ask', 'alice -x #2 -x #3', { JWKS_COOLDOWN: '0' }],
    ['another alg is asked for as seldom', 'alice 50*~alice +29.999 ~alice #2 +0.001 50*~alice +29.999 ~alice #3'],
  ],
  'a refresh that fails': [
    [
      'asked again once in JWKS_COOLDOWN',
      'alice down +600 10*alice +29.999 10*alice #2 +0.001 10*alice +29.999 10*alice #3 +0.001 alice #4',
    ],
    [
      'JWKS_COOLDOWN is as it is set',
      'alice down +600 alice +0.499 alice #2 +0.001 alice #3',
      { JWKS_COOLDOWN: '0.5' },
    ],
    ['an outage that is over is forgotten', 'alice down +600 alice =alice,bob +30 bob =bob +600 -alice&-alice #4'],
    ['the set is used up to JWKS_MAX_STALE more, and no moment longer', 'alice down +4199.999 alice +0.001 ?alice'],
    ['JWKS_MAX_STALE is as it is set', 'alice down +600.499 alice +0.001 ?alice', { JWKS_MAX_STALE: '0.5' }],
    ['JWKS_MAX_STALE=0 turns that off', 'alice down +600 ?alice ?alice #3 =alice alice', { JWKS_MAX_STALE: '0' }],
  ],
  'a clock that was set back': [
    ['makes no set younger: it is refreshed', 'alice =bob +-3600 -alice bob #2'],
    ['and in an outage it is used on as one just past JWKS_MAX_AGE', 'alice down +-31536000 alice'],
    ['but not with JWKS_MAX_STALE=0', 'alice down +-0.001 ?alice', { JWKS_MAX_STALE: '0' }],
    // the keys in hand are 5 s old, and the cooldown began in 5 s
    ['ends a cooldown that begins in the future', 'alice +10 down -bob =alice,bob +-5 bob #3'],
  ],
};

for (const [about, rows] of Object.entries(ROWS)) {
  describe(about, () => {
    for (const [name, steps, env = {}] of rows) {
      it(name, async (t) => {
        const { ask, asked, pass, endpoint } = await setUp(t, { env });
        let invented = 0;
        async function askAll(step: string): Promise<void> {
          const [, count = '1', tokens = ''] = /^(?:(\d+)\*)?(.*)$/.exec(step) ?? [];
          const due = tokens.split('&').flatMap((token) => Array<string>(Number(count)).fill(token));
          const verdicts = await all(due.length, (index) => {
            const kid = due[index]?.replace(/^\W/, '') ?? '';
            return ask(kid === 'x' ? `x-${invented++}` : kid, due[index]?.startsWith('~') ? 'RS256' : 'ES256');
          });
          assert.deepEqual(
            verdicts,
            due.map((token) => VERDICTS[token.replace(/\w+$/, '') as Mark]),
            step,
          );
        }
        for (const step of steps.split(' ')) {
          if (step.startsWith('+')) pass(Number(step.slice(1)));
          else if (step.startsWith('#')) assert.equal(asked(), Number(step.slice(1)), step);
          else if (step === 'down') endpoint.answer(down);
          else if (step.startsWith('='))
            endpoint.answer(
              publish(
                ...step
                  .slice(1)
                  .split(',')
                  .map((kid) => KEYS[kid as keyof typeof KEYS].jwk),
              ),
            );
          else await askAll(step);
        }
      });
    }
  });
}

describe('the keys that a source hands out', () => {
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
});

describe('requests while a fetch is under way', () => {
  it('an unknown kid never makes a known one wait', LIMIT, async (t) => {
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

  it('a fetch begins its cooldown when it is asked for, not when the answer comes', LIMIT, async (t) => {
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

  for (const [name, answer, kid] of [
    ['slows down no request but the one that asks', down, 'alice'],
    ['is over for that one, should the endpoint answer', publish(bob.jwk), 'bob'],
  ] as const) {
    it(`a known outage ${name}`, LIMIT, async (t) => {
      const { ask, asked, pass, endpoint } = await setUp(t);
      await ask();
      endpoint.answer(down);
      pass(MAX_AGE);
      await ask();
      pass(COOLDOWN);
      const { listener, arrived, release } = heldBack(answer);
      endpoint.answer(listener);
      const asking = ask(kid);
      await arrived;
      assert.deepEqual(await all(10, () => ask()), Array(10).fill('found'));
      release();
      assert.equal(await asking, 'found');
      assert.equal(asked(), 3);
    });
  }

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
});

describe('whatever a failed fetch looks like', () => {
  const faults: Readonly<Record<string, RequestListener>> = {
    '503': down,
    'an empty set': publish(),
    'no usable key': publish({ kty: 'oct', k: 'AA', kid: 'alice' }, null),
    'an answer that breaks off': (_request, response) => response.write('{"keys":[', () => response.socket?.destroy()),
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
});

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
