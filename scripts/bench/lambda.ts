import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';

/** How a process is started: the Node binary, its arguments, and the open file for its standard output. */
export interface Start {
  readonly node: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Not a pipe, because its reader would take time from the process. */
  readonly output: number;
}

const TIMEOUT = 60_000;

export function spawnNode({ node, args, env, output }: Start) {
  const child = spawn(node, args, { env, stdio: ['ignore', output, 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill); // one that is stopped would stay for ever
  child.once('close', () => process.off('exit', kill));
  const errors = child.stderr ? text(child.stderr) : '';
  const ended = once(child, 'close').then(async ([code, signal]) => ({
    isOk: code === 0,
    why: `${signal ?? `exit code ${code}`}\n${await errors}`,
  }));
  return { pid: child.pid ?? 0, ended, kill };
}

const throttled = new Int32Array(new SharedArrayBuffer(12));
new Worker(new URL('./throttle-worker.mjs', import.meta.url), { workerData: throttled }).unref();

/** From now on a process (`0`: none) has that share of a CPU, and begins with that share of one period. */
function throttle(pid: number, share: number): void {
  Atomics.store(throttled, 1, share < 1 ? pid : 0);
  Atomics.store(throttled, 2, share * 1e6);
  Atomics.add(throttled, 0, 1);
  Atomics.notify(throttled, 0);
}

/** Megabytes (2^20); only Linux tells. */
function peakMemory(pid: number): number {
  const file = `/proc/${pid}/status`;
  const [, kilobytes] = (existsSync(file) && /VmHWM:\s*(\d+)/.exec(readFileSync(file, 'utf8'))) || [];
  return Number(kilobytes) / 1024;
}

/**
 * Starts a process under Lambda's Runtime API (Lambda Developer Guide, "Using the Lambda runtime API"), hands it an
 * event, and ends it. Each has an API of its own, so that nothing of an earlier one can get in between. As on Lambda it
 * has all of the CPU until it asks for its event, and its share from then on.
 *
 * @param start the runtime client; where the API is, is added to its environment
 * @param share of a CPU, 1 for all that there is
 * @returns in milliseconds: `cold` from the start of the process to the last byte of its answer, `first` from handing
 * out the event to there; `memory` in MB, resident at most
 * @throws Error where the answer is no Allow, or the process ends or hangs instead
 */
export async function live(start: Start, share: number, event: object) {
  const api = createServer();
  await once(api.listen(0, '127.0.0.1'), 'listening');
  const { port } = api.address() as AddressInfo; // it listens on a port, not on a pipe
  const begun = performance.now();
  const child = spawnNode({ ...start, env: { ...start.env, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}` } });
  const end = new AbortController();
  child.ended.then(({ why }) => end.abort(new Error(why)));
  const signal = AbortSignal.any([end.signal, AbortSignal.timeout(TIMEOUT)]);
  const nextRequest = () => once(api, 'request', { signal }) as Promise<[IncomingMessage, ServerResponse]>;
  try {
    const [, response] = await nextRequest();
    throttle(child.pid, share); // it has waited, and so not used its share of this period
    const handedOut = performance.now();
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': randomUUID(),
      'lambda-runtime-deadline-ms': String(Date.now() + TIMEOUT),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:123456789012:function:bench',
    });
    response.end(JSON.stringify(event));
    const [answer] = await nextRequest();
    const body = await text(answer);
    const answered = performance.now();
    if (!body.includes('"Allow"')) throw new Error(body);
    return { cold: answered - begun, first: answered - handedOut, memory: peakMemory(child.pid) };
  } finally {
    throttle(0, 1);
    child.kill();
    await child.ended; // it must not take time from the next one
    api.close();
    api.closeAllConnections();
  }
}
