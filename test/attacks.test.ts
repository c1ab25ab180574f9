import assert from 'node:assert/strict';
import { sign as cryptoSign } from 'node:crypto';
import { after, it } from 'node:test';
import { generateKey, startIssuer } from '../scripts/issuer.ts';
import { type Asked, type Case, inProcesses, type Suite, startWorld, trySuites } from './support/suite.ts';
import { AUDIENCE, base64url, hmac, type Signer, signers } from './support/tokens.ts';

const world = await startWorld();
const { key, foreignKey, issuer } = world;
const ec = await generateKey('key-ec', 'ES256');
const foreignEc = await generateKey('key-ec', 'ES256');
/** The attacker's own issuer, which publishes the attacker's key under the issuer's kid. */
const evil = await startIssuer([foreignKey, foreignEc]);
after(() => Promise.all([issuer.close(), evil.close()]));

/** The algorithms of both types of keys are accepted, so that every attack gets as far as it can. */
const env = { ALGORITHMS: 'RS256,PS256,ES256,ES512' };

function signer(alg: string): Signer {
  const found = signers.get(alg);
  if (!found) throw new Error(`no way to sign for ${alg}`);
  return found;
}
/** ECDSA as most programs write it, and no JWS does. */
const derSigner: Signer = (input, privateKey) => cryptoSign('sha256', input, privateKey);
const signedAs = (bytes: Uint8Array): Asked => ({ sign: () => bytes });

const unsigned = ['none', 'None', 'NONE', 'nOnE'].flatMap((alg): Case[] => [
  [`alg ${alg}, no signature`, { header: { alg }, ...signedAs(Buffer.of()) }, 'malformed_token'],
  [`alg ${alg}, some signature`, { header: { alg }, ...signedAs(Buffer.of(0)) }, 'unsupported_algorithm'],
  [`alg ${alg}, the right signature`, { header: { alg }, sign: signer('RS256') }, 'unsupported_algorithm'],
]);

const spkiPem = String(key.publicKey.export({ type: 'spki', format: 'pem' }));
/** What an attacker knows of the public key, in all the forms that some library has taken for a secret. */
const publicForms: Readonly<Record<string, string | Buffer>> = {
  'SPKI PEM': spkiPem,
  'SPKI PEM without its last line end': spkiPem.trim(),
  'SPKI DER': key.publicKey.export({ type: 'spki', format: 'der' }),
  'PKCS #1 PEM': key.publicKey.export({ type: 'pkcs1', format: 'pem' }),
  'PKCS #1 DER': key.publicKey.export({ type: 'pkcs1', format: 'der' }),
  JWK: JSON.stringify(key.jwk),
  modulus: Buffer.from(String(key.jwk.n), 'base64url'),
  'modulus as text': String(key.jwk.n),
  kid: key.kid,
  nothing: '',
};
const confused = Object.entries(publicForms).flatMap(([form, secret]): Case[] => [
  [
    `HS256 with the public key for a secret: ${form}`,
    { header: { alg: 'HS256' }, sign: hmac(secret) },
    'unsupported_algorithm',
  ],
  [`the same, said to be RS256: ${form}`, { sign: hmac(secret) }, 'invalid_signature'],
]);

const wrongType: Case[] = [
  ['ES256 with the kid of an RSA key', { key: foreignEc, header: { kid: key.kid } }, 'unsupported_algorithm'],
  ['RS256 with the kid of an EC key', { header: { kid: ec.kid } }, 'unsupported_algorithm'],
  [
    'ES512 with the kid of a P-256 key',
    { key: ec, header: { alg: 'ES512' }, sign: signer('ES256') },
    'unsupported_algorithm',
  ],
  ['PS256 with a key for RS256', { header: { alg: 'PS256' } }, 'unsupported_algorithm'],
  ['PSS where RS256 is said', { sign: signer('PS256') }, 'invalid_signature'],
  ['SHA-512 where RS256 is said', { sign: signer('RS512') }, 'invalid_signature'],
];

