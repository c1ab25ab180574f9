import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Leftovers } from './leftovers.ts';
import { temporaryFolder, unpackInto } from './unpacked.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** An error as another process can tell it; something thrown that is no Error has its type for a name. */
export interface Thrown {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** A line of the log. Those with an `outcome` are decision lines. */
export type Line = Readonly<Record<string, unknown>>;

/** What came of one event: what the handler returned, or threw. */
export interface Reply {
  readonly requestId: string;
  readonly result?: unknown;
  readonly error?: Thrown;
  /** The lines with this request's id; the contract has exactly one. */
  readonly lines: readonly Line[];
  /** The first of them, and an empty object where there is none. */
  readonly line: Line;
  /** What the function left behind; not known of one in this process. */
  readonly left?: Leftovers;
}

/** What a loaded file exports. */
export interface Exports {
  readonly exports: readonly string[];
  /** What the handler is. */
  readonly type: string;
  readonly parameters: number;
  /** What loading left behind. */
  readonly left: Leftovers;
}

/** A function that is asked, and what it wrote: the source in this process, or the zip in one of its own. */
export interface Fn {
  /**
   * Hands over an event, as Lambda does; calls may overlap. `undefined` members arrive as such.
   *
   * @param remaining milliseconds until the invocation's own time-out
   */
  readonly call: (event?: unknown, remaining?: number) => Promise<Reply>;
  /** Every event so far, and what came of it. */
  readonly calls: readonly { readonly event: unknown; readonly reply: Reply }[];
  /** All that it wrote to standard output and to standard error so far. */
  readonly output: () => { readonly stdout: string; readonly stderr: string };
  /** The lines of standard output so far, parsed. */
  readonly lines: () => readonly Line[];
  /** Ends it; rejects if its process had died, of an unhandled rejection for example. */
  readonly stop: () => Promise<void>;
}

/** A function in a process of its own, with its own environment and output. */
export interface Loaded extends Fn {
  /** Why the file did not load, if it did not. */
  readonly loadError: Thrown | undefined;
  /** What it exports, if it did load. */
  readonly loaded: Exports | undefined;
  /** Freezes the process and lets it go on, as Lambda does between invocations: `SIGSTOP` and `SIGCONT`. */
  readonly signal: (name: 'SIGSTOP' | 'SIGCONT') => void;
}

type Message = { readonly id?: string } & Partial<Pick<Loaded, 'loaded' | 'loadError'>> &
  Pick<Reply, 'result' | 'error'>;

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));

/** What a process needs whatever it does. None of the caller's settings. */
const INHERITED = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'];

/** What ends a wait for keys while the function loads. */
export const LOADING_ENDS = 'loading waits no longer than 2 s';

/** Loads the zip until its wait for keys has another end: on a busy machine no endpoint may answer in 2 s. */
export async function startInTime(env: Environment): Promise<Loaded> {
  for (;;) {
    const fn = await start(env);
    if (!fn.lines().some(({ detail }) => detail === LOADING_ENDS)) return fn;
    await fn.stop();
  }
}

/**
 * Loads the `index.mjs` that the zip holds, alone in a folder, in a new process.
 *
 * @param env its environment: nothing of the caller's gets in
 * @returns once the file is loaded, or has failed to: see `loadError`
 */
export async function start(env: Environment): Promise<Loaded> {
  const folder = temporaryFolder();
  const cwd = join(folder.path, 'task');
  mkdirSync(cwd);
  // files and not pipes: what was written before an answer came is there when it comes
  const paths = { stdout: join(folder.path, 'stdout'), stderr: join(folder.path, 'stderr') };
  const [stdout, stderr] = [openSync(paths.stdout, 'a'), openSync(paths.stderr, 'a')];
  const inherited = Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]));
  const child = spawn(process.execPath, [CHILD, await unpackInto(cwd)], {
    cwd,
    // Node hands this variable on unless it is told not to; the zip's lines are not counted
    env: { ...inherited, NODE_V8_COVERAGE: undefined, ...env },
    stdio: ['ignore', stdout, stderr, 'ipc'],
    serialization: 'advanced',
  });
  closeSync(stdout);
  closeSync(stderr);
  const output = () => ({ stdout: readFileSync(paths.stdout, 'utf8'), stderr: readFileSync(paths.stderr, 'utf8') });
  const pending = new Map<string, { resolve: (message: Message) => void; reject: (error: Error) => void }>();
  const calls: { event: unknown; reply: Reply }[] = [];
  const death = () => new Error(`The process has ended (${child.exitCode ?? child.signalCode}): ${output().stderr}`);

  const hasEnded = new Promise<void>((resolve) => {
    child.on('exit', () => {
      for (const { reject } of pending.values()) reject(death());
      pending.clear();
      resolve();
    });
  });
  // a function that nobody asks anything keeps no test alive, not even one that failed before it could stop it
  function hold(isWaitedFor: boolean): void {
    for (const handle of [child, child.channel]) isWaitedFor ? handle?.ref() : handle?.unref();
  }
  child.on('message', (message: Message) => {
    const { id = 'load' } = message;
    pending.get(id)?.resolve(message);
    pending.delete(id);
    hold(pending.size > 0);
  });
  const messageWith = (id: string) =>
    new Promise<Message>((resolve, reject) => {
      pending.set(id, { resolve, reject });
      hold(true);
    });

  const lines = (): readonly Line[] => (output().stdout.match(/.*\n/g) ?? []).map((line) => JSON.parse(line));
  let isFrozen = false;

  const { loadError, loaded } = await messageWith('load');
  return {
    loadError,
    loaded,
    calls,
    output,
    lines,
    call: async (event, remaining) => {
      if (loadError) throw new Error(`The function did not load: ${loadError.message}`);
      if (!child.connected) throw death();
      const requestId = randomUUID();
      const answer = messageWith(requestId);
      child.send({ event, context: { awsRequestId: requestId, functionName: 'authorizer', remaining } });
      const { id: _, ...rest } = await answer;
      const own = lines().filter((line) => line.requestId === requestId);
      const reply = { requestId, ...rest, lines: own, line: own[0] ?? {} };
      calls.push({ event, reply });
      return reply;
    },
    signal: (name) => {
      assert.ok(child.kill(name), `${name} was not sent`);
      isFrozen = name === 'SIGSTOP';
    },
    stop: async () => {
      hold(true);
      if (isFrozen) child.kill('SIGCONT'); // a frozen process can't end
      if (child.connected) child.disconnect();
      await hasEnded;
      const error = child.exitCode === 0 ? undefined : death();
      folder.remove();
      if (error) throw error;
    },
  };
}
