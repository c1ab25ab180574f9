import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Environment, readConfig } from '../../src/config/config.ts';
import type { Outcome } from '../../src/decision.ts';
import { type Ask, ask, hostsOf, limitedTo } from './endpoint.ts';
import { factsOf, foundIn, tokenIn } from './facts.ts';
import { checkFolder } from './files.ts';
import { type Input, type Options, readInput, tokenAnywhere } from './input.ts';
import { type Invocation, invoke } from './invoke.ts';
import { maskFor } from './mask.ts';
import { notesOf } from './mistakes/names.ts';
import { wrongSettings } from './mistakes/settings.ts';
import { type Explanation, explained, Mistake, mistake, type Said, say } from './say.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const USAGE = `Runs the authorizer once, with .env and event.json, and says what it decides and why.

npm start                            the two files of this folder; without them a token issuer on this machine
npm start -- --dir FOLDER            the two files of another folder
npm start -- --route 'GET /pets/7'   another request: the route is put into the event
npm start -- --event KIND            another kind of event, with the same token: rest, http1, http or websocket
npm start -- --token -               the token of the standard input, in the place of event.json`;

/** What a caller of the API would see. */
const STATUS: Readonly<Record<Outcome, string>> = {
  allow: "the API's own answer",
  deny: '403',
  unauthorized: '401',
  error: '500',
};

/** A refusal's reason, and the settings that it may come from. */
const CONCERNED = new RegExp(
  `^(unknown_issuer TOKEN_ISSUER|(unknown_key|invalid_signature|keys_unavailable) JWKS_|missing_token TOKEN_SOURCE|
unsupported_algorithm ALGORITHMS|unsupported_type TOKEN_TYPES|invalid_claims (PRINCIPAL|SCOPE|AUDIENCE)_CLAIM|
invalid_audience AUDIENCE|unproven_binding (TOKEN_BINDING|DPOP_URLS)|unaccepted_claim REQUIRED_CLAIMS|
(insufficient_scope|unlisted_route) (REQUIRED_SCOPES|SCOPE_CLAIM|ROUTE_SCOPES))`.replaceAll('\n', ''),
);

/** What a run needs of the world around it. */
export interface World {
  /** The project's own folder. */
  readonly root: string;
  readonly env: Environment;
  readonly print: (text: string) => void;
  /** Reaches the issuer's server. */
  readonly ask: Ask;
  /** Runs the function. */
  readonly invoke: (event: unknown, settings: Environment) => Promise<Invocation>;
  readonly stdin: () => Promise<string>;
}

const twoLines = (kind: string, { problem, remedy }: Explanation) => `\n${kind}: ${problem}\nWhat to do: ${remedy}`;

/** Prints what the invocation wrote and returned. */
function report({ answer, error, log, stderr }: Invocation, print: World['print']): void {
  print(`\nThe function's log:\n${log.join('\n')}`);
  if (stderr) print(`\nBeside it:\n${stderr.trimEnd()}`);
  if (answer !== undefined) print(`\nThe policy:\n${JSON.stringify(answer, null, 2)}`);
  if (error) print(`\nThe error: ${error.errorMessage}`);
}

