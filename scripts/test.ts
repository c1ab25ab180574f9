import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { settingNames } from '../src/config/settings.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const C8 = fileURLToPath(new URL('../node_modules/c8/bin/c8.js', import.meta.url));
const TSX = ['--import', 'tsx'];
const RUNNER = [
  ...TSX,
  '--test',
  '--test-reporter=spec',
  `--test-concurrency=${availableParallelism()}`,
  '--test-timeout=300000', // for a whole file as well: only what hangs takes so long
];
const COVERAGE = ['--all', '--include=src', '--reporter=text', '--check-coverage', '--branches=95'];

/** The caller's environment without settings of the function: the tests set their own. */
function neutralEnvironment(): NodeJS.ProcessEnv {
  const settings = settingNames();
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !settings.includes(name.toUpperCase())),
  );
}

/** Runs Node with this process's input and output; ends this process where that one fails. */
function run(args: readonly string[], env: NodeJS.ProcessEnv): void {
  const { status, error } = spawnSync(process.execPath, args, { cwd: ROOT, env, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const chosen = process.argv.slice(2);
if (chosen.length > 0) {
  run([...RUNNER, ...chosen], neutralEnvironment());
} else {
  const files = readdirSync(new URL('../test', import.meta.url))
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => `test/${name}`);
  run([C8, ...COVERAGE, process.execPath, ...RUNNER, ...files], neutralEnvironment());
  const tried = existsSync(new URL('../event.json', import.meta.url)) ? 'event.json' : 'a token of its own';
  console.log(`\nThe local run (npm start), with ${tried}:`);
  run([...TSX, 'scripts/local.ts'], process.env);
}
