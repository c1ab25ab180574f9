import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readRoutes } from '../../src/routes/map.ts';
import { permits } from '../../src/routes/stage/iam.ts';
import { type StagePolicy, stagePolicies } from '../../src/routes/stage/policy.ts';
import { evaluate, matchesResource } from './iam.ts';
import {
  anyMap,
  findInexact,
  findUnordered,
  type ModelRoute,
  modelOf,
  ownerOf,
  plainOf,
  plainWorld,
  spellingsOf,
  textOf,
  tokens,
} from './model.ts';

const STAGE = 'arn:aws:execute-api:us-east-1:123456789012:apiId/stage';
/** With a name this long, what is allowed is told once instead of twice. */
const LONG_STAGE = `${STAGE}-${'long'.repeat(95)}`;

function policiesOf(text: string) {
  const read = readRoutes(text, 'stage');
  if (!('map' in read)) throw new Error(read.mistakes.join('\n'));
  const { routes, spills } = read.map;
  return stagePolicies(routes, spills ?? assert.fail());
}

function policyOf(text: string, scopes: Iterable<string> = [], stage = STAGE): StagePolicy {
  const policy = policiesOf(text)(stage, new Set(scopes));
  assert.ok(policy, 'a policy');
  return policy;
}

/** What each request of the world is due, by the contract. */
function dueOf(routes: readonly ModelRoute[], owners: readonly (ModelRoute | undefined)[], token: Set<string>) {
  const open = routes.filter((route) => route.isOpen(token));
  const ofOpen = plainWorld.filter((_, at) => owners[at]?.isOpen(token));
  const denials = routes
    .filter((route) => !route.isOpen(token))
    .flatMap(({ patterns }) => patterns)
    .filter((pattern) => !ofOpen.some((request) => matchesResource(pattern, request)));
  return plainWorld.map((request, at) => {
    const owner = owners[at];
    if (owner) return owner.isOpen(token);
    const isLikeOpen = open.some((route) => route.matches(request));
    return isLikeOpen && !denials.some((pattern) => matchesResource(pattern, request));
  });
}

/** Requests of which every spelling is tried. */
const short = plainWorld.filter((request) => /^(GET|POST|\$)/.test(request) && request.split('/').length < 5);

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const WIDE = ['*//*', '*/./*', '*/../*', '*/.', '*/..', '*%2e*', '*%2E*'];
const inStage = (patterns: string[]) => patterns.map((pattern) => `${STAGE}/${pattern}`);

