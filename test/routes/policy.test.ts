import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readRoutes } from '../../src/routes/map.ts';
import { type StagePolicy, stagePolicies } from '../../src/routes/policy.ts';
import { evaluate, matchesResource } from './iam.ts';
import { anyMap, findInexact, type ModelRoute, modelOf, ownerOf, textOf, tokens, world } from './model.ts';

const STAGE = 'arn:aws:execute-api:us-east-1:123456789012:apiId/stage';
/** With a name this long, what is allowed is told once instead of twice. */
const LONG_STAGE = `${STAGE}-${'long'.repeat(95)}`;

function policiesOf(text: string) {
  const read = readRoutes(text, 'stage');
  if (!('map' in read)) throw new Error(read.mistakes.join('\n'));
  return stagePolicies(read.map);
}

function policyOf(text: string, scopes: Iterable<string> = [], stage = STAGE): StagePolicy {
  const policy = policiesOf(text)(stage, new Set(scopes));
  assert.ok(policy);
  return policy;
}

/** What each request of the world is due, by the contract. */
function dueOf(
  routes: readonly ModelRoute[],
  owners: readonly (ModelRoute | undefined)[],
  token: Set<string>,
) {
  const open = routes.filter((route) => route.isOpen(token));
  const ofOpen = world.filter((_, at) => owners[at]?.isOpen(token));
  const denials = routes
    .filter((route) => !route.isOpen(token))
    .flatMap(({ patterns }) => patterns)
    .filter((pattern) => !ofOpen.some((request) => matchesResource(pattern, request)));
  return world.map((request, at) => {
    const owner = owners[at];
    if (owner) return owner.isOpen(token);
    const isLikeOpen = open.some((route) => route.matches(request));
    return isLikeOpen && !denials.some((pattern) => matchesResource(pattern, request));
  });
}

