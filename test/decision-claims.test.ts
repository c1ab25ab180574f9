import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { check } from './support/expectations.ts';
import { start, targets } from './support/harness.ts';
import { type Asked, type Case, eventOf, METHOD, quickly, startWorld, trySuites } from './support/suite.ts';
import { AUDIENCE, SCOPE, seconds } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

const NOW = seconds();
const API_2 = 'https://api-2.example';

const name = (value: unknown) => JSON.stringify(value) ?? 'absent';

/** A token whose claim holds something else, and what should come of it. */
const claim = (claimName: string, value: unknown, expected: Case[2]): Case => [
  `${claimName} ${name(value)}`,
  { claims: { [claimName]: value } },
  expected,
];
const invalid = (claimName: string, ...values: readonly unknown[]): Case[] =>
  values.map((value) => claim(claimName, value, 'invalid_claims'));

/** A claim as JSON text, for numbers and names that no object literal can hold. */
const text = (claimName: string, json: string): Asked => ({
  claims: { [claimName]: undefined },
  claimsText: (claims) => `{${JSON.stringify(claimName)}:${json},${claims.slice(1)}`,
});
const infinite = ['exp', 'nbf', 'iat'].flatMap((claimName) =>
  ['1e999', '-1e999'].map((json): Case => [`${claimName} ${json}`, text(claimName, json), 'invalid_claims']),
);

const TYPES: readonly Case[] = [
  ...invalid('exp', undefined, null, '', String(NOW + 300), true, {}, [NOW + 300]),
  ...['nbf', 'iat'].flatMap((claimName) => invalid(claimName, null, '', String(NOW), true, {}, [NOW])),
  ...infinite,
  ...invalid('aud', null, 0, true, {}, [0], [AUDIENCE, 0], [[AUDIENCE]], [null], { 0: AUDIENCE }),
  ...['sub', 'client_id', 'azp'].flatMap((claimName) => invalid(claimName, null, 0, true, {}, ['me'])),
  ...invalid('scope', null, 0, true, {}, [0], [SCOPE, 0], [[SCOPE]]),
  ...[null, 0, {}, [0]].map((scp): Case => {
    return [`scp ${name(scp)}`, { claims: { scope: undefined, scp } }, 'invalid_claims'];
  }),
];

const inherited = '{"sub":"admin","client_id":"admin","azp":"admin"}';
const PRINCIPALS: readonly Case[] = [
  ['sub before all', { claims: { sub: 's', client_id: 'c', azp: 'a' } }, { principalId: 's' }],
  [
    'client_id where sub is absent',
    { claims: { sub: undefined, client_id: 'c', azp: 'a' } },
    { principalId: 'c' },
  ],
  ['client_id where sub is empty', { claims: { sub: '', client_id: 'c', azp: 'a' } }, { principalId: 'c' }],
  ['azp where the others are absent', { claims: { sub: undefined, azp: 'a' } }, { principalId: 'a' }],
  ['azp where the others are empty', { claims: { sub: '', client_id: '', azp: 'a' } }, { principalId: 'a' }],
  ['none', { claims: { sub: undefined } }, 'invalid_claims'],
  ['three that are empty', { claims: { sub: '', client_id: '', azp: '' } }, 'invalid_claims'],
  ['a blank', { claims: { sub: ' ' } }, { principalId: ' ' }],
  ['letters of any script', { claims: { sub: 'Zoë "☃"\n' } }, { principalId: 'Zoë "☃"\n' }],
  [
    'none but in __proto__',
    { ...text('__proto__', inherited), claims: { sub: undefined } },
    'invalid_claims',
  ],
];

/** A claim so many seconds away from when the tests began; by minutes, so that no slow machine makes a difference. */
const away = (claimName: string, offset: number, expected: Case[2]): Case => [
  `${claimName} ${offset < 0 ? `${-offset} s ago` : `in ${offset} s`}`,
  { claims: { [claimName]: NOW + offset } },
  expected,
];

const TIMES: readonly Case[] = [
  away('exp', -6, 'token_expired'),
  away('exp', -3600, 'token_expired'),
  away('exp', 3600.5, 'authorized'),
  claim('exp', 0, 'token_expired'),
  claim('exp', -1, 'token_expired'),
  claim('exp', 1e308, 'authorized'),
  away('nbf', 240, 'token_not_active'),
  away('nbf', 0, 'authorized'),
  claim('nbf', undefined, 'authorized'),
  claim('nbf', -1e308, 'authorized'),
  claim('nbf', 1e308, 'token_not_active'),
  away('iat', 240, 'token_not_active'),
  claim('iat', undefined, 'authorized'),
  claim('iat', 0, 'authorized'),
];

