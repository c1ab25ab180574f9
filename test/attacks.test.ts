import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { generateKey, startIssuer } from '../scripts/issuer.ts';
import { type Case, onBoth, type Suite, startWorld, trySuites } from './support/suite.ts';
import { AUDIENCE, SCOPE } from './support/tokens.ts';

const world = await startWorld();
const { key, foreignKey, issuer } = world;
/** The attacker's own issuer, which publishes the attacker's key under the issuer's kid. */
const evil = await startIssuer([foreignKey]);
after(() => Promise.all([issuer.close(), evil.close()]));

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
    ...['../../../../dev/null', 'key-1/../key-1', '/etc/passwd', "key-1' OR '1'='1", 'key-1\0', '| ls', '%00'],
    '$(key-1)',
  ],
  ...[evil.jwksUri, `${issuer.jwksUri}#key-1`, 'x'.repeat(10_000), '\u2028', '\ud800', 'кey-1', 'key-1\n'],
];
const kids = HOSTILE_KIDS.map((kid): Case => {
  const name = `kid ${JSON.stringify(kid).slice(0, 30)}`;
  return [name, { key: foreignKey, header: { kid } }, { reason: 'unknown_key', kid: kid.slice(0, 128) }];
});

const twice = (member: string, json: string) => (text: string) => `{${JSON.stringify(member)}:${json},${text.slice(1)}`;
const thenAgain = (member: string, json: string) => (text: string) =>
  `${text.slice(0, -1)},${JSON.stringify(member)}:${json}}`;
const duplicates: Case[] = [
  ['alg, the last is none', { headerText: thenAgain('alg', '"none"') }, 'unsupported_algorithm'],
  ['alg, the first is none', { key: foreignKey, headerText: twice('alg', '"none"') }, 'invalid_signature'],
  ["kid, the last is the issuer's", { key: foreignKey, headerText: twice('kid', '"evil"') }, 'invalid_signature'],
  ['crit in a member of its own', { headerText: twice('crit', '["exp"]') }, 'unsupported_critical'],
  [
    "iss, the first is the attacker's",
    { key: foreignKey, claimsText: twice('iss', '"https://evil.example"') },
    'invalid_signature',
  ],
  ["iss, the last is the attacker's", { claimsText: thenAgain('iss', '"https://evil.example"') }, 'unknown_issuer'],
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
  ['an issuer whose host starts alike', { claims: { iss: `${ISSUER.slice(0, -1)}.evil.example/` } }, 'unknown_issuer'],
  [
    'an issuer with the good one for user',
    { claims: { iss: `${ISSUER.slice(0, -1)}@evil.example/` } },
    'unknown_issuer',
  ],
  ['an issuer that the good one starts with', { claims: { iss: ISSUER.slice(0, -3) } }, 'unknown_issuer'],
  ['two issuers', { claims: { iss: [ISSUER, 'https://evil.example/'] } }, 'unknown_issuer'],
  ['an audience that starts alike', { claims: { aud: `${AUDIENCE}.evil.example` } }, { reason: 'invalid_audience' }],
  [
    'an audience that the good one starts with',
    { claims: { aud: AUDIENCE.slice(0, -1) } },
    { reason: 'invalid_audience' },
  ],
  [
    'a logout token',
    { header: { typ: 'logout+jwt' }, claims: { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } } },
    'unsupported_type',
  ],
];

const wire: Case[] = [
  ['spare bits in the signature', { compact: (...parts) => `${parts.join('.').slice(0, -1)}B` }, 'malformed_token'],
  ['padding', { compact: (...parts) => `${parts.join('.')}==` }, 'malformed_token'],
  ['base64 in place of base64url', { compact: (...parts) => `${parts.join('.').slice(0, -2)}+A` }, 'malformed_token'],
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
  ['A, signed by A', {}, { kid: key.kid, issuer: ISSUER, context: { scope: SCOPE, iss: ISSUER } }],
  [
    'B, signed by B',
    { key: secondKey, claims: { iss: second.issuer } },
    { kid: 'key-b', issuer: second.issuer, context: { scope: SCOPE, iss: second.issuer } },
  ],
  ['A, signed by B', { key: secondKey }, { reason: 'unknown_key', issuer: ISSUER }],
  ['B, signed by A', { claims: { iss: second.issuer } }, { reason: 'invalid_signature', issuer: second.issuer }],
  ['A, signed by B under a kid of A', { key: sameKid }, { reason: 'invalid_signature', issuer: ISSUER }],
  ['A and B, signed by B', { key: secondKey, claims: { iss: [ISSUER, second.issuer] } }, 'unknown_issuer'],
];

const suites = ['unauthorized', 'deny'].flatMap((INVALID_TOKEN): Suite[] => [
  {
    name: `attacks, INVALID_TOKEN=${INVALID_TOKEN}`,
    env: { INVALID_TOKEN },
    cases: [embedded, kids, duplicates, prototypes, alike, wire].flat(),
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

trySuites(world, suites, onBoth);

it('nobody asked the address that the tokens named', () => {
  assert.equal(evil.requests(), 0);
});
