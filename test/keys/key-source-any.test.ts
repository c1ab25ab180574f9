import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { alice, bob, COOLDOWN, carol, down, MAX_AGE, MAX_STALE, publish, setUp } from '../support/sources.ts';

describe('whatever happens', () => {
  /** Time passes, the issuer may publish others or break down, and then requests come in at once. */
  interface Step {
    readonly pass: number;
    readonly published: readonly string[];
    readonly isDown: boolean;
    readonly asked: readonly string[];
  }
  const kids = fc.subarray(['alice', 'bob', 'carol'], { minLength: 1 });
  const step: fc.Arbitrary<Step> = fc.record({
    pass: fc.constantFrom(0, 1, COOLDOWN - 1, COOLDOWN, MAX_AGE - 1, MAX_AGE, MAX_STALE, MAX_AGE + MAX_STALE),
    published: kids,
    isDown: fc.boolean(),
    asked: kids,
  });

  /** Goes through the steps and checks, after each, what the contract says about keys. */
  async function check(t: Pick<TestContext, 'after'>, steps: readonly Step[]): Promise<void> {
    const { endpoint, ask, asked, pass, now } = await setUp(t);
    const known = new Map([alice, bob, carol].map((key) => [key.kid, key.jwk]));
    const age = () => (delivered === undefined ? Number.POSITIVE_INFINITY : now() - delivered.at) / 1000;
    let published: readonly string[] = [];
    let isDown = false;
    /** The last set that the endpoint gave away. */
    let delivered: { readonly kids: readonly string[]; readonly at: number } | undefined;
    let lastFailed = false;
    let tooSoon = 0;
    /** When the endpoint was last asked for a caller's sake, or in vain while a usable set was in hand. */
    let cooldownFrom = Number.NEGATIVE_INFINITY;
    const sinceCooldown = () => (now() - cooldownFrom) / 1000;

    endpoint.answer((request, response) => {
      const isUsable = age() < MAX_AGE + MAX_STALE;
      const isYoung = age() < MAX_AGE;
      if (isUsable && (isYoung || lastFailed) && sinceCooldown() < COOLDOWN) tooSoon += 1;
      if (isUsable && (isYoung || isDown)) cooldownFrom = now();
      lastFailed = isDown;
      if (isDown) return down(request, response);
      delivered = { kids: published, at: now() };
      publish(...published.map((kid) => known.get(kid)))(request, response);
    });

    for (const current of steps) {
      pass(current.pass);
      ({ published, isDown } = current);
      const askedBefore = asked();
      const mayAsk = sinceCooldown() >= COOLDOWN;
      const inHand = age() < MAX_AGE || lastFailed ? (delivered?.kids ?? []) : [];
      const verdicts = await Promise.all(current.asked.map((kid) => ask(kid)));
      const fetches = asked() - askedBefore;
      assert.ok(fetches <= 1, 'one fetch serves all');
      assert.equal(tooSoon, 0, 'no fetch within the cooldown of another');
      for (const [index, verdict] of verdicts.entries()) {
        if (verdict === 'keys_unavailable') {
          assert.ok(isDown && age() >= MAX_AGE + MAX_STALE, 'keys are unavailable only in an outage');
          continue;
        }
        const kid: string = current.asked[index] ?? '';
        const isKnown = delivered?.kids.includes(kid);
        // one that was withdrawn by this very fetch may have been found before it
        if (verdict === 'found') assert.ok(isKnown || inHand.includes(kid), kid);
        else assert.ok(verdict === 'unknown_key' && !isKnown, kid);
        assert.ok(age() < MAX_AGE + MAX_STALE, 'no set is used for too long');
        assert.ok(age() < MAX_AGE || lastFailed, 'an old set is used only in an outage');
        assert.ok(verdict === 'found' || fetches > 0 || !mayAsk, 'an unknown kid is asked for');
      }
    }
  }

  it('each rule holds', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const ends: (() => unknown)[] = [];
        try {
          await check({ after: (end) => ends.push(end as () => unknown) }, steps);
        } finally {
          await Promise.all(ends.map((end) => end()));
        }
      }),
      { numRuns: 80 },
    );
  });
});
