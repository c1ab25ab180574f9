import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { generateKey, startIssuer } from '../scripts/issuer.ts';
import { readRoutes } from '../src/routes/map.ts';
import { effectOf } from './routes/iam.ts';
import {
  anyMap,
  type Listed,
  modelOf,
  ownerOf,
  plainOf,
  plainWorld,
  spellingsOf,
  textOf,
  tokens,
  waysOf,
} from './routes/model.ts';
import { type EventKind, eventKinds } from './support/events.ts';
import { type Fn, start } from './support/harness.ts';
import { startInProcess } from './support/in-process.ts';
import { AUDIENCE, tokenFactory } from './support/tokens.ts';

/** The same inputs every time, unless others are asked for. */
const seed = Number(process.env.PROPERTY_SEED ?? 20_250_101);

const key = await generateKey('key-1', 'ES256');
const issuer = await startIssuer([key]);
after(issuer.close);
const forge = tokenFactory(issuer.issuer, key);
const env = {
  TOKEN_ISSUER: issuer.issuer,
  JWKS_URI: issuer.jwksUri,
  AUDIENCE,
  ALGORITHMS: 'ES256',
  POLICY_RESOURCE: 'stage',
};
/** A token for each set of scopes, signed once. */
const bearers = tokens.map((scopes) => ({
  scopes,
  authorization: `Bearer ${forge({ claims: { scope: [...scopes].join(' ') } })}`,
}));

/** What some kind of event can ask, some of it in another spelling. */
const requests = plainWorld.flatMap((request, at) => {
  const others = at % 5 === 0 ? spellingsOf(request) : [];
  return [request, ...others.filter((_, other) => (at + other) % 7 === 0)];
});
/** The compiled policies are held against all of them in routes/policy.test.ts. */
const sample = requests.filter((_, at) => at % 13 === 0);
const isExact = (entries: readonly Listed[]) => 'map' in readRoutes(textOf(entries), 'stage');
const exactMap = anyMap.filter(isExact);
const stageOf = ({ stage }: EventKind) => stage.slice(0, -1);
const kinds = eventKinds.filter(({ name }) => name !== 'WebSocket');
const trials = fc.record({
  entries: exactMap,
  kind: fc.constantFrom(...(kinds as [EventKind, ...EventKind[]])),
  asked: fc.array(fc.constantFrom(...requests), { minLength: 8, maxLength: 8 }),
});

/** A policy, from whatever request it is cached, gives each request what it would get by itself. */
async function judge(fn: Fn, entries: readonly Listed[], kind: EventKind, asked: readonly string[]) {
  const routes = modelOf(entries);
  const stage = stageOf(kind);
  for (const { scopes, authorization } of bearers) {
    const replies = await Promise.all(
      asked.map((request) => fn.call(kind.event({ authorization, arn: stage + request }))),
    );
    const answers = replies.flatMap(({ result, error }) => (error === undefined ? [result] : []));
    const bytes = new Set(answers.map((answer) => JSON.stringify(answer)));
    assert.ok(bytes.size < 2, `the answer depends on the request: ${[...bytes].join('\n')}`);
    const answer: unknown = answers[0];
    if (answer === undefined) continue;
    const { context } = answer as { context: Record<string, unknown> };
    const isAnyOpen = routes.some((route) => route.isOpen(scopes));
    assert.equal('error' in context, !isAnyOpen);
    assert.equal(context.scope, [...scopes].join(' '));
    for (const [at, request] of asked.entries()) {
      const { line, error } = replies[at] ?? assert.fail();
      const ways = waysOf(routes, request);
      const closed = ways.find((way) => !way?.isOpen(scopes));
      const isOpen = ways.every((way) => way?.isOpen(scopes));
      const isAllowed: boolean = effectOf(answer, stage + request) === 'Allow';
      const what = `${request} of ${ways.map((way) => way?.name)} for ${[...scopes]}`;
      const due = isOpen ? 'authorized' : closed ? 'insufficient_scope' : 'unlisted_route';
      if (isAllowed === isOpen) {
        assert.deepEqual([line.reason, line.outcome], [due, isOpen ? 'allow' : 'deny'], what);
      } else if (isOpen) {
        assert.notEqual(plainOf(request), request, what);
        assert.deepEqual([line.reason, line.outcome], ['unlisted_route', 'deny'], what);
      } else {
        assert.equal(line.reason, 'unsupported_resource', what);
        assert.equal(error?.message === 'Unauthorized', kind.refusal === 'thrown', what);
        assert.notEqual(error, undefined, what);
      }
    }
    for (const request of [...asked, ...sample]) {
      const effect = effectOf(answer, stage + request);
      const ways = waysOf(routes, request);
      const what = `${request} of ${ways.map((way) => way?.name)} for ${[...scopes]}`;
      assert.notEqual(effect, 'neither', what);
      const owner = ownerOf(routes, request);
      if (owner && plainOf(request) === request) assert.equal(effect, owner.isOpen(scopes) ? 'Allow' : 'Deny', what);
      if (ways.some((way) => way && !way.isOpen(scopes))) assert.equal(effect, 'Deny', what);
    }
  }
}

describe(`one policy for all requests of a token (seed ${seed})`, () => {
  it('source: random maps, tokens and requests', async () => {
    const property = fc.asyncProperty(trials, async ({ entries, kind, asked }) => {
      const fn = await startInProcess({ ...env, ROUTE_SCOPES: textOf(entries) });
      await judge(fn, entries, kind, asked);
    });
    await fc.assert(property, { seed, numRuns: 6 });
  });

  it('zip: a few', async () => {
    const property = fc.asyncProperty(trials, async ({ entries, kind, asked }) => {
      const fn = await start('zip', { ...env, ROUTE_SCOPES: textOf(entries) });
      await judge(fn, entries, kind, asked).finally(() => fn.stop());
    });
    await fc.assert(property, { seed: seed + 1, numRuns: 4, endOnFailure: true });
  });
});
