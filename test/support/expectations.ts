import assert from 'node:assert/strict';
import type { EventKind } from './events.ts';
import type { Environment, Fn, Reply } from './harness.ts';
import { SCOPE, SECRET, SUBJECT } from './tokens.ts';

/** The contract's decision table: written down here once more, so that the source is not judged by itself. */
const TABLE = {
  unsupported_event: 'error',
  unsupported_resource: 'unauthorized',
  missing_token: 'unauthorized',
  malformed_token: 'INVALID_TOKEN',
  unsupported_type: 'INVALID_TOKEN',
  unsupported_algorithm: 'INVALID_TOKEN',
  unsupported_critical: 'INVALID_TOKEN',
  unknown_issuer: 'INVALID_TOKEN',
  unknown_key: 'unauthorized',
  invalid_signature: 'INVALID_TOKEN',
  invalid_claims: 'INVALID_TOKEN',
  token_expired: 'INVALID_TOKEN',
  token_not_active: 'unauthorized',
  unproven_binding: 'unauthorized',
  invalid_audience: 'deny',
  unaccepted_claim: 'deny',
  insufficient_scope: 'deny',
  unlisted_route: 'deny',
  authorized: 'allow',
  keys_unavailable: 'error',
} as const;

export type Reason = keyof typeof TABLE;

/** The reasons in the order of the checks. */
export const reasons = Object.keys(TABLE) as Reason[];

/** What a reply should be. What is left out should be as for the factory's good token. */
export interface Expected {
  readonly reason: Reason;
  /** What an Allow names. */
  readonly resource: string;
  /** The kind of the event, if it isn't a TOKEN event. */
  readonly kind?: EventKind;
  readonly principalId?: string;
  /** `context`, without `error` and `error_description`. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** In the log; `null`: none. Not looked at without. */
  readonly kid?: string | null;
  readonly issuer?: string | null;
  readonly level?: string;
  /** The sentence in the log, or what it contains. Not looked at without. */
  readonly detail?: string | RegExp;
}

type Outcome = 'allow' | 'deny' | 'unauthorized' | 'error';

const LEVELS: Readonly<Record<Outcome, string>> = { allow: 'info', deny: 'warn', unauthorized: 'warn', error: 'error' };

/** What a reply is, seen from outside: the log has no say in it. */
function outcomeOf({ result, error }: Reply): Outcome {
  if (error) return error.name === 'Error' && error.message === 'Unauthorized' ? 'unauthorized' : 'error';
  const effects = JSON.stringify(result).match(/"Effect":"(Allow|Deny)"|"isAuthorized":(true|false)/g);
  assert.equal(effects?.length, 1, 'neither an error nor an answer with one effect');
  return /Allow|true/.test(effects[0] ?? '') ? 'allow' : 'deny';
}

/** What a reason should lead to: no HTTP API makes a 401 of an error. */
function outcomeFor({ reason, kind }: Expected, env: Environment): Outcome {
  const row = TABLE[reason];
  const outcome = row !== 'INVALID_TOKEN' ? row : env.INVALID_TOKEN === 'deny' ? 'deny' : 'unauthorized';
  return outcome === 'unauthorized' && kind?.refusal === 'returned' ? 'deny' : outcome;
}

const MEMBERS = [
  ...['level', 'timestamp', 'requestId', 'outcome', 'reason', 'issuer', 'kid', 'principalId', 'detail'],
  ...['apiId', 'stage', 'method', 'route', 'apiRequestId'],
];
const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** RFC 6750, 3: what may stand in a `error_description`. */
const DESCRIPTION = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

/** Authentic and in force: the answer says whose it is. */
const AUTHENTIC: readonly Reason[] = [
  ...(['authorized', 'invalid_audience', 'unaccepted_claim', 'insufficient_scope', 'unlisted_route'] as const),
];
/** Its signature is good: the log may name its principal. */
const VERIFIED: readonly Reason[] = [...AUTHENTIC, 'token_expired', 'token_not_active', 'unproven_binding'];

/** The answer that is due; `description` alone is left open by the contract. */
function answerFor(env: Environment, outcome: 'allow' | 'deny', expected: Expected, description: unknown) {
  const { reason, kind } = expected;
  const { principalId = SUBJECT, context = { scope: SCOPE } } = AUTHENTIC.includes(reason)
    ? expected
    : { principalId: 'unauthenticated', context: { scope: '' } };
  const isScope = reason === 'insufficient_scope' || reason === 'unlisted_route';
  const error = isScope ? 'insufficient_scope' : 'invalid_token';
  const told = outcome === 'deny' ? { ...context, error, error_description: description } : context;
  if (env.SIMPLE_RESPONSES === 'true' && kind?.takesSimpleResponses) {
    return { isAuthorized: outcome === 'allow', context: told };
  }
  // a Deny names the whole stage
  const stage = kind?.stage ?? expected.resource.replace(/^(([^/]*\/){2}).*$/s, '$1*');
  const [Effect, Resource] = outcome === 'allow' ? ['Allow', expected.resource] : ['Deny', stage];
  const hasKey = outcome === 'allow' && env.USAGE_KEY_CLAIM && kind?.hasUsagePlans;
  return {
    principalId,
    policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect, Resource }] },
    context: told,
    ...(hasKey && { usageIdentifierKey: SECRET }),
  };
}

