import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { LOADER_ARGS } from './loader.ts';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Milliseconds for a file. Only a file that hangs takes so long, on a busy machine too. */
const TIMEOUT = 1_800_000;

/** Options of Node's test runner whose value may be the next argument. */
const WITH_VALUE = /^--test-(?!only$|force-exit$|update-snapshots$)[a-z-]+$/;

/** Node takes its own options only before the files; `npm test -- FILE --test-name-pattern X` works as well. */
function parse(args: readonly string[]) {
  const [options, files, rest]: [string[], string[], string[]] = [[], [], [...args]];
  for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
    if (next.startsWith('-')) options.push(next, ...(WITH_VALUE.test(next) ? rest.splice(0, 1) : []));
    else files.push(next);
  }
  return { options, files };
}

const allFiles = () =>
  readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name}`);

const runNode = (args: readonly string[], stdio: 'inherit' | 'pipe') =>
  spawnSync(process.execPath, [...LOADER_ARGS, ...args], { stdio, encoding: 'utf8' });

/** Runs files with Node's test runner. @returns whether all of them passed */
function test(files: readonly string[], options: readonly string[]): boolean {
  const isReported = options.some((option) => option.startsWith('--test-reporter'));
  const own = isReported ? [] : [`--test-reporter=${new URL('reporter.mjs', import.meta.url)}`];
  // one more file at a time than there are cores: some of them wait
  const concurrency = `--test-concurrency=${availableParallelism() + 1}`;
  const args = ['--test', `--test-timeout=${TIMEOUT}`, concurrency, ...own, ...options, ...files];
  return runNode(args, 'inherit').status === 0;
}

/** What `npm start` does. It shows the whole output if the request is refused. @returns whether it was permitted */
function tryToken(): boolean {
  const { status, stdout, stderr } = runNode(['scripts/local/main.ts'], 'pipe');
  const whose = existsSync('event.json') ? 'the token in event.json' : 'a token from a local issuer';
  if (status !== 0) console.log(`\n${stdout}${stderr}`);
  console.log(`The local run (npm start) with ${whose}: ${status === 0 ? 'permitted' : 'refused'}.`);
  return status === 0;
}

const { options, files } = parse(process.argv.slice(2));
const missing = files.filter((file) => !existsSync(file));
for (const file of missing) console.error(`There is no file ${file}.`);
if (missing.length > 0) process.exitCode = 1;
else if (!test(files.length > 0 ? files : allFiles(), options)) process.exitCode = 1;
if (process.argv.length === 2 && !tryToken()) process.exitCode = 1;
