import { after } from 'node:test';
import { generateKey, type SigningKey } from '../scripts/issuer.ts';
import type { Algorithm } from '../src/key-set.ts';
import { type Case, quickly, startWorld, trySuites } from './support/suite.ts';
import { hmac } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);
const keyFor = (alg: Algorithm) => generateKey(alg, alg);
const [rs256, ps256, es256, es384] = await Promise.all([
  keyFor('RS256'),
  keyFor('PS256'),
  keyFor('ES256'),
  keyFor('ES384'),
]);
const otherKeys = await Promise.all(
  (['RS384', 'RS512', 'PS384', 'PS512', 'ES512'] as const).map((alg) => keyFor(alg)),
);
/** One for each algorithm. */
const keys = [rs256, ps256, es256, es384, ...otherKeys] as const;
const second = await generateKey('key-2');

/** A key as it may be published: with other members, or without some. */
function publishedAs(key: SigningKey, members: Readonly<Record<string, unknown>>): SigningKey {
  return { ...key, kid: String(members.kid ?? key.kid), jwk: { ...key.jwk, ...members } };
}

const name = (value: unknown) => JSON.stringify(value) ?? 'absent';

const typ = (value: unknown, expected: Case[2]): Case => [
  `typ ${name(value)}`,
  { header: { typ: value } },
  expected,
];
const TYPES: readonly Case[] = [
  ...[
    undefined,
    'JWT',
    'jwt',
    'at+jwt',
    'AT+JWT',
    'application/at+jwt',
    'Application/At+JWT',
    'APPLICATION/jwt',
  ].map((value) => typ(value, 'authorized')),
  ...['', 'logout+jwt', 'id+jwt', 'secevent+jwt', 'dpop+jwt', 'JWT ', 'application/', 'text/jwt', 'JWE'].map(
    (value) => typ(value, 'unsupported_type'),
  ),
  ...[null, 0, true, {}, ['JWT'], 'application/application/jwt'].map((value) =>
    typ(value, 'unsupported_type'),
  ),
];

const alg = (value: unknown): Case => [
  `alg ${name(value)}`,
  { header: { alg: value } },
  'unsupported_algorithm',
];
const REFUSED_ALGORITHMS: readonly Case[] = [
  ...[
    'none',
    'None',
    'NONE',
    'RS384',
    'PS256',
    'ES256',
    'EdDSA',
    'dir',
    'rs256',
    'RS256 ',
    'RS256\0',
    '',
  ].map(alg),
  ...[undefined, null, 0, true, {}, ['RS256'], '__proto__', 'constructor', 'toString'].map(alg),
  ...([256, 384, 512] as const).map((bits): Case => {
    const header = { alg: `HS${bits}` };
    return [`alg HS${bits}`, { header, sign: hmac('secret', bits) }, 'unsupported_algorithm'];
  }),
];

const CRITICAL: readonly Case[] = [
  ...[['exp'], ['b64'], ['http://example.com/unknown'], [], null, 'exp', {}, false].map((crit): Case => {
    return [`crit ${name(crit)}`, { header: { crit } }, 'unsupported_critical'];
  }),
  ...[true, false, null, 'true'].map((b64): Case => {
    return [`b64 ${name(b64)}`, { header: { b64 } }, 'unsupported_critical'];
  }),
  ['crit and b64', { header: { crit: ['b64'], b64: false } }, 'unsupported_critical'],
  ['header parameters that mean nothing here', { header: { cty: 'JWT', nonce: 'n', x: null } }, 'authorized'],
];

const { issuer: ISSUER } = world.issuer;
const BARE_ISSUER = ISSUER.slice(0, -1);
const iss = (value: unknown, expected: Case[2] = 'unknown_issuer'): Case => [
  `iss ${String(name(value)).replace(/\d{4,}/, 'PORT')}`,
  { claims: { iss: value } },
  expected,
];
const REFUSED_ISSUERS = [
  ...[undefined, null, 0, true, {}, [ISSUER], '', '/', 'https://evil.example/', `${ISSUER}/`, `${ISSUER}x`],
  ...[` ${ISSUER}`, `${ISSUER} `, ISSUER.toUpperCase(), ISSUER.replace('http:', 'https:'), `${BARE_ISSUER}?`],
  ...[
    `${BARE_ISSUER}.evil.example/`,
    `${BARE_ISSUER}@evil.example/`,
    `${ISSUER},${ISSUER}`,
    BARE_ISSUER.slice(0, -1),
  ],
].map((value) => iss(value));

const kid = (value: unknown, expected: Case[2]): Case => [
  `kid ${name(value)}`,
  { header: { kid: value } },
  expected,
];
const UNKNOWN_KIDS = [
  '',
  'KEY-1',
  'key-1 ',
  ' key-1',
  'key-3',
  '0',
  '__proto__',
  'constructor',
  'length',
].map((value) => kid(value, 'unknown_key'));

