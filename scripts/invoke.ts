import { fork } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../src/config/config.ts';
import { settingNames } from '../src/config/settings.ts';
import { LOADER_ARGS } from './loader.ts';

const THIS_FILE = fileURLToPath(import.meta.url);
const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Longer than a fetch of keys can take (`JWKS_TIMEOUT`, 30 s at the most). */
const TIMEOUT = 40_000;

/** What lambda-local makes of an error. */
interface LambdaError {
  readonly errorType: string;
  readonly errorMessage: string;
}

/** What the function returned, or with which error it ended; neither where its process broke down. */
interface Ending {
  readonly answer?: unknown;
  readonly error?: LambdaError;
}

/** One invocation of the function, seen from outside. */
export interface Invocation extends Ending {
  /** The lines of its log, as they were written. */
  readonly log: readonly string[];
  /** What Node itself had to say: warnings, a crash. */
  readonly stderr: string;
}

/**
 * This process's environment with these settings and no others. lambda-local hands the user's AWS credentials to
 * the function, out of variables and of files in the home directory; this function needs none.
 */
function environment(settings: Environment): Environment {
  const names = new Set(settingNames());
  const isForeign = (name: string) => !names.has(name) && !name.startsWith('AWS_');
  const inherited = Object.entries(process.env).filter(([name]) => isForeign(name.toUpperCase()));
  // the lines that it runs are not counted with those of the tests; Node hands this on unless it is told not to
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
    child.once('message', (message) => resolve(message as Ending)); // from `run`, below
    child.once('close', () => resolve({})); // after the last message
    child.once('error', reject);
  });
  child.send({ event });
  const [ended, written, warnings] = await Promise.all([ending, text(stdout), text(stderr)]);
  return { ...ended, log: written.split('\n').filter((line) => line !== ''), stderr: warnings };
}

/** In the process of its own: loads the function as Lambda does, once it is asked, and invokes it. */
async function run(event: unknown): Promise<Ending> {
  try {
    const { execute } = await import('lambda-local');
    const lambdaFunc = await import('../src/index.ts');
    // at a higher verbose level it prints the event, and the token with it
    return { answer: await execute({ event, lambdaFunc, timeoutMs: TIMEOUT, verboseLevel: 0 }) };
  } catch (error) {
    if (!(error instanceof Error)) return { error: error as LambdaError };
    return { error: { errorType: error.name, errorMessage: error.message } };
  }
}

if (process.argv[1] === THIS_FILE) {
  process.once('message', async ({ event }: { event: unknown }) => {
    const ending = await run(event);
    process.send?.(ending, undefined, undefined, () => process.exit());
  });
}
