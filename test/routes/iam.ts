import assert from 'node:assert/strict';
import type { Statement } from '../../src/routes/stage/iam.ts';

const matchers = new Map<string, RegExp>();

/**
 * Matches a resource as IAM does: `*` is any number of characters, slashes among them, `?` is one, case
 * counts.
 */
export function matchesResource(pattern: string, arn: string): boolean {
  const known = matchers.get(pattern);
  if (known) return known.test(arn);
  const source = [...pattern].map((character) => {
    if (character === '*') return '[^]*';
    return character === '?' ? '[^]' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  const matcher = new RegExp(`^${source.join('')}$`);
  matchers.set(pattern, matcher);
  return matcher.test(arn);
}

const isAmong = (resources: string | readonly string[], arn: string) =>
  [resources].flat().some((pattern) => matchesResource(pattern, arn));

/**
 * Evaluates a policy as IAM does: an explicit Deny, then an Allow, then neither (IAM User Guide, "Policy
 * evaluation logic"). `NotResource` is all but what is listed.
 */
export function evaluate(statements: readonly Statement[], arn: string): 'Allow' | 'Deny' | 'neither' {
  const effects = statements
    .filter((statement) =>
      'NotResource' in statement ? !isAmong(statement.NotResource, arn) : isAmong(statement.Resource, arn),
    )
    .map(({ Effect }) => Effect);
  if (effects.includes('Deny')) return 'Deny';
  return effects.includes('Allow') ? 'Allow' : 'neither';
}

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
