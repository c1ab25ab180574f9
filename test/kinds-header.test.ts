import { after, it } from 'node:test';
import { type EventKind, eventKind, withMember } from './support/events.ts';
import type { Reason } from './support/expectations.ts';
import { type Carried, carrying, checkKind, kindsOf, requestKinds } from './support/kinds.ts';
import { startWorld } from './support/suite.ts';

const world = await startWorld();
after(world.issuer.close);
const { token, onBoth } = kindsOf(world);

const bearer = () => `Bearer ${token()}`;
/** Another of the same caller. */
const otherBearer = () => `Bearer ${token({ claims: { jti: '2' } })}`;

/** What the headers hold, and what should come of it; `multi`: of values that HTTP 2.0 does not have. */
type Row = readonly [name: string, carried: () => Carried, reason: Reason | 'multi'];

const NAMES = ['authorization', 'Authorization', 'AUTHORIZATION', 'aUtHoRiZaTiOn'];

/** The default: the header Authorization, in any case, and nothing else. */
const ROWS: readonly Row[] = [
  ...NAMES.flatMap((name): Row[] => [
    [name, () => ({ headers: { [name]: bearer() } }), 'authorized'],
    [`${name}, multi-value`, () => ({ headers: {}, multiValueHeaders: { [name]: [bearer()] } }), 'multi'],
    [`${name}, multi-value only`, () => ({ multiValueHeaders: { [name]: [bearer()] } }), 'multi'],
  ]),
  [
    'the same twice',
    () => {
      const value = bearer();
      return {
        headers: { Authorization: value, authorization: value },
        multiValueHeaders: { Authorization: [value, value] },
      };
    },
    'authorized',
  ],
  ['an empty one', () => ({ headers: { authorization: '' } }), 'missing_token'],
  [
    'an empty one besides, which counts as nothing',
    () => ({ headers: { authorization: '', Authorization: bearer() } }),
    'authorized',
  ],
  ['blanks alone, which are no token', () => ({ headers: { authorization: '  ' } }), 'missing_token'],
  [
    'an empty one besides, multi-value',
    () => ({ headers: {}, multiValueHeaders: { authorization: ['', bearer(), ''] } }),
    'multi',
  ],
  [
    'two that differ by case',
    () => ({ headers: { Authorization: bearer(), authorization: otherBearer() } }),
    'missing_token',
  ],
  [
    'three that differ by case, of which only the last differs',
    () => {
      const first = bearer();
      return { headers: { Authorization: first, authorization: first, AUTHORIZATION: otherBearer() } };
    },
    'missing_token',
  ],
  [
    'a good one and a bad one',
    () => ({ headers: { authorization: bearer(), Authorization: 'Basic dXNlcjpwYXNzd29yZA==' } }),
    'missing_token',
  ],
  ['two in one value', () => ({ headers: { authorization: `${bearer()},${bearer()}` } }), 'missing_token'],
  ['none', () => ({ headers: {} }), 'missing_token'],
  ['no headers', () => ({ headers: undefined }), 'missing_token'],
  ['null for headers', () => ({ headers: null, multiValueHeaders: null }), 'missing_token'],
  ['no value', () => ({ headers: { authorization: null } }), 'missing_token'],
  ['a list without a value', () => ({ multiValueHeaders: { authorization: [] } }), 'missing_token'],
  ['a list in a list', () => ({ multiValueHeaders: { authorization: [[bearer()]] } }), 'missing_token'],
  ['an array of headers', () => ({ headers: [bearer()] }), 'missing_token'],
  ...['X-Authorization', 'Authorization ', 'Proxy-Authorization', '__proto__', 'X-Token'].map(
    (name): Row => [
      `only ${name}`,
      () => ({ headers: Object.fromEntries([[name, bearer()]]) }),
      'missing_token',
    ],
  ),
  [
    'what is not listed is not read: cookie, query, subprotocol',
    () => ({
      headers: { cookie: `access_token=${token()}`, 'sec-websocket-protocol': `token, ${token()}` },
      cookies: [bearer(), `Authorization=${token()}`],
      queryStringParameters: { access_token: token(), Authorization: bearer(), authorization: bearer() },
      multiValueQueryStringParameters: { access_token: [token()], authorization: [bearer()] },
    }),
    'missing_token',
  ],
  [
    'what is not listed is not read, be it another token',
    () => ({
      headers: { authorization: bearer(), cookie: `access_token=${token({ claims: { jti: '2' } })}` },
      cookies: [`Authorization=${token({ claims: { jti: '2' } })}`],
      queryStringParameters: { access_token: token({ claims: { jti: '2' } }), authorization: otherBearer() },
    }),
    'authorized',
  ],
];

