import assert from 'node:assert/strict';
import { it } from 'node:test';
import { answerFor, sizeWarning } from '../../src/gateway/answer.ts';
import { readEvent } from '../../src/gateway/event.ts';
import { eventKind } from '../support/events.ts';
import { settingsOf } from '../support/settings.ts';

// kinds.test.ts has the whole answers of every kind

it('a Deny says why', () => {
  const { config } = settingsOf();
  const kind = eventKind('REST TOKEN');
  const request = readEvent(kind.event({ authorization: 'Bearer token', arn: kind.arn }), config);
  const caller = { principalId: 'someone', context: { scope: 'read' } };
  const answer = answerFor({ outcome: 'deny', reason: 'insufficient_scope', caller, request }, config);
  assert.deepEqual(Object(answer).context, {
    scope: 'read',
    error: 'insufficient_scope',
    error_description: 'The access token lacks a scope that this API requires',
  });
});

it('a warning is for more than 8 KB, in bytes', () => {
  const answerOf = (scope: string) => ({ isAuthorized: true, context: { scope } });
  const room = 8192 - JSON.stringify(answerOf('')).length;
  assert.equal(sizeWarning(answerOf('x'.repeat(room))), undefined);
  const warning = 'The answer has 8193 bytes, more than the 8 KB that AWS documents.';
  for (const scope of ['x'.repeat(room + 1), `${'x'.repeat(room - 1)}ä`]) {
    assert.equal(sizeWarning(answerOf(scope)), warning);
  }
});
