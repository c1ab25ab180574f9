import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { fetchJwks } from '../src/keys/jwks.ts';
import { type EventKind, eventKinds, withMember } from './support/events.ts';
import type { Environment } from './support/harness.ts';
import { composeHere } from './support/in-process.ts';
import { startWorld } from './support/suite.ts';
import { seconds } from './support/tokens.ts';

/** What an object holds, by name. */
type Members = Readonly<Record<string, unknown>>;
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The paths of all that an event holds, outer ones first. */
const pathsOf = (value: unknown, path: readonly string[] = []): (readonly string[])[] =>
  isMembers(value)
    ? Object.entries(value).flatMap(([name, member]) => [[...path, name], ...pathsOf(member, [...path, name])])
    : [];

/** What is at a path. */
const at = (value: unknown, [name, ...rest]: readonly string[]): unknown =>
  name === undefined ? value : isMembers(value) && Object.hasOwn(value, name) ? at(value[name], rest) : undefined;

const world = await startWorld();
after(world.issuer.close);

const TOKEN_SOURCE = 'header:Authorization, query:access_token, cookie:session, subprotocol:token';
const NUM_RUNS = 300;

/** What the handler answers, as text: nothing where it throws. It runs in this process, for hundreds of events. */
function handlerWith(settings: Environment): (event: unknown) => Promise<string> {
  const { handler } = composeHere({ ...world.env, TOKEN_SOURCE, ...settings }, fetchJwks, Date.now);
  return async (event) => JSON.stringify(await handler(event).catch(() => undefined)) ?? '';
}

/** Policies name the method, so that an Allow says what was read; and the simple form besides. */
const handlers = [handlerWith({}), handlerWith({ SIMPLE_RESPONSES: 'true' })];
const isAllow = (answer: string) => /"Effect":"Allow"|"isAuthorized":true/.test(answer);

/** Each kind calls something of its own, so that an Allow tells whose it is. */
const arnOf = (kind: EventKind) =>
  kind.name === 'WebSocket' ? kind.arn : `${kind.arn}/${kind.name.replace(/\W/g, '-')}`;

const eventOf = (kind: EventKind, token = GOOD): Members =>
  kind.event({ authorization: `Bearer ${token}`, arn: arnOf(kind) });

/** Signed once: there are thousands of events. */
const GOOD = world.token();
const ONES = world.token({ claims: { sub: 'one' } });
const OTHERS = world.token({ claims: { sub: 'other' } });
const BAD = [
  world.token({ key: world.foreignKey }),
  world.token({ header: { alg: 'none' }, compact: (header, payload) => `${header}.${payload}.` }),
  world.token({ claims: { exp: seconds() - 60 } }),
  world.token({ claims: { aud: 'https://other.example' } }),
];

const kinds = fc.constantFrom(...eventKinds);
const aPair = fc.tuple(kinds, kinds).filter(([one, other]) => one !== other);
const handler = fc.constantFrom(...handlers);

/** A choice out of all paths of an event. */
const some = (paths: readonly (readonly string[])[]) => fc.subarray([...paths]);

/** The members that a kind reads or has, with headers and parameters as a whole: they are the caller's. */
function restrictedTo(kind: EventKind, event: Members): Members {
  const own = eventOf(kind);
  const whole = ['headers', 'multiValueHeaders', 'queryStringParameters', 'multiValueQueryStringParameters'];
  return Object.fromEntries(
    Object.entries(event)
      .filter(([name]) => Object.hasOwn(own, name))
      .map(([name, member]) => {
        const ownMember = own[name];
        if (whole.includes(name) || !isMembers(member) || !isMembers(ownMember)) return [name, member];
        return [name, Object.fromEntries(Object.entries(member).filter(([inner]) => Object.hasOwn(ownMember, inner)))];
      }),
  );
}

describe('an event of one kind with fields of another', () => {
  it('alone, each is allowed', async () => {
    for (const decide of handlers) {
      for (const kind of eventKinds) assert.ok(isAllow(await decide(eventOf(kind))), kind.name);
    }
  });

  /** An event with some of its members taken away, and then some of another's put in. */
  function mixturesOf(one: Members, other: Members, taken: fc.Arbitrary<(readonly string[])[]>) {
    return fc.record({ given: some(pathsOf(other)), taken }).map((paths) => {
      const rest = paths.taken.reduce((members, path) => withMember(members, path.join('.'), undefined), one);
      return paths.given.reduce((members, path) => withMember(members, path.join('.'), at(other, path)), rest);
    });
  }

  it('is allowed only as one kind alone would be, by its own fields, whatever is replaced or taken away', async () => {
    const tokens = fc.tuple(fc.constantFrom(ONES, ONES, ...BAD), fc.constantFrom(OTHERS, OTHERS, ...BAD));
    const mixtures = fc.record({ decide: handler, pair: aPair, tokens }).chain(({ decide, pair, tokens }) => {
      const event = eventOf(pair[0], tokens[0]);
      const mixture = mixturesOf(event, eventOf(pair[1], tokens[1]), fc.oneof(some([]), some(pathsOf(event))));
      return fc.record({ decide: fc.constant(decide), mixture });
    });
    let allowed = 0;
    await fc.assert(
      fc.asyncProperty(mixtures, async ({ decide, mixture }) => {
        const answer = await decide(mixture);
        if (!isAllow(answer)) return;
        allowed += 1;
        const alone = await Promise.all(eventKinds.map((kind) => decide(restrictedTo(kind, mixture))));
        assert.ok(alone.includes(answer), answer);
      }),
      { numRuns: NUM_RUNS },
    );
    assert.ok(allowed > NUM_RUNS / 50, `${allowed} mixtures were allowed: too few to tell anything`);
  });
});
