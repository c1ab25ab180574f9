import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'dotenv';
import { type Config, ConfigurationError, type Environment, readConfig } from '../src/config/config.ts';
import { settingNames } from '../src/config/settings.ts';
import { credentialsOf, type Explanation, explain, isPlaceholder } from './explain.ts';
import { type Invocation, invoke } from './invoke.ts';
import { startIssuer } from './issuer.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NEEDED = ['TOKEN_ISSUER', 'JWKS_URI', 'AUDIENCE'];

/** What the function is to be run with. */
interface Input {
  /** What was done to get it, in words. */
  readonly steps: readonly string[];
  readonly settings: Environment;
  /** Where the settings stand, in words. */
  readonly settingsFrom: string;
  readonly event: unknown;
  /** What to do next, once it went well. */
  readonly next?: string;
  readonly close?: () => Promise<void>;
}

/** Something that keeps the function from being run. */
class Mistake extends Error implements Explanation {
  readonly problem: string;
  readonly remedy: string;

  constructor(problem: string, remedy: string) {
    super(problem);
    this.problem = problem;
    this.remedy = remedy;
  }
}

/** A file's text, without the mark that some editors begin it with; nothing where there is no such file. */
function read(folder: string, name: string): string | undefined {
  try {
    return readFileSync(resolve(folder, name), 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Mistake(
      `${name} can't be read (${(error as NodeJS.ErrnoException).code}).`,
      'Make it readable.',
    );
  }
}

/** The parser's own message is not shown: it quotes the text, and the token with it. */
function parseEvent(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /at position (\d+)/.exec(String(error))?.[1];
    const line = position && ` (line ${text.slice(0, Number(position)).split('\n').length})`;
    throw new Mistake(
      `event.json is not JSON${line ?? ''}.`,
      'Compare it with event.json.sample: names and texts in double quotes, a comma between members but not after the last.',
    );
  }
}

/** The user's own settings and event; nothing where there is neither `.env` nor `event.json`. */
function fromFiles(folder: string, environment: Environment): Input | undefined {
  const env = read(folder, '.env');
  const event = read(folder, 'event.json');
  if (event === undefined && env === undefined) return undefined;
  if (event === undefined) {
    throw new Mistake(
      `There is a .env, but no event.json in ${folder}`,
      'Copy event.json.sample to event.json, and put your access token in the place of ACCESS_TOKEN.',
    );
  }
  const surrounding = [...settingNames()].filter((name) => environment[name]?.trim());
  if (env !== undefined) {
    const ignored = surrounding.length > 0 ? `; ${surrounding.join(', ')} of the environment not used` : '';
    return {
      steps: [`Settings: .env${ignored}`, 'Event: event.json'],
      settings: parse(env),
      settingsFrom: '.env',
      event: parseEvent(event),
    };
  }
  if (!NEEDED.some((name) => surrounding.includes(name))) {
    throw new Mistake(
      `There is an event.json, but no .env in ${folder}`,
      `Copy .env.sample to .env, and put your values of ${NEEDED.join(', ')} there.`,
    );
  }
  return {
    steps: [`Settings: ${surrounding.join(', ')} of the environment (no .env)`, 'Event: event.json'],
    settings: Object.fromEntries(surrounding.map((name) => [name, environment[name]])),
    settingsFrom: 'the environment',
    event: parseEvent(event),
  };
}

/** An issuer on this machine, and a token from it: no account and no network needed. */
async function fromLocalIssuer(): Promise<Input> {
  const { issuer, jwksUri, token, close } = await startIssuer();
  const audience = 'https://api.example.com/';
  const scope = 'read:pets write:pets';
  const accessToken = token({ sub: 'C8npTEMVnBrILsBTI91MOh6dfuZbPVAU@clients', aud: audience, scope });
  const sample = read(ROOT, 'event.json.sample') ?? '';
  return {
    steps: [
      'No .env and no event.json: a token issuer on this machine stands in for yours',
      `Started it: ${issuer}`,
      `Got an access token from it, for the audience ${audience} with the scopes ${scope}`,
      'Event: event.json.sample with that token',
    ],
    settings: { TOKEN_ISSUER: issuer, JWKS_URI: jwksUri, AUDIENCE: audience },
    settingsFrom: 'scripts/local.ts',
    event: parseEvent(sample.replace('ACCESS_TOKEN', accessToken)),
    next:
      'To try a token of your own issuer: copy .env.sample to .env and event.json.sample to event.json, fill ' +
      'them in, and run this again.',
    close,
  };
}

