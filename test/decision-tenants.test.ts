import { after } from 'node:test';
import { type Asked, type Case, type Suite, startWorld, trySuites } from './support/suite.ts';
import { SCOPE } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

const HOST = 'https://login.microsoftonline.com';
const ENTRA = `${HOST}/{tid}/v2.0`;
const MINE = '11111111-2222-3333-4444-555555555555';
const THEIRS = '99999999-2222-3333-4444-555555555555';
const issOf = (tid: unknown) => `${HOST}/${tid}/v2.0`;

/** A token with this `iss`, and other claims. */
const of = (iss: unknown, claims: object = {}): Asked => ({ claims: { iss, ...claims } });
const ofTenant = (tid: unknown, claims: object = {}) => of(issOf(tid), { tid, ...claims });

/** Accepted, as the tenant's; the log names the issuer as it is configured. */
const from = (iss: string, issuer = ENTRA) => ({ issuer, context: { scope: SCOPE, iss } });
const unlisted = (iss: string) => ({ reason: 'unaccepted_claim' as const, ...from(iss) });
const UNKNOWN = {
  reason: 'unknown_issuer',
  detail: `The claim iss is not ${ENTRA}. A name in braces stands for the claim with that name in the same token.`,
} as const;

const suites: readonly Suite[] = [
  {
    name: 'listed tenants',
    env: { TOKEN_ISSUER: ENTRA, REQUIRED_CLAIMS: `tid=${MINE}|a.b_c~d-E9` },
    cases: [
      ['one of them', ofTenant(MINE), from(issOf(MINE))],
      ['with every character that there may be', ofTenant('a.b_c~d-E9'), from(issOf('a.b_c~d-E9'))],
      ['with a slash at the end', of(`${issOf(MINE)}/`, { tid: MINE }), from(`${issOf(MINE)}/`)],
      ['another', ofTenant(THEIRS), { ...unlisted(issOf(THEIRS)), detail: /^The claim tid is not 1{8}/ }],
      ["another's iss, a listed tid", of(issOf(THEIRS), { tid: MINE }), UNKNOWN],
      ["a listed iss, another's tid", of(issOf(MINE), { tid: THEIRS }), UNKNOWN],
      ['a listed iss without tid', of(issOf(MINE)), UNKNOWN],
      ['the template itself', of(ENTRA, { tid: MINE }), UNKNOWN],
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
        of('https://x.example/y/z', { a: 'y', b: 'z' }),
        from('https://x.example/y/z', 'https://x.example/{a}/z'),
      ],
      [
        'the second, which its own claim names',
        of('https://x.example/y/z', { a: 'x', b: 'z' }),
        from('https://x.example/y/z', 'https://x.example/y/{b}'),
      ],
      [
        'the last of the list',
        of('https://x.example/q/', { a: 1, b: 'q' }),
        from('https://x.example/q/', 'https://x.example/{b}'),
      ],
      ['none', of('https://x.example/y/z', { a: 'x', b: 'y' }), 'unknown_issuer'],
    ],
  },
];

trySuites(world, suites);
