/** What a JSON object holds, by member name. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a number that JavaScript holds as JSON wrote it: finite, and as an integer at most 2^53 − 1. */
export const isExactNumber = (value: unknown): value is number =>
  Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value));

/** A value if it is a string. */
export const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
