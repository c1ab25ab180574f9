import type { JsonObject } from '../../src/json.ts';

/** One thing that was looked at: in a word or two, and in a sentence what was seen. */
export interface Row {
  readonly ok: boolean;
  readonly what: string;
  readonly says: string;
}

export const row = (ok: boolean, what: string, says: string): Row => ({ ok, what, says });

/** A value as an object; one without members where it is none. */
export const members = (value: unknown): JsonObject =>
  typeof value === 'object' && value !== null ? (value as JsonObject) : {};

/** JSON text as an object; one without members where it is none. */
export function parsed(text: string): JsonObject {
  try {
    return members(JSON.parse(text));
  } catch {
    return {};
  }
}
