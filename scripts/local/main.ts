import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Environment, readConfig } from '../../src/config/config.ts';
import type { Outcome, Reason } from '../../src/decision.ts';
import { ADVICE } from './advice.ts';
import { type Ask, ask, limitedTo } from './endpoint.ts';
import { explain } from './explain.ts';
import { factsOf, foundIn, tokenAnywhere, tokenIn } from './facts.ts';
import { checkFolder } from './files.ts';
import { type Input, type Options, readInput } from './input.ts';
import { invoke } from './invoke.ts';
import { maskFor } from './mask.ts';
import { notesOf } from './mistakes/names.ts';
import { wrongSettings } from './mistakes/settings.ts';
import { warnings } from './mistakes/warnings.ts';
import { Mistake, mistake, type Said } from './say.ts';

const USAGE = `Runs the authorizer once, with .env and event.json, and says what it decides and why.

npm start                            the two files of this folder; without them a token issuer on this machine
npm start -- --dir FOLDER            the two files of another folder
npm start -- --route 'GET /pets/7'   another request: the route is put into the event
npm start -- --event KIND            another kind of event, with the same token: rest, http1, http or websocket
npm start -- --token -               the token of the standard input, in the place of event.json`;

const STATUS: Readonly<Record<Outcome, string>> = {
  allow: "the API's own answer",
  deny: '403',
  unauthorized: '401',
  error: '500',
};

/** What a run needs of the world around it: `ask` reaches the issuer's server, `invoke` runs the function. */
export interface World {
  readonly root: string;
  readonly env: Environment;
  readonly print: (text: string) => void;
  readonly ask: Ask;
  readonly invoke: typeof invoke;
  readonly stdin: () => Promise<string>;
}

const twoLines = (kind: string, { problem, remedy }: Said) => `\n${kind}: ${problem}\nWhat to do: ${remedy}`;

/** Whether a refusal may come from a setting: what helps against it names the setting. A token's times come first. */
const mayCause = (setting: string, reason: Reason) =>
  setting !== '' && !reason.startsWith('token_') && ADVICE[reason].includes(setting.replace(/_\d$/, ''));

async function run(input: Input, world: World): Promise<boolean> {
  const { steps, settings, file, envText, event, next } = input;
  const { claims } = tokenIn(tokenAnywhere(event));
  const notes = notesOf(envText, settings, file, claims);
  const limited = limitedTo(settings, world.ask);
  const wrong = await wrongSettings({ settings, file, notes, claims }, limited);
  const maskEvent = maskFor([], event);
  for (const [at, said] of wrong.entries())
    world.print(maskEvent(twoLines(at === 0 ? 'What is wrong' : 'Also wrong', said)));
  if (wrong.length > 0) return false;
  const config = readConfig(settings);
  const mask = maskFor(foundIn(event, config).found, event);
  const print = (words: string) => world.print(mask(words));
  for (const step of steps) print(`- ${step}`);
  print('- Run: the function, through lambda-local');
  const { answer, error, log, decision } = await world.invoke(event, settings);
  print(`\nThe function's log:\n${log.join('\n')}`);
  if (answer !== undefined) print(`\nThe policy:\n${JSON.stringify(answer, null, 2)}`);
  if (error) print(`\nThe error: ${error}`);
  if (!decision)
    throw mistake`The function ended without a decision: it broke down, or it took too long.
      → See the error above; npm ci repairs an installation.`;
  print(`\nThe caller sees: ${STATUS[decision.outcome]}`);
  const given = { config, settings, surrounding: world.env, now: Date.now() / 1000 };
  const facts = await factsOf(given, decision, limited);
  const isPermitted = decision.reason === 'authorized';
  const tell = (kind: string, said: Said) => print(twoLines(kind, said));
  const cause = isPermitted ? undefined : notes.find(({ setting }) => mayCause(setting, decision.reason));
  if (!isPermitted) tell('What is wrong', cause?.said ?? explain(facts));
  else for (const warning of warnings(facts)) tell('Warning', warning);
  for (const note of notes) if (note !== cause) tell('Warning', note.said);
  if (isPermitted) world.print(`${next ? `\n${next}\n` : ''}\nThe request was allowed.`);
  return isPermitted;
}

const TEXT = { type: 'string' } as const;
const HELP = { type: 'boolean', short: 'h' } as const;
const OPTIONS = { dir: TEXT, route: TEXT, event: TEXT, token: TEXT, help: HELP };

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch {
    throw mistake`This is not understood: ${args.join(' ')}
      → Run it as: npm start [-- --dir FOLDER]; npm start -- --help says more.`;
  }
}

/** Reads the command line. A folder is relative to the caller's: npm runs scripts in the project's own. */
async function optionsOf(args: readonly string[], { env, stdin }: World): Promise<Options | undefined> {
  const taken = Object.keys(OPTIONS).find((name) => env[`npm_config_${name}`]);
  if (taken && args.length > 0 && !args[0]?.startsWith('-'))
    throw mistake`npm took --${taken} for an option of its own: a "--" is missing.
      → npm start -- --${taken} ${args[0]}`;
  const { dir, route, event: kind, token, help } = readArgs(args);
  if (help) return undefined;
  if (token !== undefined && token !== '-')
    throw mistake`A token on the command line stays in the shell's history.
      → Pipe it in: echo "$TOKEN" | npm start -- --token -`;
  const folder = dir === undefined ? undefined : resolve(env.INIT_CWD ?? '.', dir);
  if (folder !== undefined) checkFolder(folder);
  return { folder, route, kind, piped: token && (await stdin()) };
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
    if (options === undefined) world.print(USAGE);
    if (options === undefined) return true;
    const input = await readInput(options, world.root, world.env);
    return await run(input, world).finally(input.close);
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    world.print(twoLines('What is wrong', error.said));
    return false;
  }
}

const [, script = ''] = process.argv;
if (existsSync(script) && realpathSync(script) === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const world = { root, env: process.env, print: console.log, ask, invoke, stdin: () => text(process.stdin) };
  process.exitCode = (await main(process.argv.slice(2), world)) ? 0 : 1;
}
