import { after, it } from 'node:test';
import { type EventKind, eventKinds } from './support/events.ts';
import type { Reason } from './support/expectations.ts';
import { type Carried, carrying, checkKind, type Due, kindsOf, requestKinds } from './support/kinds.ts';
import { startWorld } from './support/suite.ts';

const world = await startWorld();
after(world.issuer.close);
const { token, onBoth } = kindsOf(world);

/** Signed once: what is looked at is where they are. */
const [A, B] = [token(), token({ claims: { jti: '2' } })];
const FORGED = token({ key: world.foreignKey });

/** A source of TOKEN_SOURCE, and an event's parts that hold this value there. */
interface Source {
  readonly name: string;
  /** The value that holds a token. */
  readonly around: (token: string) => string;
  readonly carry: (value: string, isJoined: boolean) => Carried;
  readonly isFor?: (kind: EventKind) => boolean;
}

const bearer = (token: string) => `Bearer ${token}`;
const bare = (token: string) => token;
const isSocket = ({ name }: EventKind) => name === 'WebSocket';

const SOURCES: readonly Source[] = [
  { name: 'header:Authorization', around: bearer, carry: (value) => ({ headers: { authorization: value } }) },
  { name: 'header:X-Token', around: bearer, carry: (value) => ({ headers: { 'X-TOKEN': value } }) },
  { name: 'header:x-bare', around: bare, carry: (value) => ({ headers: { 'X-Bare': value } }) },
  {
    name: 'cookie:jwt',
    around: bare,
    carry: (value, isJoined) =>
      isJoined ? { cookies: ['a=b', `jwt=${value}`] } : { headers: { Cookie: `a=b; jwt=${value}; c=d` } },
  },
  {
    name: 'query:jwt',
    around: bare,
    carry: (value) => ({ queryStringParameters: { jwt: value, other: 'x' } }),
  },
  {
    name: 'subprotocol:token',
    around: bare,
    carry: (value) => ({ headers: { 'Sec-WebSocket-Protocol': `graphql-ws, token, ${value}` } }),
    isFor: isSocket,
  },
];

/** Both in one event. */
function merge(one: Carried, other: Carried): Carried {
  const members = Object.entries({ ...one, ...other }).map(([name, value]) => {
    const [first, second] = [one[name as keyof Carried], other[name as keyof Carried]];
    if (Array.isArray(value)) return [name, [first ?? [], second ?? []].flat()];
    return [name, { ...Object(first), ...Object(second) }];
  });
  return Object.fromEntries(members);
}

const isJoined = ({ name }: EventKind) => name === 'HTTP 2.0';
const carry = (source: Source, kind: EventKind, value: string): Carried =>
  kind.name === 'REST TOKEN' ? {} : source.carry(value, isJoined(kind));
const canHold = (source: Source, kind: EventKind) =>
  kind.name !== 'REST TOKEN' && (source.isFor?.(kind) ?? true);

const all = { TOKEN_SOURCE: SOURCES.map(({ name }) => name).join(', ') };

for (const source of SOURCES) {
  onBoth({
    name: `TOKEN_SOURCE=${source.name}`,
    settings: { TOKEN_SOURCE: source.name },
    tests: (call, env) => {
      for (const kind of eventKinds) {
        const tell = (name: string, reason: Reason, carried: Carried, due: Due = {}) =>
          it(`${kind.name}: ${name}`, async () =>
            checkKind(await call(carrying(kind, carried)), { kind, env, reason, ...due }));
        const read = canHold(source, kind);
        const place = kind.name === 'REST TOKEN' ? 'authorizationToken' : source.name;
        const none = { detail: kind.name === 'REST TOKEN' ? /./ : `The request has no token in ${place}.` };

        tell('a good token', read ? 'authorized' : 'missing_token', carry(source, kind, source.around(A)));
        tell(
          'a forged token',
          read ? 'invalid_signature' : 'missing_token',
          carry(source, kind, source.around(FORGED)),
        );
        if (kind.name === 'REST TOKEN') {
          it('REST TOKEN: authorizationToken, whatever is listed', async () => {
            const event = kind.event({ authorization: bearer(A), arn: kind.arn });
            checkKind(await call(event), { kind, env, reason: 'authorized' });
          });
        }
        tell('an empty value counts as nothing', 'missing_token', carry(source, kind, ''), none);
        tell('two words', 'missing_token', carry(source, kind, `${source.around(A)} ${A}`));
        for (const other of SOURCES.filter((candidate) => candidate !== source)) {
          const others = carry(other, kind, other.around(A));
          tell(`what is not listed is not read: ${other.name}`, 'missing_token', others, none);
        }
      }
    },
  });
}

onBoth({
  name: 'TOKEN_SOURCE, every one',
  settings: all,
  tests: (call, env) => {
    for (const kind of requestKinds) {
      const tell = (name: string, reason: Reason, carried: Carried, due: Due = {}) =>
        it(`${kind.name}: ${name}`, async () =>
          checkKind(await call(carrying(kind, carried)), { kind, env, reason, ...due }));
      const sources = SOURCES.filter((source) => canHold(source, kind));
      tell('none', 'missing_token', {}, { detail: `The request has no token in ${all.TOKEN_SOURCE}.` });
      for (const [position, source] of sources.entries()) {
        const own = carry(source, kind, source.around(A));
        tell(`${source.name} alone`, 'authorized', own);
        for (const other of sources.slice(position + 1)) {
          const names = `${source.name} and ${other.name}`;
          // two that share a header's name can't be in one event with two values
          const same = merge(own, carry(other, kind, other.around(A)));
          const differing = merge(own, carry(other, kind, other.around(B)));
          const empty = merge(own, carry(other, kind, ''));
          tell(`${names}, the same`, 'authorized', same);
          tell(`${names}, an empty one`, 'authorized', empty);
          tell(`${names}, two that differ`, 'missing_token', differing, {
            detail: `The request has tokens that differ, one of them in ${other.name}.`,
          });
          tell(`${names}, one of no form`, 'missing_token', merge(own, carry(other, kind, 'two words')), {
            detail: new RegExp(`^The value of ${other.name} `),
          });
        }
      }
    }
  },
});
