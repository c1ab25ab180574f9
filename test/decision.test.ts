import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { generateKey } from '../scripts/issuer.ts';
import { type Expected, type Reason, reasons } from './support/expectations.ts';
import type { Environment } from './support/harness.ts';
import { type Asked, type Case, onBoth, type Suite, startWorld, trySuites } from './support/suite.ts';
import { hmac, SCOPE, seconds } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

/** What has to be set for every row of the table to be reached. */
const REQUIRED: Environment = { REQUIRED_SCOPES: 'read:pets', REQUIRED_CLAIMS: 'secret' };
const ROUTED: Environment = { ...REQUIRED, ROUTE_SCOPES: 'GET /pets read:pets' };
const PETS = 'arn:aws:execute-api:us-east-1:1234567890:apiId/stage/GET/pets';

/** One request for each row of the decision table, in its order. The last holds nothing wrong. */
const ROWS: readonly (readonly [Reason, Asked])[] = [
  ['unsupported_event', { arn: undefined }],
  ['unsupported_resource', { arn: `${PETS}/*` }],
  ['missing_token', { authorization: (token) => `Basic ${token}` }],
  ['malformed_token', { header: { kid: 1 } }],
  ['unsupported_type', { header: { typ: 'logout+jwt' } }],
  ['unsupported_algorithm', { header: { alg: 'HS256' }, sign: hmac('secret') }],
  ['unsupported_critical', { header: { crit: ['exp'] } }],
  ['unknown_issuer', { claims: { iss: 'https://evil.example/' } }],
  ['unknown_key', { header: { kid: 'key-9' } }],
  ['invalid_signature', { key: world.foreignKey }],
  ['invalid_claims', { claims: { nbf: 'tomorrow' } }],
  ['token_expired', { claims: { exp: seconds() - 60 } }],
  ['token_not_active', { claims: { iat: seconds() + 240 } }],
  ['unproven_binding', { claims: { cnf: { jkt: 'thumbprint' } } }],
  ['invalid_audience', { claims: { aud: 'https://other.example' } }],
  ['unaccepted_claim', { claims: { secret: undefined } }],
  ['insufficient_scope', { claims: { scope: 'write:pets' } }],
  ['unlisted_route', { arn: PETS.replace('pets', 'others') }],
  ['authorized', {}],
];
const FAULTS = ROWS.slice(0, -1);

const isFrom = (first: Reason, reason: Reason) => reasons.indexOf(reason) >= reasons.indexOf(first);

/** What a row should come to: its policy, and what is known by then and so told in the log. */
function expectation([reason, { header, claims }]: (typeof ROWS)[number]): Expected {
  return {
    reason,
    resource: PETS,
    kid: isFrom('unsupported_type', reason) ? String(header?.kid ?? 'key-1') : null,
    issuer: isFrom('unknown_key', reason) ? world.issuer.issuer : null,
    context: { scope: claims?.scope ?? SCOPE },
  };
}

const everyReason: Case[] = ROWS.map((row) => [...row, expectation(row)]);
/** Every method of the stage: that can be named, whatever is called. Its policy for several routes: see decision-routes. */
const everyReasonForStage: Case[] = ROWS.filter(([reason]) => reason !== 'unlisted_route').map((row) => {
  const { resource: _, ...expected } = expectation(row);
  return [...row, row[0] === 'unsupported_resource' ? 'authorized' : expected];
});

/** `keys_unavailable` arises where keys are needed: what is judged before is judged all the same. */
const withoutKeys: Case[] = ROWS.map(([reason, asked]) =>
  isFrom('unknown_key', reason)
    ? [`${reason} if there were keys`, asked, { reason: 'keys_unavailable', issuer: world.issuer.issuer }]
    : [reason, asked, { reason }],
);

/** A request with the faults of two. */
function both(one: Asked, other: Asked): Asked {
  const header = { ...other.header, ...one.header };
  return { ...other, ...one, header, claims: { ...other.claims, ...one.claims } };
}

/** Of two faults the one whose row comes first is the reason. */
const inOrder: Case[] = FAULTS.flatMap(([reason, asked], position) =>
  FAULTS.slice(position + 1).map(([later, alsoAsked]): Case => {
    const spoilt = both(asked, alsoAsked);
    return [`${reason} before ${later}`, spoilt, expectation([reason, spoilt])];
  }),
);

const suites = ['unauthorized', 'deny'].flatMap((INVALID_TOKEN): Suite[] => [
  {
    name: `every reason, INVALID_TOKEN=${INVALID_TOKEN}, POLICY_RESOURCE=method`,
    env: { ...ROUTED, INVALID_TOKEN, POLICY_RESOURCE: 'method' },
    arn: PETS,
    cases: everyReason,
  },
  {
    name: `every reason, INVALID_TOKEN=${INVALID_TOKEN}, POLICY_RESOURCE=stage`,
    env: { ...REQUIRED, INVALID_TOKEN, POLICY_RESOURCE: 'stage' },
    cases: everyReasonForStage,
  },
  {
    name: `every reason without keys, INVALID_TOKEN=${INVALID_TOKEN}`,
    env: { ...ROUTED, INVALID_TOKEN },
    answer: (_request, response) => response.writeHead(503).end(),
    cases: withoutKeys,
  },
]);

/** A key for each algorithm; those of RSA have one pair. */
const [ec256, ec384, ec512, ed25519] = await Promise.all(
  (['ES256', 'ES384', 'ES512', 'EdDSA'] as const).map((alg) => generateKey(alg, alg)),
);
assert.ok(ec256 && ec384 && ec512 && ed25519, 'keys');
const rsa = (['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const).map((alg) => ({
  ...{ ...world.key, kid: alg, alg },
  jwk: { ...world.key.jwk, kid: alg, alg },
}));
const keys = [...rsa, ec256, ec384, ec512, ed25519];
/** What a caller writes into `kid` may not be logged (attacks-log), but what the issuer publishes may. */
const suspicious = { ...ec256, kid: 'eyJhbGciOi', jwk: { ...ec256.jwk, kid: 'eyJhbGciOi' } };

const algorithms: Suite = {
  name: 'each algorithm',
  env: { ALGORITHMS: keys.map(({ alg }) => alg).join(', ') },
  answer: [...keys, suspicious],
  cases: [
    ...keys.map((key): Case => [key.alg, { key }, { kid: key.kid }]),
    ['Ed25519 (RFC 9864)', { key: ed25519, header: { alg: 'Ed25519' } }, { kid: 'EdDSA' }],
    ['another name', { key: ed25519, header: { alg: 'ed25519' } }, 'unsupported_algorithm'],
    ['the kid of another algorithm', { key: ec384, header: { kid: 'ES256' } }, 'unsupported_algorithm'],
    ['no kid', { key: ed25519, header: { kid: undefined } }, { kid: null }],
    ['a kid like a token', { key: suspicious }, { kid: suspicious.kid }],
    [
      'a kid like a token, and a wrong signature',
      { key: suspicious, sign: () => Buffer.alloc(64, 1) },
      { reason: 'invalid_signature', kid: suspicious.kid },
    ],
    [
      'a kid like a token, of nobody',
      { key: ec256, header: { kid: 'eyJ0eXAi' } },
      { reason: 'unknown_key', kid: null },
    ],
  ],
};

trySuites(world, [...suites, algorithms], onBoth);
trySuites(world, [{ name: 'the order of the checks', env: ROUTED, arn: PETS, cases: inOrder }]);

it('every reason of the table has its row', () => {
  assert.deepEqual(
    ROWS.map(([reason]) => reason),
    reasons.filter((reason) => reason !== 'keys_unavailable'),
  );
});
