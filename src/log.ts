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

/** What is counted of one decision. */
export interface Measures {
  readonly functionName: string;
  readonly outcome: Outcome;
  /** Milliseconds from the event to the answer. */
  readonly duration: number;
  /** Seconds since the issuer's keys were fetched, where the decision had to do with any. */
  readonly keySetAge: number | undefined;
  /** Fetches of keys, of whatever issuer, since the decision before this one. */
  readonly keyFetches: number;
  readonly keyFetchFailures: number;
}

/**
 * The members that make a decision line a CloudWatch embedded metric as well (CloudWatch User Guide,
 * "Specification: Embedded metric format"). Dimensions stay few: the function, and for one metric the reason.
 *
 * @param timestamp milliseconds since the epoch
 */
export function embeddedMetrics(namespace: string, timestamp: number, measures: Measures) {
  const { functionName, outcome, duration, keySetAge, keyFetches, keyFetchFailures } = measures;
  const metrics = [
    { Name: 'Allow', Unit: 'Count', value: Number(outcome === 'allow') },
    { Name: 'Deny', Unit: 'Count', value: Number(outcome === 'deny') },
    { Name: 'Unauthorized', Unit: 'Count', value: Number(outcome === 'unauthorized') },
    { Name: 'Error', Unit: 'Count', value: Number(outcome === 'error') },
    { Name: 'Duration', Unit: 'Milliseconds', value: duration },
    { Name: 'KeySetAge', Unit: 'Seconds', value: keySetAge },
    { Name: 'KeyFetches', Unit: 'Count', value: keyFetches },
    { Name: 'KeyFetchFailures', Unit: 'Count', value: keyFetchFailures },
  ].filter(({ value }) => value !== undefined);
  const Namespace = namespace;
  return {
    _aws: {
      Timestamp: timestamp,
      CloudWatchMetrics: [
        {
          Namespace,
          Dimensions: [['FunctionName']],
          Metrics: metrics.map(({ Name, Unit }) => ({ Name, Unit })),
        },
        {
          Namespace,
          Dimensions: [['FunctionName', 'reason']],
          Metrics: [{ Name: 'Decisions', Unit: 'Count' }],
        },
      ],
    },
    FunctionName: functionName,
    Decisions: 1,
    ...Object.fromEntries(metrics.map(({ Name, value }) => [Name, value])),
  };
}

/** A line about an issuer's keys: a fetch, or a key that was skipped. */
export interface KeyLine extends Line {
  readonly message: string;
  readonly issuer: string;
  readonly jwksUri?: string;
  readonly kid?: string | undefined;
  readonly detail?: string;
}

const KID_LENGTH = 128;

/** As much of a `kid` as is logged. */
export const cutKid = (kid: string | undefined) => kid?.slice(0, KID_LENGTH);

export type Log = (line: DecisionLine | KeyLine) => void;

const STDOUT = 1;

/** Line ends to some readers of logs, though not to JSON. */
const LINE_ENDS = ['\u0085', '\u2028', '\u2029'];
const escapeCharacter = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Looks before it replaces: most lines hold none, and to see that is the faster half. */
const escapeLineEnds = (json: string) =>
  LINE_ENDS.reduce((text, end) => (text.includes(end) ? text.replaceAll(end, escapeCharacter) : text), json);

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

/** Writes times as ISO 8601. A date is formatted once a second, for it takes as long as the rest of a line. */
function createTimeFormat(): (milliseconds: number) => string {
  let second = Number.NaN;
  let text = '';
  return (milliseconds) => {
    const current = Math.floor(milliseconds / 1000);
    if (current !== second) {
      second = current;
      text = new Date(current * 1000).toISOString().replace('000Z', '');
    }
    return `${text}${String(Math.floor(milliseconds) % 1000).padStart(3, '0')}Z`;
  };
}

/**
 * A log that writes one JSON object a line to standard output: the level, the time, and the rest.
 *
 * @param now the clock, in milliseconds since the epoch
 */
export function createLog(now: () => number): Log {
  const format = createTimeFormat();
  return (line) => {
    const { level } = line;
    writeStdout(`${escapeLineEnds(JSON.stringify({ level, time: format(now()), ...(line as object) }))}\n`);
  };
}
