import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { describe, it, type TestContext } from 'node:test';
import { LOADER_ARGS } from '../../scripts/loader.ts';
import { writeStdout } from '../../src/log/stdout.ts';
import { LIMIT } from '../support/sources.ts';

/** It writes to file descriptor 1 itself, so that it takes a process to see what arrives in the pipe. */
function run(t: TestContext, code: string) {
  const stdout = new URL('../../src/log/stdout.ts', import.meta.url).href;
  const script = `
    import { writeStdout } from ${JSON.stringify(stdout)};
    const step = () => new Promise((resolve) => process.once('message', resolve));
    ${code}
    process.disconnect();`;
  const args = [...LOADER_ARGS, '--input-type=module', '-e', script];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  t.after(() => child.kill());
  const { stdout: output, stderr } = child;
  assert.ok(output && stderr, 'pipes');
  let errors = '';
  stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const ended = once(child, 'close');
  return {
    output,
    ended,
    errors: () => errors,
    /** Lets the process go on to its next step. */
    next: () => child.send('next'),
    /** Waits until it has done a step, or has ended before. */
    done: () => Promise.race([once(child, 'message'), ended.then(() => assert.fail(errors))]),
  };
}

async function linesOf(output: AsyncIterable<Buffer>): Promise<string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of output) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  assert.ok(text.endsWith('\n'), 'the last line is whole');
  return text.slice(0, -1).split('\n');
}

/** Whoever asks for `process.stdout` makes the pipe one that does not block. */
const NON_BLOCKING = "process.stdout.on('error', () => undefined);";
/** Far more than a pipe holds. */
const LONG = 1_000_000;

describe('standard output', () => {
  it('is waited for where it blocks, however slow its reader is: nothing is lost', LIMIT, async (t) => {
    const { output, ended, errors } = run(
      t,
      `
      for (let count = 0; count < 500; count++) {
        writeStdout(count + ':' + 'x'.repeat(count % 100 === 0 ? 200_000 : 1000) + '\\n');
      }`,
    );
    await once(output, 'readable');
    const lines = await linesOf(output);
    assert.deepEqual([...(await ended), errors()], [0, null, '']);
    assert.equal(lines.length, 500);
    for (const [index, line] of lines.entries()) {
      assert.equal(line, `${index}:${'x'.repeat(index % 100 === 0 ? 200_000 : 1000)}`);
    }
  });

  it('a reader that is behind costs the line; half a line is completed before the next', LIMIT, async (t) => {
    // on a busy machine the reader may be behind a second time: then the first of the next lines are lost as well
    const { output, ended, errors, next, done } = run(
      t,
      `
      ${NON_BLOCKING}
      writeStdout('begun:' + 'x'.repeat(${LONG}) + '\\n');
      for (const name of ['lost', 'lost too']) writeStdout(name + '\\n');
      process.send('stuck');
      await step();
      for (let count = 0; count < 20; count++) writeStdout('next:' + 'y'.repeat(1000) + '\\n');`,
    );
    await done(); // nobody has read anything so far
    const lines = linesOf(output);
    next();
    const [first, ...others] = await lines;
    assert.equal(first, `begun:${'x'.repeat(LONG)}`);
    assert.deepEqual(new Set(others), new Set([`next:${'y'.repeat(1000)}`]));
    assert.deepEqual([...(await ended), errors()], [0, null, '']);
  });

  for (const [name, mode] of Object.entries({ blocks: '', 'does not block': NON_BLOCKING })) {
    it(`may have no reader any more, where it ${name}: that is no reason to fail`, LIMIT, async (t) => {
      const { output, ended, errors, next, done } = run(
        t,
        `
        ${mode}
        process.send('ready');
        await step();
        for (let count = 0; count < 1000; count++) writeStdout('x'.repeat(10_000) + '\\n');
        console.error('done');`,
      );
      await done();
      output.destroy();
      await once(output, 'close');
      next();
      const [code] = await ended;
      assert.deepEqual([code, errors()], [0, 'done\n']);
    });
  }
});

/** A pipe that takes so many bytes at a time, each as told; in between, and in the end, it is full. */
function pipeThatTakes(t: TestContext, ...amounts: readonly number[]) {
  const left = [...amounts];
  let taken = '';
  let calls = 0;
  t.mock.method(fs, 'writeSync', (_file: number, bytes: Uint8Array) => {
    calls += 1;
    if (calls > 1000) throw new Error('It is asked for ever.');
    const amount = left.shift() ?? 0;
    if (amount === 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
    taken += Buffer.from(bytes).toString().slice(0, amount);
    return Math.min(amount, bytes.length);
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  return { taken: () => taken, take: (...more: readonly number[]) => left.push(...more) };
}

describe('a pipe that is full now and then', () => {
  /** More often than it is asked within 100 ms. */
  const FULL = Array<number>(101).fill(0);

  it('is asked again, and takes a line in pieces', (t) => {
    const pipe = pipeThatTakes(t, 1, 0, 2, 0, 0, 100);
    writeStdout('a line\n');
    assert.equal(pipe.taken(), 'a line\n');
  });

  it('gets nothing else before the rest of a line', (t) => {
    const pipe = pipeThatTakes(t, 3, ...FULL);
    writeStdout('half a line\n');
    assert.equal(pipe.taken(), 'hal');
    // it has room again once the wait for the rest is over: too late for the next line
    pipe.take(...FULL, 100);
    writeStdout('lost\n');
    assert.equal(pipe.taken(), 'hal');
    pipe.take(100);
    writeStdout('next\n');
    assert.equal(pipe.taken(), 'half a line\nnext\n');
  });

  it('forgets a line of which it took nothing', (t) => {
    const pipe = pipeThatTakes(t, ...FULL);
    writeStdout('lost\n');
    pipe.take(100, 100);
    writeStdout('next\n');
    assert.equal(pipe.taken(), 'next\n');
  });
});
