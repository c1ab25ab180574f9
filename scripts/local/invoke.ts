import type { Decision, Handler } from '../../src/authorizer.ts';
import { compose } from '../../src/compose.ts';
import { type Environment, readConfig } from '../../src/config/config.ts';
import { fetchJwks } from '../../src/keys/jwks.ts';

/**
 * Runs the function once, composed as on Lambda, with just these settings.
 *
 * @param call hands the event to the handler
 */
export async function runHere(settings: Environment, call: (handler: Handler) => Promise<unknown>) {
  const log: string[] = [];
  let decision: Decision | undefined;
  let [answer, error]: [unknown?, string?] = [];
  const write = (line: string) => log.push(line.trimEnd());
  const observe = (made: Decision) => {
    decision = made;
  };
  const { handler } = compose({ config: readConfig(settings), fetchJwks, now: Date.now, write, observe });
  try {
    answer = await call(handler);
  } catch (thrown) {
    // an error of the function, or what lambda-local makes of one
    const { message, errorMessage = message } = thrown as { message: string; errorMessage?: string };
    error = errorMessage;
  }
  return { answer, error, decision, log };
}

/** Longer than a fetch of keys can take (`JWKS_TIMEOUT`, 30 s at the most). */
const TIMEOUT = 40_000;

/** Runs the function once, through lambda-local, which gives it what Lambda does beside the event. */
export const invoke = (event: unknown, settings: Environment) =>
  runHere(settings, async (handler) => {
    const { execute } = await import('lambda-local'); // only now: tests do without
    // at a higher verbose level it prints the event, and the token with it
    return execute({ event, lambdaFunc: { handler }, timeoutMs: TIMEOUT, verboseLevel: 0 });
  });
