import assert from 'node:assert/strict';
import { fetchJwks } from '../../src/keys/jwks.ts';

/** For an answer that is to be waited for, in milliseconds: far more than any takes. */
export const LONG = 10_000;
/** For one that is not. */
export const SHORT = 100;
export const GIVEN_UP = 'given up';
/** Stands for whatever an endpoint may say: none of it may get into the log. */
export const MARKER = 'said-by-the-endpoint';

/** Fetches keys, and gives up after so many milliseconds. */
export async function fetchIn(uri: string, timeout = LONG): Promise<readonly unknown[]> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(GIVEN_UP)), timeout);
  return fetchJwks(uri, controller.signal).finally(() => clearTimeout(timer));
}

/** The message of the error that a fetch ends with; it quotes nothing of the answer. */
export async function failureOf(uri: string, timeout = LONG): Promise<string> {
  const error: unknown = await fetchIn(uri, timeout).then(
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
