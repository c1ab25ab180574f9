import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { spawnNode } from './spawn.ts';

/** A first invocation. */
export interface FirstInvocation {
  /** From the start of the process to the answer's last byte. */
  readonly milliseconds: number;
  readonly answer: unknown;
}

const TIMEOUT = 30_000;

/**
 * Starts a process under Lambda's Runtime API (Lambda Developer Guide, "Using the Lambda runtime API"), gives it one
 * event, and ends it. Each has an API of its own, so that nothing of an earlier one can get in between.
 *
 * @param runtimeFile the runtime client
 * @param env of the process; where the API is, is added
 * @param output the open file that its standard output is written to
 * @throws Error where the handler fails, or the process ends or hangs instead
 */
export async function invokeOnce(
  runtimeFile: string,
  env: NodeJS.ProcessEnv,
  output: number,
  event: object,
): Promise<FirstInvocation> {
  const api = createServer();
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const { port } = api.address() as AddressInfo; // it listens on a port, not on a pipe
  const timeout = AbortSignal.timeout(TIMEOUT);
  const start = performance.now();
  const child = spawnNode([runtimeFile], { ...env, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}` }, output);
  try {
    return await new Promise((resolve, reject) => {
      let isGiven = false;
      api.on('request', async (request, response) => {
        if (request.url?.endsWith('/invocation/next')) {
          // the second one waits for an event that never comes, until the process is ended
          if (isGiven) return;
          isGiven = true;
          response.writeHead(200, {
            'content-type': 'application/json',
            'lambda-runtime-aws-request-id': randomUUID(),
            'lambda-runtime-deadline-ms': String(Date.now() + TIMEOUT),
            'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:123456789012:function:bench',
          });
          response.end(JSON.stringify(event));
          return;
        }
        const body = await text(request);
        if (request.url?.endsWith('/response')) {
          resolve({ milliseconds: performance.now() - start, answer: JSON.parse(body) });
        } else {
          reject(new Error(body));
        }
        response.writeHead(202, { 'content-type': 'application/json' }).end('{}');
      });
      child.ended.then((why) => reject(new Error(`the process ended: ${why}`)), reject);
      timeout.onabort = () => reject(new Error(`no answer in ${TIMEOUT} ms`));
    });
  } finally {
    timeout.onabort = null;
    child.kill();
    await child.ended; // it must not take time from the next one
    api.close();
    api.closeAllConnections();
  }
}
