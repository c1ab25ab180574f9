// A reporter for Node's test runner: what failed, in full, and one line at the end. Node 20 loads it before any loader, so
// it isn't TypeScript. The events are in Node's documentation, "Class: TestsStream".
import { relative, resolve } from 'node:path';
import { inspect } from 'node:util';

/** @param {AsyncIterable<import('node:test/reporters').TestEvent>} events */
export default async function* report(events) {
  /** The suites and the test that run now, the outermost first. */
  const path = [];
  /** What the tests of each file wrote. */
  const written = new Map();
  const failing = new Set();
  const count = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    const { name, nesting, details, skip } = data;
    const file = resolve(data.file ?? name ?? '');
    if (type === 'test:start') path[nesting] = name;
    if (type === 'test:stdout' || type === 'test:stderr') {
      written.set(file, (written.get(file) ?? '') + data.message);
    }
    if (type === 'test:fail' && details.error.failureType !== 'subtestsFailed') {
      count.failed += 1;
      failing.add(file);
      const { error } = details;
      const reason = inspect(error.cause ?? error, { depth: 10 }).replace(/^/gm, '  ');
      yield `✖ ${[relative('', file), ...path.slice(0, nesting), name].join(' › ')}\n${reason}\n\n`;
    }
    if (type === 'test:pass' && details.type !== 'suite') {
      count[skip === undefined ? 'passed' : 'skipped'] += 1;
    }
  }
  for (const file of failing) yield written.get(file) ?? '';
  const skipped = count.skipped > 0 ? `${count.skipped} skipped\n` : '';
  yield `${skipped}${count.passed} passed, ${count.failed} failed\n`;
}