function configOf({ settings, settingsFrom }: Input): Config {
  try {
    return readConfig(settings);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new Mistake(
      `In ${settingsFrom}: ${error.message}`,
      `Correct ${settingsFrom}; .env.sample tells what each variable is for.`,
    );
  }
}

type Print = (text: string) => void;

/** What a caller of the API would see. */
const STATUS: Readonly<Record<string, string>> = {
  allow: "the API's own answer",
  deny: '403',
  unauthorized: '401',
  error: '500',
};

/** The decision line among the lines of the log. */
function decisionOf({ log }: Invocation): { outcome: string; reason: string; detail: string } | undefined {
  for (const line of log.filter((text) => text.startsWith('{'))) {
    const { outcome, reason, detail = '' } = JSON.parse(line);
    if (outcome !== undefined) return { outcome, reason, detail };
  }
  return undefined;
}

/** Prints, but for lines that hold a part of the token, wherever it comes from. */
function printer(credentials: readonly unknown[], print: Print): Print {
  const secrets = credentials.filter(
    (value) => typeof value === 'string' && !isPlaceholder(value),
  ) as string[];
  const pieces = (line: string) => Array.from({ length: line.length }, (_, at) => line.slice(at, at + 12));
  const isSecret = (piece: string) => piece.length === 12 && secrets.some((secret) => secret.includes(piece));
  const shown = (line: string) =>
    pieces(line).some(isSecret) ? '(A line that holds a part of the token is not shown.)' : line;
  return (text) => print(text.split('\n').map(shown).join('\n'));
}

function printExplanation({ problem, remedy }: Explanation, print: Print): void {
  print(`\nWhat is wrong: ${problem}\nWhat to do: ${remedy}`);
}

/** @returns whether the request was permitted */
async function run(input: Input, printText: Print): Promise<boolean> {
  const { steps, settings, settingsFrom, event, next } = input;
  const config = configOf(input);
  const print = printer(credentialsOf(event, config), printText);
  for (const step of steps) print(`- ${step}`);
  print('- Run: src/index.ts, through lambda-local');
  const invocation = await invoke(event, settings);
  const { answer, error, log, stderr } = invocation;
  const decision = decisionOf(invocation);
  print(`\nThe function's log:\n${log.join('\n')}`);
  if (stderr) print(`\nBeside it:\n${stderr.trimEnd()}`);
  if (answer !== undefined) print(`\nThe policy:\n${JSON.stringify(answer, null, 2)}`);
  if (error) print(`\nThe error: ${error.errorMessage}`);
  if (!decision) throw new Mistake('The function ended without a decision.', 'See the error above.');
  print(`\nThe caller sees: ${STATUS[decision.outcome]}`);
  if (decision.reason === 'authorized' && answer !== undefined) {
    if (next) print(`\n${next}`);
    return true;
  }
  printExplanation(
    explain({ ...decision, event, config, settings: settingsFrom, now: Date.now() / 1000 }),
    print,
  );
  return false;
}

/** The folder with `.env` and `event.json`: the project's own, unless another is named. */
function folderOf(args: readonly string[]): string {
  const [option, folder, ...others] = args;
  if (option === undefined) return ROOT;
  if (option !== '--dir' || folder === undefined || others.length > 0) {
    throw new Mistake(`${args.join(' ')} is not understood.`, 'Run it as: npm start [-- --dir FOLDER]');
  }
  if (!existsSync(folder)) throw new Mistake(`There is no folder ${folder}.`, 'Name another, or none.');
  return resolve(folder);
}

/**
 * Runs the function on what stands in a folder, and prints what came of it.
 *
 * @param args `--dir FOLDER`; none for the project's own folder
 * @param environment for settings that stand in no file
 * @param print takes a text of one line or more
 * @returns the exit code: 0 where the request was permitted
 */
export async function main(args: readonly string[], environment: Environment, print: Print): Promise<number> {
  try {
    const input = fromFiles(folderOf(args), environment) ?? (await fromLocalIssuer());
    try {
      return (await run(input, print)) ? 0 : 1;
    } finally {
      await input.close?.();
    }
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    printExplanation(error, print);
    return 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2), process.env, console.log);
}
