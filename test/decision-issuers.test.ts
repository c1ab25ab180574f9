import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { generateKey, type SigningKey, startIssuer } from '../scripts/issuer.ts';
import { isKeyFor } from '../src/issuer.ts';
import { composeHere } from './support/in-process.ts';
import { type Asked, type Case, METHOD, type Suite, startWorld, trySuites } from './support/suite.ts';
import { AUDIENCE, SCOPE, tokenFactory } from './support/tokens.ts';

const world = await startWorld();
const [secondKey, thirdKey] = await Promise.all([generateKey('key-1', 'ES256'), generateKey('key-3', 'ES256')]);
const second = await startIssuer([secondKey]);
after(() => Promise.all([world.issuer.close(), second.close()]));

const FIRST = world.issuer.issuer;
const SECOND = second.issuer;

const SEVERAL = { ALGORITHMS: 'RS256,ES256', TOKEN_ISSUER_2: SECOND, JWKS_URI_2: second.jwksUri };

/** A token of an issuer. */
const of = (iss: string): Asked => ({ ...(iss === SECOND && { key: secondKey }), claims: { iss } });

/** What each is judged by otherwise is told by properties-issuers. */
const suites: readonly Suite[] = [
  {
    name: 'keys of their own',
    env: SEVERAL,
    cases: [
      ["the first, by the second's key of that kid", { ...of(FIRST), key: secondKey }, 'unsupported_algorithm'],
      [
        "the second, by the first's key of that kid",
        { ...of(SECOND), key: world.key },
        { reason: 'unsupported_algorithm', issuer: SECOND },
      ],
      ['the second, by a key of neither', { ...of(SECOND), key: thirdKey }, 'unknown_key'],
      ['a third', of('https://third.example/'), 'unknown_issuer'],
      [
        'the second with another slash',
        { ...of(SECOND), claims: { iss: SECOND.slice(0, -1) } },
        { issuer: SECOND, context: { scope: SCOPE, iss: SECOND } },
      ],
      ['both', { ...of(SECOND), claims: { iss: [FIRST, SECOND] } }, 'unknown_issuer'],
    ],
  },
];

/** The claim `iss`: one slash at the end is insignificant, and nothing else is. */
const BARE = FIRST.slice(0, -1);
const REFUSED: readonly unknown[] = [
  ...[undefined, null, 0, true, {}, [FIRST], '', '/', 'https://evil.example/', `${FIRST}/`, `${FIRST}x`],
  ...[` ${FIRST}`, `${FIRST} `, FIRST.toUpperCase(), FIRST.replace('http:', 'https:'), `${BARE}?`],
  ...[`${BARE}.evil.example/`, `${BARE}@evil.example/`, `${FIRST},${FIRST}`, BARE.slice(0, -1)],
];
const names = [FIRST, BARE].map((TOKEN_ISSUER): Suite => {
  const accepted = [FIRST, BARE].map((iss): Case => [`accepted: ${iss}`, { claims: { iss } }, 'authorized']);
  const refused = REFUSED.map(
    (iss): Case => [`refused: ${JSON.stringify(iss)}`, { claims: { iss } }, 'unknown_issuer'],
  );
  return { name: `TOKEN_ISSUER=${TOKEN_ISSUER}`, env: { TOKEN_ISSUER }, cases: [...accepted, ...refused] };
});

const HOST = 'https://login.microsoftonline.com';
const ENTRA = `${HOST}/{tid}/v2.0`;
const MINE = '11111111-2222-3333-4444-555555555555';
const THEIRS = '99999999-2222-3333-4444-555555555555';
const issOf = (tid: unknown) => `${HOST}/${tid}/v2.0`;

/** A token with this `iss`, and other claims. */
const byClaims = (iss: unknown, claims: object = {}): Asked => ({ claims: { iss, ...claims } });
const ofTenant = (tid: unknown, claims: object = {}) => byClaims(issOf(tid), { tid, ...claims });

