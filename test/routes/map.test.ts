import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRoutes } from '../../src/routes/map.ts';

const mistakesOf = (text: string, policyResource: 'method' | 'stage' = 'method') => {
  const read = readRoutes(text, policyResource);
  return 'mistakes' in read ? read.mistakes : [];
};

const mapOf = (text: string) => {
  const read = readRoutes(text, 'method');
  return 'map' in read ? read.map : assert.fail(read.mistakes.join('\n'));
};

describe('readRoutes', () => {
  const WRONG: Readonly<Record<string, RegExp>> = {
    '/pets read': /^"\/pets read" has no method; write GET, another method or ANY/,
    'get /pets': /^"get \/pets" has a method in small letters; write GET/,
    'Any /pets': /^"Any \/pets" has a method in small letters; write ANY/,
    'TRACE /pets': /^"TRACE \/pets" has no method of API Gateway/,
    'read:pets': /has no method/,
    '$disconnect read':
      /^"\$disconnect read" is no route; the only ones without a method are \$connect and \$default/,
    GET: /^"GET" has no path/,
    'GET pets': /^"GET pets" has a path that does not begin with \//,
    'GET $default': /has a path that does not begin with \//,
    'GET //': /has an empty segment/,
    'GET /a//b': /has an empty segment/,
    'GET /pets/': /has an empty segment: .* a slash at the end/,
    'GET /pets/*': /^"GET \/pets\/\*" has \* or \? in a segment/,
    'GET /pet?': /has \* or \? in a segment/,
    'GET /${stage}': /has "\$\{" in a segment, which IAM reads as a policy variable/,
    'GET /a${': /has "\$\{" in a segment/,
    'GET /pets-{id}': /^"GET \/pets-\{id\}" has "pets-\{id\}" for a segment; a parameter is a whole segment/,
    'GET /{id}.json': /a parameter is a whole segment/,
    'GET /{a}{b}': /a parameter is a whole segment/,
    'GET /{id': /a parameter is a whole segment/,
    'GET /id}': /a parameter is a whole segment/,
    'GET /{}': /a parameter is a whole segment/,
    'GET /{+}': /a parameter is a whole segment/,
    'GET /{proxy*}': /a parameter is a whole segment/,
    'GET /{p+}/a': /^"GET \/\{p\+\}\/a" has "\{p\+\}" before the end of the path/,
  };
  for (const [entry, mistake] of Object.entries(WRONG)) {
    it(`tells what is wrong with "${entry}", and nothing else`, () => {
      const mistakes = mistakesOf(`GET /a A, ${entry}, $default`);
      assert.equal(mistakes.length, 1);
      assert.match(String(mistakes[0]), mistake);
    });
  }

  it('tells which entry is empty', () => {
    assert.deepEqual(mistakesOf('GET /a,'), ['entry 2 is empty']);
    assert.deepEqual(mistakesOf(',, GET /a'), ['entry 1 is empty', 'entry 2 is empty']);
  });

  it('tells all mistakes at once, two in one entry among them', () => {
    const mistakes = mistakesOf('post /a//{b}c, , /x');
    assert.deepEqual(
      mistakes.map((mistake) => mistake.slice(0, 40)),
      [
        '"post /a//{b}c" has a method in small le',
        '"post /a//{b}c" has an empty segment: tw',
        '"post /a//{b}c" has "{b}c" for a segment',
        'entry 2 is empty',
        '"/x" has no method; write GET, another m',
      ],
    );
  });

  it('quotes the beginning of a long entry', () => {
    const [mistake] = mistakesOf(`GET ${'x'.repeat(1000)}`);
    assert.ok(String(mistake).length < 250);
  });

  it('reads every method, blanks around and between words, and every kind of path', () => {
    const { routes, fallback } = mapOf(
      '  GET   /  a  b , HEAD /a,POST /a,PUT /a,PATCH /a, DELETE /a ,OPTIONS /a, ANY /a/{b}/{c+} , $connect c, $default d',
    );
    assert.deepEqual(routes.map(({ entry }) => entry).sort(), [
      '$connect',
      'ANY /a/{b}/{c+}',
      'DELETE /a',
      'GET /',
      'HEAD /a',
      'OPTIONS /a',
      'PATCH /a',
      'POST /a',
      'PUT /a',
    ]);
    assert.deepEqual(routes.find(({ entry }) => entry === 'GET /')?.alternatives, [['a', 'b']]);
    assert.deepEqual(fallback?.alternatives, [['d']]);
  });

  it('takes entries of one route for alternatives, whatever the names of their parameters', () => {
    const { routes } = mapOf('GET /a/{b} A B, POST /a/{b} C, GET /a/{x} D, GET /a/{b+} E');
    assert.deepEqual(
      routes.map(({ entry, alternatives }) => [entry, alternatives]),
      [
        ['GET /a/{b}', [['A', 'B'], ['D']]],
        ['POST /a/{b}', [['C']]],
        ['GET /a/{b+}', [['E']]],
      ],
    );
  });

  it('takes a scope as it stands: what looks like a path or a method is one', () => {
    assert.deepEqual(mapOf('GET /a /admins https://api.example/read:* GET').routes[0]?.alternatives, [
      ['/admins', 'https://api.example/read:*', 'GET'],
    ]);
  });

  it("refuses for a stage alone what one policy can't express", () => {
    const text = 'GET /a/{x} A, GET /a/{x}/orders B, GET /a/{x}/orders/{o} A';
    assert.deepEqual(mistakesOf(text), []);
    const [mistake, ...others] = mistakesOf(text, 'stage');
    assert.equal(others.length, 0);
    assert.match(
      String(mistake),
      /^"GET \/a\/\{x\}", "GET \/a\/\{x\}\/orders" and "GET \/a\/\{x\}\/orders\/\{o\}" can't be expressed exactly in one policy/,
    );
    assert.match(
      String(mistake),
      /require the same scopes for two of them, or set POLICY_RESOURCE=method with a TTL of 0$/,
    );
  });

  it('refuses for a stage alone a pattern that is too long in every stage', () => {
    const text = `GET /a, GET /${'x'.repeat(500)}`;
    assert.deepEqual(mistakesOf(text), []);
    assert.match(
      mistakesOf(text, 'stage').join(),
      /^"GET \/x+…" makes a resource of more than 512 characters/,
    );
    assert.deepEqual(mistakesOf(`GET /${'x'.repeat(400)}`, 'stage'), []);
  });
});
