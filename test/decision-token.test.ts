import { after } from 'node:test';
import { type Asked, type Case, quickly, startWorld, trySuites } from './support/suite.ts';
import { base64url } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

/** A refusal, and what the log says of it. */
const malformed = (detail: string | RegExp): Case[2] => ({ reason: 'malformed_token', detail });

/** An RS256 signature of 2048 bits, and two dots. */
const REST = 342 + 2;

/** A good token of exactly so many characters: filled up with blanks, which mean nothing in JSON. */
function tokenOf(length: number): string {
  const tokens = ['', ' '].map((blank) => {
    let left = length - REST;
    return world.token({
      headerText: (json) => {
        left -= base64url(json + blank).length;
        return json + blank;
      },
      claimsText: (json) => json.padEnd(Math.floor((left * 3) / 4)),
    });
  });
  const token = tokens.find((candidate) => candidate.length === length);
  if (token === undefined) throw new Error(`no token has ${length} characters`);
  return token;
}

/** The three parts of a good token, one of them replaced. */
const withPart = (position: 0 | 1 | 2, change: (part: string) => string): Asked => ({
  compact: (...parts) => parts.map((part, at) => (at === position ? change(part) : part)).join('.'),
});

/** The last character replaced by the next in the alphabet: it differs in the spare bits only. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const withSpareBit = (part: string) =>
  `${part.slice(0, -1)}${ALPHABET[ALPHABET.indexOf(part.slice(-1)) + 1]}`;

/** JSON text of a length that leaves spare bits in the last character. */
const withSpareBits = (json: string) => json.padEnd(Math.ceil(json.length / 3) * 3 + 1);

const NO_OBJECTS: Readonly<Record<string, string>> = {
  'no JSON': '{"alg":',
  'an array': '[]',
  'a text': '"{}"',
  'a number': '1',
  null: 'null',
  nothing: ' ',
};
const NO_UTF8 = (json: string) =>
  Buffer.concat([Buffer.from(json.replace('}', ',"x":"')), Buffer.of(0xff), Buffer.from('"}')]);

const SHAPE: readonly Case[] = [
  ...[
    'undefined',
    'null',
    'None',
    'nil',
    'false',
    'true',
    'NaN',
    '[object',
    '$TOKEN',
    `$\{ACCESS_TOKEN}`,
  ].map(
    (token): Case => [
      `a placeholder: ${token}`,
      { token },
      malformed(
        'A placeholder such as undefined or null is in the place of the token. The caller has no token.',
      ),
    ],
  ),
  [
    'an opaque token',
    { token: 'b3BhcXVlLXRva2VuLW9mLWEtcHJvdmlkZXI' },
    malformed(/has 1 part, not three: it is opaque/),
  ],
  ['one part', { token: 'a' }, malformed(/has 1 part, /)],
  ['two parts', { compact: (header, payload) => `${header}.${payload}` }, malformed(/has 2 parts, /)],
  [
    'an invisible character',
    withPart(1, (part) => `${part.slice(0, 9)}\u200b${part.slice(9)}`),
    malformed('The token contains the character U+200B, which is not base64url.'),
  ],
  ['four parts', { compact: (...parts) => [...parts, 'AAAA'].join('.') }, 'malformed_token'],
  ['five parts', { compact: (...parts) => [...parts, 'AAAA', 'AAAA'].join('.') }, 'malformed_token'],
  [
    'an encrypted token',
    { token: `${base64url('{"alg":"dir","enc":"A256GCM"}')}..AAAA.AAAA.AAAA` },
    malformed('The token is encrypted (JWE, five parts). This function reads signed tokens only.'),
  ],
  ['dots only', { token: '..' }, 'malformed_token'],
  ['a dot before', { compact: (...parts) => `.${parts.join('.')}` }, 'malformed_token'],
  ['a dot behind', { compact: (...parts) => `${parts.join('.')}.` }, 'malformed_token'],
  ['no header', withPart(0, () => ''), 'malformed_token'],
  ['no payload', withPart(1, () => ''), 'malformed_token'],
  ['no signature', withPart(2, () => ''), 'malformed_token'],
  ['a signature of one character', withPart(2, () => 'A'), 'malformed_token'],
  ['padding', withPart(2, (part) => `${part}==`), 'malformed_token'],
  ['the alphabet of base64', withPart(2, (part) => `+/${part.slice(2)}`), 'malformed_token'],
  ['a sign of no alphabet', withPart(1, (part) => `${part}~`), 'malformed_token'],
  ['a letter beyond ASCII', withPart(1, (part) => `${part}ä`), 'malformed_token'],
  [
    'spare bits in the header',
    { headerText: withSpareBits, ...withPart(0, withSpareBit) },
    'malformed_token',
  ],
  [
    'spare bits in the payload',
    { claimsText: withSpareBits, ...withPart(1, withSpareBit) },
    'malformed_token',
  ],
  ['spare bits in the signature', withPart(2, withSpareBit), 'malformed_token'],
  ['blanks in the JSON', { headerText: withSpareBits, claimsText: withSpareBits }, 'authorized'],
  ...Object.entries(NO_OBJECTS).flatMap(([what, text]): Case[] => [
    [`a header that is ${what}`, { headerText: () => text }, 'malformed_token'],
    [`a payload that is ${what}`, { claimsText: () => text }, 'malformed_token'],
  ]),
  ['a header that is not UTF-8', { headerText: NO_UTF8 }, 'malformed_token'],
  ['a payload that is not UTF-8', { claimsText: NO_UTF8 }, 'malformed_token'],
  ...[null, 1, true, {}, ['key-1']].map((kid): Case => {
    return [`kid ${JSON.stringify(kid)}`, { header: { kid } }, 'malformed_token'];
  }),
  ['16 KiB', { token: tokenOf(16_384) }, 'authorized'],
  ['one character more than 16 KiB', { token: tokenOf(16_385) }, 'malformed_token'],
  ['100 KiB of one letter', { token: 'a'.repeat(102_400) }, 'malformed_token'],
];

trySuites(world, [{ name: "the token's shape", cases: SHAPE }], quickly);
