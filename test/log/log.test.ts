import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { LOADER_ARGS } from '../../scripts/loader.ts';
import type { DecisionLine, KeyLine } from '../../src/log/log.ts';

/** The log writes to file descriptor 1 itself, so that it takes a process to see what arrives. */
function run(code: string) {
  const log = new URL('../../src/log/log.ts', import.meta.url).href;
  const script = `import { createLog } from ${JSON.stringify(log)};\n${code}`;
  const options = [...LOADER_ARGS, '--input-type=module', '-e', script];
  const child = spawn(process.execPath, options, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  return { child, ended };
}

/** What a process writes to standard output; it must end well and write nothing else. */
async function outputOf(code: string): Promise<string> {
  const { child, ended } = run(code);
  const chunks: { readonly stdout: Buffer[]; readonly stderr: Buffer[] } = { stdout: [], stderr: [] };
  child.stdout.on('data', (chunk) => chunks.stdout.push(chunk));
  child.stderr.on('data', (chunk) => chunks.stderr.push(chunk));
  const [exitCode] = await ended;
  assert.equal(Buffer.concat(chunks.stderr).toString(), '');
  assert.equal(exitCode, 0);
  return Buffer.concat(chunks.stdout).toString();
}

const TIME = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const write = (lines: readonly (DecisionLine | KeyLine)[]) =>
  `const log = createLog(() => ${TIME}); for (const line of ${JSON.stringify(lines)}) log(line);`;
const decision = (changes: Partial<DecisionLine>): DecisionLine => ({
  ...{ level: 'info', requestId: 'r', outcome: 'allow', reason: 'authorized', issuer: 'i' },
  ...{ kid: undefined, principalId: undefined, detail: undefined },
  ...changes,
});

describe('a line', () => {
  it('is one JSON object, level and time first, with what is known and nothing else', async () => {
    const lines: (DecisionLine | KeyLine)[] = [
      decision({ principalId: 'someone' }),
      { level: 'warn', message: 'could not fetch the JWK Set', issuer: 'i', detail: 'why' },
    ];
    const output = await outputOf(write(lines));
    assert.equal(
      output,
      [
        '{"level":"info","time":"2026-01-02T03:04:05.678Z","requestId":"r","outcome":"allow","reason":"authorized","issuer":"i","principalId":"someone"}\n',
        '{"level":"warn","time":"2026-01-02T03:04:05.678Z","message":"could not fetch the JWK Set","issuer":"i","detail":"why"}\n',
      ].join(''),
    );
  });

  it('has the time of its moment, whatever the time of the line before', async () => {
    const moments = [
      TIME,
      TIME + 1,
      TIME + 321,
      TIME + 322,
      TIME + 86_400_000,
      TIME - 1,
      TIME - 679,
      0,
      999,
      TIME,
    ];
    const output = await outputOf(
      `const moments = ${JSON.stringify(moments)};
      const log = createLog(() => moments.shift());
      while (moments.length > 0) log(${JSON.stringify(decision({}))});`,
    );
    assert.deepEqual(
      output
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).time),
      moments.map((moment) => new Date(moment).toISOString()),
    );
  });

  const hostile: Readonly<Record<string, string>> = {
    'a line feed': 'a\nb',
    'a carriage return': 'a\r\nb',
    'a line separator': 'a\u2028b',
    'a paragraph separator': 'a\u2029b',
    'a next line': 'a\u0085b',
    'a form feed and a vertical tab': 'a\fb\vc',
    'other control characters': 'a\u0000\u001b[31m\u007fb',
    'a quotation mark and a backslash': 'a"b\\',
    'half a surrogate pair': 'a\ud800b',
    'JSON of its own': '"}\n{"level":"info","outcome":"allow"}',
    'letters from everywhere': 'äß 日本 🔑',
  };

  it('is one line, whatever it tells', async () => {
    const texts = Object.values(hostile);
    const lines = texts.map((text) => decision({ kid: text, principalId: text, detail: text }));
    const output = await outputOf(write(lines));
    const written = output.split('\n');
    assert.equal(written.pop(), '');
    assert.equal(written.length, texts.length);
    for (const [index, line] of written.entries()) {
      // what one reader of logs or another takes for the end of a line
      assert.doesNotMatch(line, /[\r\n\f\v\u0085\u2028\u2029]/);
      const { kid, principalId, detail } = JSON.parse(line);
      assert.deepEqual([kid, principalId, detail], Array(3).fill(texts[index]));
    }
  });
});

describe('the reader of the log', () => {
  const COUNT = 2000;
  /** Now and then a line that no pipe takes in one go. */
  const LENGTH = '(count % 100 === 0 ? 200_000 : 1000)';
  const lengthOf = (index: number) => (index % 100 === 0 ? 200_000 : 1000);
  /** Megabytes, far more than a pipe holds. Whoever asks for `process.stdout` makes the pipe one that is never waited for. */
  const FLOOD = `
    process.stdout.on('error', () => undefined);
    process.stdin.once('data', () => {
      const log = createLog(Date.now);
      for (let count = 0; count < ${COUNT}; count++) {
        log({ level: 'info', message: String(count), issuer: 'x'.repeat(${LENGTH}) });
      }
      process.stderr.write('done');
      process.stdin.destroy();
    });
    process.stderr.write('ready');`;

  it('may be slow: nothing is lost, and nothing mixed up', { timeout: 30_000 }, async () => {
    const { child, ended } = run(FLOOD);
    let isDone = false;
    child.stderr.on('data', (chunk) => {
      isDone ||= String(chunk).includes('done');
    });
    await once(child.stderr, 'data');
    child.stdin.write('go');
    // its first line is longer than what its pipe and this stream hold, and nobody takes anything out yet
    await once(child.stdout, 'readable');
    assert.equal(isDone, false, 'it waits for its reader');
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    const [exitCode] = await ended;
    assert.equal(exitCode, 0);
    assert.equal(isDone, true);
    const lines = Buffer.concat(chunks).toString().trimEnd().split('\n');
    assert.equal(lines.length, COUNT);
    for (const [index, line] of lines.entries()) {
      const { message, issuer } = JSON.parse(line);
      assert.deepEqual([message, issuer.length], [String(index), lengthOf(index)]);
    }
  });

  it('may be gone: that is no reason to fail', { timeout: 30_000 }, async () => {
    const { child, ended } = run(FLOOD);
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    await once(child.stderr, 'data');
    child.stdout.destroy();
    child.stdin.write('go');
    const [exitCode] = await ended;
    assert.equal(errors, 'readydone');
    assert.equal(exitCode, 0);
  });
});
