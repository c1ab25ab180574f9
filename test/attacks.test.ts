import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { startIssuer } from '../scripts/issuer.ts';
import { type Case, startWorld, trySuites } from './support/suite.ts';
import { base64url, seconds } from './support/tokens.ts';

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

const UNKNOWN = { reason: 'unknown_key' } as const;
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
  return [name, { key: foreignKey, header: { kid } }, { ...UNKNOWN, kid: kid.slice(0, 128) }];
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

/** The same claims in every token, so that one can hold what another is made of. */
const claims = { iat: seconds(), exp: seconds() + 300 };
const victim = world.token({ claims });
const [, payload = '', signature = ''] = victim.split('.');
const sign = () => Buffer.from(signature, 'base64url');

/** What a caller may write into `kid` to have it written into the log. */
const TELLING_KIDS: Readonly<Record<string, string>> = {
  "the payload's beginning": payload.slice(0, 60),
  "the payload's middle": payload.slice(40, 60),
  "the payload's twelve last characters": payload.slice(-12),
  "the signature's beginning": signature.slice(0, 40),
  'the signature after other text': `my favourite signature is ${signature.slice(100, 200)}`,
  'the signature across the 128th character': `${'-'.repeat(110)}${signature}`,
  'the whole of another token': world.token({ claims: { ...claims, sub: 'another' } }),
  'the whole of another token, and Bearer': `Bearer ${victim}`,
  'the beginning of another token': base64url('{"typ":"JWT","alg":"RS256"}').slice(0, 13),
};
const telling = Object.entries(TELLING_KIDS).map(([what, kid]): Case => {
  return [`kid that tells ${what}`, { key: foreignKey, header: { kid }, claims, sign }, { ...UNKNOWN, kid: null }];
});

trySuites(world, [{ name: 'attacks', cases: [embedded, kids, telling, duplicates, prototypes].flat() }]);

it('nobody asked the address that the tokens named', () => {
  assert.equal(evil.requests(), 0);
});
