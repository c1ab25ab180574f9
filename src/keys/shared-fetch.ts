/** How long a caller can wait. */
export interface Deadline {
  /** Milliseconds from now on. */
  readonly remaining: () => number;
  /** Why it ends, for messages. */
  readonly reason: string;
}

interface Running<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * One fetch for all who wait for it. Each waits as long as it can; the last to leave ends the fetch, for what nobody
 * awaits is frozen with the execution environment, and fails a later request.
 */
export class SharedFetch<T> {
  readonly #fetch: (signal: AbortSignal) => Promise<T>;
  readonly #timeout: number;
  #running: Running<T> | undefined;

  /**
   * @param fetch once it is aborted, it closes what it opened and rejects with the signal's reason
   * @param timeout of each fetch, in milliseconds
   */
  constructor(fetch: (signal: AbortSignal) => Promise<T>, timeout: number) {
    this.#fetch = fetch;
    this.#timeout = timeout;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Waits for the fetch that is running, or starts one.
   *
   * @throws what the fetch rejects with, or an Error where the deadline comes first
   */
  async wait(deadline: Deadline): Promise<T> {
    const milliseconds = deadline.remaining();
    if (milliseconds <= 0) throw new Error(deadline.reason);
    this.#running ??= this.#start();
    const running = this.#running;
    running.waiting += 1;
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_, reject) => {
      if (milliseconds >= this.#timeout) return; // the fetch itself ends sooner
      timer = setTimeout(() => reject(new Error(deadline.reason)), milliseconds);
    });
    try {
      return await Promise.race([running.result, expired]);
    } finally {
      clearTimeout(timer);
      running.waiting -= 1;
      if (running.waiting === 0) {
        this.#giveUp(running, deadline.reason);
        await running.result.catch(() => undefined); // settled already, or as soon as its connection is closed
      }
    }
  }

  #start(): Running<T> {
    const controller = new AbortController();
    const end = () => this.#giveUp(running, `it did not answer in ${this.#timeout / 1000} s`);
    const timer = setTimeout(end, this.#timeout);
    const result = this.#fetch(controller.signal).finally(() => {
      clearTimeout(timer);
      this.#forget(running);
    });
    result.catch(() => undefined); // those who wait are told, and nobody may be left of them
    const running = { result, controller, waiting: 0 };
    return running;
  }

  /** Ends a fetch. A request that comes while its connection closes starts another: the deadline was not its own. */
  #giveUp(running: Running<T>, reason: string): void {
    this.#forget(running);
    running.controller.abort(new Error(reason));
  }

  #forget(running: Running<T>): void {
    if (this.#running === running) this.#running = undefined;
  }
}
