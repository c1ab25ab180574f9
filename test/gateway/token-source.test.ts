import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readEvent, readToken } from '../../src/gateway/event.ts';
import { type EventKind, eventKind, eventKinds } from '../support/events.ts';
import { refusalOf, settingsOf } from '../support/settings.ts';

/** Where an event may carry a token; `undefined` takes a member away. */
type Carried = Readonly<
  Partial<
    Record<
      'headers' | 'multiValueHeaders' | 'queryStringParameters' | 'multiValueQueryStringParameters' | 'cookies',
      unknown
    >
  >
>;

const [A, B] = ['a.a.a', 'b.b.b'];
const ALL = 'header:Authorization, header:X-Token, header:x-bare, cookie:jwt, query:jwt, subprotocol:token';

/** The token in an event that carries this and nothing else that its caller sent, or what is wrong with it. */
function tokenIn(kind: EventKind, carried: Carried, TOKEN_SOURCE?: string): string | undefined {
  const { config } = settingsOf({ TOKEN_SOURCE });
  const { headers, multiValueHeaders, queryStringParameters, ...rest } = kind.event({
    authorization: 'none',
    arn: kind.arn,
  });
  const { multiValueQueryStringParameters, cookies, ...event } = rest;
  let token: string | undefined;
  const { reason, message } = refusalOf(() => {
    ({ token } = readToken(readEvent({ ...event, ...carried }, config), config));
  });
  assert.equal(reason, message && 'missing_token');
  return message ?? token;
}

const requestKinds = eventKinds.filter(({ name }) => name !== 'REST TOKEN');
const isJoined = ({ name }: EventKind) => name === 'HTTP 2.0';
const none = (places: string) => `The request has no token in ${places}.`;
const differ = (place: string) => `The request has tokens that differ, one of them in ${place}.`;

describe('each source of a request', () => {
  /** A source, and what carries a value there. */
  const sources: Readonly<Record<string, (value: string, kind: EventKind) => Carried>> = {
    'header:Authorization': (value) => ({ headers: { authorization: `Bearer ${value}` } }),
    'header:X-Token': (value) => ({ headers: { 'X-TOKEN': `Bearer ${value}` } }),
    'header:x-bare': (value) => ({ headers: { 'X-Bare': value } }),
    'cookie:jwt': (value, kind) =>
      isJoined(kind) ? { cookies: ['a=b', `jwt=${value}`] } : { headers: { Cookie: `a=b; jwt=${value}; c=d` } },
    'query:jwt': (value) => ({ queryStringParameters: { jwt: value, other: 'x' } }),
    'subprotocol:token': (value) => ({ headers: { 'Sec-WebSocket-Protocol': `graphql-ws, token, ${value}` } }),
  };
  const canHold = (source: string, { name }: EventKind) => name === 'WebSocket' || !source.startsWith('subprotocol');

  /** Both in one event. */
  const merge = (one: Carried, other: Carried): Carried =>
    Object.fromEntries(
      Object.entries({ ...one, ...other }).map(([name, value]) => {
        const [first, second] = [one[name as keyof Carried], other[name as keyof Carried]];
        if (Array.isArray(value)) return [name, [first ?? [], second ?? []].flat()];
        return [name, { ...Object(first), ...Object(second) }];
      }),
    );

  for (const kind of requestKinds) {
    for (const [source, carry] of Object.entries(sources)) {
      it(`${kind.name}: ${source}, and no other that is not listed`, () => {
        const due = canHold(source, kind) ? A : none(source);
        assert.equal(tokenIn(kind, carry(A, kind), source), due);
        for (const [other, carryOther] of Object.entries(sources)) {
          if (other === source) continue;
          assert.equal(tokenIn(kind, carryOther(A, kind), source), none(source), other);
          assert.equal(tokenIn(kind, merge(carryOther(B, kind), carry(A, kind)), source), due, other);
        }
      });
    }

    it(`${kind.name}: of all sources, tokens that differ are refused`, () => {
      const listed = Object.entries(sources).filter(([source]) => canHold(source, kind));
      assert.equal(tokenIn(kind, {}, ALL), none(ALL.replace(', sub', ' or sub')));
      for (const [at, [, carry]] of listed.entries()) {
        assert.equal(tokenIn(kind, carry(A, kind), ALL), A);
        for (const [other, carryOther] of listed.slice(at + 1)) {
          assert.equal(tokenIn(kind, merge(carry(A, kind), carryOther(A, kind)), ALL), A);
          assert.equal(tokenIn(kind, merge(carry(A, kind), carryOther(B, kind)), ALL), differ(other));
          const wrong = tokenIn(kind, merge(carry(A, kind), carryOther('two words', kind)), ALL);
          assert.match(String(wrong), new RegExp(`^(The value of|More than .*in) ${other}`));
        }
      }
    });
  }
});