/** Accepted, as the tenant's; the log names the issuer as it is configured. */
const from = (iss: string, issuer = ENTRA) => ({ issuer, context: { scope: SCOPE, iss } });
const unlisted = (iss: string) => ({ reason: 'unaccepted_claim' as const, ...from(iss) });
const UNKNOWN = {
  reason: 'unknown_issuer',
  detail: `The claim iss is not ${ENTRA}. A name in braces stands for the claim with that name in the same token.`,
} as const;

const tenants: readonly Suite[] = [
  {
    name: 'listed tenants',
    env: { TOKEN_ISSUER: ENTRA, REQUIRED_CLAIMS: `tid=${MINE}|a.b_c~d-E9` },
    cases: [
      ['one of them', ofTenant(MINE), from(issOf(MINE))],
      ['with every character that there may be', ofTenant('a.b_c~d-E9'), from(issOf('a.b_c~d-E9'))],
      ['with a slash at the end', byClaims(`${issOf(MINE)}/`, { tid: MINE }), from(`${issOf(MINE)}/`)],
      ['another', ofTenant(THEIRS), { ...unlisted(issOf(THEIRS)), detail: /^The claim tid is not 1{8}/ }],
      ["another's iss, a listed tid", byClaims(issOf(THEIRS), { tid: MINE }), UNKNOWN],
      ["a listed iss, another's tid", byClaims(issOf(MINE), { tid: THEIRS }), UNKNOWN],
      ['a listed iss without tid', byClaims(issOf(MINE)), UNKNOWN],
      ['the template itself', byClaims(ENTRA, { tid: MINE }), UNKNOWN],
      ...['a@b', 'a:b', 'é', '$&', 'a\n', '..'].map(
        (tid): Case => [`tid ${JSON.stringify(tid)}`, ofTenant(tid), UNKNOWN],
      ),
      ['its own key alone', { ...ofTenant(MINE), key: world.foreignKey }, 'invalid_signature'],
    ],
  },
  {
    name: 'beside issuers without a placeholder, and others with one',
    env: {
      TOKEN_ISSUER: `https://x.example/{a}/z, ${issOf(MINE)}, https://x.example/{b}`,
      TOKEN_ISSUER_2: 'https://x.example/y/{b}',
      JWKS_URI_2: world.env.JWKS_URI,
      TOKEN_ISSUER_3: ENTRA,
      JWKS_URI_3: world.env.JWKS_URI,
      REQUIRED_CLAIMS: 'a, b',
      REQUIRED_CLAIMS_3: 'tid',
    },
    cases: [
      ['that of one tenant goes before', ofTenant(MINE, { a: 1, b: 1 }), from(issOf(MINE), issOf(MINE))],
      ['another tenant', ofTenant(THEIRS, { a: 1, b: 1 }), from(issOf(THEIRS))],
      [
        'of two that fit the first: without a number',
        byClaims('https://x.example/y/z', { a: 'y', b: 'z' }),
        from('https://x.example/y/z', 'https://x.example/{a}/z'),
      ],
      [
        'the second, which its own claim names',
        byClaims('https://x.example/y/z', { a: 'x', b: 'z' }),
        from('https://x.example/y/z', 'https://x.example/y/{b}'),
      ],
      [
        'the last of the list',
        byClaims('https://x.example/q/', { a: 1, b: 'q' }),
        from('https://x.example/q/', 'https://x.example/{b}'),
      ],
      ['none', byClaims('https://x.example/y/z', { a: 'x', b: 'y' }), 'unknown_issuer'],
    ],
  },
];

const [FIRM, OTHER, CONSUMERS] = [issOf('mine'), issOf('other'), issOf('9188040d')];
const FOREIGN = 'https://issuer.example/';

const tokenEvent = (authorizationToken: string) => ({ type: 'TOKEN', authorizationToken, methodArn: METHOD });

/** A key that is published for the tokens of an issuer. */
const keyFor = (issuer: unknown, key: SigningKey = world.key): SigningKey => ({ ...key, jwk: { ...key.jwk, issuer } });

const ANOTHER = {
  reason: 'unknown_key',
  detail: "The key with the token's kid is published for the tokens of another issuer.",
} as const;

const NAME = 'urn:example:issuer';

