import { writeSync } from 'node:fs';

const STDOUT = 1;

/** Milliseconds that a reader of the log can be behind before it costs a line. */
const MAX_WAIT = 100;

/** Blocks this thread: only for a reader of the log that is slower than we are. */
const pause = (milliseconds: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

/** What a pipe did not take of a line that it took the beginning of. */
let rest: Uint8Array = new Uint8Array();

/** Writes what the pipe takes in time. @returns what it does not take */
function writeAll(bytes: Uint8Array): Uint8Array {
  let left = bytes;
  for (let waited = 0; left.length > 0; ) {
    try {
      left = left.subarray(writeSync(STDOUT, left));
    } catch (error) {
      // EAGAIN: the pipe is full. Anything else (EPIPE: no reader) doesn't justify refusing a request
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return new Uint8Array();
      if (waited === MAX_WAIT) return left;
      pause(1);
      waited += 1;
    }
  }
  return left;
}

/**
 * Writes a line to standard output itself: Lambda's text format puts a prefix before what `console` prints, and
 * `process.stdout` takes milliseconds to come to life at a cold start. A reader that is behind costs the line.
 */
export function writeStdout(line: string): void {
  rest = writeAll(rest);
  if (rest.length > 0) return;
  const bytes = Buffer.from(line);
  const left = writeAll(bytes);
  if (left.length < bytes.length) rest = left;
}