/** Tokens of every algorithm in the name of every key: a key verifies tokens of its own algorithm only. */
const crossed = keys.flatMap((key) =>
  keys.map(({ kid, alg }): Case => {
    const expected: Case[2] = key.kid === kid ? { kid } : 'unsupported_algorithm';
    return [`${key.alg} with the kid of ${alg}`, { key, header: { kid } }, expected];
  }),
);

const anyRsa = publishedAs(rs256, { kid: 'any-rsa', alg: undefined });
const anyEc = publishedAs(es256, { kid: 'any-ec', alg: undefined });
const both = [publishedAs(rs256, { kid: 'both' }), publishedAs(es256, { kid: 'both' })] as const;
const twice = [publishedAs(rs256, { kid: 'twice' }), publishedAs(second, { kid: 'twice' })] as const;

const KEY_CASES: readonly Case[] = [
  ['RS256 with a key for any', { key: anyRsa }, { kid: 'any-rsa' }],
  ['PS256 with a key for any', { key: anyRsa, header: { alg: 'PS256' } }, { kid: 'any-rsa' }],
  ['ES256 with a key for any', { key: anyEc }, { kid: 'any-ec' }],
  ['ES256 with an RSA key', { key: es256, header: { kid: 'any-rsa' } }, 'unsupported_algorithm'],
  ['RS256 with an EC key', { key: rs256, header: { kid: 'any-ec' } }, 'unsupported_algorithm'],
  ['ES384 with a P-256 key', { key: es384, header: { kid: 'any-ec' } }, 'unsupported_algorithm'],
  ['RS256 where two keys of two types have the kid', { key: both[0] }, { kid: 'both' }],
  ['ES256 where two keys of two types have the kid', { key: both[1] }, { kid: 'both' }],
  [
    'PS256 where no key of the kid is for it',
    { key: ps256, header: { kid: 'both' } },
    'unsupported_algorithm',
  ],
  ['the first of two keys with one kid', { key: twice[0] }, { kid: 'twice' }],
  ['the second of two keys with one kid', { key: twice[1] }, { kid: 'twice' }],
  [
    'neither of two keys with one kid',
    { key: world.foreignKey, header: { kid: 'twice' } },
    'invalid_signature',
  ],
];

const withoutKid = { header: { kid: undefined } };
const encryption = publishedAs(second, { use: 'enc', alg: 'RSA-OAEP' });

trySuites(
  world,
  [
    { name: 'typ', cases: TYPES },
    {
      name: 'typ, TOKEN_TYPES=application/AT+JWT',
      env: { TOKEN_TYPES: 'application/AT+JWT' },
      cases: [
        typ('at+jwt', 'authorized'),
        typ('application/at+jwt', 'authorized'),
        typ('JWT', 'unsupported_type'),
        typ(undefined, 'unsupported_type'),
      ],
    },
    { name: 'alg and crit', cases: [...REFUSED_ALGORITHMS, ...CRITICAL] },
    {
      name: 'each algorithm',
      env: { ALGORITHMS: keys.map(({ alg }) => alg).join(', ') },
      answer: keys,
      cases: crossed,
    },
    {
      name: "the key's own alg and type",
      env: { ALGORITHMS: 'RS256,PS256,ES256,ES384' },
      answer: [anyRsa, anyEc, ...both, ...twice],
      cases: KEY_CASES,
    },
    {
      name: 'a key for any algorithm, and not every algorithm accepted',
      answer: [anyRsa, anyEc],
      cases: [
        ['RS256', { key: anyRsa }, { kid: 'any-rsa' }],
        ...['RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((other): Case => {
          return [other, { key: anyRsa, header: { alg: other } }, 'unsupported_algorithm'];
        }),
        ['ES256', { key: anyEc }, 'unsupported_algorithm'],
      ],
    },
    { name: 'iss', cases: [iss(ISSUER, 'authorized'), iss(BARE_ISSUER, 'authorized'), ...REFUSED_ISSUERS] },
    {
      name: 'iss, TOKEN_ISSUER without its slash',
      env: { TOKEN_ISSUER: BARE_ISSUER },
      cases: [iss(ISSUER, 'authorized'), iss(BARE_ISSUER, 'authorized'), iss(`${ISSUER}/`)],
    },
    {
      name: 'kid',
      answer: [world.key, second],
      cases: [
        kid('key-1', 'authorized'),
        ['the other key', { key: second }, { kid: 'key-2' }],
        ['the kid of the other key', { header: { kid: 'key-2' } }, 'invalid_signature'],
        ...UNKNOWN_KIDS,
        ['none, two fitting keys', withoutKid, 'unknown_key'],
      ],
    },
    {
      name: 'no kid, one fitting key among others',
      answer: [world.key, es256, ps256, encryption],
      cases: [
        ['its signature', withoutKid, { kid: null }],
        ["another's signature", { ...withoutKid, key: world.foreignKey }, 'invalid_signature'],
      ],
    },
    {
      name: 'no kid, no fitting key',
      answer: [es256, encryption],
      cases: [['a signature of nobody', withoutKid, 'unknown_key']],
    },
  ],
  quickly,
);
