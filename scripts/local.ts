import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../src/config/config.ts';
import { type Ask, ask } from './facts/endpoint.ts';
import { foundIn } from './facts/facts.ts';
import type { Explanation } from './facts/table.ts';
import { type Invocation, invoke } from './invoke.ts';
import { folderOf, USAGE } from './local/command.ts';
import { fromFiles, fromLocalIssuer, type Input } from './local/input.ts';
import { maskFor } from './local/mask.ts';
import { Mistake } from './local/mistake.ts';
import { readSettings } from './local/settings.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What a caller of the API would see. */
const STATUS: Readonly<Record<string, string>> = {
  allow: "the API's own answer",
  deny: '403',
  unauthorized: '401',
  error: '500',
};

/** Settings that a mistake with that reason may come from. */
const CONCERNED: Readonly<Record<string, RegExp>> = {
  unknown_issuer: /^TOKEN_ISSUER/,
  unknown_key: /^JWKS_URI/,
  invalid_signature: /^JWKS_URI/,
  keys_unavailable: /^JWKS_/,
  missing_token: /^TOKEN_SOURCE/,
  unsupported_algorithm: /^ALGORITHMS/,
  unsupported_type: /^TOKEN_TYPES/,
  invalid_claims: /^(PRINCIPAL|SCOPE|AUDIENCE)_CLAIM/,
  unproven_binding: /^TOKEN_BINDING/,
  invalid_audience: /^AUDIENCE/,
  unaccepted_claim: /^REQUIRED_CLAIMS/,
  insufficient_scope: /^(REQUIRED_SCOPES|SCOPE_CLAIM|ROUTE_SCOPES)/,
  unlisted_route: /^ROUTE_SCOPES/,
};

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
}

/** The decision line among the lines of the log. */
function decisionOf({ log }: Invocation): { outcome: string; reason: string; detail: string } | undefined {
  for (const line of log.filter((text) => text.startsWith('{'))) {
    const { outcome, reason, detail = '' } = JSON.parse(line);
    if (outcome !== undefined) return { outcome, reason, detail };
  }
  return undefined;
}

const tell = (kind: 'What is wrong' | 'Also wrong' | 'Warning', { problem, remedy }: Explanation) =>
  `\n${kind}: ${problem}\nWhat to do: ${remedy}`;

/** @returns whether the request was permitted */
async function run(input: Input, world: World): Promise<boolean> {
  const { print, env } = world;
  const { steps, settings, settingsFrom, event, notes, next } = input;
  const read = await readSettings(input, world.ask);
  if ('wrong' in read) {
    for (const [at, explanation] of read.wrong.entries()) {
      print(maskFor([], event)(tell(at === 0 ? 'What is wrong' : 'Also wrong', explanation)));
    }
    return false;
  }
  const { config } = read;
  const mask = maskFor(foundIn(event, config).found, event);
  for (const step of steps) print(mask(`- ${step}`));
  print('- Run: src/index.ts, through lambda-local');
  const explaining = import('./local/explain.ts'); // while the function runs, which takes longer
  const invocation = await world.invoke(event, settings);
  const { answer, error, log, stderr } = invocation;
  const decision = decisionOf(invocation);
  print(mask(`\nThe function's log:\n${log.join('\n')}`));
  if (stderr) print(mask(`\nBeside it:\n${stderr.trimEnd()}`));
  if (answer !== undefined) print(mask(`\nThe policy:\n${JSON.stringify(answer, null, 2)}`));
  if (error) print(mask(`\nThe error: ${error.errorMessage}`));
  if (!decision) throw new Mistake('noDecision');
  print(`\nThe caller sees: ${STATUS[decision.outcome]}`);
  const isPermitted = decision.reason === 'authorized' && answer !== undefined;
  const cause = notes.find(({ setting }) => !isPermitted && CONCERNED[decision.reason]?.test(setting));
  const { explain } = await explaining;
  const asked = { ...decision, event, config, env: settings, settings: settingsFrom, surrounding: env };
  const found = cause ?? (await explain({ ...asked, now: Date.now() / 1000 }, world.ask));
  if (found) print(tell(isPermitted ? 'Warning' : 'What is wrong', found));
  for (const note of notes) if (note !== cause) print(tell('Warning', note));
  if (isPermitted && next) print(`\n${next}`);
  return isPermitted;
}

/**
 * What `npm start` does: runs the function once, prints what it decides, and explains what is wrong.
 *
 * @param args the command line, after the name of the script
 * @returns whether the request was permitted, which makes the exit code
 */
export async function main(args: readonly string[], world: World): Promise<boolean> {
  if (args.some((arg) => ['--help', '-h', 'help'].includes(arg))) {
    world.print(USAGE);
    return true;
  }
  try {
    const folder = folderOf(args, world.env);
    const files = fromFiles(folder ?? world.root, world.env);
    if (!files && folder !== undefined) throw new Mistake('neither', { folder });
    const input = files ?? (await fromLocalIssuer());
    try {
      return await run(input, world);
    } finally {
      await input.close?.();
    }
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    world.print(tell('What is wrong', error.explanation));
    return false;
  }
}

const [, script = ''] = process.argv;
if (existsSync(script) && realpathSync(script) === fileURLToPath(import.meta.url)) {
  const isPermitted = await main(process.argv.slice(2), {
    root: ROOT,
    env: process.env,
    print: console.log,
    ask,
    invoke,
  });
  process.exitCode = isPermitted ? 0 : 1;
}
