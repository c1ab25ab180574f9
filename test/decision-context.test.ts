import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { claimText } from './support/cases.ts';
import { check } from './support/expectations.ts';
import { start } from './support/harness.ts';
import { startInProcess } from './support/in-process.ts';
import { type Case, eventOf, METHOD, quickly, startWorld, trySuites } from './support/suite.ts';
import { SCOPE, seconds } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

const NOW = seconds();

/** What is handed on under a claim's own name. */
const handed = (what: string, claims: object, members: object): Case => [
  what,
  { claims: { ...claims } },
  { context: { scope: SCOPE, ...members } },
];
/** A number as JSON text, and what becomes of it. */
const number = (json: string, members: object): Case => [
  `the number ${json}`,
  claimText('level', json),
  { context: { scope: SCOPE, ...members } },
];
const brackets = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const CONTEXT: readonly Case[] = [
  handed('a string', { email: 'a@b.example' }, { email: 'a@b.example' }),
  handed('an empty string', { email: '' }, { email: '' }),
  handed('zero', { level: 0 }, { level: 0 }),
  handed('booleans', { admin: true }, { admin: true }),
  handed('false', { admin: false }, { admin: false }),
  handed('an array', { roles: ['a', 1, null] }, { roles: '["a",1,null]' }),
  handed('an object', { roles: { a: [1] } }, { roles: '{"a":[1]}' }),
  [
    'a claim of great depth',
    claimText('roles', brackets(1000)),
    { context: { scope: SCOPE, roles: brackets(1000) } },
  ],
  handed('null', { email: null }, {}),
  handed('none of what every object inherits', {}, {}),
  handed('a claim that is not named', { other: 'x' }, {}),
  number('1.5', { level: 1.5 }),
  number('-1e-7', { level: -1e-7 }),
  number('9007199254740991', { level: 2 ** 53 - 1 }),
  number('-9007199254740991', { level: 1 - 2 ** 53 }),
  // left out, for it would arrive as another
  ...['9007199254740992', '9007199254740993', '-9007199254740992', '1e300', '1e999', '-1e999'].map((json) =>
    number(json, {}),
  ),
  [
    'such a number in an array: as JSON.parse reads it',
    claimText('roles', '[9007199254740993]'),
    { context: { scope: SCOPE, roles: '[9007199254740992]' } },
  ],
  handed(
    'claims named like what every object inherits',
    { constructor: 'c', toString: 't' },
    { constructor: 'c', toString: 't' },
  ),
  [
    '__proto__',
    claimText('__proto__', '{"email":"x"}'),
    { context: { scope: SCOPE, ...JSON.parse('{"__proto__":"{\\"email\\":\\"x\\"}"}') } },
  ],
  [
    'a Deny for an authentic token',
    { claims: { email: 'a@b.example', scope: 'write:pets' } },
    { reason: 'insufficient_scope', context: { scope: 'write:pets', email: 'a@b.example' } },
  ],
  ['a Deny for an expired one', { claims: { email: 'a@b.example', exp: NOW - 60 } }, 'token_expired'],
];

const NAMED: readonly Case[] = [
  handed('a name of its own', { 'https://example.com/roles': ['a'] }, { roles: '["a"]' }),
  handed('a claim inside an object', { realm: { groups: ['g'] } }, { groups: '["g"]' }),
  handed('names with ~ and /', { 'a/b': { 'c~d': 1 } }, { odd: 1 }),
  handed('nothing where a name leads nowhere', { realm: 'groups', groups: 'g', roles: 'r' }, {}),
  handed('no item of an array', { realm: [['g']], list: ['first'] }, {}),
  handed('nothing that every object inherits', { realm: {} }, {}),
  handed('null', { realm: { groups: null } }, {}),
  handed('one claim under two names', { email: 'e' }, { email: 'e', mail: 'e' }),
];
const NAMES =
  'roles=https://example.com/roles, groups = /realm/groups, odd=/a~1b/c~0d, first=/list/0, made=/realm/constructor, email, mail=email';