/** The order of the group of P-256: as r or s it counts as zero. */
const ORDER = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
const ONE = Buffer.alloc(32);
ONE[31] = 1;
const signatures: Readonly<Record<string, Uint8Array>> = {
  'all zero': Buffer.alloc(64),
  'zero and one': Buffer.concat([Buffer.alloc(32), ONE]),
  'one and zero': Buffer.concat([ONE, Buffer.alloc(32)]),
  'the order of the group, twice': Buffer.concat([ORDER, ORDER]),
  'all ones': Buffer.alloc(64, 0xff),
  'zero in DER': Buffer.from('3006020100020100', 'hex'),
  'one byte': Buffer.alloc(1),
  'too short': Buffer.alloc(63),
  'too long': Buffer.alloc(65),
};
const forged: Case[] = [
  ...Object.entries(signatures).map(([what, bytes]): Case => {
    return [`ES256, ${what}`, { key: ec, ...signedAs(bytes) }, 'invalid_signature'];
  }),
  ...[0, 1, 0xff].map((byte): Case => {
    return [`RS256, 256 bytes of ${byte}`, signedAs(Buffer.alloc(256, byte)), 'invalid_signature'];
  }),
  ['RS256, one byte', signedAs(Buffer.of(1)), 'invalid_signature'],
  ['RS256, 10,000 bytes', signedAs(Buffer.alloc(10_000, 1)), 'invalid_signature'],
  ["the attacker's key", { key: foreignKey }, 'invalid_signature'],
  ["the attacker's EC key", { key: foreignEc }, 'invalid_signature'],
  ['ES256, signature in DER', { key: ec, sign: derSigner }, 'invalid_signature'],
  [
    'cut off',
    { compact: (header, payload, signature) => [header, payload, signature.slice(4)].join('.') },
    'invalid_signature',
  ],
  ['of other claims', { compact: withClaims({ sub: 'admin' }) }, 'invalid_signature'],
  [
    'of another header',
    {
      compact: (_, payload, signature) =>
        [base64url(JSON.stringify({ alg: 'RS256', kid: key.kid })), payload, signature].join('.'),
    },
    'invalid_signature',
  ],
];

/** The payload of a signed token replaced. */
function withClaims(claims: object): Exclude<Asked['compact'], undefined> {
  return (header, payload, signature) => {
    const signed = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return [header, base64url(JSON.stringify({ ...signed, ...claims })), signature].join('.');
  };
}

/** Header parameters that bring a key along, or say where one is (RFC 7515, 4.1.2 to 4.1.8). */
const brought: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  jwk: { jwk: foreignKey.jwk },
  'jwk with a private key': { jwk: foreignKey.privateKey.export({ format: 'jwk' }) },
  jku: { jku: evil.jwksUri },
  x5u: { x5u: evil.jwksUri },
  x5c: { x5c: [foreignKey.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] },
  'all of them': { jwk: foreignKey.jwk, jku: evil.jwksUri, x5u: evil.jwksUri, x5c: ['AAAA'], x5t: 'AAAA' },
};
const embedded = Object.entries(brought).flatMap(([what, header]): Case[] => [
  [`${what}, the issuer's kid`, { key: foreignKey, header }, 'invalid_signature'],
  [`${what}, a kid of its own`, { key: foreignKey, header: { ...header, kid: 'evil' } }, 'unknown_key'],
  [`${what}, no kid`, { key: foreignKey, header: { ...header, kid: undefined } }, 'invalid_signature'],
  [`${what}, a good signature`, { header }, 'authorized'],
]);

const HOSTILE_KIDS = [
  ...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', '0', 'length', ''],
  ...[
    '../../../../dev/null',
    'key-1/../key-1',
    '/etc/passwd',
    "key-1' OR '1'='1",
    'key-1\0',
    '| ls',
    '%00',
    '$(key-1)',
  ],
  ...[evil.jwksUri, `${issuer.jwksUri}#key-1`, 'x'.repeat(10_000), '\u2028', '\ud800', 'кey-1', 'key-1\n'],
];
const kids = HOSTILE_KIDS.map((kid): Case => {
  const name = `kid ${JSON.stringify(kid).slice(0, 30)}`;
  return [name, { key: foreignKey, header: { kid } }, { reason: 'unknown_key', kid: kid.slice(0, 128) }];
});

const twice = (member: string, json: string) => (text: string) =>
  `{${JSON.stringify(member)}:${json},${text.slice(1)}`;
const thenAgain = (member: string, json: string) => (text: string) =>
  `${text.slice(0, -1)},${JSON.stringify(member)}:${json}}`;
const duplicates: Case[] = [
  ['alg, the last is none', { headerText: thenAgain('alg', '"none"') }, 'unsupported_algorithm'],
  ['alg, the first is none', { key: foreignKey, headerText: twice('alg', '"none"') }, 'invalid_signature'],
  [
    "kid, the last is the issuer's",
    { key: foreignKey, headerText: twice('kid', '"evil"') },
    'invalid_signature',
  ],
  ['crit in a member of its own', { headerText: twice('crit', '["exp"]') }, 'unsupported_critical'],
  [
    "iss, the first is the attacker's",
    { key: foreignKey, claimsText: twice('iss', '"https://evil.example"') },
    'invalid_signature',
  ],
  [
    "iss, the last is the attacker's",
    { claimsText: thenAgain('iss', '"https://evil.example"') },
    'unknown_issuer',
  ],
  ['exp, the last is past', { claimsText: thenAgain('exp', '1') }, 'token_expired'],
  [
    "aud, the last is another's",
    { claimsText: thenAgain('aud', '"https://other.example"') },
    { reason: 'invalid_audience' },
  ],
  ['sub, the last of no type', { claimsText: thenAgain('sub', '{}') }, 'invalid_claims'],
];

