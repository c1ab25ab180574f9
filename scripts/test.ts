import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { LOADER_ARGS } from './loader.ts';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Milliseconds for a process of tests. Only one that hangs takes so long, on a busy machine too. */
const TIMEOUT = 1_800_000;
/** One more process at a time than there are cores: some of them wait. */
const CONCURRENCY = availableParallelism() + 1;
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
    .map((name) => `test/${name}`)
    .sort();

/** A module that runs files of tests, each as a suite with the file's name, until all of them are taken. */
const runOfMany = (files: readonly string[]) => `
  import { mkdirSync } from 'node:fs';
  import { after, describe, it } from 'node:test';
  // nothing is returned for a folder that another process made
  const take = (at) => mkdirSync(new URL('./' + at, import.meta.url), { recursive: true }) !== undefined;
  const files = ${JSON.stringify(files.map((file) => [file, pathToFileURL(file)]))};
  for (const [at, [file, url]] of files.entries())
    if (take(at))
      await new Promise((end) =>
        describe(file, async () => {
          after(end);
          await import(url).catch((error) => it('loads', () => Promise.reject(error)));
        }),
      );
`;

/** Options that choose tests. In a suite without a chosen test Node runs no hook, so that its end can't be seen. */
const FILTER = /^--test-(name-pattern|skip-pattern|only)/;

/** Lets a few processes share many files: each takes a while to start. @returns the modules that Node's runner starts */
function share(files: readonly string[], options: readonly string[], folder: string): readonly string[] {
  if (files.length <= CONCURRENCY || options.some((option) => FILTER.test(option))) return files;
  const modules = Array.from({ length: CONCURRENCY }, (_, at) => join(folder, `${at}.mjs`));
  for (const module of modules) writeFileSync(module, runOfMany(files));
  return modules;
}

const runNode = (args: readonly string[], stdio: 'inherit' | 'pipe') =>
  spawnSync(process.execPath, [...LOADER_ARGS, ...args], { stdio, encoding: 'utf8' });

/** Runs files with Node's test runner. @returns whether all of them passed */
function test(files: readonly string[], options: readonly string[]): boolean {
  const isReported = options.some((option) => option.startsWith('--test-reporter'));
  const own = isReported ? [] : [`--test-reporter=${new URL('reporter.mjs', import.meta.url)}`];
  const folder = mkdtempSync(join(tmpdir(), 'custom-authorizer-tests-'));
  process.env.TEST_RUN_FOLDER = folder;
  const limits = [`--test-timeout=${TIMEOUT}`, `--test-concurrency=${CONCURRENCY}`];
  const { status } = runNode(['--test', ...limits, ...own, ...options, ...share(files, options, folder)], 'inherit');
  rmSync(folder, { recursive: true, force: true });
  return status === 0;
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
