import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readRoutes } from '../../src/routes/map.ts';
import { findRoute, missingScopes, type RouteMap } from '../../src/routes/route.ts';
import { anyMap, modelOf, ownerOf, textOf, world } from './model.ts';

const mapOf = (text: string): RouteMap => {
  const read = readRoutes(text, 'method');
  return 'map' in read ? read.map : assert.fail(read.mistakes.join('\n'));
};

/** @param request what follows the stage in the ARN */
function find(map: RouteMap, request: string) {
  const slash = request.indexOf('/');
  return slash < 0
    ? findRoute(map, request, '')
    : findRoute(map, request.slice(0, slash), request.slice(slash));
}

describe('findRoute', () => {
  const PETS = mapOf(
    'GET /, GET /pets, GET /pets/{id}, GET /pets/mine, ANY /pets/mine, ANY /admin/{p+}, GET /admin/{p+}, GET /admin/{x}, $connect',
  );
  const OF: Readonly<Record<string, string | undefined>> = {
    'GET/': 'GET /',
    'GET/pets': 'GET /pets',
    'GET/Pets': undefined,
    'GET/pets/': undefined,
    'GET/pets/7': 'GET /pets/{id}',
    'GET/pets/%2F': 'GET /pets/{id}',
    'GET/pets/mine': 'GET /pets/mine',
    'POST/pets/mine': 'ANY /pets/mine',
    'GET/pets/min': 'GET /pets/{id}',
    'GET/pets/mine7': 'GET /pets/{id}',
    'GET/pets/7/': undefined,
    'GET/pets//7': undefined,
    'GET/pets/7/x': undefined,
    'POST/pets/7': undefined,
    'TRACE/pets/mine': undefined,
    'get/pets': undefined,
    'GET/admin': undefined,
    'GET/admin/': undefined,
    'GET/admin/a': 'GET /admin/{x}',
    'POST/admin/a': 'ANY /admin/{p+}',
    'GET/admin/a/b/c': 'GET /admin/{p+}',
    'GET/admin/a//c': undefined,
    'GET/admin/a/': undefined,
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

  it('takes for $default whatever no other entry takes', () => {
    const map = mapOf('GET /pets/{id}, $default D');
    for (const request of ['GET/pets/', 'POST/pets/7', 'TRACE/x', 'GET', '$connect', 'GET/'])
      assert.equal(find(map, request)?.entry, '$default', request);
    assert.equal(find(map, 'GET/pets/7')?.entry, 'GET /pets/{id}');
  });

  it('goes by the path first, then by the method', () => {
    assert.equal(find(mapOf('GET /a/{x}, ANY /a/b'), 'GET/a/b')?.entry, 'ANY /a/b');
    assert.equal(find(mapOf('GET /{x}/b, GET /a/{p+}'), 'GET/a/b')?.entry, 'GET /a/{p+}');
    assert.equal(find(mapOf('GET /a/{x}, POST /a/b'), 'GET/a/b')?.entry, 'GET /a/{x}');
  });

  it('finds what the rules say, for every map and request of a small world', () => {
    const property = fc.property(anyMap, fc.boolean(), (entries, isReversed) => {
      const map = mapOf(textOf(isReversed ? [...entries].reverse() : entries));
      const routes = modelOf(isReversed ? [...entries].reverse() : entries);
      for (const request of world)
        assert.equal(find(map, request)?.entry, ownerOf(routes, request)?.name, request);
    });
    fc.assert(property, { numRuns: 100 });
  });
});

describe('missingScopes', () => {
  const [route] = mapOf('GET /a A B, GET /a C').routes;
  const missing = (...scopes: string[]) => missingScopes(route ?? assert.fail(), new Set(scopes));

  it('is nothing where one alternative is there as a whole', () => {
    assert.equal(missing('B', 'A'), undefined);
    assert.equal(missing('C'), undefined);
  });

  it('is all alternatives otherwise', () => {
    assert.deepEqual(missing('A', 'c'), [['A', 'B'], ['C']]);
    assert.deepEqual(missing(), [['A', 'B'], ['C']]);
  });

  it('is nothing for a route without scopes, to any token', () => {
    const [open] = mapOf('GET /a A, GET /a').routes;
    assert.equal(missingScopes(open ?? assert.fail(), new Set()), undefined);
  });
});
