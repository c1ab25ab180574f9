import { randomUUID } from 'node:crypto';
import { compose, type World } from '../../src/compose.ts';
import { type Environment, readConfig } from '../../src/config/config.ts';
import { fetchJwks } from '../../src/keys/jwks.ts';
import type { Fn, Line, Reply, Thrown } from './harness.ts';

/**
 * Puts an authorizer together as `src/index.ts` does, in this process: quick to start, and with a clock and an
 * endpoint of the test's own.
 *
 * @param now milliseconds since the epoch
 * @returns the handler, and the log as lines and to the byte
 */
export function composeHere(env: Environment, fetchJwks: World['fetchJwks'], now: () => number) {
  const lines: Line[] = [];
  const written: string[] = [];
  const write = (line: string) => {
    written.push(line);
    lines.push(JSON.parse(line));
  };
  return { handler: compose({ config: readConfig(env), fetchJwks, now, write }).handler, lines, written };
}

/** An error as a process of its own would tell it. */
export const thrown = (error: unknown): Thrown =>
  error instanceof Error
    ? { name: error.name, message: error.message, stack: String(error.stack) }
    : { name: typeof error, message: String(error), stack: '' };

/** The source in this process, with the real clock and endpoint, seen like one in a process of its own. */
export async function startInProcess(env: Environment): Promise<Fn> {
  const { handler, lines, written } = composeHere(env, fetchJwks, Date.now);
  const calls: { event: unknown; reply: Reply }[] = [];
  return {
    calls,
    output: () => ({ stdout: written.join(''), stderr: '' }),
    lines: () => lines,
    call: async (event) => {
      const requestId = randomUUID();
      const outcome = await handler(event, { awsRequestId: requestId }).then(
        (result) => ({ result }),
        (error: unknown) => ({ error: thrown(error) }),
      );
      const own = lines.filter((line) => line.requestId === requestId);
      const reply = { requestId, ...outcome, lines: own, line: own[0] ?? {} };
      calls.push({ event, reply });
      return reply;
    },
    stop: async () => undefined,
  };
}
