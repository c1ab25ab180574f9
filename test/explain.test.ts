import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { type Explanation, explain } from '../scripts/explain.ts';
import { generateKey, type LocalIssuer, type SigningKey, startIssuer } from '../scripts/issuer.ts';
import { createAuthorizer } from '../src/authorizer.ts';
import { readConfig } from '../src/config/config.ts';
import { fetchJwks } from '../src/keys/jwks.ts';
import { KeySource } from '../src/keys/key-source.ts';
import type { DecisionLine, Log } from '../src/log/log.ts';
import { REASONS } from '../src/reasons.ts';
import { AUDIENCE, hmac, type Spoilt, seconds, tokenFactory } from './support/tokens.ts';

const ARN = 'arn:aws:execute-api:us-east-1:1234567890:apiId/stage/GET/pets';
const DAY = 86_400;

type Environment = Readonly<Record<string, string | undefined>>;

/** The reasons that were explained, to see that none is left out. */
const explained = new Set<string>();

let key: SigningKey;
let endpoint: LocalIssuer;
let token: (spoilt?: Spoilt) => string;

before(async () => {
  key = await generateKey('published', 'ES256');
  endpoint = await startIssuer([key]);
  token = tokenFactory(endpoint.issuer, key);
});
after(() => endpoint.close());

/** Lets the function refuse an event, and explains it. */
async function explanation(event: unknown, env: Environment = {}): Promise<Explanation> {
  const needed = { TOKEN_ISSUER: endpoint.issuer, JWKS_URI: endpoint.jwksUri, AUDIENCE, ALGORITHMS: 'ES256' };
  const config = readConfig({ ...needed, ...env });
  const decisions: DecisionLine[] = [];
  const log: Log = (line) => {
    if ('outcome' in line) decisions.push(line);
  };
  const now = Date.now;
  const keySources = config.issuers.map(
    (issuer) => new KeySource({ issuer, config, fetchKeys: fetchJwks, now, log }),
  );
  const handler = createAuthorizer({ config, keySources, now, log });
  await handler(event).catch(() => undefined); // the decision line tells it
  const [{ reason, detail = '' } = assert.fail('no decision')] = decisions;
  explained.add(reason);
  return explain({ reason, detail, event, config, settings: '.env', now: seconds() });
}

const withValue = (authorizationToken: unknown, methodArn: unknown = ARN) => ({
  type: 'TOKEN',
  authorizationToken,
  methodArn,
});
const withToken = (spoilt?: Spoilt) => withValue(`Bearer ${token(spoilt)}`);

