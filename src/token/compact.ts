import { isUtf8 } from 'node:buffer';
import { isObject, type JsonObject } from '../json.ts';

/** Three parts in the alphabet of base64url, none empty (RFC 7515, 2 and 7.1). */
const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/** What a part may end in, by the number of characters that are left over from fours: the spare bits are zero. */
const LAST_CHARACTERS = ['', '', 'AQgw', 'AEIMQUYcgkosw048'];

/** Whether a part is written in the one canonical way: its last character has no bits that decoders ignore. */
function isCanonical(part: string): boolean {
  const leftOver = part.length % 4;
  return leftOver === 0 || (LAST_CHARACTERS[leftOver] ?? '').includes(part.slice(-1));
}

/**
 * Splits a JWS in compact serialization (RFC 7515, 7.1).
 *
 * @returns its header and payload, still encoded; `undefined` unless it has three parts of canonical base64url
 */
export function splitCompact(compact: string): { header: string; payload: string } | undefined {
  const [, header, payload, signature] = COMPACT.exec(compact) ?? [];
  if (!header || !payload || !signature) return undefined;
  return [header, payload, signature].every(isCanonical) ? { header, payload } : undefined;
}

/**
 * Whether a header has an extension. A JWS with one that the verifier doesn't understand must be refused (RFC 7515,
 * 4.1.11), and this one understands none; `b64` changes what is signed (RFC 7797, 6).
 */
export const hasExtension = (header: JsonObject): boolean =>
  Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64');

/** Decodes a header or payload. @returns the JSON object, or why it is none: a problem of `malformed_token` */
export function decodePart(part: string): JsonObject | 'not_utf8' | 'not_json' | 'not_an_object' {
  const bytes = Buffer.from(part, 'base64url');
  if (!isUtf8(bytes)) return 'not_utf8';
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isObject(value) ? value : 'not_an_object';
  } catch {
    return 'not_json';
  }
}
