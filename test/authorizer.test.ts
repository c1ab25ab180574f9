import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generateKey } from '../scripts/issuer.ts';
import { leakOf } from './support/expectations.ts';
import { composeHere } from './support/in-process.ts';
import { METHOD } from './support/suite.ts';
import { AUDIENCE, tokenFactory } from './support/tokens.ts';

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
    assert.ok(!('requestId' in (lines.at(-1) ?? {})), 'no requestId');
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
