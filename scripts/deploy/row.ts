/** One thing that was looked at: in a word or two, and in a sentence what was seen. */
export interface Row {
  readonly ok: boolean;
  readonly what: string;
  readonly says: string;
}

export const row = (ok: boolean, what: string, says: string): Row => ({ ok, what, says });

/** Members of an answer of AWS: each may be there or not. */
export type Members = Readonly<Record<string, unknown>>;

/** A value as an object; one without members where it is none. */
export const members = (value: unknown): Members =>
  typeof value === 'object' && value !== null ? (value as Members) : {};

/** JSON text as an object; one without members where it is none. */
export function parsed(text: string): Members {
  try {
    return members(JSON.parse(text));
  } catch {
    return {};
  }
}