/** Several values of one header, of which HTTP 2.0 has none. */
const SEVERAL: readonly Row[] = [
  [
    'two that differ',
    () => ({ multiValueHeaders: { Authorization: [bearer(), otherBearer()] } }),
    'missing_token',
  ],
  [
    'two that differ, of which the last is repeated',
    () => {
      const [first, last] = [bearer(), otherBearer()];
      return { headers: { Authorization: last }, multiValueHeaders: { Authorization: [first, last] } };
    },
    'missing_token',
  ],
  [
    '[A, A, B]',
    () => {
      const [first, last] = [bearer(), otherBearer()];
      return {
        headers: { Authorization: first },
        multiValueHeaders: { Authorization: [first, first, last] },
      };
    },
    'missing_token',
  ],
  [
    'a good one and a bad one',
    () => ({ multiValueHeaders: { authorization: [bearer(), 'Basic dXNlcjpwYXNzd29yZA=='] } }),
    'missing_token',
  ],
];

onBoth({
  name: 'the Authorization header',
  tests: (call, env) => {
    const tell = (kind: EventKind, name: string, reason: Reason, event: () => unknown) =>
      it(`${kind.name}: ${name}`, async () => checkKind(await call(event()), { kind, env, reason }));

    for (const kind of requestKinds) {
      const isJoined = kind.name === 'HTTP 2.0';
      for (const [name, carried, reason] of [...ROWS, ...(isJoined ? [] : SEVERAL)]) {
        // a field that a kind does not have is none of its own, whatever it holds
        const due = reason !== 'multi' ? reason : isJoined ? 'missing_token' : 'authorized';
        tell(kind, name, due, () => carrying(kind, carried()));
      }
      tell(kind, 'a field of another kind', isJoined ? 'authorized' : 'missing_token', () => {
        const value = bearer();
        return carrying(kind, {
          headers: { authorization: isJoined ? value : 'none' },
          multiValueHeaders: { authorization: [otherBearer()] },
        });
      });
      tell(kind, 'only where no kind has one', 'missing_token', () => ({
        ...carrying(kind, {}),
        authorizationToken: bearer(),
        identitySource: isJoined ? [bearer()] : bearer(),
        stageVariables: { authorization: bearer() },
        pathParameters: { authorization: bearer() },
      }));
    }

    const rest = eventKind('REST TOKEN');
    tell(rest, 'only in headers', 'missing_token', () => ({
      ...rest.event({ authorization: 'none', arn: rest.arn }),
      headers: { Authorization: bearer() },
      multiValueHeaders: { Authorization: [bearer()] },
    }));
    tell(rest, 'headers are not looked at', 'authorized', () => ({
      ...rest.event({ authorization: bearer(), arn: rest.arn }),
      headers: { Authorization: otherBearer() },
    }));
    const socket = eventKind('WebSocket');
    tell(socket, 'a message of a connection that stands', 'unsupported_event', () =>
      withMember(
        socket.event({ authorization: bearer(), arn: socket.arn }),
        'requestContext.eventType',
        'MESSAGE',
      ),
    );
  },
});
