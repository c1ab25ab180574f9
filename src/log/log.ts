import type { Outcome, Reason } from '../decision.ts';

/** For Lambda's log level filter: an Allow is `info`, a refusal `warn`, an error `error`. */
export type Level = 'info' | 'warn' | 'error';

/** What every line holds, whatever it tells. */
interface Line {
  readonly level: Level;
  readonly detail?: string | undefined;
}

/** Which request an event is about, as far as it tells, for the log. Never the path, which may hold anything. */
export interface Place {
  readonly apiId: string | undefined;
  readonly stage: string | undefined;
  /** Of WebSocket APIs the route key. */
  readonly method: string | undefined;
  readonly route: string | undefined;
  /** By which API Gateway's access log knows the request. */
  readonly apiRequestId: string | undefined;
}

/** The one line of an invocation. */
export interface DecisionLine extends Line, Partial<Place> {
  readonly requestId: string | undefined;
  readonly outcome: Outcome;
  readonly reason: Reason;
  readonly issuer: string | undefined;
  readonly kid: string | undefined;
  readonly principalId: string | undefined;
}

export type Log = (line: Line) => void;

/** Characters: a line stays below 4 KiB, which a pipe takes in one piece, whoever else writes to it. */
const MAX_DETAIL = 1000;

/** Line ends to some readers of logs, though not to JSON. */
const LINE_ENDS = ['\u0085', '\u2028', '\u2029'];
const escapeCharacter = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Looks before it replaces: most lines hold none, and to see that is the faster half. */
const escapeLineEnds = (json: string) =>
  LINE_ENDS.reduce((text, end) => (text.includes(end) ? text.replaceAll(end, escapeCharacter) : text), json);

/**
 * A log that writes one JSON object a line: the level, the time, and the rest.
 *
 * @param now the clock, in milliseconds since the epoch
 * @param write takes a whole line, with its end
 */
export function createLog(now: () => number, write: (line: string) => void): Log {
  return ({ level, detail, ...line }) => {
    const timestamp = new Date(now()).toISOString();
    const json = JSON.stringify({ level, timestamp, ...line, detail: detail?.slice(0, MAX_DETAIL) });
    write(`${escapeLineEnds(json)}\n`);
  };
}
