import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { describe, it } from 'node:test';
import {
  alice,
  all,
  bob,
  COOLDOWN,
  carol,
  cutOff,
  down,
  hang,
  heldBack,
  LIMIT,
  MAX_AGE,
  MAX_STALE,
  PATIENT,
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
    assert.deepEqual(await Promise.all(kids.map((kid) => ask(kid))), [
      'found',
      'unknown_key',
      'unknown_key',
      'found',
    ]);
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
    assert.deepEqual(await Promise.all(kids.map((kid) => ask(kid))), [
      'unknown_key',
      'found',
      'unknown_key',
      'found',
    ]);
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

  it(
    'is counted from when the endpoint was asked: its answer may have been on its way for long',
    LIMIT,
    async (t) => {
      const { ask, asked, pass, endpoint } = await setUp(t, PATIENT);
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
    },
  );

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
    const { source, pass, endpoint } = await setUp(t);
    const [before] = await source.find('alice', 'ES256');
    assert.equal(before?.key.equals(alice.publicKey), true);
    endpoint.answer(publish({ ...bob.jwk, kid: 'alice' }));
    pass(MAX_AGE);
    const after = await source.find('alice', 'ES256');
    assert.equal(after.length, 1);
    assert.equal(after[0]?.key.equals(bob.publicKey), true);
  });

  it('two keys with one kid: the one that fits counts', async (t) => {
    const { source, ask, endpoint } = await setUp(t);
    endpoint.answer(publish({ ...alice.jwk, kid: 'x', alg: 'ES384' }, { ...bob.jwk, kid: 'x' }));
    const found = await source.find('x', 'ES256');
    assert.equal(found.length, 1);
    assert.equal(found[0]?.key.equals(bob.publicKey), true);
    assert.equal(await ask('x', 'RS256'), 'unsupported_algorithm');
  });
});

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
    it(`${name}: the set is used on, and without one the keys can't be had`, LIMIT, async (t) => {
      const env = { JWKS_TIMEOUT: '0.05' };
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
    const { ask, asked, pass, endpoint } = await setUp(t, PATIENT);
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
    const { ask, asked, pass, endpoint } = await setUp(t, PATIENT);
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
    const { ask, pass, endpoint } = await setUp(t, PATIENT);
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

describe('the log', () => {
  it('a fetch writes one line', async (t) => {
    const { ask, lines, endpoint } = await setUp(t, { keys: [alice, bob] });
    await ask();
    const { issuer, jwksUri } = endpoint;
    const message = 'fetched 2 verification keys in 0 ms';
    assert.deepEqual(lines, [{ level: 'info', message, issuer, jwksUri }]);
  });

  it('a fetch that fails says why', async (t) => {
    const { source, lines, endpoint } = await setUp(t);
    endpoint.answer(down);
    const { issuer, jwksUri } = endpoint;
    const detail = 'it answered with status 503, not 200';
    await assert.rejects(async () => source.find('alice', 'ES256'), {
      message: `The keys of ${issuer} can't be had from ${jwksUri}: ${detail}.`,
    });
    const message = 'could not fetch the JWK Set';
    assert.deepEqual(lines, [{ level: 'warn', message, issuer, jwksUri, detail }]);
  });

  it('so does a set without a usable key', async (t) => {
    const { ask, lines, endpoint } = await setUp(t);
    endpoint.answer(publish());
    await ask();
    assert.deepEqual(
      lines.map(({ level, detail }) => [level, detail]),
      [['warn', 'its answer holds no usable key']],
    );
  });

  it('each skipped key writes one line, a warning where something is wrong with it', async (t) => {
    const { ask, lines, endpoint } = await setUp(t);
    const long = 'k'.repeat(300);
    endpoint.answer(
      publish({ ...alice.jwk, kid: long, x: '' }, { ...bob.jwk, use: 'enc' }, 'nothing', carol.jwk),
    );
    assert.equal(await ask('carol'), 'found');
    assert.deepEqual(
      lines.map(({ level, message, kid, detail }) => [level, message, kid, detail]),
      [
        ['warn', 'skipped a key of the JWK Set', 'k'.repeat(128), 'not a readable public key'],
        ['info', 'skipped a key of the JWK Set', 'bob', 'not for signatures (use)'],
        ['warn', 'skipped a key of the JWK Set', undefined, 'not a JSON object'],
        ['info', 'fetched 1 verification keys in 0 ms', undefined, undefined],
      ],
    );
    assert.equal(
      lines.some((line) => 'outcome' in line),
      false,
    );
  });
});