/** An event that is refused, and words of the explanation. */
interface Case {
  readonly name: string;
  /** Made late: the issuer has to be there. */
  readonly event: () => unknown;
  readonly env?: Environment;
  readonly problem: RegExp;
  readonly remedy: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: 'an event that is no object',
    event: () => null,
    problem: /^event\.json has no methodArn\.$/,
    remedy: /as in event\.json\.sample/,
  },
  {
    name: 'an event of another type',
    event: () => ({ ...withToken(), type: 'token' }),
    problem: /^The type in event\.json is "token", not "TOKEN"\.$/,
    remedy: /"type": "TOKEN"/,
  },
  {
    name: 'a method ARN that is none',
    event: () => withValue('Bearer x', 'GET/pets'),
    problem: /no usable methodArn/,
    remedy: /arn:aws:execute-api:/,
  },
  {
    name: 'a method ARN with a wildcard',
    event: () => withValue('Bearer x', `${ARN}/*`),
    problem: /holds \* or \?/,
    remedy: /POLICY_RESOURCE=stage/,
  },
  {
    name: 'no credential',
    event: () => withValue(undefined),
    problem: /^event\.json has no authorizationToken\.$/,
    remedy: /Write `Bearer `/,
  },
  {
    name: 'an empty credential',
    event: () => withValue(' '),
    problem: /authorizationToken in event\.json is empty/,
    remedy: /Write `Bearer `/,
  },
  {
    name: '`Bearer ` alone',
    event: () => withValue('Bearer '),
    problem: /no access token after it/,
    remedy: /Put the access token there/,
  },
  {
    name: 'a token with a blank in it',
    event: () => withValue('Bearer a.b .c'),
    problem: /more than one word after `Bearer `/,
    remedy: /in one piece/,
  },
  {
    name: 'the placeholder without `Bearer `',
    event: () => withValue('ACCESS_TOKEN'),
    problem: /still holds ACCESS_TOKEN/,
    remedy: /leave `Bearer ` before it/,
  },
  {
    name: 'the placeholder in brackets',
    event: () => withValue('Bearer <ACCESS_TOKEN>'),
    problem: /still holds ACCESS_TOKEN/,
    remedy: /leave `Bearer ` before it/,
  },
  {
    name: 'two tokens in a REQUEST event',
    event: () => ({
      type: 'REQUEST',
      methodArn: ARN,
      headers: { authorization: 'Bearer a' },
      multiValueHeaders: { authorization: ['Bearer b'] },
    }),
    problem: /several tokens that differ/,
    remedy: /Leave one/,
  },
  {
    name: 'a REQUEST event without a token',
    event: () => ({ type: 'REQUEST', methodArn: ARN, headers: {} }),
    problem: /no Authorization header/,
    remedy: /Write `Bearer `/,
  },
  {
    name: 'a token that is cut off',
    event: () => withValue(`Bearer ${token().slice(0, 150)}`),
    problem: /^The token is cut off/,
    remedy: /all of it/,
  },
  {
    name: 'a token in quotes',
    event: () => withValue(`Bearer "${token()}"`),
    problem: /not a signed JWT as its issuer wrote it/,
    remedy: /no quotes/,
  },
  {
    name: 'another typ',
    event: () => withToken({ header: { typ: 'logout+jwt' } }),
    problem: /typ is "logout\+jwt"; accepted are "jwt", "at\+jwt"/,
    remedy: /TOKEN_TYPES in \.env/,
  },
  {
    name: 'an alg with a shared secret',
    event: () => withToken({ header: { alg: 'HS256' }, sign: hmac('secret') }),
    problem: /alg is "HS256"; accepted are "ES256"/,
    remedy: /sign with RS256/,
  },
  {
    name: 'an alg that could be accepted',
    event: () => withToken({ header: { alg: 'PS256' }, sign: () => Buffer.from('signature') }),
    problem: /alg is "PS256"; accepted are "ES256"/,
    remedy: /set ALGORITHMS=PS256 in \.env/,
  },
  {
    name: 'an alg that is not that of the key',
    event: () => withToken({ header: { alg: 'RS256' }, sign: () => Buffer.from('signature') }),
    env: { ALGORITHMS: 'ES256,RS256' },
    problem: /alg is "RS256", but its key "published" is published for another/,
    remedy: /Ask the issuer/,
  },
  {
    name: 'a critical extension',
    event: () => withToken({ header: { crit: ['exp'] } }),
    problem: /crit or b64/,
    remedy: /without extensions/,
  },
  {
    name: 'no iss',
    event: () => withToken({ claims: { iss: undefined } }),
    problem: /iss is missing, TOKEN_ISSUER is "http:/,
    remedy: /set TOKEN_ISSUER/,
  },
  {
    name: 'no kid, and none needed but two there',
    event: () =>
      withToken({ header: { kid: undefined, alg: 'RS256' }, sign: () => Buffer.from('signature') }),
    env: { ALGORITHMS: 'ES256,RS256' },
    problem: /names no key \(kid\)/,
    remedy: /Set JWKS_URI to the "jwks_uri" in http/,
  },
  {
    name: 'a token whose claims were changed',
    event: () => withToken({ sign: () => Buffer.alloc(64, 1) }),
    problem: /^The signature is wrong: .*"published"/,
    remedy: /Copy the token again/,
  },
  {
    name: 'no exp',
    event: () => withToken({ claims: { exp: undefined } }),
    problem: /The claim exp is missing\.$/,
    remedy: /RFC 9068/,
  },
  {
    name: 'a token that expired long ago',
    event: () => withToken({ claims: { exp: seconds() - 90 * DAY } }),
    problem: /^The token expired 90 days ago \(\d{4}-/,
    remedy: /Get a new access token/,
  },
  {
    name: 'a time that no calendar has',
    event: () => withToken({ claims: { exp: -1e20 } }),
    problem: /^The token expired [\d,]+ days ago\.$/,
    remedy: /Get a new access token/,
  },
  {
    name: 'a token from the future',
    event: () => withToken({ claims: { iat: seconds() + 105 } }),
    problem: /not valid yet: it will be in 2 minutes \(/,
    remedy: /clock/,
  },
  {
    name: 'several audiences',
    event: () => withToken({ claims: { aud: ['a', 'b'] } }),
    problem: /its aud is "a", "b", not "https:\/\/api\.example"/,
    remedy: /set AUDIENCE to it in \.env/,
  },
  {
    name: 'no audience',
    event: () => withToken({ claims: { aud: undefined } }),
    problem: /it has no aud, and AUDIENCE is "https:\/\/api\.example"/,
    remedy: /^Request a token for the audience "https:\/\/api\.example"\.$/,
  },
  {
    name: "Cognito's access token",
    event: () =>
      withToken({ claims: { aud: undefined, client_id: '1example23456789', token_use: 'access' } }),
    problem: /it has no aud/,
    remedy: /AUDIENCE_CLAIM=client_id and AUDIENCE=1example23456789 in \.env/,
  },
  {
    name: "Cognito's ID token",
    event: () => withToken({ claims: { aud: 'client', token_use: 'id' } }),
    env: { AUDIENCE_CLAIM: 'client_id' },
    problem: /it has no client_id.* It looks like an ID token/,
    remedy: /^Take the "access_token"/,
  },
  {
    name: 'another ID token',
    event: () => withToken({ claims: { aud: 'client', scope: undefined, nonce: 'n' } }),
    problem: /its aud is "client".* It looks like an ID token/,
    remedy: /^Take the "access_token"/,
  },
  {
    name: 'no scope at all',
    event: () => withToken({ claims: { scope: undefined } }),
    env: { REQUIRED_SCOPES: 'read:pets' },
    problem: /lacks the scope "read:pets"; it has none\.$/,
    remedy: /SCOPE_CLAIM/,
  },
];

describe('an explanation of', () => {
  for (const { name, event, env, problem, remedy } of CASES) {
    it(name, async () => {
      const { problem: actualProblem, remedy: actualRemedy } = await explanation(event(), env);
      assert.match(actualProblem, problem);
      assert.match(actualRemedy, remedy);
    });
  }
});

const ENDPOINTS: readonly (readonly [
  name: string,
  answer: RequestListener,
  problem: RegExp,
  remedy: RegExp,
])[] = [
  [
    'that redirects',
    (_, response) => response.writeHead(302, { location: 'https://other.example/' }).end(),
    /answers with a redirect, which is never followed/,
    /final address/,
  ],
  [
    'with an error of its own',
    (_, response) => response.writeHead(503).end(),
    /can be reached, but answers with an error \(it answered with status 503, not 200\)/,
    /browser/,
  ],
  [
    'that is the discovery document',
    (_, response) => response.end('{"issuer":"https://t.example/","jwks_uri":"https://t.example/keys"}'),
    /answers with JSON that is no JWK Set/,
    /its "jwks_uri" is the address that is needed/,
  ],
  [
    'without a usable key',
    (_, response) => response.end('{"keys":[]}'),
    /holds no usable key/,
    /Set JWKS_URI to the "jwks_uri" in/,
  ],
  [
    'without an end',
    (_, response) => response.end('x'.repeat(2 ** 21)),
    /answers with more than any JWK Set holds/,
    /Set JWKS_URI to the "jwks_uri" in/,
  ],
  ['that hangs up', (request) => request.socket.destroy(), /can't be reached \(/, /Check the address/],
];

describe('an explanation of an endpoint', () => {
  for (const [name, answer, problem, remedy] of ENDPOINTS) {
    it(name, async () => {
      const other = await startIssuer([key]);
      other.answer(answer);
      // a word of another explanation in the address makes no difference
      const env = { JWKS_URI: `${other.issuer}certificate?status%20404` };
      const actual = await explanation(withToken(), env).finally(other.close);
      assert.match(actual.problem, problem);
      assert.match(actual.remedy, remedy);
    });
  }

  it('that is silent', async () => {
    const silent = await startIssuer([key]);
    silent.answer(() => undefined);
    const env = { JWKS_URI: silent.jwksUri, JWKS_TIMEOUT: '0.2' };
    const { problem, remedy } = await explanation(withToken(), env).finally(silent.close);
    assert.match(problem, /can't be reached in time \(it did not answer in 0\.2 s\)/);
    assert.match(remedy, /JWKS_TIMEOUT/);
  });

  it('of an issuer that is not a URL', async () => {
    const closed = await startIssuer([key]);
    await closed.close();
    const env = { TOKEN_ISSUER: 'accounts', JWKS_URI: closed.jwksUri };
    const accessToken = tokenFactory('accounts', key)();
    const { problem, remedy } = await explanation(withValue(`Bearer ${accessToken}`), env);
    assert.match(problem, /can't be reached/);
    assert.match(remedy, /the address that the issuer's documentation gives/);
  });
});

// opaque and encrypted tokens, unknown keys and the like: local.test.ts
it('there is an explanation of every reason', () => {
  const unexplained = Object.keys(REASONS).filter((reason) => !explained.has(reason));
  assert.deepEqual(unexplained, ['authorized', 'internal_error']);
});
