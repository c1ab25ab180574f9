import { after } from 'node:test';
import { nameOf } from './support/cases.ts';
import { type Case, quickly, startWorld, trySuites } from './support/suite.ts';
import { hmac } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);
const typ = (value: unknown, expected: Case[2]): Case => [
  `typ ${nameOf(value)}`,
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

/** RFC 8417, 2.2: a security event or logout token, even one without a type of its own. */
const LOGOUT = { 'http://schemas.openid.net/event/backchannel-logout': {} };
const events = (value: unknown, expected: Case[2]): Case => [
  `events ${nameOf(value)}`,
  { claims: { events: value } },
  expected,
];
const EVENTS: readonly Case[] = [
  events(LOGOUT, { reason: 'unsupported_type', detail: /has the claim events/ }),
  events({}, 'unsupported_type'),
  ...[null, '', 'events', 0, true, [], [LOGOUT]].map((value) => events(value, 'authorized')),
  ['events, no typ', { header: { typ: undefined }, claims: { events: LOGOUT } }, 'unsupported_type'],
  [
    'events, and an alg that is not accepted',
    { header: { alg: 'HS256' }, claims: { events: {} } },
    'unsupported_type',
  ],
  ['an object elsewhere', { claims: { event: LOGOUT, details: { events: LOGOUT } } }, 'authorized'],
];

const alg = (value: unknown): Case => [
  `alg ${nameOf(value)}`,
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
    return [`crit ${nameOf(crit)}`, { header: { crit } }, 'unsupported_critical'];
  }),
  ...[true, false, null, 'true'].map((b64): Case => {
    return [`b64 ${nameOf(b64)}`, { header: { b64 } }, 'unsupported_critical'];
  }),
  ['crit and b64', { header: { crit: ['b64'], b64: false } }, 'unsupported_critical'],
  ['header parameters that mean nothing here', { header: { cty: 'JWT', nonce: 'n', x: null } }, 'authorized'],
  [
    'a nonce, and a signature that is of another text',
    { header: { nonce: 'n' }, key: world.foreignKey },
    {
      reason: 'invalid_signature',
      detail:
        /^The signature does not match the key\. The header has a nonce, so the token is for Microsoft Graph/,
    },
  ],
  [
    'no nonce, and a signature that is of another text',
    { key: world.foreignKey },
    { reason: 'invalid_signature', detail: 'The signature does not match the key that the token names.' },
  ],
];

const { issuer: ISSUER } = world.issuer;
const BARE_ISSUER = ISSUER.slice(0, -1);
const iss = (value: unknown, expected: Case[2] = 'unknown_issuer'): Case => [
  `iss ${String(nameOf(value)).replace(/\d{4,}/, 'PORT')}`,
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
    { name: 'events', cases: EVENTS },
    { name: 'alg and crit', cases: [...REFUSED_ALGORITHMS, ...CRITICAL] },
    { name: 'iss', cases: [iss(ISSUER, 'authorized'), iss(BARE_ISSUER, 'authorized'), ...REFUSED_ISSUERS] },
    {
      name: 'iss, TOKEN_ISSUER without its slash',
      env: { TOKEN_ISSUER: BARE_ISSUER },
      cases: [iss(ISSUER, 'authorized'), iss(BARE_ISSUER, 'authorized'), iss(`${ISSUER}/`)],
    },
  ],
  quickly,
);
