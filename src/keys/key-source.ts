import { KeysUnavailable, Refusal } from '../decision.ts';
import { describeNone, describeSkipped, importKeys, type KeySet } from './key-set.ts';
import { type Deadline, SharedFetch } from './shared-fetch.ts';

/** A line about an issuer's keys: a fetch, or the entries of its JWK Set that were skipped. */
export interface KeyLine {
  readonly level: 'info' | 'warn';
  readonly message: string;
  readonly issuer: string;
  readonly jwksUri: string;
  readonly fetch?: 'succeeded' | 'failed';
  readonly detail?: string;
}

/** What a key source needs. Durations are milliseconds. */
interface KeySourceOptions {
  readonly issuer: string;
  /** The endpoint, as it may be shown. */
  readonly jwksUri: string;
  readonly fetchKeys: (signal: AbortSignal) => Promise<readonly unknown[]>;
  readonly maxAge: number;
  readonly maxStale: number;
  readonly cooldown: number;
  readonly timeout: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: (line: KeyLine) => void;
}

/** A set, and when the endpoint was asked for it: a key may have been withdrawn before the answer came. */
interface Held extends KeySet {
  readonly askedAt: number;
}

/**
 * The verification keys of one issuer: when they are fetched, and how long they may be used.
 *
 *     age of the set:        0 ........... maxAge .............. maxAge + maxStale ..........
 *     its state:               fresh         stale                 expired, as where none is held
 *     the issuer answers:      used as is    fetched anew first    fetched anew first
 *     the issuer is down:      used as is    used on; asked        KeysUnavailable; asked
 *                                            again each cooldown   again by each request
 *
 * A token that the set can't verify (an unknown kid, another alg, a wrong signature) may be signed by a newer key. It
 * has the endpoint asked at once, unless the source is cooling down; the cooldown is the same one for all reasons.
 */
export class KeySource {
  readonly #options: KeySourceOptions;
  readonly #fetch: SharedFetch<Held>;
  #held: Held | undefined;
  #isDown = false;
  #cooldownBegan = Number.NEGATIVE_INFINITY;

  constructor(options: KeySourceOptions) {
    this.#options = options;
    this.#fetch = new SharedFetch((signal) => this.#load(signal), options.timeout);
  }

  /** Seconds since the fetch of the cached keys began. */
  get age(): number | undefined {
    return this.#held && (this.#options.now() - this.#held.askedAt) / 1000;
  }

  /** Fetches the keys ahead of the first request. A failure is logged; the first request then asks again. */
  async prefetch(deadline: Deadline): Promise<void> {
    await this.#fetch.wait(deadline).catch(() => undefined);
  }

  /**
   * Judges a token by the cached keys and, if these refuse it, once more by newer keys if there are any.
   *
   * @param judge throws a Refusal where the set does not verify the token
   * @throws Refusal of the last judgement
   * @throws KeysUnavailable where no set is young enough
   */
  async use<T>(judge: (set: KeySet) => T, deadline: Deadline): Promise<T> {
    const before = this.#held;
    const held = await this.#current(before, deadline);
    try {
      return judge(held);
    } catch (error) {
      // a set that came in while this request waited is as new as can be
      if (!(error instanceof Refusal) || held !== before) throw error;
      if (!this.#fetch.isRunning) {
        if (this.#isCoolingDown()) throw error;
        this.#cooldownBegan = this.#options.now();
      }
      const newer = await this.#newOr(held, deadline);
      if (newer === held) throw error;
      return judge(newer);
    }
  }

  #stateOf({ askedAt }: Held): 'fresh' | 'stale' | 'expired' {
    const { now, maxAge, maxStale } = this.#options;
    const elapsed = now() - askedAt;
    const age = elapsed < 0 ? maxAge : elapsed; // a clock that was set back makes no set younger
    if (age < maxAge) return 'fresh';
    return age < maxAge + maxStale ? 'stale' : 'expired';
  }

  #isCoolingDown(): boolean {
    const elapsed = this.#options.now() - this.#cooldownBegan;
    return elapsed >= 0 && elapsed < this.#options.cooldown;
  }

  async #current(held: Held | undefined, deadline: Deadline): Promise<Held> {
    const state = held ? this.#stateOf(held) : 'expired';
    if (held && state === 'fresh') return held;
    // an outage that is known delays no request but the one that asks again
    const isAsked = this.#fetch.isRunning || this.#isCoolingDown();
    if (held && state === 'stale' && this.#isDown && isAsked) return held;
    return this.#newOr(held, deadline);
  }

  /** A new set, or, after a failed fetch, the cached one if it is still young enough. */
  async #newOr(held: Held | undefined, deadline: Deadline): Promise<Held> {
    try {
      return await this.#fetch.wait(deadline);
    } catch (error) {
      if (held && this.#stateOf(held) !== 'expired') return held;
      const { issuer, jwksUri } = this.#options;
      throw new KeysUnavailable({ issuer, jwksUri, why: messageOf(error) });
    }
  }

  async #load(signal: AbortSignal): Promise<Held> {
    const { fetchKeys, now } = this.#options;
    const askedAt = now();
    try {
      const set = importKeys(await fetchKeys(signal));
      if (set.skipped.length + set.ignored.count > 0) this.#tell(describeSkipped(set));
      if (set.keys.length === 0) throw new Error(describeNone(set));
      const message = `fetched ${set.keys.length} verification keys in ${now() - askedAt} ms`;
      this.#tell({ level: 'info', message, fetch: 'succeeded' });
      this.#held = { ...set, askedAt };
      this.#isDown = false;
      return this.#held;
    } catch (error) {
      this.#tell({ level: 'warn', message: 'could not fetch the JWK Set', fetch: 'failed', detail: messageOf(error) });
      this.#isDown = true;
      if (this.#held && this.#stateOf(this.#held) !== 'expired') this.#cooldownBegan = now();
      throw error;
    }
  }

  #tell(line: Omit<KeyLine, 'issuer' | 'jwksUri'>): void {
    const { issuer, jwksUri, log } = this.#options;
    log({ ...line, issuer, jwksUri });
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
