import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { APIGatewayAuthorizerResult, APIGatewaySimpleAuthorizerWithContextResult } from 'aws-lambda';
import { type Config, readConfig } from '../../src/config/config.ts';
import { allow, type Context, deny, readContext, readUsageKey, toAnswer } from '../../src/gateway/answer.ts';
import { readEvent } from '../../src/gateway/event.ts';
import { type EventKind, eventKind, eventKinds } from '../support/events.ts';

const configWith = (settings: Readonly<Record<string, string>> = {}): Config =>
  readConfig({
    ...{ TOKEN_ISSUER: 'https://issuer.example', JWKS_URI: 'https://issuer.example/jwks', AUDIENCE: 'api' },
    ...settings,
  });

const requestOf = (kind: EventKind, settings?: Readonly<Record<string, string>>) =>
  readEvent(kind.event({ authorization: 'Bearer token', arn: kind.arn }), configWith(settings));

const context = { scope: 'read', level: 1, admin: false };
const caller = { principalId: 'someone', context };
const Action = 'execute-api:Invoke';

describe('the answer', () => {
  for (const kind of eventKinds) {
    it(`${kind.name}: an Allow names the request or the stage, a Deny always the stage`, () => {
      for (const policyResource of ['method', 'stage'] as const) {
        const request = requestOf(kind, { POLICY_RESOURCE: policyResource });
        const Resource = policyResource === 'stage' ? kind.stage : kind.arn;
        assert.deepEqual(allow(request, policyResource), { Action, Effect: 'Allow', Resource });
        assert.deepEqual(deny(request), { Action, Effect: 'Deny', Resource: kind.stage });
      }
    });

    it(`${kind.name}: a policy of the shape that AWS documents`, () => {
      const request = requestOf(kind);
      const Statement = [deny(request)];
      const given = toAnswer(request, false, Statement, caller);
      const documented = {
        principalId: 'someone',
        policyDocument: {
          Version: '2012-10-17',
          Statement: [{ Action, Effect: 'Deny', Resource: kind.stage }],
        },
        context,
      } satisfies APIGatewayAuthorizerResult;
      assert.deepEqual(given, documented);
    });

    it(`${kind.name}: ${kind.hasUsagePlans ? 'with' : 'without'} the key of a usage plan`, () => {
      const request = requestOf(kind);
      const given = toAnswer(request, true, [deny(request)], { ...caller, usageIdentifierKey: 'key' });
      assert.equal(Object(given).usageIdentifierKey, kind.hasUsagePlans ? 'key' : undefined);
      assert.equal('usageIdentifierKey' in given, kind.hasUsagePlans);
      assert.equal('usageIdentifierKey' in toAnswer(request, true, [deny(request)], caller), false);
    });
  }

  it('is simple for HTTP 2.0 where it is set', () => {
    const request = requestOf(eventKind('HTTP 2.0'), { SIMPLE_RESPONSES: 'true' });
    for (const isAuthorized of [true, false]) {
      const expected = {
        isAuthorized,
        context,
      } satisfies APIGatewaySimpleAuthorizerWithContextResult<Context>;
      const given = toAnswer(request, isAuthorized, [deny(request)], {
        ...caller,
        usageIdentifierKey: 'key',
      });
      assert.deepEqual(given, expected);
    }
  });
});

describe('readContext', () => {
  const read = (claims: object, CONTEXT_CLAIMS = 'nested', iss?: string) =>
    readContext({ ...claims }, ['a', 'b'], iss, configWith({ CONTEXT_CLAIMS }));

  it('hands on a claim whatever its depth, or refuses it', () => {
    const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    assert.equal(read({ nested: nested(100) }).nested, '['.repeat(100) + ']'.repeat(100));
    // deeper than any token of 16 KiB can hold, and than JSON.stringify goes
    let abyss: unknown[] = [];
    for (let depth = 0; depth < 100_000; depth++) abyss = [abyss];
    assert.throws(() => read({ nested: abyss }), {
      reason: 'invalid_claims',
      message: 'The claim nested is nested too deeply.',
    });
  });

  it('tells the scopes first, the issuer where there are several, and then the claims', () => {
    assert.equal(
      JSON.stringify(read({ nested: 1 }, 'nested', 'me')),
      '{"scope":"a b","iss":"me","nested":1}',
    );
    assert.equal(JSON.stringify(read({ nested: 1 })), '{"scope":"a b","nested":1}');
    assert.deepEqual(read({}, 'other', 'me'), { scope: 'a b', iss: 'me' });
  });
});

describe('readUsageKey', () => {
  it('finds a usage key where one is named, and only a string that holds something', () => {
    const config = configWith({ USAGE_KEY_CLAIM: 'usage' });
    assert.equal(readUsageKey({ usage: 'key' }, config), 'key');
    for (const name of ['usage', 'undefined', '']) {
      assert.equal(readUsageKey({ [name]: 'key' }, configWith()), undefined);
    }
    for (const usage of ['', 1, null, ['key'], undefined]) {
      assert.equal(readUsageKey({ usage }, config), undefined);
    }
  });
});
