// A reporter for Node's test runner: what failed, in full, and one line at the end. Node 20 loads it before any loader, so
// it isn't TypeScript. The events are in Node's documentation, "Class: TestsStream".
import { relative, resolve } from 'node:path';
import { inspect } from 'node:util';

/** @param {AsyncIterable<import('node:test/reporters').TestEvent>} events */
export default async function* report(events) {
  /** The suites and the test that run now, the outermost first. In a shared process that one is the file. */
  const path = [];
  /** What the tests wrote: shown if one fails. */
  let written = '';
  const count = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    const { name, nesting, details, skip, file } = data;
    if (type === 'test:start') path[nesting] = name;
    if (type === 'test:stdout' || type === 'test:stderr') written += data.message;
    if (type === 'test:fail' && details.error.failureType !== 'subtestsFailed') {
      count.failed += 1;
      const names = [...path.slice(0, nesting), name];
      if (file && !names[0].endsWith('.test.ts')) names.unshift(relative('', resolve(file)));
      const { error } = details;
      yield `✖ ${names.join(' › ')}\n${inspect(error.cause ?? error, { depth: 10 }).replace(/^/gm, '  ')}\n\n`;
    }
    if (type === 'test:pass' && details.type !== 'suite') {
      count[skip === undefined ? 'passed' : 'skipped'] += 1;
    }
  }
  if (count.failed > 0) yield written;
  const skipped = count.skipped > 0 ? `${count.skipped} skipped\n` : '';
  yield `${skipped}${count.passed} passed, ${count.failed} failed\n`;
}
