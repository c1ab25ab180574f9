import { after } from 'node:test';
import { claim, claimText, invalid, nameOf } from './support/cases.ts';
import { type Asked, type Case, quickly, startWorld, trySuites } from './support/suite.ts';
import { AUDIENCE, SCOPE, seconds } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

const NOW = seconds();
const API_2 = 'https://api-2.example';

const infinite = ['exp', 'nbf', 'iat'].flatMap((claimName) =>
  ['1e999', '-1e999'].map(
    (json): Case => [`${claimName} ${json}`, claimText(claimName, json), 'invalid_claims'],
  ),
);

const TYPES: readonly Case[] = [
  ...invalid('exp', undefined, null, '', String(NOW + 300), true, {}, [NOW + 300]),
  ...['nbf', 'iat'].flatMap((claimName) => invalid(claimName, null, '', String(NOW), true, {}, [NOW])),
  ...infinite,
  ...invalid('aud', null, 0, true, {}, [0], [AUDIENCE, 0], [[AUDIENCE]], [null], { 0: AUDIENCE }),
  ...['sub', 'client_id', 'azp'].flatMap((claimName) => invalid(claimName, null, 0, true, {}, ['me'])),
  ...invalid('scope', 0, true, [0], [SCOPE, 0], [[SCOPE]], [null]),
  ...[0, [0]].map((scp): Case => {
    return [`scp ${nameOf(scp)}`, { claims: { scope: undefined, scp } }, 'invalid_claims'];
  }),
];

const inherited = '{"sub":"admin","client_id":"admin","azp":"admin"}';
const PRINCIPALS: readonly Case[] = [
  ['sub before all', { claims: { sub: 's', client_id: 'c', azp: 'a' } }, { principalId: 's' }],
  [
    'client_id where sub is absent',
    { claims: { sub: undefined, client_id: 'c', azp: 'a' } },
    { principalId: 'c' },
  ],
  ['client_id where sub is empty', { claims: { sub: '', client_id: 'c', azp: 'a' } }, { principalId: 'c' }],
  ['azp where the others are absent', { claims: { sub: undefined, azp: 'a' } }, { principalId: 'a' }],
  ['azp where the others are empty', { claims: { sub: '', client_id: '', azp: 'a' } }, { principalId: 'a' }],
  [
    'none',
    { claims: { sub: undefined } },
    {
      reason: 'invalid_claims',
      detail: 'The token has no claim that names its subject: none of sub, client_id, azp.',
    },
  ],
  [
    'one that is empty',
    { claims: { sub: '' } },
    { reason: 'invalid_claims', detail: 'The claim sub is empty and names nobody.' },
  ],
  ['three that are empty', { claims: { sub: '', client_id: '', azp: '' } }, 'invalid_claims'],
  ['a blank', { claims: { sub: ' ' } }, { principalId: ' ' }],
  ['letters of any script', { claims: { sub: 'Zoë "☃"\n' } }, { principalId: 'Zoë "☃"\n' }],
  [
    'none but in __proto__',
    { ...claimText('__proto__', inherited), claims: { sub: undefined } },
    'invalid_claims',
  ],
];

/** A claim so many seconds away from when the tests began; by minutes, so that no slow machine makes a difference. */
const away = (claimName: string, offset: number, expected: Case[2]): Case => [
  `${claimName} ${offset < 0 ? `${-offset} s ago` : `in ${offset} s`}`,
  { claims: { [claimName]: NOW + offset } },
  expected,
];

/** Named by its claims, as PRINCIPAL_CLAIM=email,/who/id,azp has it. */
const named = (claims: object, expected: Case[2]): Case => [
  nameOf(claims),
  { claims: { ...claims } },
  expected,
];
const NAMED: readonly Case[] = [
  named({ email: 'e', who: { id: 'i' }, azp: 'a' }, { principalId: 'e' }),
  named({ email: null, who: { id: 'i' } }, { principalId: 'i' }),
  named({ email: '', who: { id: 'i' } }, { principalId: 'i' }),
  named({ 'who/id': 'x', '/who/id': 'x', who: { id: null }, azp: 'a' }, { principalId: 'a' }),
  named({ who: [{ id: 'i' }] }, 'invalid_claims'),
  named({ email: '' }, { reason: 'invalid_claims', detail: 'The claim email is empty and names nobody.' }),
  named({}, { reason: 'invalid_claims', detail: /none of email, \/who\/id, azp\.$/ }),
  // sub, client_id and azp are always looked at, and so is every claim of the list
  named({ email: 'e', sub: null }, 'invalid_claims'),
  named(
    { email: 'e', client_id: 1 },
    { reason: 'invalid_claims', detail: 'The claim client_id is not a string.' },
  ),
  named(
    { email: 'e', who: { id: 7 } },
    { reason: 'invalid_claims', detail: 'The claim /who/id is not a string.' },
  ),
  named({ email: ['e'] }, 'invalid_claims'),
];

const MILLISECONDS = { reason: 'token_not_active', detail: /in milliseconds, not seconds\.$/ } as const;

