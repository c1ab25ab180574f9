import { after } from 'node:test';
import { generateKey, startIssuer } from '../scripts/issuer.ts';
import { type Asked, type Case, type Suite, startWorld, trySuites } from './support/suite.ts';
import { SCOPE } from './support/tokens.ts';

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

trySuites(world, [...suites, ...names, ...tenants]);