const bearer = (token: string) => `Bearer ${token}`;

describe('the header Authorization, unless TOKEN_SOURCE says otherwise', () => {
  const NONE = none('header:Authorization');
  const DIFFER = differ('header:Authorization');
  /** What an event carries, and what comes of it; of kinds with multi-value headers, and of HTTP 2.0. */
  const rows: readonly (readonly [carried: Carried, expected: string | RegExp, joined?: string])[] = [
    ...['authorization', 'Authorization', 'AUTHORIZATION', 'aUtHoRiZaTiOn'].flatMap((name) => [
      [{ headers: { [name]: bearer(A) } }, A] as const,
      [{ headers: {}, multiValueHeaders: { [name]: [bearer(A)] } }, A, NONE] as const,
      [{ multiValueHeaders: { [name]: ['', bearer(A), ''] } }, A, NONE] as const,
    ]),
    [{ headers: { Authorization: bearer(A), authorization: bearer(A), AUTHORIZATION: '' } }, A],
    [{ headers: { Authorization: bearer(A) }, multiValueHeaders: { authorization: [bearer(A)] } }, A],
    [{ headers: { Authorization: bearer(A), authorization: bearer(B) } }, DIFFER],
    [{ headers: { Authorization: bearer(A), authorization: bearer(A), AUTHORIZATION: bearer(B) } }, DIFFER],
    [{ multiValueHeaders: { Authorization: [bearer(A), bearer(A), bearer(B)] } }, DIFFER, NONE],
    [{ headers: { Authorization: bearer(B) }, multiValueHeaders: { Authorization: [bearer(A)] } }, DIFFER, B],
    [{ headers: { authorization: bearer(A), Authorization: 'Basic eDp5' } }, /does not have the form/],
    [{ headers: { authorization: `${bearer(A)},${bearer(A)}` } }, /More than one word/],
    [{ multiValueHeaders: { authorization: [[bearer(A)]] } }, /is not text/, NONE],
    ...['', null].map((authorization) => [{ headers: { authorization } }, NONE] as const),
    ...[{}, undefined, null, [bearer(A)]].map((headers) => [{ headers }, NONE] as const),
    [{ multiValueHeaders: { authorization: [] } }, NONE],
    ...['X-Authorization', 'Authorization ', 'Proxy-Authorization', '__proto__', 'X-Token'].map(
      (name) => [{ headers: Object.fromEntries([[name, bearer(A)]]) }, NONE] as const,
    ),
  ];
  for (const kind of requestKinds) {
    it(`${kind.name}: one value, in any case of letters`, () => {
      for (const [carried, expected, joined = expected] of rows) {
        const due = isJoined(kind) ? joined : expected;
        const found = String(tokenIn(kind, carried));
        if (typeof due === 'string') assert.equal(found, due, JSON.stringify(carried));
        else assert.match(found, due, JSON.stringify(carried));
      }
    });

    it(`${kind.name}: and no other member`, () => {
      const { config } = settingsOf();
      const event = {
        ...kind.event({ authorization: '', arn: kind.arn }),
        authorizationToken: bearer(A),
        identitySource: isJoined(kind) ? [bearer(A)] : bearer(A),
        stageVariables: { authorization: bearer(A) },
        pathParameters: { authorization: bearer(A) },
      };
      assert.equal(refusalOf(() => readToken(readEvent(event, config), config)).reason, 'missing_token');
    });
  }

  it('a TOKEN event has it in authorizationToken, whatever is listed', () => {
    const kind = eventKind('REST TOKEN');
    for (const TOKEN_SOURCE of [undefined, 'cookie:jwt']) {
      const { config } = settingsOf({ TOKEN_SOURCE });
      const event = {
        ...kind.event({ authorization: bearer(A), arn: kind.arn }),
        headers: { authorization: bearer(B) },
      };
      assert.equal(readToken(readEvent(event, config), config).token, A);
      const without = { ...event, authorizationToken: '' };
      assert.equal(refusalOf(() => readToken(readEvent(without, config), config)).message, none('authorizationToken'));
    }
  });
});

