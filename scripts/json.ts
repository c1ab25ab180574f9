import { isObject, type JsonObject } from '../src/json.ts';

/** JSON text as a value; nothing if it is not JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A value as an object; one without members if it isn't an object. */
export const members = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** JSON text as an object; one without members if it isn't an object. */
export const parsed = (text: string): JsonObject => members(jsonOf(text));
