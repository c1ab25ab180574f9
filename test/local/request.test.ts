import { describe } from 'node:test';
import { ARN, type Case, type Made, tryMistakes, useSite } from './world.ts';

const site = useSite();

/** An event that is not the right one. */
const event = (name: string, change: (good: object, token: string) => unknown, ...words: readonly string[]): Case => [
  name,
  { event: change },
  ...words,
];
/** A REQUEST event with these members. */
const request = (name: string, members: (token: string) => object, ...words: readonly string[]): Case =>
  event(name, (_, token) => ({ type: 'REQUEST', methodArn: ARN, headers: {}, ...members(token) }), ...words);
/** A value of authorizationToken, made of the token. */
const value = (name: string, make: (token: string) => unknown, ...words: readonly string[]): Case => [
  name,
  { value: make },
  ...words,
];
/** A token with another header, other claims or another signature. */
const token = (name: string, made: Made, ...words: readonly string[]): Case => [name, { token: made }, ...words];
const encode = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');

describe('the event:', () =>
  tryMistakes(site, [
    event('null', () => null, 'event.json has a text or the like', 'Copy event.json.sample'),
    event('a list', (good) => [good], 'has a list', 'not the event of an authorizer', 'Copy event.json.sample'),
    event('S3', () => ({ Records: [{}] }), 'event.json has "Records"', 'Copy event.json.sample'),
    event(
      'a type in small letters',
      (good) => ({ ...good, type: 'token' }),
      'is "token", not "TOKEN"',
      '"type": "TOKEN"',
    ),
    event('no methodArn', (good) => ({ ...good, methodArn: undefined }), 'methodArn', 'missing', 'Write "methodArn"'),
    event(
      'the ARN of a function',
      (good) => ({ ...good, methodArn: 'arn:aws:lambda:x' }),
      'arn:aws:lambda:x',
      'execute-api',
    ),
    event(
      'mixed versions',
      (good) => ({ ...good, type: 'REQUEST', version: '2.0' }),
      'emulator',
      'Attach the function',
    ),
    event('a wildcard', (good) => ({ ...good, methodArn: `${ARN}/*` }), 'contains *, ? or', 'POLICY_RESOURCE=stage'),
    request('no token', () => ({}), 'no token in header:Authorization', '"Bearer "'),
    request('a header', (own) => ({ headers: { 'X-Token': own } }), 'in header:X-Token', 'TOKEN_SOURCE=header:X-Token'),
    request('a cookie', (own) => ({ headers: { Cookie: `a=b; c=${own}` } }), 'in cookie:c', 'TOKEN_SOURCE=cookie:c'),
    [
      'Bearer%20 in a cookie',
      {
        env: { TOKEN_SOURCE: 'cookie:session' },
        event: (_, own) => ({ type: 'REQUEST', methodArn: ARN, headers: { Cookie: `a=b; session=Bearer%20${own}` } }),
      },
      'There is "Bearer%20" before the token',
      'Delete "Bearer%20"',
    ],
  ]));

describe('authorizationToken:', () =>
  tryMistakes(site, [
    value('the sample', () => 'Bearer ACCESS_TOKEN', 'still contains ACCESS_TOKEN', 'leave "Bearer " before it'),
    value('absent', () => undefined, 'no token in authorizationToken.', 'Send "Bearer "'),
    value('a number', () => 7, 'value of authorizationToken is not text', 'Send "Bearer "'),
    value('the bare token', (own) => own, 'a token without "Bearer " before it', 'Send "Bearer "'),
    value('Token', (own) => `Token ${own}`, 'begins with "Token"', 'the value begins with "Bearer "'),
    value('Authorization:', (own) => `Authorization: Bearer ${own}`, 'begins with "Authorization:"', 'Delete'),
    value('a line break', (own) => `Bearer ${own}\n`, 'authorizationToken', 'line breaks'),
    value('undefined', () => 'Bearer undefined', 'is the text "undefined"', 'what the issuer answered'),
    value('an object', () => 'Bearer [object Object]', '"[object Object]"', 'the issuer answered'),
    value('$TOKEN', () => 'Bearer $TOKEN', 'is the text "$TOKEN"', 'the shell', 'sed "s/ACCESS_TOKEN/$TOKEN/"'),
    value('an answer', (own) => `Bearer {"access_token":"${own}"}`, "issuer's whole answer", 'value of "access_token"'),
    value('an error', () => 'Bearer {"error":"invalid_client"}', 'its error', 'correct the request'),
    value('PEM', () => 'Bearer -----BEGIN PRIVATE KEY-----', 'or a key', 'belongs in no file'),
    value('dots for a part', (own) => `Bearer ${own.slice(0, 40)}...`, 'cut off, abbreviated', 'copy it again'),
    value(
      'opaque',
      () => `Bearer gho_${'a'.repeat(36)}`,
      'it is opaque, not a JWT',
      'Auth0',
      'an issuer that signs JWTs',
    ),
    value('encrypted', () => `Bearer ${encode({ alg: 'dir' })}..a.b.c`, 'is encrypted', 'Auth.js', 'the access_token'),
    value(
      'of Cognito',
      () => `Bearer ${encode({ alg: 'RSA-OAEP' })}.a.b.c.d`,
      'a refresh token of Cognito',
      'access_token',
    ),
  ]));

const groups = Array.from({ length: 1500 }, (_, at) => `group-number-${at}`);

describe('the token:', () =>
  tryMistakes(site, [
    token('no signature', { header: { alg: 'none' }, signature: '' }, 'unsigned', 'alg is "none"', 'never accepted'),
    token('alg none', { header: { alg: 'none' }, signature: 'YWJj' }, 'unsigned: its alg is none', 'never accepted'),
    token('HS256', { header: { alg: 'HS256' } }, 'It is "HS256"', 'signing key', 'shared secrets'),
    token('ES256', { header: { alg: 'ES256' } }, 'alg is not RS256. It is "ES256"', 'ALGORITHMS=ES256'),
    token('ES256K', { header: { alg: 'ES256K' } }, 'alg is not RS256', 'set ALGORITHMS'),
    token('16 KiB', { claims: { groups } }, 'longer than 16384 characters', 'claim groups has 1500 entries'),
    token(
      'its own typ',
      { header: { typ: 'x+jwt' } },
      'typ is "x+jwt"',
      'TOKEN_TYPES=JWT,at+jwt,x+jwt. Otherwise let it write at+jwt',
    ),
    token(
      'typ id_token',
      { header: { typ: 'id_token' } },
      "not an access token's",
      'Never add the type of an ID token',
    ),
    token('a security event', { claims: { events: {} } }, 'claim events', 'Send the access token'),
    token(
      'Okta',
      { header: { typ: 'application/okta-internal-at+jwt' } },
      "Okta's org server",
      'Never add this issuer or this type',
    ),
    token('crit', { header: { crit: ['exp'] } }, 'crit or b64', 'without extensions'),
  ]));