const TIMES: readonly Case[] = [
  away('exp', -6, 'token_expired'),
  away('exp', -3600, 'token_expired'),
  away('exp', 3600.5, 'authorized'),
  claim('exp', 0, 'token_expired'),
  claim('exp', -1, 'token_expired'),
  claim('exp', 1e308, 'authorized'),
  away('nbf', 240, { reason: 'token_not_active', detail: 'The claim nbf is in the future.' }),
  claim('nbf', NOW * 1000, MILLISECONDS),
  claim('iat', NOW * 1000, MILLISECONDS),
  away('nbf', 0, 'authorized'),
  claim('nbf', undefined, 'authorized'),
  claim('nbf', -1e308, 'authorized'),
  claim('nbf', 1e308, 'token_not_active'),
  away('iat', 240, 'token_not_active'),
  claim('iat', undefined, 'authorized'),
  claim('iat', 0, 'authorized'),
];

const other = { reason: 'invalid_audience' } as const;
const AUDIENCES: readonly Case[] = [
  claim('aud', AUDIENCE, 'authorized'),
  claim('aud', [AUDIENCE], 'authorized'),
  claim('aud', ['https://other.example', AUDIENCE], 'authorized'),
  claim('aud', undefined, {
    ...other,
    detail: `The token has no claim aud, which must contain ${AUDIENCE}.`,
  }),
  ...[[], '', [''], ['https://other.example'], API_2].map((aud) =>
    claim('aud', aud, { ...other, detail: `The claim aud does not contain ${AUDIENCE}.` }),
  ),
  ...[`${AUDIENCE}/`, `${AUDIENCE}x`, AUDIENCE.slice(0, -1), ` ${AUDIENCE}`, AUDIENCE.toUpperCase()].map(
    (aud) => claim('aud', aud, other),
  ),
  claim('aud', `${AUDIENCE} https://other.example`, other),
  claim('aud', `${AUDIENCE},https://other.example`, other),
];

/** Cognito's access tokens have no `aud`. */
const client = (client_id: unknown, claims: object = {}): Asked => ({
  claims: { aud: undefined, client_id, ...claims },
});
const CLIENTS: readonly Case[] = [
  ['its own client', client('app-1'), 'authorized'],
  ['one of several', client('app-2'), 'authorized'],
  ['its own client, and an aud besides', client('app-1', { aud: 'anything' }), 'authorized'],
  ['another client', client('app-3'), other],
  ['no client', client(undefined), other],
  ['its own client as aud', client(undefined, { aud: 'app-1' }), other],
  ['several clients', client(['app-1']), 'invalid_claims'],
  ['a number', client(1), 'invalid_claims'],
  ['its own client, and an aud of the wrong type', client('app-1', { aud: 0 }), 'invalid_claims'],
  ['its own client, and null for aud', client('app-1', { aud: null }), 'invalid_claims'],
];

/** As AUDIENCE_CLAIM=/res/id,aud,client_id has it: the first that the token has counts, and no other. */
const heard = (claims: object, expected: Case[2]): Case => [
  nameOf(claims),
  { claims: { aud: undefined, ...claims } },
  expected,
];
const HEARD: readonly Case[] = [
  heard({ res: { id: AUDIENCE }, aud: 'x' }, 'authorized'),
  heard({ res: { id: ['x', AUDIENCE] } }, 'authorized'),
  heard({ res: { id: 'x' }, aud: AUDIENCE }, other),
  heard({ res: { id: '' }, aud: AUDIENCE }, other),
  heard({ res: { id: [] }, aud: AUDIENCE }, other),
  heard({ res: { id: null }, aud: AUDIENCE }, 'authorized'),
  heard({ res: { id: { id: AUDIENCE } }, aud: AUDIENCE }, 'invalid_claims'),
  heard({ res: { id: 1 }, aud: AUDIENCE }, 'invalid_claims'),
  heard({ res: [AUDIENCE], client_id: AUDIENCE }, 'authorized'),
  heard({ aud: 'x', client_id: AUDIENCE }, other),
  heard({}, { ...other, detail: /no claim \/res\/id, aud, client_id, which must contain/ }),
];

trySuites(
  world,
  [
    { name: 'types of claims', cases: TYPES },
    { name: 'the principal', cases: PRINCIPALS },
    { name: 'PRINCIPAL_CLAIM', env: { PRINCIPAL_CLAIM: 'email, /who/id,azp' }, cases: NAMED },
    { name: 'times', cases: TIMES },
    {
      name: 'times, CLOCK_TOLERANCE=300',
      env: { CLOCK_TOLERANCE: '300' },
      cases: [
        away('exp', -100, 'authorized'),
        away('exp', -301, 'token_expired'),
        away('nbf', 299, 'authorized'),
        away('nbf', 600, 'token_not_active'),
        away('iat', 299, 'authorized'),
        away('iat', 600, 'token_not_active'),
      ],
    },
    {
      name: 'times, CLOCK_TOLERANCE=0',
      env: { CLOCK_TOLERANCE: '0' },
      cases: [away('exp', 0, 'token_expired'), away('nbf', 0, 'authorized'), away('iat', 0, 'authorized')],
    },
    { name: 'the audience', cases: AUDIENCES },
    {
      name: 'two audiences',
      env: { AUDIENCE: `${API_2}, ${AUDIENCE}` },
      cases: [
        claim('aud', AUDIENCE, 'authorized'),
        claim('aud', API_2, 'authorized'),
        claim('aud', `${API_2}, ${AUDIENCE}`, other),
      ],
    },
    {
      name: 'AUDIENCE_CLAIM=client_id',
      env: { AUDIENCE_CLAIM: 'client_id', AUDIENCE: 'app-1,app-2' },
      cases: CLIENTS,
    },
    { name: 'AUDIENCE_CLAIM, a list', env: { AUDIENCE_CLAIM: '/res/id, aud,client_id' }, cases: HEARD },
  ],
  quickly,
);
