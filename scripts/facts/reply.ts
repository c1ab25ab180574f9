import { isObject } from '../../src/json.ts';
import type { Reply } from './endpoint.ts';

/** An answer's text, without the mark at its beginning. */
export const textOf = (reply: Reply | undefined) => (reply?.body.toString() ?? '').replace(/^\uFEFF/, '').trim();

/** What an answer is as JSON, if it is that. */
export function jsonOf(reply: Reply | undefined): unknown {
  try {
    return JSON.parse(textOf(reply));
  } catch {
    return undefined;
  }
}

/** The entries of a JWK Set, where there is one. */
export function entriesOf(reply: Reply | undefined): readonly unknown[] {
  const json = jsonOf(reply);
  return isObject(json) && Array.isArray(json.keys) ? json.keys : [];
}
