import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';

/** Milliseconds, for a test and for a whole file: only what hangs takes so long. */
const TIMEOUT = 300_000;

/** What is read of an event of Node's test runner (Node's documentation, "Class: TestsStream"). */
interface TestEvent {
  readonly type: string;
  readonly data?: {
    readonly name?: string;
    readonly nesting?: number;
    readonly message?: string;
    readonly skip?: string | boolean;
    readonly details?: {
      readonly type?: string;
      readonly error?: Error & { readonly failureType?: string; readonly exitCode?: number | null };
    };
  };
}

/** What came of the tests of a file. */
class FileReport {
  readonly file: string;
  passed = 0;
  failed = 0;
  skipped = 0;
  /** The names of the tests, with those of the suites around them. */
  readonly names: string[] = [];
  /** What failed, and why. */
  failures = '';
  /** What the tests themselves wrote. */
  output = '';
  /** The suites and the test under way, the outermost first. */
  readonly #path: string[] = [];

  constructor(file: string) {
    this.file = file;
  }

  take({ type, data = {} }: TestEvent): void {
    const { name = '', nesting = 0, message = '' } = data;
    if (type === 'test:stdout' || type === 'test:stderr') this.output += message;
    if (type === 'test:start') this.#path[nesting] = name;
    if (type === 'test:pass' || type === 'test:fail') this.#end(data);
  }

  /** The end of a test, of a suite, or of the file, which is a test around all others. */
  #end({
    name = '',
    nesting = 0,
    skip,
    details: { type, error } = {},
  }: NonNullable<TestEvent['data']>): void {
    const path = [...this.#path.slice(0, nesting), name].join(' › ');
    if (nesting === 0 && resolve(name) === resolve(this.file)) {
      // its process ended badly, though no test of it failed
      if (error && this.failed === 0) this.#fail(`exit code ${error.exitCode}`, error);
      return;
    }
    if (type !== 'suite') this.names.push(path);
    if (error && error.failureType !== 'subtestsFailed') this.#fail(path, error);
    else if (skip !== undefined) this.skipped += 1;
    else if (!error && type !== 'suite') this.passed += 1;
  }

  #fail(name: string, error: Error): void {
    this.failed += 1;
    this.failures += `\n✖ ${name}\n${inspect(error.cause ?? error, { depth: 10 }).replace(/^/gm, '  ')}\n`;
  }
}

/** Runs the tests of a file in a process of their own, and prints a line about them, and whatever fails in full. */
async function runFile(file: string): Promise<FileReport> {
  const startedAt = performance.now();
  const report = new FileReport(file);
  for await (const event of run({ files: [file], timeout: TIMEOUT })) report.take(event as TestEvent);
  const { passed, failed, skipped, failures, output } = report;
  const parts = [
    `${passed + failed} cases`,
    failed > 0 && `${failed} failed`,
    skipped > 0 && `${skipped} skipped`,
    `${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  ];
  console.log(`${failed > 0 ? '✖' : '✔'} ${file}: ${parts.filter(Boolean).join(', ')}`);
  if (failed > 0) console.log(`${failures}\n${output}`);
  return report;
}

/** Runs files side by side, as many as there are cores. */
async function runFiles(files: readonly string[]): Promise<FileReport[]> {
  const reports: FileReport[] = [];
  const waiting = files.values();
  // one more than there are cores: some files wait more than they work
  const workers = Array.from({ length: availableParallelism() + 1 }, async () => {
    for (const file of waiting) reports.push(await runFile(file));
  });
  await Promise.all(workers);
  return reports;
}

/** What a case is called, whether it is tried on the source or on the zip. */
const caseOf = (name: string) => name.replace(/(^|› )(source|zip): /, '$1');

const reports = await runFiles(process.argv.slice(2));
const passed = reports.reduce((sum, report) => sum + report.passed, 0);
const failed = reports.reduce((sum, report) => sum + report.failed, 0);
const distinct = new Set(
  reports.flatMap(({ file, names }) => names.map((name) => `${file}: ${caseOf(name)}`)),
);
console.log(`\n${distinct.size} distinct cases`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
