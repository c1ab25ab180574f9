import { after } from 'node:test';
import { claimText, nameOf } from './support/cases.ts';
import { type Asked, type Case, quickly, type Suite, startWorld, trySuites } from './support/suite.ts';

const world = await startWorld();
after(world.issuer.close);

/** What the log may say of it: the claim and the accepted values, and never what the token says. */
const unmet = (detail: string | RegExp = /^The claim .* is (not|missing)/) =>
  ({ reason: 'unaccepted_claim', detail }) as const;

/** A token with these claims: is the requirement met? */
const says = (claims: object, isMet: boolean, detail?: string): Case => [
  nameOf(claims),
  { claims: { ...claims } },
  isMet ? 'authorized' : unmet(detail),
];
/** A claim as JSON text. */
const text = (name: string, json: string, isMet: boolean): Case => [
  `${name} ${json}`,
  claimText(name, json),
  isMet ? 'authorized' : unmet(),
];
const each = (name: string, values: readonly unknown[], isMet: boolean) =>
  values.map((value) => says({ [name]: value }, isMet));
const texts = (name: string, values: readonly string[], isMet: boolean) =>
  values.map((json) => text(name, json, isMet));

/** One setting, and what is met by it. */
const requiring = (REQUIRED_CLAIMS: string, ...cases: readonly (Case | readonly Case[])[]): Suite => ({
  name: `REQUIRED_CLAIMS=${REQUIRED_CLAIMS}`,
  env: { REQUIRED_CLAIMS },
  cases: cases.flatMap((item) => (typeof item[0] === 'string' ? [item as Case] : (item as Case[]))),
});

const PRESENCE = requiring(
  'tid',
  each('tid', ['x', '', 0, false, true, 1.5, [], {}, [null]], true),
  each('tid', [null, undefined], false),
  texts('tid', ['9007199254740993', '1e999'], true),
  says({}, false, 'The claim tid is missing.'),
  says({ TID: 'x', 'tid ': 'x', _tid: 'x' }, false),
);

const STRINGS = requiring(
  'token_use = access|m2m',
  each('token_use', ['access', 'm2m', ['id', 'access'], [1, 'm2m']], true),
  each('token_use', ['id', 'ACCESS', 'access ', ' access', 'acces', 'accessx', 'access|m2m', ''], false),
  each('token_use', [null, 0, true, [], ['id'], [['access']], [{ access: 1 }], { access: true }], false),
  each('token_use', [{ 0: 'access' }, { token_use: 'access' }, ['access|m2m'], [null]], false),
  says({ token_use: 'id' }, false, 'The claim token_use is not access or m2m.'),
  says({}, false, 'The claim token_use is missing. It must be access or m2m.'),
);

const SCALARS = [
  requiring(
    'email_verified=true',
    each('email_verified', [true, 'true', [true], [false, 'true']], true),
    each('email_verified', [false, 'True', 'TRUE', 1, '1', {}, [], [[true]], null], false),
  ),
  requiring(
    'level=7|-1.5|1e+21|0',
    each('level', [7, '7', -1.5, '-1.5', 0, [7], ['x', 0], '1e+21'], true),
    texts('level', ['7.0', '70e-1', '0.7e1', '-0', '-15e-1'], true),
    each('level', [7.5, '7.0', '07', '+7', ' 7', true, false, '', null, {}, [[7]]], false),
    // beyond 2^53 − 1: no number that a token can mean
    texts('level', ['1e21', '1000000000000000000000', '1e999'], false),
  ),
  requiring(
    'n=9007199254740992|9007199254740993|Infinity|null|NaN|9007199254740991',
    texts('n', ['9007199254740991'], true),
    texts(
      'n',
      ['9007199254740992', '9007199254740993', '-9007199254740992', '1e999', 'null', '[null]'],
      false,
    ),
    texts('n', ['[9007199254740993]', '[1e999]', '{"n":9007199254740991}'], false),
    // whoever writes it as a string is compared as one
    each('n', ['9007199254740993', 'Infinity', 'null'], true),
  ),
  requiring('x=[object Object]', each('x', [{}, [{}], [[]]], false), each('x', ['[object Object]'], true)),
];

