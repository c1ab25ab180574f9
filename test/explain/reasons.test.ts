import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explain } from '../../scripts/local/explain.ts';
import { readConfig } from '../../src/config/config.ts';
import { REASONS, type Reason } from '../../src/decision.ts';
import { ARN, AUDIENCE } from './world.ts';

const env = { TOKEN_ISSUER: 'https://t.example/', JWKS_URI: 'https://t.example/keys', AUDIENCE };
const nobody = async () => ({ code: 'ENOTFOUND', body: Buffer.alloc(0) });

/** What is said of a decision, whatever led to it. */
const said = (reason: Reason, event: unknown, detail = 'The detail.', more = {}) =>
  explain(
    {
      ...{ reason, detail, event, env, settings: '.env', surrounding: {}, now: 0 },
      config: { ...readConfig(env), ...more },
    },
    nobody,
  );

const event = (methodArn = ARN) => ({ type: 'TOKEN', authorizationToken: 'Bearer x', methodArn });

describe('a decision with the reason', () => {
  for (const reason of Object.keys(REASONS) as Reason[]) {
    it(`${reason} is explained, whatever the event, but for one that is permitted`, async () => {
      for (const each of [event(), null, {}, [], 'x', { type: 'REQUEST', methodArn: ARN }]) {
        const explanation = await said(reason, each);
        if (reason === 'authorized') assert.equal(explanation, undefined);
        else assert.ok(explanation?.problem && explanation.remedy);
      }
    });
  }

  it('unlisted_route names the route as ROUTE_SCOPES writes it', async () => {
    const explanation = await said('unlisted_route', event());
    assert.match(explanation?.problem ?? '', /no entry that takes GET \/pets\.$/);
    assert.match(explanation?.remedy ?? '', /^Add one.*ROUTE_SCOPES in \.env/);
  });

  it('unlisted_route names a slash at the end', async () => {
    const explanation = await said('unlisted_route', event(`${ARN}/`));
    assert.match(explanation?.problem ?? '', /GET \/pets\/: its path ends in a slash/);
  });

  it('insufficient_scope is of ROUTE_SCOPES, where REQUIRED_SCOPES are met', async () => {
    const explanation = await said('insufficient_scope', event(), 'GET /pets asks for read:pets.');
    assert.match(
      explanation?.problem ?? '',
      /^GET \/pets asks for read:pets\. It has none; ROUTE_SCOPES asks for more/,
    );
  });

  it('internal_error is told as a defect', async () => {
    assert.match((await said('internal_error', event()))?.problem ?? '', /a defect of its own/);
  });
});
