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
    '$disconnect read': /^"\$disconnect read" isn't a route; only \$connect and \$default are written without a method/,
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
    'GET /pets/:id': /^"GET \/pets\/:id" has ":id" for a segment; write \{id\}$/,
    'GET /a/./b': /has the segment \., which no request of a route has$/,
    'GET /a/..': /has the segment \.\.,/,
    'GET /%70ets': /has a letter, a digit or one of -\._~ percent-encoded; write pets$/,
    'GET /a/%2e%2E': /percent-encoded; write \.\.$/,
    [`GET ${'/a'.repeat(31)}`]: /has a path of more than 30 segments$/,
    'GET /a read POST /b': /has "POST" among its scopes; separate entries with a comma$/,
    'GET /a read ANY': /has "ANY" among its scopes/,
    'GET /a /b': /has "\/b" among its scopes/,
    '$connect a /b': /has "\/b" among its scopes/,
    'GET /a read;write': /has ; or \| in the scope "read;write"; separate entries with a comma/,
    'GET /a read | write': /has ; or \| in the scope "\|"/,
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
        ...['"post /a//{b}c" has a method in small le', '"post /a//{b}c" has an empty segment: tw'],
        ...['"post /a//{b}c" has "{b}c" for a segment', 'entry 2 is empty', '"/x" has no method; write GET, another m'],
      ],
    );
  });

  it('quotes the beginning of a long entry', () => {
    const [mistake] = mistakesOf(`GET ${'x'.repeat(1000)}`);
    assert.ok(String(mistake).length < 250, mistake);
  });

  it('reads every method, spaces around and between words, and every kind of path', () => {
    const { routes } = mapOf(
      '  GET   /  a  b , HEAD /a,POST /a,PUT /a,PATCH /a, DELETE /a ,OPTIONS /a, ANY /a/{b}/{c+} , $connect c, $default d',
    );
    assert.deepEqual(routes.map(({ entry }) => entry).sort(), [
      ...['$connect', '$default', 'ANY /a/{b}/{c+}', 'DELETE /a', 'GET /', 'HEAD /a', 'OPTIONS /a', 'PATCH /a'],
      ...['POST /a', 'PUT /a'],
    ]);
    assert.deepEqual(routes.find(({ entry }) => entry === 'GET /')?.alternatives, [['a', 'b']]);
    assert.deepEqual(routes.at(-1)?.alternatives, [['d']]);
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

  it('takes a scope as it is, a method in small letters too', () => {
    assert.deepEqual(mapOf('GET /a get https://api.example/read:*').routes[0]?.alternatives, [
      ['get', 'https://api.example/read:*'],
    ]);
  });

  const UNORDERED: Readonly<Record<string, boolean>> = {
    'GET /a/{x}/c admin, GET /a/b/{p+}': true,
    'GET /a/{x}/c admin, ANY /a/b/{p+} other': true,
    'GET /{x} A, GET /a/{p+} B': false,
    'GET /{x}/b A, GET /a/{p+} A': false,
    'GET /{x}/b A B, GET /a/{p+} B A': false,
    'GET /{x}/b A, POST /a/{p+} B': false,
    'GET /a/{x}/c A, GET /b/{p+} B': false,
    'GET /a/b/{x} A, GET /a/{p+} B': false,
    'GET /{x}/b A, GET /a/{p+} B, GET /a/b C': true,
    'GET / A, GET /{p+} B': false,
    'GET /{x}/b A, $default B': false,
  };
  for (const [text, isRefused] of Object.entries(UNORDERED)) {
    it(`${isRefused ? 'refuses' : 'accepts'} ${text}: ${isRefused ? 'no' : 'an'} order is documented`, () => {
      const mistakes = mistakesOf(text);
      assert.equal(mistakes.length, Number(isRefused));
      if (isRefused) assert.match(String(mistakes[0]), /^"GET [^"]+" and "[A-Z]+ [^"]+\{p\+\}" both match some paths/);
    });
  }

  it('loads whatever map there is in bounded steps', () => {
    const hard = [
      `GET ${'/a/{x}'.repeat(8)} A, GET ${'/{x}'.repeat(30)} B, GET ${'/{x}/a'.repeat(15)} C, GET /{p+} D`,
      Array.from({ length: 29 }, (_, at) => `GET ${'/{x}'.repeat(at + 1)}/{p+} S${at}`).join(),
      `GET ${'/{x}/a'.repeat(5)} A, GET ${'/{x}'.repeat(30)} B, ${Array.from({ length: 12 }, (_, at) => `GET ${'/{x}'.repeat(at)}/a/{x}/a${'/{x}'.repeat(27 - at)} C${at}`).join()}`,
    ];
    const many = (method: string, last: string) => `${method} ${'/{x}'.repeat(24)}${last}`;
    const alike = [many('GET', '/{p+}'), many('ANY', '/a'), many('GET', '/a'), many('ANY', '/{p+}'), 'ANY /{p+}'];
    for (const text of [...hard, alike.map((route, at) => `${route} S${at % 2}`).join()]) mistakesOf(text, 'stage');
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
    assert.match(mistakesOf(text, 'stage').join(), /^"GET \/x+…" makes a resource of more than 512 characters/);
    assert.deepEqual(mistakesOf(`GET /${'x'.repeat(400)}`, 'stage'), []);
  });
});
