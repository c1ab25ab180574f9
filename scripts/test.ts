import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settingNames } from '../src/config/settings.ts';
import { compile, LOADER } from './testing/compile.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const C8 = fileURLToPath(new URL('../node_modules/c8/bin/c8.js', import.meta.url));
const RUNNER = [`--import=${LOADER}`, 'scripts/testing/run.ts'];
const COVERAGE = ['report', '--all', '--include=src', '--reporter=text', '--check-coverage', '--branches=95'];

/** The last two lines of the runner. */
const COUNTS = /^(\d+) distinct cases\n(\d+) passed, (\d+) failed$/m;

/** The caller's environment without settings of the function: the tests set their own. */
function neutralEnvironment(): NodeJS.ProcessEnv {
  const settings = settingNames();
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !settings.includes(name.toUpperCase())),
  );
}

/** Runs Node, and shows what it writes. */
async function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ ok: boolean; output: string }> {
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    process.stdout.write(text);
  });
  const ok = await new Promise<boolean>((resolve, reject) => {
    child.on('close', (code) => resolve(code === 0)).on('error', reject);
  });
  return { ok, output };
}

/** The function with `event.json`, or with a token of its own: what `npm start` does. */
async function tryToken() {
  const isOwn = !existsSync(join(ROOT, 'event.json'));
  console.log(`The local run (npm start), with ${isOwn ? 'a token of its own' : 'event.json'}:`);
  const { ok } = await run([`--import=${LOADER}`, 'scripts/local.ts'], process.env);
  const whose = isOwn ? 'The local token' : 'Your token';
  return { ok, sentence: ok ? `${whose} was allowed.` : `${whose} was not allowed: see the top.` };
}

/** @returns whether all passed, and a sentence about it */
async function runTests(files: readonly string[], env: NodeJS.ProcessEnv) {
  const { ok, output } = await run([...RUNNER, ...files], env);
  const [, cases = 0, passed = 0, failed = 0] = COUNTS.exec(output)?.map(Number) ?? [];
  const sentence = ok
    ? `The suite passed: ${cases} cases, most of them on source and zip, so that ${passed} ran.`
    : `The suite failed: ${failed} of the ${passed + failed} that ran, see above.`;
  return { ok: ok && passed > 0, sentence };
}

/** The whole suite. Coverage is that of the processes of the tests, and of the source in a process of its own. */
async function runSuite() {
  const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => `test/${name}`);
  const coverage = mkdtempSync(join(tmpdir(), 'custom-authorizer-coverage-'));
  try {
    const suite = await runTests(files, { ...neutralEnvironment(), NODE_V8_COVERAGE: coverage });
    console.log('\nCoverage of src:');
    const { ok } = await run([C8, ...COVERAGE, `--temp-directory=${coverage}`], neutralEnvironment());
    const sentence = ok ? '' : ' The coverage of src is less than it must be.';
    return { ok: suite.ok && ok, sentence: suite.sentence + sentence };
  } finally {
    rmSync(coverage, { recursive: true, force: true });
  }
}

await compile();
const chosen = process.argv.slice(2);
if (chosen.length > 0) {
  process.exitCode = (await runTests(chosen, neutralEnvironment())).ok ? 0 : 1;
} else {
  const token = await tryToken();
  console.log('\nThe suite:');
  const suite = await runSuite();
  console.log(`\n${suite.sentence} ${token.sentence}`);
  process.exitCode = suite.ok && token.ok ? 0 : 1;
}
