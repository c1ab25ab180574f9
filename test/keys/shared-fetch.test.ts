import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { SharedFetch } from '../../src/keys/shared-fetch.ts';
import { leftovers, NOTHING } from '../support/leftovers.ts';
import {
  alice,
  all,
  down,
  hang,
  heldBack,
  LIMIT,
  MAX_AGE,
  PATIENCE,
  patience,
  publish,
  setUp,
  stopTimers,
} from '../support/sources.ts';

/** What a wait ended with. */
const ended = (wait: Promise<unknown>) =>
  wait.then(
    () => 'keys',
    ({ message }: Error) => message,
  );

const causeOf = (message: string) => message.replace(/^.*\/jwks\.json: (.*)\.$/, '$1');

describe('those who wait for one fetch', () => {
  it('leave when their patience ends; who waits longer gets the keys', LIMIT, async (t) => {
    const left = leftovers(t);
    const pass = stopTimers(t);
    const { find, asked, lines, endpoint } = await setUp(t);
    const { listener, arrived, release } = heldBack(publish(alice.jwk));
    endpoint.answer(listener);
    const patient = [find('alice'), find('alice', 'ES256', patience(21))];
    await arrived;
    const hasty = ended(find('alice', 'ES256', patience(20, 'the end of a request')));
    await pass(20);
    assert.equal(causeOf(await hasty), 'the end of a request');
    assert.deepEqual(lines, [], 'the fetch goes on');
    release();
    assert.deepEqual(await Promise.all(patient.map(ended)), ['keys', 'keys']);
    assert.equal(asked(), 1);
    assert.deepEqual(left(), NOTHING);
  });

  it('end it when the last of them leaves: it counts as failed', LIMIT, async (t) => {
    const left = leftovers(t);
    const pass = stopTimers(t);
    const { find, asked, lines, endpoint } = await setUp(t);
    const { listener, arrived } = heldBack(hang);
    endpoint.answer(listener);
    const waits = [60, 20, 40].map((time) => ended(find('alice', 'ES256', patience(time, `after ${time}`))));
    await arrived;
    for (const _ of waits) {
      assert.deepEqual(lines, []);
      await pass(20);
    }
    assert.deepEqual((await Promise.all(waits)).map(causeOf), ['after 60', 'after 20', 'after 40']);
    assert.deepEqual(left(), NOTHING);
    assert.equal(asked(), 1);
    assert.deepEqual(
      lines.map((line) => [line.level, line.fetch, line.detail]),
      [['warn', 'failed', 'after 60']],
    );
  });

  it('are answered only once its connection is closed', LIMIT, async (t) => {
    const pass = stopTimers(t);
    let close = () => {};
    let given: AbortSignal | undefined;
    const fetch = new SharedFetch<string>((signal) => {
      given = signal;
      return new Promise((_, reject) => {
        close = () => reject(signal.reason);
      });
    }, 10_000);
    let isAnswered = false;
    const wait = ended(fetch.wait(patience(20))).finally(() => {
      isAnswered = true;
    });
    await pass(20);
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(given?.aborted, 'the fetch is given up');
    assert.deepEqual([isAnswered, fetch.isRunning], [false, false]);
    close();
    assert.equal(await wait, 'its patience ends');
    assert.equal(fetch.isRunning, false);
  });

  /** Does something once a fetch is given up. */
  const onceGivenUp = <T>(t: TestContext, act: (next: () => void) => unknown, ask: () => Promise<T>) =>
    new Promise<T>((resolve) => {
      const { mock } = t.mock.method(
        AbortController.prototype,
        'abort',
        function abort(this: AbortController, reason: unknown) {
          mock.restore();
          act(() => resolve(ask()));
          this.abort(reason);
        },
      );
    });

  for (const [name, act] of Object.entries({
    'the next tick': (next: () => void) => process.nextTick(next),
    'the same turn of the event loop': setImmediate,
  })) {
    for (const [what, time, why] of [
      ['given up', 20, "another request's deadline"],
      ['timed out', 30_000, 'it did not answer in 30 s'],
    ] as const) {
      it(`who comes while it is ${what}, in ${name}, starts another`, LIMIT, async (t) => {
        const left = leftovers(t);
        const pass = stopTimers(t);
        const { find, asked, endpoint } = await setUp(t);
        const { listener, arrived } = heldBack(hang);
        const answers = [listener, publish(alice.jwk)];
        endpoint.answer((request, response) => answers.shift()?.(request, response));
        const hasty = ended(find('alice', 'ES256', patience(time, why)));
        await arrived;
        const next = onceGivenUp(t, act, () => ended(find('alice')));
        await pass(time);
        assert.equal(await next, 'keys');
        assert.equal(causeOf(await hasty), why);
        assert.equal(asked(), 2);
        assert.deepEqual(left(), NOTHING);
      });
    }
  }

  it('begin a cooldown by giving up where a usable set is in hand', LIMIT, async (t) => {
    const passMilliseconds = stopTimers(t);
    const { find, ask, asked, pass, endpoint } = await setUp(t);
    await ask();
    pass(MAX_AGE);
    const { listener, arrived } = heldBack(hang);
    endpoint.answer(listener);
    const found = find('alice', 'ES256', patience(20));
    await arrived;
    await passMilliseconds(20);
    assert.equal((await found).length, 1, 'the keys in hand serve');
    assert.equal(await ask('alice'), 'found');
    assert.equal(asked(), 2);
  });

  it('wait no longer than JWKS_TIMEOUT, however patient', LIMIT, async (t) => {
    const left = leftovers(t);
    const { find, endpoint } = await setUp(t, { env: { JWKS_TIMEOUT: '0.05' } });
    endpoint.answer(hang);
    const waits = [find('alice'), find('alice', 'ES256', patience(50_000))];
    const late = 'it did not answer in 0.05 s';
    assert.deepEqual((await Promise.all(waits.map(ended))).map(causeOf), [late, late]);
    assert.deepEqual(left(), NOTHING);
  });

  it('cause no unhandled rejection, whoever leaves', LIMIT, async (t) => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listener);
    t.after(() => process.off('unhandledRejection', listener));
    const { source, endpoint } = await setUp(t, { env: { JWKS_TIMEOUT: '0.1' } });
    endpoint.answer(hang);
    await Promise.all([10, 30, 200].map((time) => source.prefetch(patience(time))));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(unhandled, []);
  });
});

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
