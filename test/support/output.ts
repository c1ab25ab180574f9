import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const LINE_END = 0x0a;

/** What a process has written into a file so far. */
export interface Output {
  readonly text: () => string;
  /** The whole lines, each parsed as JSON once. */
  readonly lines: () => readonly Line[];
  readonly close: () => void;
}

/** A line of the log. Those with an `outcome` are decision lines. */
export type Line = Readonly<Record<string, unknown>>;

/** Follows a file that another process writes. */
export function follow(path: string): Output {
  const file = openSync(path, 'a+'); // a handle of its own: reading moves no position of the writer's
  const lines: Line[] = [];
  let read = 0;

  function bytesFrom(position: number): Buffer {
    const bytes = Buffer.alloc(fstatSync(file).size - position);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, position));
  }

  return {
    text: () => bytesFrom(0).toString(),
    lines: () => {
      const news = bytesFrom(read);
      const whole = news.subarray(0, news.lastIndexOf(LINE_END) + 1);
      for (const text of whole.toString().split('\n').slice(0, -1)) lines.push(JSON.parse(text));
      read += whole.length;
      return lines;
    },
    close: () => closeSync(file),
  };
}
