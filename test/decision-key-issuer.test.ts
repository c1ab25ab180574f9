import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import type { SigningKey } from '../scripts/issuer.ts';
import { composeHere } from './support/in-process.ts';
import { type Asked, type Case, METHOD, type Suite, startWorld, trySuites } from './support/suite.ts';
import { AUDIENCE, SCOPE, tokenFactory } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

const HOST = 'https://login.microsoftonline.com';
const issOf = (tenant: string) => `${HOST}/${tenant}/v2.0`;
const [MINE, OTHER, CONSUMERS] = [issOf('mine'), issOf('other'), issOf('9188040d')];
const ENTRA = `${HOST}/{tid}/v2.0`;
const FOREIGN = 'https://issuer.example/';

const tokenEvent = (authorizationToken: string) => ({ type: 'TOKEN', authorizationToken, methodArn: METHOD });

/** A key that is published for the tokens of an issuer. */
const keyFor = (issuer: unknown, key: SigningKey = world.key): SigningKey => ({ ...key, jwk: { ...key.jwk, issuer } });

const of = (iss: string, claims: object = {}): Asked => ({ claims: { iss, ...claims } });
const from = (issuer: string, iss = issuer) => ({ issuer, context: { scope: SCOPE, iss } });
const ANOTHER = {
  reason: 'unknown_key',
  detail: "The key with the token's kid is published for the tokens of another issuer.",
} as const;

const NAME = 'urn:example:issuer';

const env = { TOKEN_ISSUER: `${MINE}, ${OTHER}, ${FOREIGN}, ${NAME}` };
const suites: readonly Suite[] = [
  // the way of the attack of 2023: a key for personal accounts signs a token of a company
  ...[CONSUMERS, `${CONSUMERS}/`, CONSUMERS.toUpperCase(), `${HOST}/`, `${HOST}:443/x`, `${MINE}//`, `${MINE}x`].map(
    (issuer): Suite => ({
      name: `a key for ${issuer}`,
      env,
      answer: [keyFor(issuer)],
      cases: [
        ['verifies no token of that host', of(MINE, { tid: 'mine' }), ANOTHER],
        ['without a kid', { ...of(MINE), header: { kid: undefined } }, 'unknown_key'],
        ['but those of another host', of(FOREIGN), from(FOREIGN)],
      ],
    }),
  ),
  {
    name: 'a key for the issuer of a token',
    env,
    answer: [keyFor(MINE)],
    cases: [
      ['verifies it', of(MINE), from(MINE)],
      ['with a slash at the end', of(`${MINE}/`), from(MINE)],
      ['and none of another tenant', of(OTHER), ANOTHER],
      ['whose tid is', of(OTHER, { tid: 'mine' }), ANOTHER],
    ],
  },
  {
    name: 'a key for every tenant',
    env,
    answer: [keyFor(`${HOST}/{tenantid}/v2.0`)],
    cases: [
      ['verifies the token of a tenant', of(MINE, { tid: 'mine' }), from(MINE)],
      ['of another', of(OTHER, { tid: 'other' }), from(OTHER)],
      ['with the tid of another', of(MINE, { tid: 'other' }), ANOTHER],
      ...([undefined, null, 7, ['mine'], '', 'MINE', '{tenantid}', '$&'] as const).map(
        (tid): Case => [`with the tid ${JSON.stringify(tid)}`, of(MINE, { tid }), ANOTHER],
      ),
    ],
  },
  ...[
    ...[null, undefined, 7, ['x'], '', 'no URL', '{tenantid}'],
    ...['login.microsoftonline.com', 'https://sts.windows.net/x/'],
  ].map(
    (issuer): Suite => ({
      name: `a key whose issuer is ${JSON.stringify(issuer)}`,
      env,
      answer: [keyFor(issuer)],
      cases: [
        ['says nothing of the token', of(MINE), from(MINE)],
        ['nor of one whose issuer is no URL', of(NAME), from(NAME)],
      ],
    }),
  ),
  {
    name: 'of two keys with one kid, that of the issuer counts',
    env,
    answer: [keyFor(CONSUMERS, world.foreignKey), keyFor(MINE)],
    cases: [
      ['its own', of(MINE), from(MINE)],
      ['that of another', { ...of(MINE), key: world.foreignKey }, { reason: 'invalid_signature' }],
    ],
  },
  {
    name: 'with a placeholder',
    env: { TOKEN_ISSUER: ENTRA, REQUIRED_CLAIMS: 'tid' },
    answer: [keyFor(CONSUMERS)],
    cases: [
      ['the tenant of the key', of(CONSUMERS, { tid: '9188040d' }), from(ENTRA, CONSUMERS)],
      ['another', of(MINE, { tid: 'mine' }), ANOTHER],
    ],
  },
];
trySuites(world, suites);

it('issuers with one JWKS_URI share one key set, one fetch and one cooldown', async () => {
  const tenants = Array.from({ length: 50 }, (_, at) => issOf(`tenant-${at}`));
  const JWKS_URI = 'https://keys.example/common';
  const asked: string[] = [];
  const publish = async (uri: string) => {
    asked.push(uri);
    return [world.key.jwk];
  };
  let time = Date.now();
  const [last = '', ...others] = tenants;
  const env = { AUDIENCE, TOKEN_ISSUER: others.join(','), JWKS_URI, TOKEN_ISSUER_2: last, JWKS_URI_2: JWKS_URI };
  const { handler, lines } = composeHere(env, publish, () => time);
  const ask = async (iss: string, header = {}) => {
    await handler(tokenEvent(`Bearer ${tokenFactory(iss, world.key)({ header })}`)).catch(() => undefined);
    return lines.findLast(({ outcome }) => outcome)?.reason;
  };
  for (const tenant of tenants) assert.equal(await ask(tenant), 'authorized');
  assert.deepEqual(asked, [JWKS_URI]);
  const [fetched] = lines.filter(({ fetch }) => fetch);
  assert.deepEqual([fetched?.issuer, fetched?.jwksUri], [`${others[0]} and 49 more`, JWKS_URI]);
  for (const tenant of tenants) assert.equal(await ask(tenant, { kid: 'invented' }), 'unknown_key');
  assert.equal(asked.length, 2);
  time += 31_000;
  assert.equal(await ask(last, { kid: 'invented' }), 'unknown_key');
  assert.equal(asked.length, 3);
});
