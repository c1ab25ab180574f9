import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LocalIssuer } from '../../scripts/issuer.ts';
import { type EventKind, eventKinds } from './events.ts';
import { checkOutput, leakOf, type Outcome, outcomeFor, type Reason } from './expectations.ts';
import type { Environment, Fn, Reply } from './harness.ts';
import { quickly, type World } from './suite.ts';
import { SCOPE, type Spoilt, SUBJECT } from './tokens.ts';

/** The API key of every caller: for the answer, and for no log. */
export const USAGE_KEY = 'usage-key-that-is-nobodys-business';

/** What is due besides the reason. What is left out is as for the factory's good token. */
export interface Due {
  readonly scope?: string;
  readonly detail?: string | RegExp;
}

/** What a kind gets for an outcome of the decision table: no HTTP API gets a 401 out of an error. */
const outcomeAt = ({ refusal }: EventKind, outcome: Outcome): Outcome =>
  outcome === 'unauthorized' && refusal === 'returned' ? 'deny' : outcome;

/** The token is authentic and in force: the answer says whose it is, and what it permits. */
const AUTHENTIC: readonly Reason[] = [
  'authorized',
  'invalid_audience',
  'unaccepted_claim',
  'insufficient_scope',
  'unlisted_route',
];

/** The answer that is due, `description` being the only thing that the contract leaves open. */
function answerFor(
  { kind, env, reason, scope = SCOPE }: Asked & Due,
  outcome: 'allow' | 'deny',
  description: unknown,
) {
  const isAuthentic = AUTHENTIC.includes(reason);
  const isScope = reason === 'insufficient_scope' || reason === 'unlisted_route';
  const error = isScope ? 'insufficient_scope' : 'invalid_token';
  const refusal = outcome === 'deny' ? { error, error_description: description } : {};
  const context = { scope: isAuthentic ? scope : '', ...refusal };
  if (env.SIMPLE_RESPONSES === 'true' && kind.takesSimpleResponses) {
    return { isAuthorized: outcome === 'allow', context };
  }
  // a Deny names the stage, whatever is set
  const Resource = outcome === 'deny' || env.POLICY_RESOURCE === 'stage' ? kind.stage : kind.arn;
  const Effect = outcome === 'allow' ? 'Allow' : 'Deny';
  const Statement = [{ Action: 'execute-api:Invoke', Effect, Resource }];
  return {
    principalId: isAuthentic ? SUBJECT : 'unauthenticated',
    policyDocument: { Version: '2012-10-17', Statement },
    context,
    ...(outcome === 'allow' &&
      env.USAGE_KEY_CLAIM &&
      kind.hasUsagePlans && { usageIdentifierKey: USAGE_KEY }),
  };
}

/** A request of some kind, under some settings, and why it should be decided as it is. */
interface Asked {
  readonly kind: EventKind;
  readonly env: Environment;
  readonly reason: Reason;
}

/** Holds a reply against the contract, for its kind of event. */
export function checkKind(reply: Reply, asked: Asked & Due): void {
  const { error, line, lines, result } = reply;
  const { kind, env, reason, detail } = asked;
  const outcome = outcomeAt(kind, outcomeFor(reason, env));
  assert.deepEqual([line.outcome, line.reason], [outcome, reason], String(line.detail));
  assert.equal(lines.length, 1);
  if (typeof detail === 'string') assert.equal(line.detail, detail);
  else if (detail) assert.match(String(line.detail), detail);
  if (outcome === 'unauthorized' || outcome === 'error') {
    const message = outcome === 'error' ? `${reason}: ${line.detail}` : 'Unauthorized';
    assert.deepEqual(error, { name: 'Error', message, stack: '' });
    return;
  }
  assert.equal(error, undefined);
  const { context } = result as { context: { error_description?: unknown } };
  if (outcome === 'deny') assert.match(String(context.error_description), /^[A-Z][\w ]+$/);
  const expected = answerFor(asked, outcome, context.error_description);
  assert.equal(JSON.stringify(result), JSON.stringify(expected));
}

/** One configuration, and what is tried with it. */
interface Trial {
  readonly name: string;
  readonly settings?: Environment;
  readonly answer?: Parameters<LocalIssuer['answer']>[0];
  readonly tests: (call: (event: unknown) => Promise<Reply>, env: Environment) => void;
}

/** Tests for every kind of event, on source and zip. */
export function kindsOf(world: World) {
  /** All tokens that any test sends. */
  const sent: string[] = [];

  return {
    /** A token, good but for what is spoilt, with the caller's API key. */
    token(spoilt: Spoilt = {}): string {
      const made = world.token({ ...spoilt, claims: { usage_key: USAGE_KEY, ...spoilt.claims } });
      sent.push(made);
      return made;
    },

    onBoth({ name, settings, answer, tests }: Trial): void {
      const env = { ...world.env, ...settings };
      for (const [target, startTarget] of Object.entries(quickly)) {
        describe(`${target}: ${name}`, () => {
          let fn: Fn;
          before(async () => {
            world.issuer.answer(answer ?? [world.key]);
            fn = await startTarget(env);
          });
          after(() => fn.stop());
          tests((event) => fn.call(event), env);
          it('wrote no part of a token, and no usage key', () => {
            checkOutput(fn);
            const { stdout } = fn.output();
            assert.equal(leakOf(sent, stdout), undefined);
            assert.equal(stdout.includes(USAGE_KEY), false);
          });
        });
      }
    },
  };
}

/** The kinds that say where the token is: all but TOKEN events. */
export const requestKinds = eventKinds.filter(({ name }) => name !== 'REST TOKEN');

/** Where an event may carry a token; `undefined` takes a member away. */
export interface Carried {
  readonly headers?: unknown;
  readonly multiValueHeaders?: unknown;
  readonly queryStringParameters?: unknown;
  readonly multiValueQueryStringParameters?: unknown;
  readonly cookies?: unknown;
}

/** An event of a kind that carries this, and nothing else that its fixture says of the caller. */
export function carrying(kind: EventKind, carried: Carried): Readonly<Record<string, unknown>> {
  const { headers, multiValueHeaders, queryStringParameters, ...rest } = kind.event({
    authorization: 'none',
    arn: kind.arn,
  });
  const { multiValueQueryStringParameters, cookies, ...event } = rest;
  return { ...event, ...carried };
}
