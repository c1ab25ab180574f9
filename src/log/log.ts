import { MAX_LOGGED, PLAIN } from '../text.ts';

interface Line {
  /** For Lambda's log level filter: an Allow is `info`, a refusal `warn`, an error `error`. */
  readonly level: 'info' | 'warn' | 'error';
  readonly detail?: string | undefined;
}

/** Members that say what somebody else made up: the caller, the issuer, API Gateway, Lambda. */
const NAMES = 'requestId kid principalId apiId stage method route apiRequestId FunctionName'.split(' ');

/** Bytes as written: a line stays below 4 KiB, which a pipe takes in one piece, however many threads write to it. */
const MAX_NAME_BYTES = 384;
const MAX_DETAIL_BYTES = 1000;

/** Characters that a terminal obeys, that hide others or that end a line for some reader, though not for JSON. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
const escapeCharacter = (character: string) => character.split('').map(escapeUnit).join('');

/** A value as JSON without a character that is not printable. */
function toJson(value: unknown): string {
  const json = JSON.stringify(value);
  return PLAIN.test(json) ? json : json.replace(UNPRINTABLE, escapeCharacter);
}

/** The beginning of a text: so many characters, and so many bytes as it is written. */
function cut(text: string, maxCharacters: number, maxBytes: number): string {
  // at most six bytes a character, two for a printable one
  const isShort = text.length * 6 <= maxBytes || (text.length * 2 <= maxBytes && PLAIN.test(text));
  if (isShort && text.length <= maxCharacters) return text;
  let end = 0;
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(toJson(character)) - 2;
    if (end + character.length > maxCharacters || bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** A line with its names cut. Most have nothing to cut, so that no copy is made. */
function cutNames(line: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  let result = line;
  for (const name of NAMES) {
    const value = line[name];
    const text = typeof value === 'string' ? cut(value, MAX_LOGGED, MAX_NAME_BYTES) : value;
    if (text !== value) result = { ...result, [name]: text };
  }
  return result;
}

/**
 * A log that writes one JSON object a line: the level, the time, and the rest.
 *
 * @param now the clock, in milliseconds since the epoch
 * @param write takes a whole line, with its end
 */
export function createLog(now: () => number, write: (line: string) => void) {
  return ({ level, detail, ...line }: Line): void => {
    const timestamp = new Date(now()).toISOString();
    const cutDetail = detail && cut(detail, MAX_DETAIL_BYTES, MAX_DETAIL_BYTES);
    write(`${toJson({ level, timestamp, ...cutNames(line), detail: cutDetail })}\n`);
  };
}
