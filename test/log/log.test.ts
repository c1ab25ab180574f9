import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KeyLine } from '../../src/keys/key-source.ts';
import { createLog } from '../../src/log/log.ts';

const TIME = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** What is written of lines. */
function written(...lines: readonly (ReturnType<typeof decision> | KeyLine)[]): string[] {
  const texts: string[] = [];
  const log = createLog(
    () => TIME,
    (text) => texts.push(text),
  );
  for (const line of lines) log(line);
  return texts;
}

const decision = (changes: object) => ({
  ...({ level: 'info', requestId: 'r', outcome: 'allow', reason: 'authorized', issuer: 'i' } as const),
  ...{ kid: undefined, principalId: undefined },
  ...changes,
});

describe('a line', () => {
  it('is one JSON object, level and time first, with what is known and nothing else', () => {
    const key: KeyLine = {
      ...{ level: 'warn', message: 'could not fetch the JWK Set', fetch: 'failed' },
      ...{ detail: 'why', issuer: 'i', jwksUri: 'u' },
    };
    assert.deepEqual(written(decision({ principalId: 'someone', detail: undefined }), key), [
      '{"level":"info","timestamp":"2026-01-02T03:04:05.678Z","requestId":"r","outcome":"allow","reason":"authorized","issuer":"i","principalId":"someone"}\n',
      '{"level":"warn","timestamp":"2026-01-02T03:04:05.678Z","message":"could not fetch the JWK Set","fetch":"failed","issuer":"i","jwksUri":"u","detail":"why"}\n',
    ]);
  });

  it('cuts a name that is not ours at 128 characters, and at 384 bytes as it is written', () => {
    const cuts: readonly (readonly [text: string, cut: string])[] = [
      ['x'.repeat(129), 'x'.repeat(128)],
      ['"'.repeat(129), '"'.repeat(128)],
      ['\u65e5'.repeat(129), '\u65e5'.repeat(128)],
      ['\u0080'.repeat(128), '\u0080'.repeat(64)],
      ['\u{e0041}'.repeat(64), '\u{e0041}'.repeat(32)],
      ['\ud800'.repeat(128), '\ud800'.repeat(64)],
      // no half of a pair
      [`x${'\u{1f511}'.repeat(64)}`, `x${'\u{1f511}'.repeat(63)}`],
    ];
    for (const [text, cut] of cuts) {
      const names = { requestId: text, kid: text, principalId: text, route: text, apiRequestId: text };
      const [line = ''] = written(decision({ ...names, stage: text, apiId: text, method: text }));
      const { level, timestamp, outcome, reason, issuer, ...told } = JSON.parse(line);
      assert.deepEqual(new Set(Object.values(told)), new Set([cut]));
      assert.equal(Object.keys(told).length, 8);
    }
  });

  it('cuts its detail at 1,000 bytes as it is written', () => {
    const cuts = { '\u0007': 166, '"': 500, '\u00e9': 500, '\u{e0041}': 83, x: 1000 };
    for (const [character, count] of Object.entries(cuts)) {
      const [line = ''] = written(decision({ detail: character.repeat(1001) }));
      assert.equal(JSON.parse(line).detail, character.repeat(count));
    }
  });

  const hostile: Readonly<Record<string, string>> = {
    'a line feed': 'a\nb',
    'whatever ends a line for some reader': 'a\r\n\f\v\u0085\u2028\u2029b',
    'a quotation mark and a backslash': 'a"b\\',
    'commands of a terminal': '\u0000\u001b[31m\u009b2J\u009b31mALLOW\u009d0;title\u007f',
    'what nobody sees, and what runs backwards': 'a\u00ad\u200b\u200d\ufeff\u202eb\u2066c\u061cd',
    'tags, which are invisible letters': '\u{e0001}\u{e0041}\u{e007f}',
    'half a surrogate pair': 'a\ud800b',
    'JSON of its own': '"}\n{"level":"info","outcome":"allow"}',
    'letters from everywhere': 'äß 日本 🔑',
  };
  for (const [name, text] of Object.entries(hostile)) {
    it(`is one line, whatever it tells: ${name}`, () => {
      const [line = ''] = written(decision({ kid: text, principalId: text, detail: text }));
      assert.ok(line.endsWith('}\n'), line);
      // what ends a line for one reader of logs or another, what a terminal obeys, and what nobody sees
      assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      const { kid, principalId, detail } = JSON.parse(line);
      assert.deepEqual([kid, principalId, detail], [text, text, text]);
    });
  }
});
