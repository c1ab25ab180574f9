import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { APIGatewayAuthorizerResult, APIGatewaySimpleAuthorizerWithContextResult } from 'aws-lambda';
import { answerFor, sizeWarning } from '../../src/gateway/answer.ts';
import type { Context } from '../../src/gateway/context.ts';
import { readEvent } from '../../src/gateway/event.ts';
import { type EventKind, eventKind, eventKinds } from '../support/events.ts';
import { settingsOf } from '../support/settings.ts';

const configWith = (env = {}) => settingsOf(env).config;

const requestOf = (kind: EventKind, settings?: Readonly<Record<string, string>>) =>
  readEvent(kind.event({ authorization: 'Bearer token', arn: kind.arn }), configWith(settings));

const context = { scope: 'read', level: 1, admin: false };
const caller = { principalId: 'someone', context };
const Action = 'execute-api:Invoke';
const CONFIG = configWith();
const allowed = { outcome: 'allow', reason: 'authorized', caller } as const;

describe('the answer', () => {
  for (const kind of eventKinds) {
    it(`${kind.name}: an Allow names the request or the stage`, () => {
      for (const POLICY_RESOURCE of ['method', 'stage'] as const) {
        const config = configWith({ POLICY_RESOURCE });
        const request = requestOf(kind, { POLICY_RESOURCE });
        const Resource = POLICY_RESOURCE === 'stage' ? kind.stage : kind.arn;
        const documented = {
          principalId: 'someone',
          policyDocument: { Version: '2012-10-17', Statement: [{ Action, Effect: 'Allow', Resource }] },
          context,
        } satisfies APIGatewayAuthorizerResult;
        assert.deepEqual(answerFor({ ...allowed, request }, config), documented);
      }
    });

    it(`${kind.name}: a Deny names the stage, and says why`, () => {
      const denied = { outcome: 'deny', reason: 'insufficient_scope', caller } as const;
      assert.deepEqual(answerFor({ ...denied, request: requestOf(kind) }, CONFIG), {
        principalId: 'someone',
        policyDocument: { Version: '2012-10-17', Statement: [{ Action, Effect: 'Deny', Resource: kind.stage }] },
        context: {
          ...context,
          error: 'insufficient_scope',
          error_description: 'The access token lacks a scope that this API requires',
        },
      });
    });

    it(`${kind.name}: no answer if the invocation ends with an error`, () => {
      for (const outcome of ['unauthorized', 'error'] as const) {
        const ended = { ...allowed, outcome, request: requestOf(kind) };
        assert.equal(answerFor(ended, CONFIG), undefined);
      }
    });

    it(`${kind.name}: ${kind.hasUsagePlans ? 'with' : 'without'} the key of a usage plan`, () => {
      const request = requestOf(kind);
      const withKey = { ...allowed, request, caller: { ...caller, usageIdentifierKey: 'key' } };
      const given = Object(answerFor(withKey, CONFIG));
      assert.equal(given.usageIdentifierKey, kind.hasUsagePlans ? 'key' : undefined);
      assert.equal('usageIdentifierKey' in given, kind.hasUsagePlans);
      assert.equal('usageIdentifierKey' in Object(answerFor({ ...allowed, request }, CONFIG)), false);
    });
  }

  it('is simple for HTTP 2.0 where it is set', () => {
    const request = requestOf(eventKind('HTTP 2.0'), { SIMPLE_RESPONSES: 'true' });
    const given = answerFor({ ...allowed, request, caller: { ...caller, usageIdentifierKey: 'key' } }, CONFIG);
    const expected = { isAuthorized: true, context } satisfies APIGatewaySimpleAuthorizerWithContextResult<Context>;
    assert.deepEqual(given, expected);
  });
});

describe('sizeWarning', () => {
  it('is for more than 8 KB, in bytes', () => {
    const answerOf = (scope: string) => ({ isAuthorized: true, context: { scope } });
    const room = 8192 - JSON.stringify(answerOf('')).length;
    assert.equal(sizeWarning(answerOf('x'.repeat(room))), undefined);
    const warning = 'The answer has 8193 bytes, more than the 8 KB that AWS documents.';
    for (const scope of ['x'.repeat(room + 1), `${'x'.repeat(room - 1)}ä`]) {
      assert.equal(sizeWarning(answerOf(scope)), warning);
    }
  });
});