/** @returns whether the request was permitted */
async function run(input: Input, world: World): Promise<boolean> {
  const { steps, settings, file, envText, event, next } = input;
  const { header, claims } = tokenIn(tokenAnywhere(event));
  const notes = notesOf(envText, settings, file, claims);
  const limited = limitedTo(hostsOf(settings), world.ask);
  const wrong = await wrongSettings({ settings, file, notes, claims, alg: header.alg }, limited);
  const maskEvent = maskFor([], event);
  for (const [at, said] of wrong.entries())
    world.print(twoLines(at === 0 ? 'What is wrong' : 'Also wrong', explained(said, maskEvent)));
  if (wrong.length > 0) return false;
  const config = readConfig(settings);
  const mask = maskFor(foundIn(event, config).found, event);
  const print = (words: string) => world.print(mask(words));
  for (const step of steps) print(`- ${step}`);
  print('- Run: the function, through lambda-local');
  const explaining = Promise.all([import('./explain.ts'), import('./mistakes/warnings.ts')]); // while the function runs
  const invocation = await world.invoke(event, settings);
  const { decided } = invocation;
  if (!decided) {
    print(invocation.stderr);
    throw mistake`The function ended without a decision: it could not be loaded, or its process broke down.\nSee the error above; npm ci repairs an installation.`;
  }
  report(invocation, print);
  print(`\nThe caller sees: ${STATUS[decided.outcome]}`);
  const [{ explain }, { warnings }] = await explaining;
  const given = { event, config, settings, file, surrounding: world.env, now: Date.now() / 1000 };
  const facts = await factsOf(given, decided, limited);
  const isPermitted = decided.reason === 'authorized' && invocation.answer !== undefined;
  const tell = (kind: string, said: Said) => world.print(twoLines(kind, explained(said, mask)));
  const cause = notes.find(({ setting }) => !isPermitted && CONCERNED.test(`${decided.reason} ${setting}`));
  if (!isPermitted) tell('What is wrong', cause ? say`${cause.wrong}\n${cause.cure}` : explain(facts));
  else for (const warning of warnings(facts)) tell('Warning', warning);
  for (const note of notes) if (note !== cause) tell('Warning', say`${note.wrong}\n${note.cure}`);
  if (isPermitted) world.print(`${next ? `\n${next}\n` : ''}\nThe request was allowed.`);
  return isPermitted;
}

const OPTIONS = {
  dir: { type: 'string' },
  route: { type: 'string' },
  event: { type: 'string' },
  token: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({ args: args.filter((arg) => arg !== 'help'), options: OPTIONS }).values;
  } catch {
    throw mistake`This is not understood: ${args.join(' ')}\nRun it as: npm start [-- --dir FOLDER]; npm start -- --help says more.`;
  }
}

/** Reads the command line. The path of a folder is relative to the caller's: npm runs scripts in the project's own. */
async function optionsOf(args: readonly string[], { env, stdin }: World): Promise<Options | 'help'> {
  const taken = Object.keys(OPTIONS).find(
    (name) => env[`npm_config_${name}`] && args.length > 0 && !args[0]?.startsWith('-'),
  );
  if (taken)
    throw mistake`npm took --${taken} for an option of its own: a "--" is missing.\nnpm start -- --${taken} ${args[0]}`;
  const { dir, route, event: kind, token, help } = readArgs(args);
  if (help || args[0] === 'help') return 'help';
  if (token !== undefined && token !== '-')
    throw mistake`A token on the command line stays in the shell's history.\nPipe it in: echo "$TOKEN" | npm start -- --token -`;
  const folder = dir === undefined ? undefined : resolve(env.INIT_CWD ?? '.', dir);
  if (folder !== undefined) checkFolder(folder);
  return { folder, route, kind, piped: token === undefined ? undefined : await stdin() };
}

/**
 * What `npm start` does: runs the function once, prints what it decides, and explains what is wrong.
 *
 * @param args the command line, after the name of the script
 * @returns whether the request was permitted, which makes the exit code
 */
export async function main(args: readonly string[], world: World): Promise<boolean> {
  try {
    const options = await optionsOf(args, world);
    if (options === 'help') {
      world.print(USAGE);
      return true;
    }
    const input = await readInput(options, world.root, world.env);
    try {
      return await run(input, world);
    } finally {
      await input.close?.();
    }
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    world.print(twoLines('What is wrong', explained(error.said)));
    return false;
  }
}

const [, script = ''] = process.argv;
if (existsSync(script) && realpathSync(script) === fileURLToPath(import.meta.url)) {
  const stdin = () => text(process.stdin);
  const world = { root: ROOT, env: process.env, print: console.log, ask, invoke, stdin };
  const isPermitted = await main(process.argv.slice(2), world);
  process.exitCode = isPermitted ? 0 : 1;
}