const POINTERS = [
  requiring(
    '/realm_access/roles=pets-admin',
    says({ realm_access: { roles: ['x', 'pets-admin'] } }, true),
    says({ realm_access: { roles: 'pets-admin' } }, true),
    says({ realm_access: { roles: ['pets-adminx'] } }, false),
    says({ realm_access: { roles: { 'pets-admin': true } } }, false),
    says({ realm_access: { Roles: ['pets-admin'] } }, false),
    says({ realm_access: [{ roles: ['pets-admin'] }] }, false),
    says({ realm_access: '{"roles":["pets-admin"]}' }, false),
    says({ realm_access: null }, false),
    says({ '/realm_access/roles': 'pets-admin', 'realm_access/roles': 'pets-admin' }, false),
    says({ roles: ['pets-admin'] }, false),
    [
      'all in __proto__',
      claimText('__proto__', '{"realm_access":{"roles":["pets-admin"]}}'),
      unmet('The claim /realm_access/roles is missing. It must be pets-admin.'),
    ],
  ),
  requiring(
    '/a~1b/c~0d/~01=v',
    says({ 'a/b': { 'c~d': { '~1': 'v' } } }, true),
    says({ 'a~1b': { 'c~0d': { '~01': 'v' } } }, false),
    says({ a: { b: { 'c~d': { '~1': 'v' } } } }, false),
    says({ 'a/b': { 'c~d': { '/': 'v' } } }, false),
  ),
  // an array has no members, whatever RFC 6901 says of an index
  requiring(
    '/roles/0=admin',
    says({ roles: { 0: 'admin' } }, true),
    says({ roles: ['admin'] }, false),
    says({ roles: 'admin' }, false),
  ),
  requiring('/roles/length', says({ roles: { length: 0 } }, true), each('roles', [['a'], 'a', []], false)),
  requiring('/roles/-', says({ roles: { '-': 0 } }, true), each('roles', [['a']], false)),
  // nothing that every object inherits
  ...[
    '/constructor',
    '/toString',
    '/a/constructor/name',
    '/__proto__',
    '/a/__proto__',
    '/hasOwnProperty',
  ].map((name) => requiring(name, says({ a: {} }, false), says({ a: [] }, false))),
  requiring('/__proto__/x=1', [
    ['__proto__ as a member', claimText('__proto__', '{"x":1}'), 'authorized'],
    ['none', {}, unmet()],
  ]),
  // a name that begins with a slash is a pointer: "/" is the member with the empty name
  requiring('/=v', says({ '': 'v' }, true), says({ '/': 'v' }, false)),
  requiring('/a/=v', says({ a: { '': 'v' } }, true), says({ a: 'v' }, false)),
];

const NAMES = [
  requiring(
    'https://example.com/roles=a, x.y=b, a~2b=c',
    says({ 'https://example.com/roles': ['a'], 'x.y': 'b', 'a~2b': 'c' }, true),
    says({ 'https://example.com/roles': ['a'], x: { y: 'b' }, 'a~2b': 'c' }, false),
    says({ 'https:': { '': { 'example.com': { roles: 'a' } } }, 'x.y': 'b', 'a~2b': 'c' }, false),
  ),
  requiring('q=a=b', says({ q: 'a=b' }, true), says({ q: 'a' }, false), says({ 'q=a': 'b' }, false)),
  requiring('sub', [['of a good token', {}, 'authorized']]),
];

const ALL = requiring(
  'a=1, b, /c/d=x|y, a=1|2',
  says({ a: 1, b: 0, c: { d: 'y' } }, true),
  says({ a: 2, b: 0, c: { d: 'y' } }, false, 'The claim a is not 1.'),
  says({ a: 1, c: { d: 'y' } }, false, 'The claim b is missing.'),
  says({ a: 1, b: 0, c: { d: 'z' } }, false, 'The claim /c/d is not x or y.'),
  says({ b: 0, c: { d: 'z' } }, false, 'The claim a is missing. It must be 1.'),
);

/** Its place among the checks. */
const spoilt: Asked = { claims: { tid: 'other', secret_tid: 'x' } };
const ORDER: Suite = {
  name: 'the order of the checks',
  env: { REQUIRED_CLAIMS: 'tid=mine', REQUIRED_SCOPES: 'read:pets', ROUTE_SCOPES: 'GET /nothing' },
  cases: [
    [
      'before the scopes',
      { claims: { ...spoilt.claims, scope: '' } },
      { ...unmet(), context: { scope: '' } },
    ],
    ['after the audience', { claims: { ...spoilt.claims, aud: 'x' } }, 'invalid_audience'],
    ['after the times', { claims: { ...spoilt.claims, exp: 1 } }, 'token_expired'],
    ['after the binding', { claims: { ...spoilt.claims, cnf: {} } }, 'unproven_binding'],
    ['before the routes', spoilt, unmet()],
    ['then the routes', { claims: { tid: 'mine' } }, 'unlisted_route'],
  ],
};

trySuites(world, [PRESENCE, STRINGS, ...SCALARS, ...POINTERS, ...NAMES, ALL, ORDER], quickly);