function checkAnswer({ result }: Reply, env: Environment, outcome: Outcome, expected: Expected): void {
  if (outcome !== 'allow' && outcome !== 'deny') return;
  const { error_description: description } = (result as { context: Record<string, unknown> }).context;
  if (outcome === 'deny') assert.match(String(description), DESCRIPTION);
  // as text: to the byte what API Gateway gets
  assert.equal(JSON.stringify(result), JSON.stringify(answerFor(env, outcome, expected, description)));
}

/** What API Gateway makes a 401 of, or any other error: readable, and without a stack beside the line in the log. */
function checkError({ error, line }: Reply, outcome: Outcome, reason: Reason): void {
  if (!error) return;
  const message = outcome === 'unauthorized' ? 'Unauthorized' : `${reason}: ${line.detail}`;
  assert.deepEqual(error, { name: 'Error', message, stack: '' });
}

/** Characters of a sentence in the log. */
const MAX_DETAIL = 1000;
/** Longer than any machine takes to look at a line. */
const HOUR = 3_600_000;

function checkLine({ requestId, line, lines }: Reply, outcome: Outcome, expected: Expected): void {
  const { reason, principalId = SUBJECT, level = LEVELS[outcome] } = expected;
  assert.equal(lines.length, 1, 'not exactly one line');
  assert.deepEqual([line.level, line.requestId, line.outcome, line.reason], [level, requestId, outcome, reason]);
  for (const name of Object.keys(line)) assert.ok(MEMBERS.includes(name), `the contract does not know ${name}`);
  assert.match(String(line.timestamp), ISO_8601);
  assert.ok(Math.abs(Date.parse(String(line.timestamp)) - Date.now()) < HOUR, 'not the time of the decision');
  if (reason !== 'authorized') assert.match(String(line.detail), /^\S.*\.$/, 'no sentence');
  assert.ok(String(line.detail ?? '').length <= MAX_DETAIL, 'a long sentence');
  const { detail } = expected;
  if (typeof detail === 'string') assert.equal(line.detail, detail);
  else if (detail) assert.match(String(line.detail), detail);
  if (AUTHENTIC.includes(reason) || line.principalId !== undefined) {
    assert.equal(line.principalId, VERIFIED.includes(reason) ? principalId : undefined);
  }
  if (expected.issuer !== undefined) assert.equal(line.issuer ?? null, expected.issuer);
  if (expected.kid !== undefined) assert.equal(line.kid ?? null, expected.kid);
}

/** Holds a reply against the contract: outcome, error, policy to the byte, and the one line in the log. */
export function check(reply: Reply, env: Environment, expected: Expected): void {
  const outcome = outcomeFor(expected, env);
  const got = `${outcomeOf(reply)} (${reply.line.reason}: ${reply.line.detail})`;
  assert.equal(got.split(':')[0], `${outcome} (${expected.reason}`, got);
  checkAnswer(reply, env, outcome, expected);
  checkError(reply, outcome, expected.reason);
  checkLine(reply, outcome, expected);
}

/** So many characters in a row are no chance. */
const TELLING_RUN = 12;

const runsOf = (text: string) =>
  Array.from({ length: Math.max(0, text.length - TELLING_RUN + 1) }, (_, at) => text.slice(at, at + TELLING_RUN));

/**
 * The first run of characters that some text has in common with a part of a credential.
 *
 * @param credentials `Authorization` values or tokens
 */
export function leakOf(credentials: readonly string[], text: string): string | undefined {
  const runs = new Set(runsOf(text));
  const parts = credentials
    .flatMap((credential) => credential.split(/[\s.:;=,"]+/))
    .filter((part) => !/^authorization$/i.test(part)); // a word that any sentence may hold
  return parts.flatMap(runsOf).find((run) => runs.has(run));
}

/** All strings in a value, wherever. */
function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

/** Members of an event that may hold a credential. */
const CARRIERS = [
  ...['authorizationToken', 'headers', 'multiValueHeaders', 'cookies', 'queryStringParameters'],
  'multiValueQueryStringParameters',
];

/** What an event may hold for a credential. */
export const credentialsOf = (event: unknown) => stringsIn(CARRIERS.map((name) => Object(event)[name]));

/**
 * Looks at all that a function wrote and threw: one decision line for each call, nothing but JSON lines on
 * standard output, nothing on standard error, and nowhere a part of a token or a claim.
 */
export function checkOutput(fn: Fn): void {
  const { stdout, stderr } = fn.output();
  assert.equal(stderr, '');
  assert.match(stdout, /^(\{.*\}\n)*$/);
  const decisions = fn.lines().filter((line) => 'outcome' in line);
  assert.equal(decisions.length, fn.calls.length, 'decision lines for as many calls');
  const thrown = fn.calls.map(({ reply: { error } }) => `${error?.message} ${error?.stack}`);
  const told = [stdout, ...thrown].join('\n');
  assert.ok(!told.includes(SECRET), 'a claim is told');
  const credentials = fn.calls.flatMap(({ event }) => credentialsOf(event));
  assert.equal(leakOf(credentials, told), undefined, 'a part of a token is told');
}
