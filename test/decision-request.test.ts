import { after } from 'node:test';
import { type Asked, type Case, METHOD, quickly, STAGE, startWorld, trySuites } from './support/suite.ts';
import { base64url, seconds } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

const good = `Bearer ${world.token()}`;
const ROOT = 'arn:aws:execute-api:us-east-1:1234567890:apiId/stage/GET/';

const event = (event: unknown): Asked => ({ event: [event] });
const type = (type: unknown): Asked => event({ type, authorizationToken: good, methodArn: METHOD });
const authorization = (value: unknown): Asked => ({ authorization: () => value });

/** A method ARN of so many characters. */
const long = (length: number) => `${METHOD}/`.padEnd(length, 'x');

const EVENTS: readonly Case[] = [
  ['no event', event(undefined), 'unsupported_event'],
  ['null', event(null), 'unsupported_event'],
  ['an empty event', event({}), 'unsupported_event'],
  ['a text', event('TOKEN'), 'unsupported_event'],
  ['a number', event(0), 'unsupported_event'],
  ['a boolean', event(true), 'unsupported_event'],
  ['an array', event([]), 'unsupported_event'],
  ['an array with an event', event([{ type: 'TOKEN', authorizationToken: good }]), 'unsupported_event'],
  ['a map', event(new Map([['type', 'TOKEN']])), 'unsupported_event'],
  ['a timer', event({ source: 'aws.events', 'detail-type': 'Scheduled Event' }), 'unsupported_event'],
  ['no type', type(undefined), 'unsupported_event'],
  ['another type', type('SOMETHING'), 'unsupported_event'],
  ['type in lower case', type('token'), 'unsupported_event'],
  ['type as an array', type(['TOKEN']), 'unsupported_event'],
];

const ARNS: readonly Case[] = [
  ...[undefined, null, '', 0, {}, [METHOD]].map((arn): Case => {
    return [`methodArn ${JSON.stringify(arn)}`, { arn }, 'unsupported_event'];
  }),
  ['methodArn that is none', { arn: 'somewhere' }, 'unsupported_event'],
  ['methodArn of a function', { arn: 'arn:aws:lambda:us-east-1:1234567890:function:f' }, 'unsupported_event'],
  ['methodArn of an API', { arn: 'arn:aws:execute-api:us-east-1:1234567890:apiId' }, 'unsupported_event'],
  ['methodArn of the root resource', { arn: ROOT }, { resource: ROOT }],
  ...['aws-cn', 'aws-us-gov'].map((partition): Case => {
    const arn = METHOD.replace(':aws:', `:${partition}:`);
    return [`methodArn in ${partition}`, { arn }, { resource: arn }];
  }),
  ['methodArn with other signs in its path', { arn: `${METHOD}/a:b%2F~` }, { resource: `${METHOD}/a:b%2F~` }],
];

const UNNAMEABLE = ['*', '?', '/*', '/a*b', '/a?b=c', '/\n*', '/*\n', '/?\nx'].map((path) => METHOD + path);

const AUTHORIZATION: readonly Case[] = [
  ...[undefined, null, 0, true, {}, [good], { authorizationToken: good }].map((value): Case => {
    return [`Authorization ${JSON.stringify(value)?.slice(0, 20)}`, authorization(value), 'missing_token'];
  }),
  ...['', ' ', 'Bearer', 'Bearer ', 'bearer  ', 'Bearer: x', 'Bearer,x', 'Token x'].map((value): Case => {
    return [`Authorization "${value}"`, authorization(value), 'missing_token'];
  }),
  ['Basic', authorization('Basic dXNlcjpwYXNzd29yZA=='), 'missing_token'],
  ['Digest with a token', { authorization: (token) => `Digest ${token}` }, 'missing_token'],
  ['the bare token', { authorization: (token) => token }, 'missing_token'],
  ['two words', { authorization: (token) => `Bearer ${token} ${token}` }, 'missing_token'],
  ['two values', { authorization: (token) => `Bearer ${token}, Bearer ${token}` }, 'missing_token'],
  [
    'a token in two lines',
    { authorization: (token) => `Bearer ${token.replace('.', '.\n')}` },
    'missing_token',
  ],
  ['a blank that is none', { authorization: (token) => `Bearer\u00a0${token}` }, 'missing_token'],
  ['a letter that only looks like B', { authorization: (token) => `Вearer ${token}` }, 'missing_token'],
  ...['bearer', 'BEARER', 'bEaReR'].map((scheme): Case => {
    return [scheme, { authorization: (token) => `${scheme} ${token}` }, 'authorized'];
  }),
  ['several blanks', { authorization: (token) => `Bearer    ${token}` }, 'authorized'],
];

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
  ['an opaque token', { token: 'b3BhcXVlLXRva2VuLW9mLWEtcHJvdmlkZXI' }, 'malformed_token'],
  ['one part', { token: 'a' }, 'malformed_token'],
  ['two parts', { compact: (header, payload) => `${header}.${payload}` }, 'malformed_token'],
  ['four parts', { compact: (...parts) => [...parts, 'AAAA'].join('.') }, 'malformed_token'],
  ['five parts', { compact: (...parts) => [...parts, 'AAAA', 'AAAA'].join('.') }, 'malformed_token'],
  [
    'an encrypted token',
    { token: `${base64url('{"alg":"dir","enc":"A256GCM"}')}..AAAA.AAAA.AAAA` },
    'malformed_token',
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

trySuites(
  world,
  [
    { name: 'the event', cases: [...EVENTS, ...ARNS] },
    {
      name: 'the resource that a policy names, POLICY_RESOURCE=method',
      cases: [
        ...UNNAMEABLE.map((arn): Case => [JSON.stringify(arn.slice(-6)), { arn }, 'unsupported_resource']),
        ['512 characters', { arn: long(512) }, { resource: long(512) }],
        ['513 characters', { arn: long(513) }, 'unsupported_resource'],
      ],
    },
    {
      name: 'the resource that a policy names, POLICY_RESOURCE=stage',
      env: { POLICY_RESOURCE: 'stage', INVALID_TOKEN: 'deny' },
      cases: [
        ...UNNAMEABLE.map((arn): Case => [JSON.stringify(arn.slice(-6)), { arn }, 'authorized']),
        ['513 characters', { arn: long(513) }, 'authorized'],
        ['a method ARN that is none', { arn: STAGE.slice(0, -2) }, 'unsupported_event'],
        ['a Deny', { arn: long(513), claims: { exp: seconds() - 60 } }, 'token_expired'],
      ],
    },
    { name: 'the Authorization value', cases: AUTHORIZATION },
    { name: "the token's shape", cases: SHAPE },
  ],
  quickly,
);