describe('the policy of a stage', () => {
  it('gives every request what its route gives the token, for every map that is taken, and refuses no other', () => {
    let taken = 0;
    let spelled = 0;
    const property = fc.property(anyMap, fc.constantFrom(STAGE, LONG_STAGE), fc.nat(15), (entries, stage, part) => {
      const routes = modelOf(entries);
      const read = readRoutes(textOf(entries), 'stage');
      const conflict = findUnordered(routes) ?? findInexact(routes);
      assert.equal('mistakes' in read, conflict !== undefined, `${conflict?.map(({ name }) => name)}`);
      if (!('map' in read)) return;
      taken += 1;
      const policyFor = policiesOf(textOf(entries));
      const owners = plainWorld.map((request) => ownerOf(routes, request));
      for (const token of tokens) {
        const policy = policyFor(stage, token) ?? assert.fail();
        const effectOn = (request: string) => evaluate(policy.statements, `${stage}/${request}`);
        assert.equal(
          policy.isOpenAnywhere,
          routes.some((route) => route.isOpen(token)),
        );
        for (const [at, isDue] of dueOf(routes, owners, token).entries()) {
          const request = plainWorld[at] ?? '';
          const what = `${request} of ${owners[at]?.name} for ${[...token]}`;
          assert.equal(effectOn(request), isDue ? 'Allow' : 'Deny', what);
        }
        for (const request of short.filter((_, at) => at % 16 === part)) {
          const isDenied = effectOn(request) === 'Deny';
          for (const other of spellingsOf(request)) {
            const effect = effectOn(other);
            const what = `${other} for ${request} of ${ownerOf(routes, request)?.name} for ${[...token]}`;
            assert.notEqual(effect, 'neither', what);
            if (isDenied || plainOf(other) !== request) assert.equal(effect, 'Deny', what);
            assert.equal(permits(policy.statements, `${stage}/${other}`), effect === 'Allow', what);
            spelled += 1;
          }
        }
      }
    });
    fc.assert(property, { numRuns: 14 });
    assert.ok(taken > 0 && spelled > 0, `${taken} maps were taken, ${spelled} spellings tried`);
  });

  it('is one statement for what is allowed, one for what is denied, one for all else', () => {
    const text = 'GET /pets read, POST /pets write, GET /pets/{id} read, ANY /admin/{p+} admin, GET /me';
    const allowed = ['GET/pets', 'GET/me', 'GET/pets/*'].map((path) => `${STAGE}/${path}`);
    const admin = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => `${method}/admin/*`);
    const denied = inStage(['POST/pets', ...admin, ...WIDE, '*/*/']);
    const { bytes, ...policy } = policyOf(text, ['read', 'else']);
    assert.equal(bytes, JSON.stringify(policy.statements).length);
    assert.deepEqual(policy, {
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
      allowed && 'Resource' in allowed && [allowed.Resource].flat().filter((resource) => resource.includes('/GET/')),
      [`${STAGE}/GET/a/*`],
    );
  });

  it('leaves out the Deny of a closed route in the methods alone in which it would match an open one', () => {
    const { statements } = policyOf('ANY /a/{x} A, GET /a/{x}/b');
    const denied = ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => `${STAGE}/${method}/a/*`);
    const [, second] = statements;
    const listed = second && 'Resource' in second ? [second.Resource].flat() : [];
    assert.deepEqual(
      listed.filter((pattern) => pattern.endsWith('/a/*')),
      denied,
    );
  });

  it('denies the whole stage to a token that opens no route', () => {
    const { bytes: _, ...policy } = policyOf('GET /a A, $default B, $connect C', ['D']);
    assert.deepEqual(policy, {
      statements: [{ Action: 'execute-api:Invoke', Effect: 'Deny', Resource: [`${STAGE}/*`] }],
      isOpenAnywhere: false,
    });
  });

  it('is of the seven methods where $default is open, and closes a slash after what is closed alone', () => {
    const { statements } = policyOf('GET /pz A, $default, ANY /{p+}');
    const all = inStage(methods.map((method) => `${method}/*`));
    const denied = ['GET/pz', ...WIDE, '*%70*', '*%7a*', '*%7A*', '*/pz/'];
    assert.deepEqual(statements, [
      { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: all },
      { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: inStage(denied) },
      { Action: 'execute-api:Invoke', Effect: 'Deny', NotResource: all },
    ]);
  });

  it('denies a slash after a path of no route, which an open pattern matches', () => {
    for (const text of ['GET /{p+}, POST /ab/{p+}', 'GET /{x}, POST /ab/{p+}', 'GET /{p+}, POST /ab/{x}']) {
      const { statements } = policyOf(text);
      for (const path of ['ab', 'ab/']) assert.equal(evaluate(statements, `${STAGE}/POST/${path}`), 'Deny', text);
      assert.equal(evaluate(statements, `${STAGE}/POST/ab/c`), 'Allow', text);
    }
  });

  it('denies other spellings only of what an open pattern may match', () => {
    const of = (text: string) => {
      const [, denied] = policyOf(text, ['A']).statements;
      return denied && 'Resource' in denied ? [denied.Resource].flat() : [];
    };
    assert.deepEqual(of('GET /pets A, GET /owners B'), inStage(['GET/owners']));
    assert.deepEqual(
      of('GET /p/{id} A, GET /p/{id}/zz B, GET /owners B'),
      inStage(['GET/owners', 'GET/p/*/zz', ...WIDE, '*%7a*', '*%7A*', '*/*/']),
    );
    assert.deepEqual(
      of('GET /x/y/{id} A, GET /{q}/5 B').filter((pattern) => /%3/.test(pattern)),
      [],
    );
    assert.deepEqual(
      of('GET /x/y/{id} A, GET /{q}/y/{r}/5 B').filter((pattern) => /%3/.test(pattern)),
      inStage(['*%35*']),
    );
  });

  it('keeps a Deny of which another Deny matches a part', () => {
    const { statements } = policyOf('GET /{x} A, GET /{x}/k B, GET /z/{y} B C', ['A']);
    assert.equal(evaluate(statements, `${STAGE}/GET/z/w`), 'Deny');
    assert.equal(evaluate(statements, `${STAGE}/GET/z`), 'Allow');
  });

  it('denies an encoded literal that stands in a Deny before the first * of the open pattern', () => {
    const { statements } = policyOf('GET /k/k/{x} A, GET /{x}/Zx/k B', ['A']);
    assert.equal(evaluate(statements, `${STAGE}/GET/k/k/Zx/k`), 'Deny');
    assert.equal(evaluate(statements, `${STAGE}/GET/k/k/%5Ax/k`), 'Deny');
    assert.equal(evaluate(statements, `${STAGE}/GET/k/k/%40x`), 'Allow');
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
    assert.ok(policyOf(`ANY /${literal}, GET /a A`), 'a policy');
    assert.equal(policiesOf(`ANY /${literal}, GET /a A`)(`${STAGE}s`, new Set()), undefined);
  });

  it('tells what is allowed and what is denied once, where twice would be long', () => {
    const { statements } = policyOf('ANY /a/{x} A, ANY /b/{x} A, ANY /c/{x} B, ANY /a/{x}/y B', ['A'], LONG_STAGE);
    const on = (path: string) =>
      ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => `${LONG_STAGE}/${method}/${path}`);
    assert.deepEqual(statements, [
      { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: [`${LONG_STAGE}/*`] },
      {
        Action: 'execute-api:Invoke',
        Effect: 'Deny',
        Resource: [...on('a/*/y'), ...[...WIDE, '*%79*', '*/*/'].map((pattern) => `${LONG_STAGE}/${pattern}`)],
      },
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
      assert.ok(JSON.stringify(statements).length < 8192, `${JSON.stringify(statements).length} with ${open} open`);
    }
  });
});
