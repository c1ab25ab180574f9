import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRoutes } from '../../src/routes/map.ts';

const REFUSED: Readonly<Record<string, string>> = {
  "the contract's example": 'GET /a/{x} A, GET /a/{x}/orders B, GET /a/{x}/orders/{o} A',
  'one that asks more between two': 'GET /a/{x} A, GET /a/{x}/b A B, GET /a/{x}/b/{y} A',
  'two alike that overlap in both directions': 'GET /{x}/b A, GET /a/{x} B, GET /{x}/{y}/b A',
  'a greedy route and one inside it that reaches out again': 'GET /a/{p+} A, GET /a/{x}/b B, GET /a/{x}/{y}/b A',
  '$default and a parameter': '$default A, GET /a/{x} B',
  '$default that asks more than a parameter': '$default A B, GET /a/{x} A',
  'opened by one of two alternatives':
    'GET /a/{x} A, GET /a/{x}/b C, GET /a/{x}/b B D, GET /a/{x}/b/{y} A B, GET /a/{x}/b/{y} C',
  'opened by both together only': 'GET /a/{x} A, GET /a/{x}/b A B C, GET /a/{x}/b/{y} B',
  'a literal below that a parameter may be':
    'GET /{t}/pets/{p} A, GET /{t}/orders/{id}/items B, GET /{t}/{x}/{y}/{z}/items A',
  '$default and a greedy route, both of which match the root': '$default A, GET /{p+} B',
  'ANY that spills in one method and is spilled over in another': 'GET /a/{x} A, ANY /a/{x}/b B, POST /a/{x}/{y}/b A',
};

const TAKEN: Readonly<Record<string, string>> = {
  'the same scopes for two of the three': 'GET /a/{x} A, GET /a/{x}/orders B, GET /a/{x}/orders/{o} B',
  'the same scopes for the first two': 'GET /a/{x} B, GET /a/{x}/orders B, GET /a/{x}/orders/{o} A',
  'reads and writes told apart by method':
    'GET /a/{x} R, POST /a/{x} W, GET /a/{x}/orders R, POST /a/{x}/orders W, GET /a/{x}/orders/{o} R, POST /a/{x}/orders/{o} W',
  'literals below a parameter': 'GET /a/{x} A, GET /a/{x}/b B, GET /a/{x}/c C',
  'a root that asks what the greedy route asks, so that $default has none': '$default A, GET /{p+} B, GET / B',
  '$default and a greedy route below a literal': '$default A, GET /a/{p+} B',
  'a greedy route of which another takes all that two ways of reading a pattern lead to':
    'GET /{x}/k/{y} A, GET /{a}/{q+} A, GET /{p+} B',
  'a middle one that the scopes of the other two open together': 'GET /a/{x} A, GET /a/{x}/b A B, GET /a/{x}/b/{y} B',
  'the order of the scopes': 'GET /a/{x} A B, GET /a/{x}/b B A, GET /a/{x}/b/{y} A B',
  'a middle one that asks less': 'GET /a/{x} A B, GET /a/{x}/b A, GET /a/{x}/b/{y} A B',
  'a middle one that is open to all': 'GET /a/{x} A, GET /a/{x}/b, GET /a/{x}/b/{y} A',
  "the contract's map":
    'GET /pets read:pets, POST /pets write:pets, GET /pets/{id} read:pets, ANY /admin/{proxy+} admin, GET /admin/{proxy+} audit, GET /me',
  '$default and literals': '$default A, GET /a B, POST /b/c C, $connect D',
  '$default and parameters that ask the same': '$default A, GET /a/{x} A, GET /b B',
  'a route whose requests a more specific one takes':
    'GET /a/{x} A, GET /a/{x+} B, GET /a/{x}/{p+} A, GET /a/{x}/{y}/{p+} A',
};

const read = (text: string) => readRoutes(text, 'stage');

describe('a map for the policy of a stage', () => {
  for (const [name, text] of Object.entries(REFUSED)) {
    it(`is refused: ${name}`, () => {
      const outcome = read(text);
      assert.match('mistakes' in outcome ? outcome.mistakes.join() : '', /can't be expressed exactly in one policy/);
    });
  }

  for (const [name, text] of Object.entries(TAKEN)) {
    it(`is taken: ${name}`, () => {
      const outcome = read(text);
      assert.deepEqual('mistakes' in outcome ? outcome.mistakes : [], []);
    });
  }

  it('is refused with the three entries of each route that no policy can express', () => {
    const outcome = read('$default A, GET /a/{x} B, GET /b/{x} A, GET /c B');
    assert.deepEqual('mistakes' in outcome && outcome.mistakes.map((mistake) => mistake.replace(/ can't be.*/, '')), [
      '"$default" and "GET /a/{x}"',
      '"GET /a/{x}", "$default" and "GET /c"',
    ]);
  });
});