const header = { alg: 'RS256', kid: key.kid };
const prototypes: Case[] = [
  [
    'a header all in __proto__',
    { headerText: () => `{"__proto__":${JSON.stringify(header)}}` },
    'unsupported_algorithm',
  ],
  ['claims all in __proto__', { claimsText: (text) => `{"__proto__":${text}}` }, 'unknown_issuer'],
  [
    'claims all in constructor.prototype',
    { claimsText: (text) => `{"constructor":{"prototype":${text}}}` },
    'unknown_issuer',
  ],
  [
    'a header with toString',
    { key: foreignKey, headerText: (text) => `{"toString":1,"then":1,${text.slice(1)}` },
    'invalid_signature',
  ],
];

const { issuer: ISSUER } = issuer;
const alike: Case[] = [
  ['an issuer that starts alike', { claims: { iss: `${ISSUER}evil/` } }, 'unknown_issuer'],
  [
    'an issuer whose host starts alike',
    { claims: { iss: `${ISSUER.slice(0, -1)}.evil.example/` } },
    'unknown_issuer',
  ],
  [
    'an issuer with the good one for user',
    { claims: { iss: `${ISSUER.slice(0, -1)}@evil.example/` } },
    'unknown_issuer',
  ],
  ['an issuer that the good one starts with', { claims: { iss: ISSUER.slice(0, -3) } }, 'unknown_issuer'],
  ['two issuers', { claims: { iss: [ISSUER, 'https://evil.example/'] } }, 'unknown_issuer'],
  [
    'an audience that starts alike',
    { claims: { aud: `${AUDIENCE}.evil.example` } },
    { reason: 'invalid_audience' },
  ],
  [
    'an audience that the good one starts with',
    { claims: { aud: AUDIENCE.slice(0, -1) } },
    { reason: 'invalid_audience' },
  ],
  [
    'a logout token',
    {
      header: { typ: 'logout+jwt' },
      claims: { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
    },
    'unsupported_type',
  ],
];

const wire: Case[] = [
  [
    'spare bits in the signature',
    { compact: (...parts) => `${parts.join('.').slice(0, -1)}B` },
    'malformed_token',
  ],
  [
    'padding',
    {
      compact: (...parts) => `${parts.join('.')}==`,
    },
    'malformed_token',
  ],
  [
    'base64 in place of base64url',
    { compact: (...parts) => `${parts.join('.').slice(0, -2)}+A` },
    'malformed_token',
  ],
  [
    'the JSON serialization',
    {
      compact: (protectedHeader, payload, signature) =>
        JSON.stringify({ protected: protectedHeader, payload, signature }),
    },
    'malformed_token',
  ],
  ['a detached payload', { compact: (first, _, signature) => `${first}..${signature}` }, 'malformed_token'],
  ['an unencoded payload', { header: { b64: false, crit: ['b64'] } }, 'unsupported_critical'],
  ['two tokens in one', { compact: (...parts) => [...parts, ...parts].join('.') }, 'malformed_token'],
  ['a null byte behind', { compact: (...parts) => `${parts.join('.')}\0` }, 'malformed_token'],
];

const secondKey = await generateKey('key-b');
const sameKid = await generateKey(key.kid);
const second = await startIssuer([secondKey, sameKid]);
after(second.close);
const byIssuer: Case[] = [
  ['A, signed by A', {}, { kid: key.kid, issuer: ISSUER }],
  [
    'B, signed by B',
    { key: secondKey, claims: { iss: second.issuer } },
    { kid: 'key-b', issuer: second.issuer },
  ],
  ['A, signed by B', { key: secondKey }, { reason: 'unknown_key', issuer: ISSUER }],
  [
    'B, signed by A',
    { claims: { iss: second.issuer } },
    { reason: 'invalid_signature', issuer: second.issuer },
  ],
  ['A, signed by B under a kid of A', { key: sameKid }, { reason: 'invalid_signature', issuer: ISSUER }],
  ['A and B, signed by B', { key: secondKey, claims: { iss: [ISSUER, second.issuer] } }, 'unknown_issuer'],
];

const suites = ['unauthorized', 'deny'].flatMap((INVALID_TOKEN): Suite[] => [
  {
    name: `attacks, INVALID_TOKEN=${INVALID_TOKEN}`,
    env: { ...env, INVALID_TOKEN },
    answer: [key, ec],
    cases: [
      unsigned,
      confused,
      wrongType,
      forged,
      embedded,
      kids,
      duplicates,
      prototypes,
      alike,
      wire,
    ].flat(),
  },
  {
    name: `tokens of two issuers, INVALID_TOKEN=${INVALID_TOKEN}`,
    env: {
      INVALID_TOKEN,
      TOKEN_ISSUER: `${ISSUER}, ${second.issuer}`,
      JWKS_URI: `${issuer.jwksUri}, ${second.jwksUri}`,
    },
    cases: byIssuer,
  },
]);

trySuites(world, suites, inProcesses);

it('nobody asked the address that the tokens named', () => {
  assert.equal(evil.requests(), 0);
});
