import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { fetchJwks } from '../../src/keys/jwks.ts';

export const GIVEN_UP = 'given up';
/** Stands for whatever an endpoint may say: none of it may get into the log. */
export const MARKER = 'said-by-the-endpoint';

/** Fetches keys, and gives up once something has happened. */
export function fetchFrom(uri: string, happened?: Promise<unknown>): Promise<readonly unknown[]> {
  const controller = new AbortController();
  happened?.then(
    () => controller.abort(new Error(GIVEN_UP)),
    () => undefined, // the test has ended
  );
  return fetchJwks(uri, controller.signal);
}

/** Looks in each turn of the event loop whether something has happened, as long as the test runs. */
export async function until({ signal }: Pick<TestContext, 'signal'>, hasHappened: () => boolean) {
  while (!hasHappened()) {
    signal.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The message of the error that a fetch ends with; it quotes nothing of the answer. */
export async function failureOf(uri: string, happened?: Promise<unknown>): Promise<string> {
  const error: unknown = await fetchFrom(uri, happened).then(
    () => undefined,
    (reason) => reason,
  );
  assert.ok(error instanceof Error, 'the fetch failed');
  assert.ok(!error.message.includes(MARKER), error.message);
  return error.message;
}

/** Writes a text one byte at a time, faster than any idle time-out would notice. */
export function drip(
  stream: { readonly write: (text: string) => unknown; readonly destroyed: boolean },
  text: string,
): void {
  let position = 0;
  const timer = setInterval(() => {
    const byte = text[position++];
    if (stream.destroyed || byte === undefined) clearInterval(timer);
    else stream.write(byte);
  }, 5);
}
