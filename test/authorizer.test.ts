import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { generateKey } from '../scripts/issuer.ts';
import { check, checkOutput, leakOf, type Reason } from './support/expectations.ts';
import type { Fn } from './support/harness.ts';
import { composeHere } from './support/in-process.ts';
import { type Asked, eventOf, METHOD, onBoth, startWorld } from './support/suite.ts';
import { AUDIENCE, seconds, tokenFactory } from './support/tokens.ts';

const ISSUER = 'https://issuer.example/';
const env = { TOKEN_ISSUER: ISSUER, JWKS_URI: 'https://issuer.example/jwks', AUDIENCE };
const key = await generateKey('key-1');
const token = tokenFactory(ISSUER, key)();
const event = { type: 'TOKEN', authorizationToken: `Bearer ${token}`, methodArn: METHOD };
const publish = async () => [key.jwk];

describe('the handler', () => {
  it('goes by the clock that it is given', async () => {
    let now = Date.now();
    const { handler, lines } = composeHere(env, publish, () => now);
    await handler(event);
    now += 306_000;
    await assert.rejects(handler(event), { message: 'Unauthorized' });
    assert.deepEqual(
      lines.filter(({ outcome }) => outcome).map(({ reason }) => reason),
      ['authorized', 'token_expired'],
    );
  });

  it('goes by the clock after the keys came, not before', async () => {
    let now = Date.now();
    const slowly = async () => {
      now += 306_000;
      return [key.jwk];
    };
    const { handler } = composeHere(env, slowly, () => now);
    await assert.rejects(handler(event), { message: 'Unauthorized' });
  });

  it('does without a context', async () => {
    const { handler, lines } = composeHere(env, publish, Date.now);
    await handler(event);
    assert.ok(!('requestId' in (lines.at(-1) ?? {})));
  });

  it('makes an error of a defect, and tells its place but not its message', async () => {
    for (const [thrown, place] of [
      [new RangeError(`no good: ${token}`), /RangeError at .*authorizer\.test\.ts/],
      [token, /string/],
    ] as const) {
      const { handler, lines } = composeHere(env, publish, Date.now);
      const event = {
        ...{ type: 'REQUEST', methodArn: METHOD },
        get headers() {
          throw thrown;
        },
      };
      await assert.rejects(handler(event), (error: Error) => {
        assert.match(error.message, /^internal_error: /);
        assert.match(error.message, place);
        assert.equal(error.stack, '');
        assert.equal(leakOf([token], `${error.stack}${JSON.stringify(lines)}`), undefined);
        return true;
      });
      const { level, outcome, reason } = { ...lines.at(-1) } as Record<string, unknown>;
      assert.deepEqual({ level, outcome, reason }, { level: 'error', outcome: 'error', reason: 'internal_error' });
    }
  });
});

const world = await startWorld();
after(world.issuer.close);

/** Requests that fare differently, over and over. */
const MIXED: readonly (readonly [Reason, Asked])[] = Array.from({ length: 10 }, (_, round) => [
  ['authorized', { claims: { sub: `caller-${round}`, scope: `round:${round}` } }] as const,
  ['token_expired', { claims: { sub: `caller-${round}`, exp: seconds() - 60 } }] as const,
  ['unknown_key', { header: { kid: `key-${round + 2}` } }] as const,
  ['missing_token', { authorization: () => undefined }] as const,
  ['invalid_audience', { claims: { sub: `caller-${round}`, aud: 'other', scope: `round:${round}` } }] as const,
]).flat();

/** More brackets than JSON.stringify can take on some stacks, in a claim that is handed on. */
const DEPTH = 5500;
const abyss: Asked = { claimsText: (json) => `${json.slice(0, -1)},"abyss":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}` };

for (const [target, start] of Object.entries(onBoth)) {
  describe(`${target}: one process`, () => {
    let fn: Fn;
    before(async () => {
      fn = await start({ ...world.env, CONTEXT_CLAIMS: 'abyss' });
    });
    after(() => fn.stop());

    it('hands on a claim as deep as a token can hold, or refuses it', async () => {
      const { line } = await fn.call(eventOf(world, abyss));
      assert.ok(['authorized', 'invalid_claims'].includes(String(line.reason)), String(line.detail));
    });

    it('gives to each of many requests at once its own answer and line', async () => {
      const replies = await Promise.all(MIXED.map(([, asked]) => fn.call(eventOf(world, asked))));
      for (const [position, [reason, { claims }]] of MIXED.entries()) {
        const reply = replies[position];
        assert.ok(reply);
        check(reply, world.env, {
          reason,
          resource: METHOD,
          ...(claims && { principalId: String(claims.sub), context: { scope: claims.scope } }),
        });
      }
    });

    it('wrote nothing else, and no part of a token', () => checkOutput(fn));
  });
}