const other = { reason: 'invalid_audience' } as const;
const AUDIENCES: readonly Case[] = [
  claim('aud', AUDIENCE, 'authorized'),
  claim('aud', [AUDIENCE], 'authorized'),
  claim('aud', ['https://other.example', AUDIENCE], 'authorized'),
  ...[undefined, [], '', [''], ['https://other.example'], API_2].map((aud) => claim('aud', aud, other)),
  ...[`${AUDIENCE}/`, `${AUDIENCE}x`, AUDIENCE.slice(0, -1), ` ${AUDIENCE}`, AUDIENCE.toUpperCase()].map(
    (aud) => claim('aud', aud, other),
  ),
  claim('aud', `${AUDIENCE} https://other.example`, other),
  claim('aud', `${AUDIENCE},https://other.example`, other),
];

/** Cognito's access tokens have no `aud`. */
const client = (client_id: unknown, claims: object = {}): Asked => ({
  claims: { aud: undefined, client_id, ...claims },
});
const CLIENTS: readonly Case[] = [
  ['its own client', client('app-1'), 'authorized'],
  ['one of several', client('app-2'), 'authorized'],
  ['its own client, and an aud besides', client('app-1', { aud: 'anything' }), 'authorized'],
  ['another client', client('app-3'), other],
  ['no client', client(undefined), other],
  ['its own client as aud', client(undefined, { aud: 'app-1' }), other],
  ['several clients', client(['app-1']), 'invalid_claims'],
  ['a number', client(1), 'invalid_claims'],
];

const scopes = (claims: object, scope: string): Case => [
  JSON.stringify(claims),
  { claims: { scope: undefined, ...claims } },
  { context: { scope } },
];
const SCOPES: readonly Case[] = [
  scopes({}, ''),
  scopes({ scope: '' }, ''),
  scopes({ scope: ' ' }, ''),
  scopes({ scope: 'a' }, 'a'),
  scopes({ scope: '  a   b ' }, 'a b'),
  scopes({ scope: ['a', 'b'] }, 'a b'),
  scopes({ scope: [] }, ''),
  scopes({ scp: 'a b' }, 'a b'),
  scopes({ scp: ['a', 'b'] }, 'a b'),
  scopes({ scp: ['a b', '', 'c'] }, 'a b c'),
  scopes({ scope: 'a', scp: ['b'] }, 'a'),
  scopes({ permissions: ['a'] }, ''),
];

const lacking = (scope: unknown): Case => [
  `only ${name(scope)}`,
  { claims: { scope } },
  { reason: 'insufficient_scope', context: { scope: scope ?? '' } },
];
const REQUIRED: readonly Case[] = [
  ['both', {}, 'authorized'],
  [
    'both, and more, in any order',
    { claims: { scope: 'x write:pets y read:pets' } },
    { context: { scope: 'x write:pets y read:pets' } },
  ],
  ...[undefined, '', 'read:pets', 'write:pets', 'read:pets write:pet', 'read:pets,write:pets'].map(lacking),
  ...['READ:PETS WRITE:PETS', 'read:petsx write:pets', 'read:pets\twrite:pets', 'admin *'].map(lacking),
];

/** What is handed on under a claim's own name. */
const handed = (what: string, claims: object, members: object): Case => [
  what,
  { claims: { ...claims } },
  { context: { scope: SCOPE, ...members } },
];
const brackets = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const CONTEXT: readonly Case[] = [
  handed('a string', { email: 'a@b.example' }, { email: 'a@b.example' }),
  handed('an empty string', { email: '' }, { email: '' }),
  handed('numbers', { level: 1.5 }, { level: 1.5 }),
  handed('zero', { level: 0 }, { level: 0 }),
  handed('booleans', { admin: true }, { admin: true }),
  handed('false', { admin: false }, { admin: false }),
  handed('an array', { roles: ['a', 1, null] }, { roles: '["a",1,null]' }),
  handed('an object', { roles: { a: [1] } }, { roles: '{"a":[1]}' }),
  [
    'a claim of great depth',
    text('roles', brackets(1000)),
    { context: { scope: SCOPE, roles: brackets(1000) } },
  ],
  handed('null', { email: null }, {}),
  handed('none of what every object inherits', {}, {}),
  handed('a claim that is not named', { other: 'x' }, {}),
  ['a number that JSON can not pass on', text('level', '1e999'), { context: { scope: SCOPE } }],
  handed(
    'claims named like what every object inherits',
    { constructor: 'c', toString: 't' },
    { constructor: 'c', toString: 't' },
  ),
  [
    '__proto__',
    text('__proto__', '{"email":"x"}'),
    { context: { scope: SCOPE, ...JSON.parse('{"__proto__":"{\\"email\\":\\"x\\"}"}') } },
  ],
  [
    'a Deny for an authentic token',
    { claims: { email: 'a@b.example', scope: 'write:pets' } },
    { reason: 'insufficient_scope', context: { scope: 'write:pets', email: 'a@b.example' } },
  ],
  ['a Deny for an expired one', { claims: { email: 'a@b.example', exp: NOW - 60 } }, 'token_expired'],
];

