import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readRoutes } from '../../src/routes/map.ts';
import { checkRoute, decidingRoute, findRoute } from '../../src/routes/request.ts';
import type { Route } from '../../src/routes/route.ts';
import { anyMap, findUnordered, modelOf, ownerOf, plainWorld, spellingsOf, textOf, tokens, waysOf } from './model.ts';

const mapOf = (text: string): readonly Route[] => {
  const read = readRoutes(text, 'method');
  return 'map' in read ? read.map.routes : assert.fail(read.mistakes.join('\n'));
};

/** @param request what follows the stage in the ARN */
function partsOf(request: string) {
  const slash = request.includes('/') ? request.indexOf('/') : request.length;
  return { method: request.slice(0, slash), path: request.slice(slash) };
}

const find = (routes: readonly Route[], request: string) => {
  const { method, path } = partsOf(request);
  return findRoute(routes, method, path);
};

describe('findRoute', () => {
  const PETS = mapOf(
    'GET /, GET /pets, GET /pets/{id}, GET /pets/mine, ANY /pets/mine, ANY /admin/{p+}, GET /admin/{p+}, GET /admin/{x}, $connect',
  );
  /** What is not in the small world below. */
  const OF: Readonly<Record<string, string | undefined>> = {
    'GET/pets/7': 'GET /pets/{id}',
    'GET/pets/%2F': 'GET /pets/{id}',
    'GET/pets/mine': 'GET /pets/mine',
    'GET/pets/mine7': 'GET /pets/{id}',
    'get/pets': undefined,
    'GET/admin/a/b/c': 'GET /admin/{p+}',
    'GET//': undefined,
    GET: undefined,
    $connect: '$connect',
    '$connect/': undefined,
    '$connect/pets': undefined,
    'GET/$connect': undefined,
    'constructor/pets': undefined,
  };
  for (const [request, entry] of Object.entries(OF)) {
    it(`takes ${request} for ${entry ?? 'no route'}`, () => {
      assert.equal(find(PETS, request)?.entry, entry);
    });
  }

  it('is $default for whatever no other entry matches, of the seven methods', () => {
    const routes = mapOf('GET /pets/{id}, $default D');
    for (const request of ['GET/pets/', 'POST/pets/7', 'OPTIONS/x', 'GET/', 'GET/a//b'])
      assert.equal(find(routes, request)?.entry, '$default', request);
    assert.equal(find(routes, 'GET/pets/7')?.entry, 'GET /pets/{id}');
    for (const request of ['TRACE/x', 'PROPFIND/', 'get/x', 'GET', '$connect', '$connect/', '$default'])
      assert.equal(find(routes, request), undefined, request);
  });
});

describe('decidingRoute', () => {
  const routes = mapOf('GET /pets/{id} read, GET /pets/mine admin, GET /pets, ANY /a/{p+} A, GET / root');
  const decide = (request: string, scopes: string, ownPath?: string) =>
    decidingRoute(routes, { ...partsOf(request), ownPath }, new Set(scopes.split(' ')))?.entry;

  it('is of another spelling where the plain one is not open', () => {
    assert.equal(decide('GET/pets/7', 'read'), 'GET /pets/{id}');
    assert.equal(decide('GET/pets/min%65', 'read'), 'GET /pets/mine');
    assert.equal(decide('GET/pets/min%65', 'read admin'), 'GET /pets/{id}');
    assert.equal(decide('GET/pets/min%65', 'admin'), 'GET /pets/{id}');
    assert.equal(decide('GET/pets/%40', 'read'), 'GET /pets/{id}');
    for (const request of ['GET/pets/', 'GET//pets', 'GET/pets/.', 'GET/pets/..', 'GET/a/..'])
      assert.equal(decide(request, 'read admin A'), undefined, request);
  });

  it("is API Gateway's own where that is another one, and not open", () => {
    assert.equal(decide('GET/pets/7', 'read', '/pets/mine'), 'GET /pets/mine');
    assert.equal(decide('GET/pets/7', 'x', '/pets/mine'), 'GET /pets/{id}', 'the first that is not open');
    assert.equal(decide('GET/pets/7', 'read admin', '/pets/mine'), 'GET /pets/{id}');
    assert.equal(decide('GET/pets/7', 'read', '/pets/{other}'), 'GET /pets/{id}');
    assert.equal(decide('GET/pets/mine', 'admin', '/pets/{id}'), 'GET /pets/mine', 'matches, so nothing follows');
    assert.equal(decide('GET/pets/7', 'read', '/{proxy+}'), 'GET /pets/{id}', 'is not listed');
    assert.equal(decide('GET/pets/7', 'read', '/a/{proxy+}'), 'ANY /a/{p+}');
    assert.equal(decide('GET/pets', 'read', '/'), 'GET /');
    assert.equal(decide('GET/pets', 'read', '/pets/'), 'GET /pets', 'is not listed');
  });

  it('is open as the rules say, for every map and request of a small world', () => {
    const property = fc.property(anyMap, fc.boolean(), fc.nat(96), (entries, isReversed, part) => {
      const listed = isReversed ? [...entries].reverse() : entries;
      const model = modelOf(listed);
      const read = readRoutes(textOf(listed), 'method');
      assert.equal('mistakes' in read, findUnordered(model) !== undefined);
      if ('mistakes' in read) return;
      for (const request of plainWorld)
        assert.equal(find(read.map.routes, request)?.entry, ownerOf(model, request)?.name, request);
      for (const plain of plainWorld.filter((_, at) => at % 97 === part))
        for (const request of [plain, ...spellingsOf(plain)])
          for (const token of tokens) {
            const route = decidingRoute(read.map.routes, partsOf(request), token);
            const isOpen = waysOf(model, request).every((way) => way?.isOpen(token));
            const opens = () => checkRoute(route, token);
            if (isOpen) opens();
            else assert.throws(opens, request);
          }
    });
    fc.assert(property, { numRuns: 8 });
  });
});

describe('checkRoute', () => {
  const [route] = mapOf('GET /a A B, GET /a C');
  const check = (...scopes: string[]) => checkRoute(route, new Set(scopes));

  it('asks for one alternative as a whole', () => {
    check('B', 'A');
    check('C');
    const [open] = mapOf('GET /a A, GET /a');
    checkRoute(open, new Set());
  });

  it('refuses otherwise', () => {
    assert.throws(() => check('A', 'c'), { reason: 'insufficient_scope' });
    assert.throws(() => check(), { reason: 'insufficient_scope' });
    assert.throws(() => checkRoute(undefined, new Set(['A'])), { reason: 'unlisted_route' });
  });
});
