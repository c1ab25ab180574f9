import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LocalIssuer } from '../scripts/issuer.ts';
import { type EventKind, eventKind, eventKinds, withMember } from './support/events.ts';
import {
  checkOutput,
  leakOf,
  type Outcome,
  outcomeFor,
  type Reason,
  reasons,
} from './support/expectations.ts';
import { type Environment, type Fn, type Reply, start, targets } from './support/harness.ts';
import { startWorld } from './support/suite.ts';
import { type Spoilt, SUBJECT, seconds } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

const USAGE_KEY = 'usage-key-that-is-nobodys-business';
/** All tokens that any test sends. */
const sent: string[] = [];

function token(spoilt: Spoilt = {}): string {
  const made = world.token({ ...spoilt, claims: { usage_key: USAGE_KEY, ...spoilt.claims } });
  sent.push(made);
  return made;
}

/** A good request, but for what is said. */
interface Asked {
  readonly spoilt?: Spoilt;
  readonly scheme?: string;
  readonly arn?: string;
  /** Spoils the event. */
  readonly event?: (event: Readonly<Record<string, unknown>>, kind: EventKind) => unknown;
}

function eventOf(kind: EventKind, { spoilt, scheme = 'Bearer', arn, event }: Asked): unknown {
  const good = kind.event({ authorization: `${scheme} ${token(spoilt)}`, arn: arn ?? kind.arn });
  return event ? event(good, kind) : good;
}

const ROWS: Readonly<Record<Exclude<Reason, 'keys_unavailable'>, (kind: EventKind) => Asked>> = {
  unsupported_event: () => ({ event: (event, { arnMember }) => withMember(event, arnMember, undefined) }),
  unsupported_resource: ({ arn }) => ({ arn: `${arn}/*` }),
  missing_token: () => ({ scheme: 'Basic' }),
  malformed_token: () => ({ spoilt: { header: { kid: 1 } } }),
  unsupported_type: () => ({ spoilt: { header: { typ: 'logout+jwt' } } }),
  unsupported_algorithm: () => ({ spoilt: { header: { alg: 'RS512' } } }),
  unsupported_critical: () => ({ spoilt: { header: { crit: ['exp'] } } }),
  unknown_issuer: () => ({ spoilt: { claims: { iss: 'https://evil.example/' } } }),
  unknown_key: () => ({ spoilt: { header: { kid: 'key-9' } } }),
  invalid_signature: () => ({ spoilt: { key: world.foreignKey } }),
  invalid_claims: () => ({ spoilt: { claims: { nbf: 'tomorrow' } } }),
  token_expired: () => ({ spoilt: { claims: { exp: seconds() - 60 } } }),
  token_not_active: () => ({ spoilt: { claims: { iat: seconds() + 240 } } }),
  invalid_audience: () => ({ spoilt: { claims: { aud: 'https://other.example' } } }),
  insufficient_scope: () => ({ spoilt: { claims: { scope: 'write:pets' } } }),
  authorized: () => ({}),
};
const rowNames = reasons.filter((reason) => reason !== 'keys_unavailable');

/** The token is authentic and in force: the answer says whose it is, and what it permits. */
const SCOPES: Partial<Record<Reason, string>> = {
  authorized: 'read:pets write:pets',
  invalid_audience: 'read:pets write:pets',
  insufficient_scope: 'write:pets',
};

/** What a kind gets for an outcome of the decision table: no HTTP API gets a 401 out of an error. */
const outcomeAt = ({ refusal }: EventKind, outcome: Outcome): Outcome =>
  outcome === 'unauthorized' && refusal === 'returned' ? 'deny' : outcome;

