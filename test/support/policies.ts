import assert from 'node:assert/strict';
import type { Statement } from '../../src/routes/policy.ts';
import { evaluate } from '../routes/iam.ts';

/** The statements of an answer, each with a list of resources. */
function statementsOf(answer: unknown): Statement[] {
  const { policyDocument } = Object(answer) as { policyDocument?: { Statement?: unknown } };
  assert.ok(Array.isArray(policyDocument?.Statement), 'no policy');
  return policyDocument.Statement.map((statement: Record<string, unknown>) => ({
    ...statement,
    ...('Resource' in statement && { Resource: [statement.Resource].flat() }),
  })) as Statement[];
}

/** What API Gateway makes of an answer, its own or a cached one, for a request. */
export const effectOf = (answer: unknown, arn: string) => evaluate(statementsOf(answer), arn);
