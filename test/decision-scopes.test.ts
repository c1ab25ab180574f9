import { after } from 'node:test';
import { invalid, nameOf } from './support/cases.ts';
import type { Expected } from './support/expectations.ts';
import { type Case, quickly, startWorld, trySuites } from './support/suite.ts';

const world = await startWorld();
after(world.issuer.close);

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
  // an item with a blank in it is no scope: whoever splits the text again would find others
  scopes({ scp: ['a b', '', 'c'] }, 'c'),
  scopes({ scope: ['a b'], scp: 'd' }, ''),
  scopes({ scope: [' a', 'b ', 'c\td', 'e\nf', 'g\u00a0h', 'i'] }, 'i'),
  scopes({ scope: 'a', scp: ['b'] }, 'a'),
  // the first that the token has, be it empty; null is as if it were absent
  scopes({ scope: '', scp: ['b'] }, ''),
  scopes({ scope: null, scp: ['b'] }, 'b'),
  scopes({ scope: null, scp: null }, ''),
  scopes({ permissions: ['a'] }, ''),
  // of an object the members, but for those that are null or false
  scopes({ scope: { a: {}, b: true, c: 0, d: '', e: [], f: null, g: false } }, 'a b c d e'),
  scopes({ scope: { 'not an admin': {}, '': {}, 'tab\tin': {}, reader: {} } }, 'reader'),
  scopes({ scope: {} }, ''),
];

const KEYCLOAK: readonly Case[] = [
  scopes({ realm_access: { roles: ['a', 'b'] }, scope: 'c' }, 'a b'),
  scopes({ realm_access: { roles: 'a b' } }, 'a b'),
  scopes({ '/realm_access/roles': ['a'], 'realm_access/roles': ['b'] }, ''),
  scopes({ realm_access: { roles: null } }, ''),
  scopes({ realm_access: null }, ''),
  scopes({ realm_access: [{ roles: ['a'] }] }, ''),
  scopes({ realm_access: 'roles' }, ''),
  [
    '{"realm_access":{"roles":1}}',
    { claims: { realm_access: { roles: 1 } } },
    { reason: 'invalid_claims', detail: /^The claim \/realm_access\/roles is not a string, .*no scopes/ },
  ],
];

const lacking = (scope: unknown, detail?: Expected['detail']): Case => [
  `only ${nameOf(scope)}`,
  { claims: { scope } },
  { reason: 'insufficient_scope', context: { scope: scope ?? '' }, ...(detail && { detail }) },
];
const REQUIRED: readonly Case[] = [
  ['both', {}, 'authorized'],
  [
    'both, and more, in any order',
    { claims: { scope: 'x write:pets y read:pets' } },
    { context: { scope: 'x write:pets y read:pets' } },
  ],
  lacking(undefined, 'The token lacks read:pets write:pets: it has no claim scope, scp.'),
  lacking('', 'The token lacks read:pets write:pets.'),
  lacking('read:pets', 'The token lacks write:pets.'),
  lacking('write:pets', 'The token lacks read:pets.'),
  ...['read:pets write:pet', 'read:pets,write:pets', 'READ:PETS WRITE:PETS'].map((scope) => lacking(scope)),
  ...['read:petsx write:pets', 'read:pets\twrite:pets', 'admin *'].map((scope) => lacking(scope)),
];

const admin = (groups: unknown, expected: Case[2]): Case => [
  nameOf(groups),
  { claims: { groups } },
  expected,
];
const noAdmin = (scope: string) => ({ reason: 'insufficient_scope', context: { scope } }) as const;

trySuites(
  world,
  [
    { name: 'scopes', cases: SCOPES },
    {
      name: 'SCOPE_CLAIM=permissions',
      env: { SCOPE_CLAIM: 'permissions' },
      cases: [
        scopes({ permissions: ['a', 'b'], scope: 'c', scp: 'd' }, 'a b'),
        scopes({ permissions: 'a b' }, 'a b'),
        scopes({ scope: 'c', scp: 'd' }, ''),
        scopes({ permissions: null, scope: 'c' }, ''),
        scopes({ permissions: { a: true } }, 'a'),
        ...invalid('permissions', 0, true, [0], [null], [['a']]),
      ],
    },
    {
      name: 'SCOPE_CLAIM=scp,roles',
      env: { SCOPE_CLAIM: 'scp, roles' },
      cases: [
        scopes({ scp: 'a b', roles: ['c'] }, 'a b'),
        scopes({ roles: ['c'], scope: 'd' }, 'c'),
        scopes({ scp: null, roles: ['c'] }, 'c'),
        ['a first of the wrong type', { claims: { scp: 0, roles: ['c'] } }, 'invalid_claims'],
        [
          'a second of the wrong type, which does not count',
          { claims: { scp: 'a', roles: 0 } },
          { context: { scope: 'a' } },
        ],
      ],
    },
    { name: 'SCOPE_CLAIM=/realm_access/roles', env: { SCOPE_CLAIM: '/realm_access/roles' }, cases: KEYCLOAK },
    { name: 'REQUIRED_SCOPES by commas', env: { REQUIRED_SCOPES: 'read:pets, write:pets' }, cases: REQUIRED },
    { name: 'REQUIRED_SCOPES by blanks', env: { REQUIRED_SCOPES: 'read:pets write:pets' }, cases: REQUIRED },
    {
      name: 'REQUIRED_SCOPES among items and members',
      env: { SCOPE_CLAIM: 'groups', REQUIRED_SCOPES: 'admin' },
      cases: [
        admin(['reader', 'admin'], { context: { scope: 'reader admin' } }),
        admin(['not an admin'], noAdmin('')),
        admin(['not an admin', 'reader'], noAdmin('reader')),
        admin({ admin: { org: '1' } }, { context: { scope: 'admin' } }),
        admin({ 'not an admin': true }, noAdmin('')),
        admin({ admin: false }, noAdmin('')),
        admin({ admin: null }, noAdmin('')),
        admin('not an admin', { context: { scope: 'not an admin' } }),
      ],
    },
    {
      name: 'ROUTE_SCOPES among items and members',
      env: { SCOPE_CLAIM: 'groups', ROUTE_SCOPES: '$default admin' },
      cases: [
        admin(['admin'], { context: { scope: 'admin' } }),
        admin(['not an admin'], noAdmin('')),
        admin({ 'not an admin': true }, noAdmin('')),
      ],
    },
  ],
  quickly,
);
