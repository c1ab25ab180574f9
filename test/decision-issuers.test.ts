import { after } from 'node:test';
import { generateKey, startIssuer } from '../scripts/issuer.ts';
import { type Asked, type Case, type Suite, startWorld, trySuites } from './support/suite.ts';
import { SCOPE } from './support/tokens.ts';

const world = await startWorld();
const [secondKey, thirdKey] = await Promise.all([generateKey('key-1', 'ES256'), generateKey('key-3', 'ES256')]);
const [second, third] = await Promise.all([startIssuer([secondKey]), startIssuer([thirdKey])]);
after(() => Promise.all([world.issuer.close(), second.close(), third.close()]));

const FIRST = world.issuer.issuer;
const SECOND = second.issuer;
const THIRD = third.issuer;

const SEVERAL = { ALGORITHMS: 'RS256,ES256', TOKEN_ISSUER_2: SECOND, JWKS_URI_2: second.jwksUri };

/** A token of an issuer, with these claims. */
const of = (iss: string, claims: object = {}): Asked => ({
  ...(iss === SECOND && { key: secondKey }),
  ...(iss === THIRD && { key: thirdKey }),
  claims: { iss, ...claims },
});

/** What it is about, whose token, its claims, and the reason; `scope` and `principalId` where they are not the factory's. */
type Row = readonly [
  what: string,
  iss: string,
  claims: object,
  reason: 'authorized' | 'invalid_audience' | 'unaccepted_claim' | 'insufficient_scope' | 'invalid_claims',
  told?: { readonly scope?: string; readonly principalId?: string },
];
const rows = (...list: readonly Row[]): Case[] =>
  list.map(([what, iss, claims, reason, { scope = SCOPE, ...told } = {}]) => [
    what,
    of(iss, claims),
    { reason, issuer: iss, context: { scope, iss }, ...told },
  ]);

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
      ['a third', of(THIRD), 'unknown_issuer'],
      [
        'the second with another slash',
        { ...of(SECOND), claims: { iss: SECOND.slice(0, -1) } },
        { issuer: SECOND, context: { scope: SCOPE, iss: SECOND } },
      ],
      ['both', { ...of(SECOND), claims: { iss: [FIRST, SECOND] } }, 'unknown_issuer'],
    ],
  },
  {
    name: 'scopes and principals of their own',
    env: { ...SEVERAL, SCOPE_CLAIM_2: '/realm_access/roles', PRINCIPAL_CLAIM_2: 'email,sub', REQUIRED_SCOPES: 'pets' },
    cases: rows(
      ['the first', FIRST, { scope: 'pets', email: 'e' }, 'authorized', { scope: 'pets' }],
      [
        'the second',
        SECOND,
        { realm_access: { roles: ['pets'] }, email: 'e' },
        'authorized',
        { scope: 'pets', principalId: 'e' },
      ],
      ['the second without an email', SECOND, { realm_access: { roles: ['pets'] } }, 'authorized', { scope: 'pets' }],
      ["the first by the second's scopes", FIRST, { realm_access: { roles: ['pets'] } }, 'insufficient_scope'],
      ["the second by the first's scopes", SECOND, { scope: 'pets' }, 'insufficient_scope', { scope: '' }],
    ),
  },
  {
    name: 'lists with and without a number',
    env: {
      ALGORITHMS: 'RS256,ES256',
      TOKEN_ISSUER_9: `${SECOND}, ${THIRD}`,
      JWKS_URI_9: `${second.jwksUri}, ${third.jwksUri}`,
      AUDIENCE_9: 'nine',
    },
    cases: [
      ...rows(
        ['the first', FIRST, {}, 'authorized'],
        ['the second', SECOND, { aud: 'nine' }, 'authorized'],
        ['the second of the list, by the audience of the first', THIRD, {}, 'invalid_audience'],
        ['the first by the audience of the ninth', FIRST, { aud: 'nine' }, 'invalid_audience'],
      ).map(
        ([what, asked, expected]): Case => [
          what,
          asked,
          what.startsWith('the second of') ? { ...Object(expected), kid: 'key-3' } : expected,
        ],
      ),
      ['the third', of(THIRD, { aud: 'nine' }), { issuer: THIRD, kid: 'key-3', context: { scope: SCOPE, iss: THIRD } }],
      ["the third by the second's key", { ...of(THIRD, { aud: 'nine' }), key: secondKey }, 'unknown_key'],
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

trySuites(world, [...suites, ...names]);