const [first, second] = ['https://one.example', 'https://two.example/'];
/** The issuer's name is the configured one, and stands in an answer where there are several. */
const SEVERAL = {
  TOKEN_ISSUER: `${first},${second}`,
  JWKS_URI: [world.issuer.jwksUri, world.issuer.jwksUri].join(),
};
const from = (iss: string, scope: string, expected: object): Case => [
  `${iss}, scope ${scope}`,
  { claims: { iss, scope, email: 'e' } },
  { ...expected, context: { scope, iss: iss === `${first}/` ? first : second, email: 'e' } },
];
const refused = { reason: 'insufficient_scope' } as const;

trySuites(
  world,
  [
    {
      name: 'CONTEXT_CLAIMS',
      env: {
        CONTEXT_CLAIMS: 'email, level,admin,roles,missing,__proto__,constructor,toString',
        REQUIRED_SCOPES: 'write:pets,read:pets',
        INVALID_TOKEN: 'deny',
      },
      cases: CONTEXT,
    },
    { name: 'CONTEXT_CLAIMS with names', env: { CONTEXT_CLAIMS: NAMES }, cases: NAMED },
    {
      name: 'iss in context, several issuers',
      env: { ...SEVERAL, CONTEXT_CLAIMS: 'email', REQUIRED_SCOPES: 'a', INVALID_TOKEN: 'deny' },
      cases: [
        from(`${first}/`, 'a', { issuer: first }),
        from(second.slice(0, -1), 'a', { issuer: second }),
        from(`${first}/`, 'b', { ...refused, issuer: first }),
        from(second, 'b', { ...refused, issuer: second }),
        [
          'not in a Deny for what is not in force',
          { claims: { iss: first, exp: NOW - 60 } },
          'token_expired',
        ],
      ],
    },
    {
      name: 'iss in context, an issuer with a number',
      env: { TOKEN_ISSUER_2: second, JWKS_URI_2: world.issuer.jwksUri },
      cases: [
        handed('the first', {}, { iss: world.issuer.issuer }),
        handed('the second', { iss: second }, { iss: second }),
      ],
    },
    { name: 'no iss in context', cases: [handed('one issuer', {}, {})] },
  ],
  quickly,
);

/** The size of an answer, in bytes, that AWS documents as the largest. */
const DOCUMENTED = 8 * 1024;

for (const [target, startTarget] of Object.entries({
  source: startInProcess,
  zip: (env: object) => start('zip', { ...env }),
})) {
  it(`${target}: an answer over 8 KB is returned, and logged as a warning`, async (t) => {
    world.issuer.answer([world.key]);
    const fn = await startTarget({ ...world.env, REQUIRED_CLAIMS: 'secret' });
    t.after(() => fn.stop());
    const { result } = await fn.call(eventOf(world, { claims: { scope: '' } }));
    const room = DOCUMENTED - Buffer.byteLength(JSON.stringify(result));
    for (const [scope, level] of [
      ['x'.repeat(room), 'info'],
      ['x'.repeat(room + 1), 'warn'],
      [`${'x'.repeat(room - 1)}ä`, 'warn'], // bytes, not characters
      ['x'.repeat(room - 1 - 200), 'info'],
      ['x'.repeat(room + 1000), 'warn'],
    ] as const) {
      const reply = await fn.call(eventOf(world, { claims: { scope } }));
      check(reply, world.env, { reason: 'authorized', resource: METHOD, context: { scope }, level });
      if (level === 'warn') assert.match(String(reply.line.detail), /^The answer has \d{4} bytes/);
      else assert.equal(reply.line.detail, undefined);
    }
    const scope = 'x'.repeat(room + 1000);
    const reply = await fn.call(eventOf(world, { claims: { scope, secret: undefined } }));
    const detail = /^The claim secret is missing\. The answer has \d{4} bytes, more than the 8 KB/;
    check(reply, world.env, { reason: 'unaccepted_claim', resource: METHOD, context: { scope }, detail });
  });
}