/** The answer that is due, `description` being the only thing that the contract leaves open. */
function answerFor(
  kind: EventKind,
  env: Environment,
  outcome: 'allow' | 'deny',
  reason: Reason,
  description: unknown,
) {
  const scope = SCOPES[reason] ?? '';
  const error = reason === 'insufficient_scope' ? reason : 'invalid_token';
  const context = outcome === 'allow' ? { scope } : { scope, error, error_description: description };
  if (env.SIMPLE_RESPONSES === 'true' && kind.takesSimpleResponses) {
    return { isAuthorized: outcome === 'allow', context };
  }
  // nothing names a wildcard, unless it is the stage's own
  const method = reason === 'unsupported_resource' ? `${kind.arn}/` : kind.arn;
  const Resource = env.POLICY_RESOURCE === 'stage' ? kind.stage : method;
  const Effect = outcome === 'allow' ? 'Allow' : 'Deny';
  const Statement = [{ Action: 'execute-api:Invoke', Effect, Resource }];
  return {
    principalId: reason in SCOPES ? SUBJECT : 'unauthenticated',
    policyDocument: { Version: '2012-10-17', Statement },
    context,
    ...(outcome === 'allow' && kind.hasUsagePlans && { usageIdentifierKey: USAGE_KEY }),
  };
}

function check(reply: Reply, kind: EventKind, env: Environment, reason: Reason): void {
  const { error, line, lines, result } = reply;
  const outcome = outcomeAt(kind, outcomeFor(reason, env));
  assert.deepEqual([line.outcome, line.reason], [outcome, reason], String(line.detail));
  assert.equal(lines.length, 1);
  if (outcome === 'unauthorized') {
    assert.deepEqual([error?.name, error?.message], ['Error', 'Unauthorized']);
  } else if (outcome === 'error') {
    assert.equal(error?.name, 'Error');
    assert.notEqual(error?.message, 'Unauthorized');
  } else {
    assert.equal(error, undefined);
    const { context } = result as { context: { error_description?: unknown } };
    if (outcome === 'deny') assert.match(String(context.error_description), /^[A-Z][\w ]+$/);
    const expected = answerFor(kind, env, outcome, reason, context.error_description);
    assert.equal(JSON.stringify(result), JSON.stringify(expected));
  }
}