describe('what a source holds', () => {
  const cookie = (text: string): Carried => ({ headers: { cookie: text } });
  const cookies = (...list: readonly unknown[]): Carried => ({ cookies: list });
  const query = (value: unknown, list?: readonly string[]): Carried => ({
    queryStringParameters: { jwt: value },
    ...(list && { multiValueQueryStringParameters: { jwt: list } }),
  });
  const protocol = (...list: readonly string[]): Carried => ({
    headers: { 'sec-websocket-protocol': list.join(', ') },
  });
  const NONE = none(ALL.replace(', sub', ' or sub'));
  const NOT_DUE = /^"Bearer " precedes the token in (cookie|query):jwt\. Send the token alone there\.$/;

  const rows: Readonly<Record<string, readonly (readonly [carried: Carried, expected: string | RegExp])[]>> = {
    'REST REQUEST': [
      [cookie(`jwt="${A}"`), A],
      [cookie(`jwt="${A}`), `"${A}`],
      [cookie('jwt=""'), NONE],
      [cookie(` a=b ;  jwt = ${A} ; c`), A],
      [cookie(`a=b; \t jwt \t=\t ${A} \t`), A],
      [cookie(`a=jwt=${B}; jwt=${A}`), A],
      [cookie(`jwtjwt=${B};jwt;jwt=;jwt="";jwt=${A};jwt=${A}`), A],
      [cookie(`jwt=${A};x=1;jwt=${A};jwt=${B}`), differ('cookie:jwt')],
      [cookie(`jwt=${A};jwt=${A}${A}`), differ('cookie:jwt')],
      [cookie(`jwt=${A}; jwt=${A}`), A],
      [cookie(`jwt=${A}; jwt=${B}`), differ('cookie:jwt')],
      ...['Jwt', 'x-jwt', 'jwt2', 'jwt; x'].map((name) => [cookie(`${name}=${A}`), NONE] as const),
      [query(A, [A]), A],
      [query({ 0: A }), /^The value of query:jwt is not text/],
      [{ queryStringParameters: { Jwt: A } }, NONE],
      [{ queryStringParameters: null, multiValueQueryStringParameters: null }, NONE],
      [protocol('token', A), NONE],
      [{ headers: { 'x-token': A } }, A],
      [{ headers: { 'x-bare': `bEARER  ${A}` } }, A],
      [{ headers: { 'x-token': `Basic ${A}` } }, /does not have the form/],
    ],
    'HTTP 1.0': [
      [cookies(`jwt=${A}`), NONE],
      [query(B, [A, B]), differ('query:jwt')],
    ],
    'HTTP 2.0': [
      [cookies(`jwt="${A}"`), A],
      [cookie(`jwt=${A}`), A],
      [{ ...cookie(`jwt=${B}`), ...cookies(`jwt=${A}`) }, differ('cookie:jwt')],
      [cookies(...[A, A, B].map((value) => `jwt=${value}`)), differ('cookie:jwt')],
      [{ cookies: `jwt=${A}` }, NONE],
      [cookies(1, null, [`jwt=${A}`]), NONE],
      [cookies(`jwt=Bearer ${A}`), NOT_DUE],
      ...[B, A].map((other) => [query(`${A},${other}`), /is not one word/] as const),
      [query(A, [B]), A],
      [query(`bearer ${A}`), NOT_DUE],
      [{ headers: { 'x-token': `${A},${A}` } }, /does not have the form/],
      [{ headers: { authorization: A } }, /is a token without "Bearer " before it\.$/],
    ],
    WebSocket: [
      [{ multiValueHeaders: { COOKIE: ['a=b', `jwt=${A}`] } }, A],
      [{ multiValueQueryStringParameters: { jwt: [A] } }, A],
      [query(A, [A, A, B]), differ('query:jwt')],
      [query(`Bearer ${A}`), NOT_DUE],
      [protocol('a', 'token', A, 'b'), A],
      [{ multiValueHeaders: { 'sec-websocket-protocol': ['token', A] } }, A],
      ...[protocol('a', 'token'), protocol('token')].map(
        (carried) => [carried, /^The value of subprotocol:token/] as const,
      ),
      ...[protocol('TOKEN', A), protocol(A)].map((carried) => [carried, NONE] as const),
      [protocol('token', A, 'token', B), differ('subprotocol:token')],
      [protocol('token', A, 'token', A), A],
      [{ multiValueHeaders: { 'Sec-WebSocket-Protocol': ['a, b', `token,${A}`] } }, A],
    ],
  };
  for (const [name, ofKind] of Object.entries(rows)) {
    for (const [carried, expected] of ofKind) {
      it(`${name}: ${JSON.stringify(carried)}`, () => {
        const found = tokenIn(eventKind(name), carried, ALL);
        if (typeof expected === 'string') assert.equal(found, expected);
        else assert.match(String(found), expected);
      });
    }
  }
});