const env = { TOKEN_ISSUER: `${FIRM}, ${OTHER}, ${FOREIGN}, ${NAME}` };
const keyIssuers: readonly Suite[] = [
  // the way of the attack of 2023: a key for personal accounts signs a token of a company
  ...[CONSUMERS, `${CONSUMERS}/`, CONSUMERS.toUpperCase(), `${HOST}/`, `${HOST}:443/x`, `${FIRM}//`, `${FIRM}x`].map(
    (issuer): Suite => ({
      name: `a key for ${issuer}`,
      env,
      answer: [keyFor(issuer)],
      cases: [
        ['verifies no token of that host', byClaims(FIRM, { tid: 'mine' }), ANOTHER],
        ['without a kid', { ...byClaims(FIRM), header: { kid: undefined } }, 'unknown_key'],
        ['but those of another host', byClaims(FOREIGN), from(FOREIGN, FOREIGN)],
      ],
    }),
  ),
  {
    name: 'a key for the issuer of a token',
    env,
    answer: [keyFor(FIRM)],
    cases: [
      ['verifies it', byClaims(FIRM), from(FIRM, FIRM)],
      ['with a slash at the end', byClaims(`${FIRM}/`), from(FIRM, FIRM)],
      ['and none of another tenant', byClaims(OTHER), ANOTHER],
      ['whose tid is', byClaims(OTHER, { tid: 'mine' }), ANOTHER],
    ],
  },
  {
    name: 'a key for every tenant',
    env,
    answer: [keyFor(`${HOST}/{tenantid}/v2.0`)],
    cases: [
      ['verifies the token of a tenant', byClaims(FIRM, { tid: 'mine' }), from(FIRM, FIRM)],
      ['of another', byClaims(OTHER, { tid: 'other' }), from(OTHER, OTHER)],
      ['with the tid of another', byClaims(FIRM, { tid: 'other' }), ANOTHER],
      ...([undefined, null, 7, ['mine'], '', 'FIRM', '{tenantid}', '$&'] as const).map(
        (tid): Case => [`with the tid ${JSON.stringify(tid)}`, byClaims(FIRM, { tid }), ANOTHER],
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
        ['says nothing of the token', byClaims(FIRM), from(FIRM, FIRM)],
        ['nor of one whose issuer is no URL', byClaims(NAME), from(NAME, NAME)],
      ],
    }),
  ),
  {
    name: 'of two keys with one kid, that of the issuer counts',
    env,
    answer: [keyFor(CONSUMERS, world.foreignKey), keyFor(FIRM)],
    cases: [
      ['its own', byClaims(FIRM), from(FIRM, FIRM)],
      ['that of another', { ...byClaims(FIRM), key: world.foreignKey }, { reason: 'invalid_signature' }],
    ],
  },
  {
    name: 'with a placeholder',
    env: { TOKEN_ISSUER: ENTRA, REQUIRED_CLAIMS: 'tid' },
    answer: [keyFor(CONSUMERS)],
    cases: [
      ['the tenant of the key', byClaims(CONSUMERS, { tid: '9188040d' }), from(CONSUMERS)],
      ['another', byClaims(FIRM, { tid: 'mine' }), ANOTHER],
    ],
  },
];
trySuites(world, [...suites, ...names, ...tenants, ...keyIssuers]);

it('issuers with one JWKS_URI share one key set, one fetch and one cooldown', async () => {
  const tenants = Array.from({ length: 3 }, (_, at) => issOf(`tenant-${at}`));
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
  assert.deepEqual([fetched?.issuer, fetched?.jwksUri], [`${others[0]} and 2 more`, JWKS_URI]);
  for (const tenant of tenants) assert.equal(await ask(tenant, { kid: 'invented' }), 'unknown_key');
  assert.equal(asked.length, 2);
  time += 31_000;
  assert.equal(await ask(last, { kid: 'invented' }), 'unknown_key');
  assert.equal(asked.length, 3);
});

it('a key of another tenant is one on a host with letters such as ü too, however often it is asked for', () => {
  const iss = 'https://m\u00fcller.example/a';
  for (let time = 0; time < 50_000; time += 1) assert.equal(isKeyFor('https://m\u00fcller.example/b', { iss }), false);
});