trySuites(
  world,
  [
    { name: 'types of claims', cases: TYPES },
    { name: 'the principal', cases: PRINCIPALS },
    { name: 'times', cases: TIMES },
    {
      name: 'times, CLOCK_TOLERANCE=300',
      env: { CLOCK_TOLERANCE: '300' },
      cases: [
        away('exp', -100, 'authorized'),
        away('exp', -301, 'token_expired'),
        away('nbf', 299, 'authorized'),
        away('nbf', 600, 'token_not_active'),
        away('iat', 299, 'authorized'),
        away('iat', 600, 'token_not_active'),
      ],
    },
    {
      name: 'times, CLOCK_TOLERANCE=0',
      env: { CLOCK_TOLERANCE: '0' },
      cases: [away('exp', 0, 'token_expired'), away('nbf', 0, 'authorized'), away('iat', 0, 'authorized')],
    },
    { name: 'the audience', cases: AUDIENCES },
    {
      name: 'two audiences',
      env: { AUDIENCE: `${API_2}, ${AUDIENCE}` },
      cases: [
        claim('aud', AUDIENCE, 'authorized'),
        claim('aud', API_2, 'authorized'),
        claim('aud', `${API_2}, ${AUDIENCE}`, other),
      ],
    },
    {
      name: 'AUDIENCE_CLAIM=client_id',
      env: { AUDIENCE_CLAIM: 'client_id', AUDIENCE: 'app-1,app-2' },
      cases: CLIENTS,
    },
    { name: 'scopes', cases: SCOPES },
    {
      name: 'SCOPE_CLAIM=permissions',
      env: { SCOPE_CLAIM: 'permissions' },
      cases: [
        scopes({ permissions: ['a', 'b'], scope: 'c', scp: 'd' }, 'a b'),
        scopes({ permissions: 'a b' }, 'a b'),
        scopes({ scope: 'c', scp: 'd' }, ''),
        ...invalid('permissions', null, 0, {}, [0]),
      ],
    },
    { name: 'REQUIRED_SCOPES by commas', env: { REQUIRED_SCOPES: 'read:pets, write:pets' }, cases: REQUIRED },
    {
      name: 'REQUIRED_SCOPES among the items of an array',
      env: { SCOPE_CLAIM: 'groups', REQUIRED_SCOPES: 'admin' },
      cases: [
        [
          'the item itself',
          { claims: { groups: ['reader', 'admin'] } },
          { context: { scope: 'reader admin' } },
        ],
        [
          'a word of an item',
          { claims: { groups: ['not an admin'] } },
          { reason: 'insufficient_scope', context: { scope: 'not an admin' } },
        ],
      ],
    },
    { name: 'REQUIRED_SCOPES by blanks', env: { REQUIRED_SCOPES: 'read:pets write:pets' }, cases: REQUIRED },
    {
      name: 'CONTEXT_CLAIMS',
      env: {
        CONTEXT_CLAIMS: 'email, level,admin,roles,missing,__proto__,constructor,toString',
        REQUIRED_SCOPES: 'write:pets,read:pets',
        INVALID_TOKEN: 'deny',
      },
      cases: CONTEXT,
    },
  ],
  quickly,
);

/** The size of an answer, in bytes, that AWS documents as the largest. */
const DOCUMENTED = 8 * 1024;

for (const target of targets) {
  it(`${target}: an answer over 8 KB is returned, and logged as a warning`, async (t) => {
    world.issuer.answer([world.key]);
    const fn = await start(target, world.env);
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
    }
  });
}