describe('the policy of a stage', () => {
  it('gives every request what its route gives the token, for every map that is taken, and refuses no other', () => {
    let taken = 0;
    const property = fc.property(anyMap, fc.constantFrom(STAGE, LONG_STAGE), (entries, stage) => {
      const routes = modelOf(entries);
      const read = readRoutes(textOf(entries), 'stage');
      const inexact = findInexact(routes);
      assert.equal(
        'mistakes' in read,
        inexact !== undefined,
        inexact?.map(({ name }) => name).join(' over '),
      );
      if (!('map' in read)) return;
      taken += 1;
      const policyFor = stagePolicies(read.map);
      const owners = world.map((request) => ownerOf(routes, request));
      for (const token of tokens) {
        const policy = policyFor(stage, token);
        assert.equal(
          policy?.isOpenAnywhere,
          routes.some((route) => route.isOpen(token)),
        );
        for (const [at, isDue] of dueOf(routes, owners, token).entries()) {
          const what = `${world[at]} of ${owners[at]?.name} for ${[...token]}`;
          assert.equal(
            evaluate(policy?.statements ?? [], `${stage}/${world[at]}`),
            isDue ? 'Allow' : 'Deny',
            what,
          );
        }
      }
    });
    fc.assert(property, { numRuns: 80 });
    assert.ok(taken > 30, `${taken} maps were taken`);
  });

  it('is one statement for what is allowed, one for what is denied, one for all else', () => {
    const text = 'GET /pets read, POST /pets write, GET /pets/{id} read, ANY /admin/{p+} admin, GET /me';
    const allowed = ['GET/pets', 'GET/me', 'GET/pets/*'].map((path) => `${STAGE}/${path}`);
    const admin = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map(
      (method) => `${method}/admin/*`,
    );
    const denied = ['POST/pets', ...admin].map((path) => `${STAGE}/${path}`);
    assert.deepEqual(policyOf(text, ['read', 'else']), {
      statements: [
        { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: allowed },
        { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: denied },
        { Action: 'execute-api:Invoke', Effect: 'Deny', NotResource: allowed },
      ],
      isOpenAnywhere: true,
    });
  });

  it('names no route that the pattern of another covers', () => {
    const text = 'GET /a/{x} A, GET /a/{x}/b A, GET /a/{x+} A, ANY /a/b/c A, GET /z B';
    const [allowed] = policyOf(text, ['A']).statements;
    assert.deepEqual(
      allowed &&
        'Resource' in allowed &&
        [allowed.Resource].flat().filter((resource) => resource.includes('/GET/')),
      [`${STAGE}/GET/a/*`],
    );
  });

  it('leaves out the Deny of a closed route in the methods alone in which it would match an open one', () => {
    const { statements } = policyOf('ANY /a/{x} A, GET /a/{x}/b');
    const denied = ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map(
      (method) => `${STAGE}/${method}/a/*`,
    );
    assert.deepEqual(statements[1], { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: denied });
  });

  it('denies the whole stage to a token that opens no route', () => {
    assert.deepEqual(policyOf('GET /a A, $default B, $connect C', ['D']), {
      statements: [{ Action: 'execute-api:Invoke', Effect: 'Deny', Resource: [`${STAGE}/*`] }],
      isOpenAnywhere: false,
    });
  });

  it('needs no third statement where $default is open: it takes whatever is not listed', () => {
    const { statements } = policyOf('GET /a A, $default');
    assert.deepEqual(statements, [
      { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: [`${STAGE}/*`] },
      { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: [`${STAGE}/GET/a`] },
    ]);
  });

  it('is made once for a stage and a set of open routes', () => {
    const policyFor = policiesOf('GET /a A, GET /b A, GET /c B C, GET /d');
    const policy = policyFor(STAGE, new Set(['A', 'B']));
    assert.equal(policyFor(STAGE, new Set(['X', 'B', 'A'])), policy);
    assert.notEqual(policyFor(STAGE, new Set(['B'])), policy);
    assert.notEqual(policyFor(LONG_STAGE, new Set(['A', 'B'])), policy);
  });

  it('is made again where a hundred others have been made since', () => {
    const policyFor = policiesOf('GET /a A');
    const first = policyFor(STAGE, new Set());
    for (let stage = 1; stage < 100; stage += 1) policyFor(`${STAGE}${stage}`, new Set());
    assert.equal(policyFor(STAGE, new Set()), first);
    policyFor(`${STAGE}100`, new Set());
    assert.notEqual(policyFor(STAGE, new Set()), first);
  });

  it('is none where a pattern of the map would have more than 512 characters in that stage', () => {
    const literal = 'x'.repeat(512 - `${STAGE}/OPTIONS/`.length);
    assert.ok(policyOf(`ANY /${literal}, GET /a A`));
    assert.equal(policiesOf(`ANY /${literal}, GET /a A`)(`${STAGE}s`, new Set()), undefined);
  });

  it('tells what is allowed and what is denied once, where twice would be long', () => {
    const { statements } = policyOf(
      'ANY /a/{x} A, ANY /b/{x} A, ANY /c/{x} B, ANY /a/{x}/y B',
      ['A'],
      LONG_STAGE,
    );
    const on = (path: string) =>
      ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map(
        (method) => `${LONG_STAGE}/${method}/${path}`,
      );
    assert.deepEqual(statements, [
      { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: [`${LONG_STAGE}/*`] },
      { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: on('a/*/y') },
      { Action: 'execute-api:Invoke', Effect: 'Deny', NotResource: [...on('a/*'), ...on('b/*')] },
    ]);
  });

  it('stays inside 8 KB for 40 routes', () => {
    const stage = 'arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:a1b2c3d4e5/production';
    const kinds = ['/{id}', '', '/{id}/items/{item}', '/search'];
    const entries = Array.from({ length: 40 }, (_, at) => {
      const method = ['DELETE', 'GET', 'PATCH', 'POST'][at % 4];
      return `${method} /collection-${at >> 2}${kinds[at % 4]} scope${at % 8}`;
    });
    const scopes = Array.from({ length: 8 }, (_, at) => `scope${at}`);
    for (let open = 1; open <= 8; open += 1) {
      const { statements } = policyOf(entries.join(','), scopes.slice(0, open), stage);
      assert.ok(
        JSON.stringify(statements).length < 7000,
        `${JSON.stringify(statements).length} with ${open} open`,
      );
    }
  });

  it('can be made of a map only that was read for it', () => {
    const read = readRoutes('GET /a', 'method');
    assert.throws(() => stagePolicies('map' in read ? read.map : assert.fail()), /not read for policies/);
  });
});