/** One configuration on both targets. */
function onBoth(
  name: string,
  settings: Environment,
  tests: (call: (event: unknown) => Promise<Reply>, env: Environment) => void,
  answer?: Parameters<LocalIssuer['answer']>[0],
): void {
  const env = { ...world.env, REQUIRED_SCOPES: 'read:pets', ...settings };
  for (const target of targets) {
    describe(`${target}: ${name}`, () => {
      let fn: Fn;
      before(async () => {
        world.issuer.answer(answer ?? [world.key]);
        fn = await start(target, env);
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
}

const USAGE: Environment = { USAGE_KEY_CLAIM: 'usage_key' };
const SETTINGS: Readonly<Record<string, Environment>> = {
  'policies for a method': USAGE,
  'policies for a stage': { ...USAGE, POLICY_RESOURCE: 'stage', INVALID_TOKEN: 'deny' },
  'simple responses': { ...USAGE, SIMPLE_RESPONSES: 'true' },
};

for (const [name, settings] of Object.entries(SETTINGS)) {
  onBoth(`every reason for every kind, ${name}`, settings, (call, env) => {
    for (const kind of eventKinds) {
      for (const reason of rowNames) {
        // a stage can be named, whatever is called
        const isNameable = reason === 'unsupported_resource' && env.POLICY_RESOURCE === 'stage';
        it(`${kind.name}: ${reason}`, async () => {
          const reply = await call(eventOf(kind, ROWS[reason](kind)));
          check(reply, kind, env, isNameable ? 'authorized' : reason);
        });
      }
    }
  });
}

onBoth(
  'no keys',
  { ...USAGE, INVALID_TOKEN: 'deny', SIMPLE_RESPONSES: 'true' },
  (call, env) => {
    for (const kind of eventKinds) {
      it(`${kind.name}: an error, which is never cached`, async () => {
        check(await call(eventOf(kind, {})), kind, env, 'keys_unavailable');
      });
    }
  },
  (_request, response) => response.writeHead(503).end(),
);

/** A request without an `Authorization` header, and with these query parameters. */
function asking(
  kind: EventKind,
  single: Readonly<Record<string, string>> | null,
  multiple: Readonly<Record<string, readonly string[]>> | null = null,
  headers: Readonly<Record<string, string>> = {},
): unknown {
  const event = kind.event({ authorization: '', arn: kind.arn });
  return {
    ...event,
    ...('headers' in event && { headers }),
    ...('multiValueHeaders' in event && { multiValueHeaders: {} }),
    queryStringParameters: single,
    multiValueQueryStringParameters: multiple,
  };
}

const QUERY: Environment = { ...USAGE, TOKEN_QUERY_PARAMETER: 'access_token' };

onBoth('where the token may be', QUERY, (call, env) => {
  const tell = (name: string, kind: EventKind, reason: Reason, event: () => unknown) =>
    it(`${kind.name}: ${name}`, async () => check(await call(event()), kind, env, reason));

  for (const kind of eventKinds.filter(({ name }) => name !== 'REST TOKEN')) {
    const { arn } = kind;
    /** The kind's event with these headers, and nothing else that its fixture says of the caller. */
    const sentWith = (
      headers: Readonly<Record<string, unknown>> | null | undefined,
      multiValueHeaders?: Readonly<Record<string, unknown>> | null,
    ) => {
      const event = kind.event({ authorization: 'none', arn });
      return withMember(withMember(event, 'headers', headers), 'multiValueHeaders', multiValueHeaders);
    };
    const bearer = () => `Bearer ${token()}`;

    // a field that a kind does not have is none of its own, whatever it holds
    const multiValue =
      'multiValueHeaders' in kind.event({ authorization: '', arn }) ? 'authorized' : 'missing_token';
    for (const header of ['authorization', 'Authorization', 'AUTHORIZATION', 'aUtHoRiZaTiOn']) {
      tell(`${header}`, kind, 'authorized', () => sentWith({ [header]: bearer() }));
      tell(`${header}, multi-value`, kind, multiValue, () => sentWith({}, { [header]: [bearer()] }));
      tell(`${header}, multi-value only`, kind, multiValue, () =>
        sentWith(undefined, { [header]: [bearer()] }),
      );
    }
    tell('the same twice', kind, 'authorized', () => {
      const value = bearer();
      return sentWith({ Authorization: value, authorization: value }, { Authorization: [value, value] });
    });
    tell('two that differ, multi-value', kind, 'missing_token', () =>
      sentWith({}, { Authorization: [bearer(), `Bearer ${token({ claims: { jti: '2' } })}`] }),
    );
    if (multiValue === 'authorized') {
      tell('two that differ, of which the last is repeated', kind, 'missing_token', () => {
        const [first, last] = [bearer(), `Bearer ${token({ claims: { jti: '2' } })}`];
        return sentWith({ Authorization: last }, { Authorization: [first, last] });
      });
      tell('three, of which only the last differs', kind, 'missing_token', () => {
        const [first, last] = [bearer(), `Bearer ${token({ claims: { jti: '2' } })}`];
        return sentWith({ Authorization: first }, { Authorization: [first, last] });
      });
    }
    tell('three that differ by case, of which only the last differs', kind, 'missing_token', () => {
      const [first, last] = [bearer(), `Bearer ${token({ claims: { jti: '2' } })}`];
      return sentWith({ Authorization: first, authorization: first, AUTHORIZATION: last });
    });
    tell('two that differ by case', kind, 'missing_token', () =>
      sentWith({ Authorization: bearer(), authorization: `Bearer ${token({ claims: { jti: '2' } })}` }),
    );
    tell('a good one and a bad one', kind, 'missing_token', () =>
      sentWith({}, { authorization: [bearer(), 'Basic dXNlcjpwYXNzd29yZA=='] }),
    );
    tell('a good one and an empty one', kind, 'missing_token', () =>
      sentWith({}, { authorization: [bearer(), ''] }),
    );
    tell('two in one value', kind, 'missing_token', () =>
      sentWith({ authorization: `${bearer()},${bearer()}` }),
    );
    tell('none', kind, 'missing_token', () => sentWith({}));
    tell('no headers', kind, 'missing_token', () => sentWith(undefined));
    tell('null for headers', kind, 'missing_token', () => sentWith(null, null));
    tell('no value', kind, 'missing_token', () => sentWith({ authorization: null }));
    tell('a list without a value', kind, 'missing_token', () => sentWith({}, { authorization: [] }));
    tell('a list in a list', kind, 'missing_token', () => sentWith({}, { authorization: [[bearer()]] }));
    tell('an array of headers', kind, 'missing_token', () => ({
      ...sentWith({}),
      headers: [bearer()],
    }));
    for (const header of ['X-Authorization', 'Authorization ', 'Proxy-Authorization', '__proto__']) {
      tell(`only ${header}`, kind, 'missing_token', () => sentWith(Object.fromEntries([[header, bearer()]])));
    }
    tell('only where the kind has none', kind, 'missing_token', () => ({
      ...sentWith({ cookie: `session=${token()}` }),
      authorizationToken: bearer(),
      identitySource: kind.name === 'HTTP 2.0' ? [bearer()] : bearer(),
      cookies: [bearer()],
      stageVariables: { authorization: bearer() },
      pathParameters: { authorization: bearer() },
    }));
  }

  const rest = eventKind('REST TOKEN');
  tell('only in headers', rest, 'missing_token', () => ({
    ...rest.event({ authorization: 'none', arn: rest.arn }),
    headers: { Authorization: `Bearer ${token()}` },
    multiValueHeaders: { Authorization: [`Bearer ${token()}`] },
  }));
  tell('headers are not looked at', rest, 'authorized', () => ({
    ...rest.event({ authorization: `Bearer ${token()}`, arn: rest.arn }),
    headers: { Authorization: `Bearer ${token({ claims: { jti: '2' } })}` },
  }));

  const socket = eventKind('WebSocket');
  const tellQuery = (name: string, reason: Reason, event: () => unknown) =>
    tell(`the query: ${name}`, socket, reason, event);

  for (const kind of eventKinds) {
    it(`${kind.name}: ${kind === socket ? 'the query may hold it' : 'the query is not looked at'}`, async () => {
      const access_token = token();
      const event = asking(kind, { access_token }, { access_token: [access_token] });
      check(await call(event), kind, env, kind === socket ? 'authorized' : 'missing_token');
    });
  }

  tellQuery('single value', 'authorized', () => asking(socket, { access_token: token() }));
  tellQuery('multi-value', 'authorized', () => asking(socket, null, { access_token: [token()] }));
  tellQuery('the same as in the header', 'authorized', () => {
    const value = token();
    return asking(socket, { access_token: value }, null, { authorization: `Bearer ${value}` });
  });
  tellQuery('another than in the header', 'missing_token', () =>
    asking(socket, { access_token: token({ claims: { jti: '2' } }) }, null, {
      authorization: `Bearer ${token()}`,
    }),
  );
  tellQuery('two that differ', 'missing_token', () =>
    asking(socket, null, { access_token: [token(), token({ claims: { jti: '2' } })] }),
  );
  tellQuery('with a scheme', 'missing_token', () => asking(socket, { access_token: `Bearer ${token()}` }));
  tellQuery('empty', 'missing_token', () => asking(socket, { access_token: '' }));
  tellQuery('another name', 'missing_token', () => asking(socket, { token: token() }));
  tellQuery('the name in another case', 'missing_token', () => asking(socket, { Access_Token: token() }));
  tellQuery('a bad token', 'invalid_signature', () =>
    asking(socket, { access_token: token({ key: world.foreignKey }) }),
  );
  tellQuery('a message of a connection that stands', 'unsupported_event', () =>
    withMember(asking(socket, { access_token: token() }), 'requestContext.eventType', 'MESSAGE'),
  );
});

onBoth('no TOKEN_QUERY_PARAMETER, and USAGE_KEY_CLAIM', USAGE, (call, env) => {
  const socket = eventKind('WebSocket');
  for (const name of ['access_token', 'undefined', '']) {
    it(`WebSocket: a token in the parameter "${name}"`, async () => {
      check(await call(asking(socket, { [name]: token() })), socket, env, 'missing_token');
    });
  }

  for (const kind of eventKinds) {
    for (const [name, usage_key] of Object.entries({
      absent: undefined,
      empty: '',
      number: 1,
      list: ['k'],
    })) {
      it(`${kind.name}: none for a claim that is ${name}`, async () => {
        const { result } = await call(eventOf(kind, { spoilt: { claims: { usage_key } } }));
        assert.deepEqual(Object.keys(Object(result)), ['principalId', 'policyDocument', 'context']);
      });
    }
  }
});
