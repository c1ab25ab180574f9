import { fork } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Decision, Handler } from '../../src/authorizer.ts';
import { type Environment, readConfig } from '../../src/config/config.ts';
import { settingNames } from '../../src/config/settings.ts';
import type { Outcome, Reason } from '../../src/decision.ts';
import { writeStdout } from '../../src/log/stdout.ts';
import { type Cause, sentenceOf } from '../../src/sentences.ts';
import { LOADER_ARGS } from '../loader.ts';

const THIS_FILE = fileURLToPath(import.meta.url);
const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Longer than a fetch of keys can take (`JWKS_TIMEOUT`, 30 s at the most). */
const TIMEOUT = 40_000;

/** What the function decided, as far as another process can get it. */
export interface Decided {
  readonly reason: Reason;
  readonly outcome: Outcome;
  readonly cause: Cause | undefined;
  /** The cause in the function's own words. */
  readonly sentence: string;
  /** The token's scopes. Empty unless the token is authentic. */
  readonly scopes: readonly string[];
  /** Of the ARN. Empty if the event could not be read. */
  readonly method: string;
  readonly path: string;
  readonly stage: string;
  /** The event has its token in `authorizationToken`. */
  readonly isTokenEvent: boolean;
  readonly isSimple: boolean;
}

/** The function's answer, or the error with which it ended, as lambda-local reports it. */
interface Ending {
  readonly answer?: unknown;
  readonly error?: { readonly errorType: string; readonly errorMessage: string };
  readonly decided?: Decided | undefined;
}

/** One invocation of the function, seen from outside. Without `decided`, its process broke down. */
export interface Invocation extends Ending {
  /** The lines of its log, as they were written. */
  readonly log: readonly string[];
  /** What Node itself wrote: warnings, a crash. */
  readonly stderr: string;
}

const decidedOf = ({ reason, outcome, cause, caller, request }: Decision): Decided => ({
  ...{ reason, outcome, cause },
  sentence: cause ? sentenceOf(cause) : '',
  scopes: String(caller?.context.scope ?? '')
    .split(' ')
    .filter(Boolean),
  ...{ method: request?.method ?? '', path: request?.path ?? '', stage: request?.stage ?? '' },
  ...{ isTokenEvent: request?.kind.isTokenEvent === true, isSimple: request?.isSimple === true },
});

/**
 * Runs the function once in this process, composed as on Lambda.
 *
 * @param call hands the event to the handler
 */
export async function runHere(
  settings: Environment,
  write: (line: string) => void,
  call: (handler: Handler) => Promise<unknown>,
): Promise<Ending> {
  let decided: Decided | undefined;
  try {
    // not by the process that only starts this one: they take a while to load
    const { compose } = await import('../../src/compose.ts');
    const { fetchJwks } = await import('../../src/keys/jwks.ts');
    const observe = (decision: Decision) => {
      decided = decidedOf(decision);
    };
    const { handler } = compose({ config: readConfig(settings), fetchJwks, now: Date.now, write, observe });
    return { answer: await call(handler), decided };
  } catch (error) {
    if (!(error instanceof Error)) return { error: error as Required<Ending>['error'], decided };
    return { error: { errorType: error.name, errorMessage: error.message }, decided };
  }
}

/**
 * This process's environment with these settings and no others. lambda-local hands the user's AWS credentials to
 * the function, out of variables and of files in the home directory; this function needs none.
 */
function environment(settings: Environment): Environment {
  const names = new Set(settingNames());
  const isForeign = (name: string) => !names.has(name) && !name.startsWith('AWS_');
  const inherited = Object.entries(process.env).filter(([name]) => isForeign(name.toUpperCase()));
  // its lines are not counted with those of the tests: Node passes this variable on unless it is told not to
  const own = { HOME: FOLDER, USERPROFILE: FOLDER, NODE_V8_COVERAGE: undefined };
  return { ...Object.fromEntries(inherited), ...own, ...settings };
}

/**
 * Runs the function once, through lambda-local, in a process of its own: with just these settings, and with a
 * standard output of its own, to which it writes its log.
 *
 * @param event what API Gateway would send; it goes over a channel that no list of processes shows
 * @param settings the function's environment variables
 */
export async function invoke(event: unknown, settings: Environment): Promise<Invocation> {
  const child = fork(THIS_FILE, [], {
    cwd: FOLDER,
    env: environment(settings),
    execArgv: [...LOADER_ARGS],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('The process of the function has no output');
  const ending = new Promise<Ending>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Ending)); // from `runHere`
    child.once('close', () => resolve({})); // after the last message
    child.once('error', reject);
  });
  child.send({ event });
  const [ended, written, warnings] = await Promise.all([ending, text(stdout), text(stderr)]);
  return { ...ended, log: written.split('\n').filter((line) => line !== ''), stderr: warnings };
}

if (process.argv[1] === THIS_FILE) {
  process.once('message', async ({ event }: { event: unknown }) => {
    const { execute } = await import('lambda-local');
    const ending = await runHere(process.env, writeStdout, (handler) =>
      // at a higher verbose level it prints the event, and the token with it
      execute({ event, lambdaFunc: { handler }, timeoutMs: TIMEOUT, verboseLevel: 0 }),
    );
    process.send?.(ending, undefined, undefined, () => process.exit());
  });
}
