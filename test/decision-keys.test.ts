import { after } from 'node:test';
import { generateKey, type SigningKey } from '../scripts/issuer.ts';
import type { Algorithm } from '../src/algorithms.ts';
import { nameOf } from './support/cases.ts';
import { type Case, quickly, startWorld, trySuites } from './support/suite.ts';

const world = await startWorld();
after(world.issuer.close);
const keyFor = (alg: Algorithm) => generateKey(alg, alg);
const [rs256, es256, es384, es512, eddsa] = await Promise.all([
  keyFor('RS256'),
  keyFor('ES256'),
  keyFor('ES384'),
  keyFor('ES512'),
  keyFor('EdDSA'),
]);
/** The same RSA key, published for another algorithm. */
const rsaFor = (alg: Algorithm): SigningKey => ({
  ...rs256,
  kid: alg,
  alg,
  jwk: { ...rs256.jwk, kid: alg, alg },
});
const ps256 = rsaFor('PS256');
/** One for each algorithm. */
const keys = [
  ...[rs256, ps256, es256, es384, es512, eddsa],
  ...(['RS384', 'RS512', 'PS384', 'PS512'] as const).map(rsaFor),
];
const second = await generateKey('key-2');

/** A key as it may be published: with other members, or without some. */
function publishedAs(key: SigningKey, members: Readonly<Record<string, unknown>>): SigningKey {
  return { ...key, kid: String(members.kid ?? key.kid), jwk: { ...key.jwk, ...members } };
}

const kid = (value: unknown, expected: Case[2]): Case => [
  `kid ${nameOf(value)}`,
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

/** One algorithm by its two names (RFC 8037, RFC 9864), in the setting, in the token, in the key. */
const edwards = [undefined, 'EdDSA', 'Ed25519'].map((alg) => publishedAs(eddsa, { kid: `for-${alg}`, alg }));
const EDWARDS: readonly Case[] = [
  ...edwards.flatMap((key) =>
    ['EdDSA', 'Ed25519'].map(
      (alg): Case => [`${alg}, ${key.kid}`, { key, header: { alg } }, { kid: key.kid }],
    ),
  ),
  ...['Ed448', 'ed25519', 'EDDSA', 'ES256', 'RS256'].map(
    (alg): Case => [
      alg,
      { key: eddsa, header: { alg }, sign: () => Buffer.alloc(64, 1) },
      'unsupported_algorithm',
    ],
  ),
  [
    'the key of an RSA pair',
    { header: { alg: 'EdDSA' }, sign: () => Buffer.alloc(64) },
    'unsupported_algorithm',
  ],
  ["another's signature", { key: { ...(await keyFor('EdDSA')), kid: 'for-EdDSA' } }, 'invalid_signature'],
  ...[0, 1, 32, 63, 65, 128].map(
    (bytes): Case => [
      `a signature of ${bytes} bytes`,
      { key: { ...eddsa, kid: 'for-EdDSA' }, sign: () => Buffer.alloc(bytes, 1) },
      bytes === 0 ? 'malformed_token' : 'invalid_signature',
    ],
  ),
];

/** What a caller writes there is not logged (attacks-log), but what the issuer publishes is. */
const suspicious = publishedAs(es256, { kid: 'eyJhbGciOi' });
const withoutKid = { header: { kid: undefined } };
/** One more than are tried for a token without a kid. */
const ec = (kid: string) => generateKey(kid, 'ES256');
const fifteen = await Promise.all(Array.from({ length: 15 }, (_, at) => ec(`ec-${at}`)));
const [sixteenth, seventeenth] = await Promise.all([ec('sixteenth'), ec('seventeenth')]);
const encryption = publishedAs(second, { use: 'enc', alg: 'RSA-OAEP' });

trySuites(
  world,
  [
    ...['EdDSA', 'Ed25519'].map((ALGORITHMS) => ({
      name: `ALGORITHMS=${ALGORITHMS}`,
      env: { ALGORITHMS },
      answer: [...edwards, world.key],
      cases: EDWARDS,
    })),
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
    {
      name: 'kid',
      answer: [world.key, second],
      cases: [
        kid('key-1', 'authorized'),
        ['the other key', { key: second }, { kid: 'key-2' }],
        ['the kid of the other key', { header: { kid: 'key-2' } }, 'invalid_signature'],
        ...UNKNOWN_KIDS,
        ['none, the first of two fitting keys', withoutKid, { kid: null }],
        ['none, the second of two fitting keys', { ...withoutKid, key: second }, { kid: null }],
        [
          'none, and neither of two fitting keys',
          { ...withoutKid, key: world.foreignKey },
          'invalid_signature',
        ],
      ],
    },
    {
      name: 'a kid that looks like the beginning of a token',
      env: { ALGORITHMS: 'ES256' },
      answer: [suspicious],
      cases: [
        ['a good signature', { key: suspicious }, { kid: suspicious.kid }],
        [
          "another's signature",
          { key: suspicious, sign: () => Buffer.alloc(64, 1) },
          { reason: 'invalid_signature', kid: suspicious.kid },
        ],
        [
          'another such kid',
          { key: suspicious, header: { kid: 'eyJ0eXAi' } },
          { reason: 'unknown_key', kid: null },
        ],
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
      name: 'no kid, more fitting keys than are tried',
      env: { ALGORITHMS: 'ES256' },
      answer: [...fifteen, sixteenth, seventeenth],
      cases: [
        ['the sixteenth', { ...withoutKid, key: sixteenth }, { kid: null }],
        ['the seventeenth', { ...withoutKid, key: seventeenth }, 'invalid_signature'],
        ['the seventeenth by its kid', { key: seventeenth }, { kid: 'seventeenth' }],
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
