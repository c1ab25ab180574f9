import { writeSync } from 'node:fs';
import type { Outcome, Reason } from './reasons.ts';

export type Level = 'info' | 'warn' | 'error';

/** What every line holds, whatever it tells. */
interface Line {
  readonly level: Level;
}

/** The one line of an invocation. */
export interface DecisionLine extends Line {
  readonly requestId: string | undefined;
  readonly outcome: Outcome;
  readonly reason: Reason;
  readonly issuer: string | undefined;
  readonly kid: string | undefined;
  readonly principalId: string | undefined;
  readonly detail: string | undefined;
}

/** A line about an issuer's keys: a fetch, or a key that was skipped. */
export interface KeyLine extends Line {
  readonly message: string;
  readonly issuer: string;
  readonly jwksUri?: string;
  readonly kid?: string | undefined;
  readonly detail?: string;
}

export type Log = (line: DecisionLine | KeyLine) => void;

const STDOUT = 1;

/** Line ends to some readers of logs, though not to JSON. */
const LINE_ENDS = /[\u0085\u2028\u2029]/g;
const escapeCharacter = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Blocks this thread: only for a reader of the log that is slower than we are. */
const pause = (milliseconds: number) =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

/**
 * Writes to standard output itself: Lambda's text format puts a prefix before what `console` prints, and
 * `process.stdout` takes milliseconds to come to life at a cold start.
 */
function writeStdout(text: string): void {
  let bytes: Uint8Array = Buffer.from(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(STDOUT, bytes));
    } catch (error) {
      // the pipe is full (EAGAIN): its reader is behind. Anything else (EPIPE: no reader) is no reason to refuse.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      pause(1);
    }
  }
}

/**
 * A log that writes one JSON object a line to standard output, with the time (ISO 8601) after the level.
 *
 * @param now the clock, in milliseconds since the epoch
 */
export const createLog =
  (now: () => number): Log =>
  (line) => {
    // the level comes first, whatever the line
    const entry = Object.assign({ level: line.level, time: new Date(now()).toISOString() }, line);
    writeStdout(`${JSON.stringify(entry).replace(LINE_ENDS, escapeCharacter)}\n`);
  };
