import type { Config, Issuer } from './config.ts';
import { type Algorithm, importKeys, selectKeys, type VerificationKey } from './key-set.ts';
import { cutKid, type Log } from './log.ts';
import { KeysUnavailable, Refusal } from './reasons.ts';

/** What a key source needs from outside. */
export interface KeySourceOptions {
  readonly issuer: Issuer;
  readonly config: Config;
  /** Asks the endpoint for the entries of its JWK Set, in so many milliseconds at the most. */
  readonly fetchKeys: (jwksUri: string, timeout: number) => Promise<readonly unknown[]>;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

interface KeySet {
  readonly keys: readonly VerificationKey[];
  /** When the endpoint was asked for it: what it answered may have lain in a frozen process since. */
  readonly askedAt: number;
}

/** Milliseconds: enough for an endpoint that is well, and little on top of a time-out. */
const SECOND_TRY = 250;

/** A promise's value, or after so many milliseconds the error; the promise itself goes on. */
async function waitFor<T>(promise: Promise<T>, milliseconds: number, error: unknown): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, milliseconds, error);
  });
  try {
    return await Promise.race([promise, end]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The verification keys of one issuer: when they are fetched, and how long they may be used.
 *
 *     age:  0 ........ maxAge ................. maxAge + maxStale ......
 *           used as is | refreshed before use;  | refreshed before use,
 *                      | used on if that fails  | or KeysUnavailable
 */
export class KeySource {
  readonly issuer: string;
  readonly #options: KeySourceOptions;
  readonly #maxAge: number;
  readonly #maxStale: number;
  readonly #cooldown: number;
  readonly #timeout: number;

  #held: KeySet | undefined;
  #fetching: Promise<KeySet> | undefined;
  #early: Promise<KeySet> | undefined;
  /** Whether the last fetch failed: an outage is known. */
  #isDown = false;
  #fetches = 0;
  #failures = 0;
  /** Until then no fetch that only a caller asks for: by an unknown kid, or during a known outage. */
  #quietUntil = 0;

  constructor(options: KeySourceOptions) {
    const { issuer, config } = options;
    this.issuer = issuer.issuer;
    this.#options = options;
    this.#maxAge = config.jwksMaxAge * 1000;
    this.#maxStale = config.jwksMaxStale * 1000;
    this.#cooldown = config.jwksCooldown * 1000;
    this.#timeout = config.jwksTimeout * 1000;
  }

  /** Seconds since the keys in hand were fetched. */
  get age(): number | undefined {
    return this.#held && this.#ageOf(this.#held) / 1000;
  }

  /** How many fetches began, and how many failed, since this was last asked. */
  takeCounts(): { fetches: number; failures: number } {
    const counts = { fetches: this.#fetches, failures: this.#failures };
    this.#fetches = 0;
    this.#failures = 0;
    return counts;
  }

  /**
   * The keys that may have signed a token.
   *
   * @param kid of the token, if it has one
   * @returns at least one key
   * @throws Refusal `unknown_key`, `unsupported_algorithm`
   * @throws KeysUnavailable
   */
  find(
    kid: string | undefined,
    alg: Algorithm,
  ): Promise<readonly VerificationKey[]> | readonly VerificationKey[] {
    const keys = this.#held && this.#isFresh(this.#held) ? selectKeys(this.#held.keys, kid, alg) : [];
    return keys.length > 0 ? keys : this.#search(kid, alg); // no promise where there is nothing to wait for
  }

  async #search(kid: string | undefined, alg: Algorithm): Promise<readonly VerificationKey[]> {
    const heldBefore = this.#held;
    const held = await this.#current();
    let keys = selectKeys(held.keys, kid, alg);
    // a set that came in while this request waited is news enough
    if (keys.length === 0 && held === heldBefore) keys = selectKeys((await this.#ask(held)).keys, kid, alg);
    if (keys.length > 0) return keys;
    const what =
      kid === undefined ? 'The token names no key, and not exactly one fits' : "No key has the token's kid";
    throw new Refusal('unknown_key', `${what} at ${this.#options.issuer.jwksUri}.`);
  }

  /**
   * Asks for the keys ahead of the first request, which is then served sooner, or, whatever becomes of this
   * fetch, as if it had not been.
   */
  fetchEarly(): void {
    this.#early = this.#refresh();
    this.#early.catch(() => undefined); // it is logged, and the first request asks again
  }

  async #current(): Promise<KeySet> {
    const held = this.#held;
    if (held === undefined) return this.#first();
    if (this.#isFresh(held)) return held;
    if (!this.#isUsable(held)) return this.#refresh();
    // once an outage is known it slows down no request but the one that asks
    if (this.#isDown && (this.#fetching !== undefined || this.#isQuiet())) return held;
    return this.#refreshOr(held);
  }

  #ageOf({ askedAt }: KeySet): number {
    return this.#options.now() - askedAt;
  }

  #isFresh(held: KeySet): boolean {
    return this.#ageOf(held) < this.#maxAge;
  }

  #isUsable(held: KeySet): boolean {
    return this.#ageOf(held) < this.#maxAge + this.#maxStale;
  }

  /** A fetch that nobody but a caller asks for: one that is under way, or a new one where the cooldown is over. */
  async #ask(held: KeySet): Promise<KeySet> {
    if (this.#fetching === undefined) {
      if (this.#isQuiet()) return held;
      this.#quietUntil = this.#options.now() + this.#cooldown;
    }
    return this.#refreshOr(held);
  }

  #isQuiet(): boolean {
    return this.#options.now() < this.#quietUntil;
  }

  /**
   * The first set. A fetch in the init phase may have been frozen half-way: then this request asks for itself, in
   * what is left of its own time.
   */
  async #first(): Promise<KeySet> {
    const early = this.#fetching === this.#early ? this.#early : undefined;
    if (early === undefined) return this.#refresh();
    const deadline = this.#options.now() + this.#timeout;
    try {
      return await early;
    } catch (error) {
      return waitFor(this.#refresh(), Math.max(deadline - this.#options.now(), SECOND_TRY), error);
    }
  }

  /** A newer set, or the one in hand while it is usable. */
  async #refreshOr(held: KeySet): Promise<KeySet> {
    try {
      return await this.#refresh();
    } catch (error) {
      if (!(error instanceof KeysUnavailable) || !this.#isUsable(held)) throw error;
      this.#quietUntil = this.#options.now() + this.#cooldown;
      return held;
    }
  }

  /** One fetch serves every request that waits for it. */
  #refresh(): Promise<KeySet> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<KeySet> {
    const { issuer, fetchKeys, now, log } = this.#options;
    const startedAt = now();
    this.#fetches += 1;
    try {
      const { keys, skipped } = importKeys(await fetchKeys(issuer.jwksUri, this.#timeout));
      for (const { kid, why, faulty } of skipped) {
        const message = 'skipped a key of the JWK Set';
        log({ level: faulty ? 'warn' : 'info', message, ...issuer, kid: cutKid(kid), detail: why });
      }
      if (keys.length === 0) throw new Error('its answer holds no usable key');
      const message = `fetched ${keys.length} verification keys in ${now() - startedAt} ms`;
      log({ level: 'info', message, ...issuer });
      this.#held = { keys, askedAt: startedAt };
      this.#isDown = false;
      return this.#held;
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      log({ level: 'warn', message: 'could not fetch the JWK Set', ...issuer, detail });
      this.#isDown = true;
      this.#failures += 1;
      throw new KeysUnavailable(
        `The keys of ${issuer.issuer} can't be had from ${issuer.jwksUri}: ${detail}.`,
      );
    }
  }
}

/** How many fetches of all these sources began, and how many failed, since this was last asked. */
export function takeCounts(sources: readonly KeySource[]): { keyFetches: number; keyFetchFailures: number } {
  const counts = sources.map((source) => source.takeCounts());
  return {
    keyFetches: counts.reduce((sum, { fetches }) => sum + fetches, 0),
    keyFetchFailures: counts.reduce((sum, { failures }) => sum + failures, 0),
  };
}
