import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readContext, readUsageKey } from '../../src/gateway/context.ts';
import { refusalOf, settingsOf } from '../support/settings.ts';

describe('readContext', () => {
  const read = (json: string, CONTEXT_CLAIMS = 'x', iss?: string) =>
    JSON.stringify(readContext(JSON.parse(json), ['a', 'b'], iss, settingsOf({ CONTEXT_CLAIMS }).config));

  it('tells the scopes first, the issuer where there are several, and then the claims', () => {
    assert.equal(read('{"x":1}', 'x', 'me'), '{"scope":"a b","iss":"me","x":1}');
    assert.equal(read('{"x":1}'), '{"scope":"a b","x":1}');
    assert.equal(read('{"y":1}', 'x', 'me'), '{"scope":"a b","iss":"me"}');
    const { config } = settingsOf();
    assert.deepEqual(readContext({ x: 1 }, [], undefined, config), { scope: '' });
  });

  /** A claim, and what API Gateway gets; nothing if it is left out. */
  const values: readonly (readonly [json: string, handed?: string])[] = [
    ...['"a@b.example"', '""', '0', '1.5', '-1e-7', 'true', 'false', '9007199254740991'].map(
      (json) => [json, json] as const,
    ),
    ['["a",1,null]', '"[\\"a\\",1,null]"'],
    ['{"a":[1]}', '"{\\"a\\":[1]}"'],
    ['[9007199254740993]', '"[9007199254740992]"'],
    // a number that would arrive as another
    ...['9007199254740992', '9007199254740993', '-9007199254740992', '1e300', '1e999', '-1e999'].map(
      (json) => [json] as const,
    ),
    ['null'],
  ];
  for (const [json, handed] of values) {
    it(`${json}: ${handed ?? 'left out'}`, () => {
      const due = handed === undefined ? '{"scope":"a b"}' : `{"scope":"a b","x":${handed}}`;
      assert.equal(read(`{"x":${json}}`), due);
    });
  }

  it('hands on own members only, under any name', () => {
    const names = 'constructor,toString,__proto__';
    assert.equal(read('{}', names), '{"scope":"a b"}');
    const json = '{"constructor":"c","toString":"t","__proto__":"p"}';
    assert.equal(read(json, names), `{"scope":"a b",${json.slice(1)}`);
  });

  it('hands on claims under names of their own, out of objects, but not out of arrays', () => {
    const names =
      'roles=https://e.example/roles, groups = /realm/groups, odd=/a~1b/c~0d, first=/list/0, made=/realm/constructor, mail=x, x';
    const given = (json: string) => read(json, names).replace('{"scope":"a b"', '').replace(/^,|}$/g, '');
    assert.equal(given('{"https://e.example/roles":["a"]}'), '"roles":"[\\"a\\"]"');
    assert.equal(given('{"realm":{"groups":["g"]}}'), '"groups":"[\\"g\\"]"');
    assert.equal(given('{"a/b":{"c~d":1}}'), '"odd":1');
    assert.equal(given('{"x":"e"}'), '"mail":"e","x":"e"');
    for (const json of [
      ...['{"realm":"groups","groups":"g","roles":"r"}', '{"realm":[["g"]],"list":["first"]}'],
      ...['{"realm":{}}', '{"realm":{"groups":null}}'],
    ]) {
      assert.equal(given(json), '', json);
    }
  });

  it('hands on a claim whatever its depth, or refuses it', () => {
    const nested = '['.repeat(1000) + ']'.repeat(1000);
    assert.equal(read(`{"x":${nested}}`), `{"scope":"a b","x":"${nested}"}`);
    // deeper than any token of 16 KiB can hold, and than JSON.stringify goes
    let abyss: unknown[] = [];
    for (let depth = 0; depth < 100_000; depth++) abyss = [abyss];
    const { config } = settingsOf({ CONTEXT_CLAIMS: 'x' });
    const { reason } = refusalOf(() => readContext({ x: abyss }, [], undefined, config));
    assert.equal(reason, 'invalid_claims');
  });
});

describe('readUsageKey', () => {
  it('finds a usage key where one is named, and only a string that holds something', () => {
    const { config } = settingsOf({ USAGE_KEY_CLAIM: '/billing/key' });
    assert.equal(readUsageKey({ billing: { key: 'k' } }, config), 'k');
    for (const key of ['', 1, null, ['k'], { k: 'k' }, undefined]) {
      assert.equal(readUsageKey({ billing: { key } }, config), undefined);
    }
    assert.equal(readUsageKey({ billing: 'key', key: 'k', '/billing/key': 'k' }, config), undefined);
    for (const name of ['usage', 'undefined', '']) {
      assert.equal(readUsageKey({ [name]: 'key' }, settingsOf().config), undefined);
    }
  });
});
