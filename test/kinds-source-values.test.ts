import { after, it } from 'node:test';
import { eventKind } from './support/events.ts';
import type { Reason } from './support/expectations.ts';
import { type Carried, carrying, checkKind, kindsOf } from './support/kinds.ts';
import { startWorld } from './support/suite.ts';

const world = await startWorld();
after(world.issuer.close);
const { token, onBoth } = kindsOf(world);

/** Signed once: what is looked at is where they are. */
const [A, B] = [token(), token({ claims: { jti: '2' } })];

/** What a source holds in a kind of event, and what should come of it. */
type Row = readonly [name: string, kind: string, carried: Carried, reason: Reason, detail?: string | RegExp];
const cookie = (text: string): Carried => ({ headers: { cookie: text } });
const cookies = (...list: readonly unknown[]): Carried => ({ cookies: list });
const query = (value: string, list?: readonly string[]): Carried => ({
  queryStringParameters: { jwt: value },
  ...(list && { multiValueQueryStringParameters: { jwt: list } }),
});
const protocol = (...list: readonly string[]): Carried => ({
  headers: { 'sec-websocket-protocol': list.join(', ') },
});

const BEARER_IN_QUERY = /^"Bearer " precedes the token in query:jwt\. Send the token alone there\.$/;
const DIFFER = /^The request has tokens that differ, one of them in /;

const ROWS: readonly Row[] = [
  ['a cookie in quotes', 'REST REQUEST', cookie(`jwt="${A}"`), 'authorized'],
  ['a cookie in quotes', 'HTTP 2.0', cookies(`jwt="${A}"`), 'authorized'],
  ['one quote', 'REST REQUEST', cookie(`jwt="${A}`), 'malformed_token'],
  ['empty quotes', 'REST REQUEST', cookie('jwt=""'), 'missing_token', /^The request has no token/],
  ['the Cookie header of 2.0', 'HTTP 2.0', cookie(`jwt=${A}`), 'authorized'],
  [
    'the Cookie header of 2.0, and cookies that differ',
    'HTTP 2.0',
    { ...cookie(`jwt=${B}`), ...cookies(`jwt=${A}`) },
    'missing_token',
    DIFFER,
  ],
  ['cookies of another kind', 'HTTP 1.0', cookies(`jwt=${A}`), 'missing_token'],
  ['cookies that are no list', 'HTTP 2.0', { cookies: `jwt=${A}` }, 'missing_token'],
  ['cookies that are no texts', 'HTTP 2.0', cookies(1, null, [`jwt=${A}`]), 'missing_token'],
  ['blanks around', 'REST REQUEST', cookie(` a=b ;  jwt = ${A} ; c`), 'authorized'],
  ['the same twice', 'REST REQUEST', cookie(`jwt=${A}; jwt=${A}`), 'authorized'],
  ['twice', 'REST REQUEST', cookie(`jwt=${A}; jwt=${B}`), 'missing_token', DIFFER],
  ['[A, A, B]', 'HTTP 2.0', cookies(...[A, A, B].map((value) => `jwt=${value}`)), 'missing_token', DIFFER],
  ['a name in another case', 'REST REQUEST', cookie(`Jwt=${A}`), 'missing_token'],
  ['a name that ends alike', 'REST REQUEST', cookie(`x-jwt=${A}`), 'missing_token'],
  ['a name that begins alike', 'REST REQUEST', cookie(`jwt2=${A}`), 'missing_token'],
  ['a name without a value', 'REST REQUEST', cookie(`jwt; x=${A}`), 'missing_token'],
  ['multi-value', 'WebSocket', { multiValueHeaders: { COOKIE: ['a=b', `jwt=${A}`] } }, 'authorized'],
  ['Bearer in a cookie', 'HTTP 2.0', cookies(`jwt=Bearer ${A}`), 'missing_token', /^"Bearer " precedes/],

  ['multi-value', 'REST REQUEST', query(A, [A]), 'authorized'],
  ['multi-value only', 'WebSocket', { multiValueQueryStringParameters: { jwt: [A] } }, 'authorized'],
  ['twice', 'HTTP 1.0', query(B, [A, B]), 'missing_token', DIFFER],
  ['[A, A, B]', 'WebSocket', query(A, [A, A, B]), 'missing_token', DIFFER],
  ['twice in one value', 'HTTP 2.0', query(`${A},${B}`), 'missing_token'],
  ['the same twice in one value', 'HTTP 2.0', query(`${A},${A}`), 'missing_token'],
  ['Bearer in a query', 'WebSocket', query(`Bearer ${A}`), 'missing_token', BEARER_IN_QUERY],
  ['Bearer in a query', 'HTTP 2.0', query(`bearer ${A}`), 'missing_token', BEARER_IN_QUERY],
  ['a name in another case', 'REST REQUEST', { queryStringParameters: { Jwt: A } }, 'missing_token'],
  [
    'null for a query',
    'REST REQUEST',
    { queryStringParameters: null, multiValueQueryStringParameters: null },
    'missing_token',
  ],
  [
    'a list for a value',
    'REST REQUEST',
    { queryStringParameters: { jwt: { 0: A } } },
    'missing_token',
    /is not text\.$/,
  ],

  ['another subprotocol before and behind', 'WebSocket', protocol('a', 'token', A, 'b'), 'authorized'],
  [
    'without a token behind',
    'WebSocket',
    protocol('a', 'token'),
    'missing_token',
    /^The value of subprotocol:token/,
  ],
  ['the name alone', 'WebSocket', protocol('token'), 'missing_token', /^The value of subprotocol:token/],
  [
    'the name in another case',
    'WebSocket',
    protocol('TOKEN', A),
    'missing_token',
    /^The request has no token/,
  ],
  ['a token without the name', 'WebSocket', protocol(A), 'missing_token', /^The request has no token/],
  ['twice', 'WebSocket', protocol('token', A, 'token', B), 'missing_token', DIFFER],
  ['the same twice', 'WebSocket', protocol('token', A, 'token', A), 'authorized'],
  [
    'two headers',
    'WebSocket',
    { multiValueHeaders: { 'Sec-WebSocket-Protocol': ['a, b', `token,${A}`] } },
    'authorized',
  ],
  ['no WebSocket', 'REST REQUEST', protocol('token', A), 'missing_token', /^The request has no token/],

  ['another header, either way', 'REST REQUEST', { headers: { 'x-token': A } }, 'authorized'],
  ['another header, bearer', 'REST REQUEST', { headers: { 'x-bare': `bEARER  ${A}` } }, 'authorized'],
  ['another header, Basic', 'REST REQUEST', { headers: { 'x-token': `Basic ${A}` } }, 'missing_token'],
  ['another header, twice in one', 'HTTP 2.0', { headers: { 'x-token': `${A},${A}` } }, 'missing_token'],
  [
    'Authorization without Bearer',
    'HTTP 2.0',
    { headers: { authorization: A } },
    'missing_token',
    /^The value of header:Authorization is a token without "Bearer " before it\.$/,
  ],
];

onBoth({
  name: 'TOKEN_SOURCE, what a source holds',
  settings: {
    TOKEN_SOURCE:
      'header:Authorization, header:X-Token, header:x-bare, cookie:jwt, query:jwt, subprotocol:token',
  },
  tests: (call, env) => {
    for (const [name, kindName, carried, reason, detail] of ROWS) {
      const kind = eventKind(kindName);
      it(`${kindName}: ${name} ${Object.keys(carried)}`, async () =>
        checkKind(await call(carrying(kind, carried)), { kind, env, reason, ...(detail && { detail }) }));
    }
  },
});
