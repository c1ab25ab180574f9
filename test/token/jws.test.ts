import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { generateKey } from '../../scripts/issuer.ts';
import { readConfig } from '../../src/config/config.ts';
import { type Reason, Refusal } from '../../src/decision.ts';
import { sentenceOf } from '../../src/sentences.ts';
import { checkHeader, loggableKid, parseToken } from '../../src/token/jws.ts';
import { AUDIENCE, base64url, tokenFactory } from '../support/tokens.ts';

const ISSUER = 'https://issuer.example/';
const config = readConfig({
  TOKEN_ISSUER: ISSUER,
  JWKS_URI: 'https://issuer.example/jwks',
  AUDIENCE,
  ALGORITHMS: 'RS256,ES256',
});

const forge = tokenFactory(ISSUER, await generateKey('key-1'));

/** Whether an error is a refusal for this reason, with a sentence about it. */
const isRefusal = (reason: Reason, detail: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Refusal, 'a refusal');
  assert.equal(error.cause.reason, reason);
  assert.match(sentenceOf(error.cause), detail);
  return true;
};

describe('parseToken', () => {
  it('takes a token apart', () => {
    const compact = forge({ header: { kid: 'k' }, claims: { sub: 'me' } });
    const token = parseToken(compact);
    assert.equal(token.compact, compact);
    assert.equal(token.unverifiedKid, 'k');
    assert.deepEqual(token.unverifiedHeader, { alg: 'RS256', typ: 'at+jwt', kid: 'k' });
    assert.equal(token.unverifiedClaims.sub, 'me');
  });

  it('remembers no header for a token that has another', () => {
    const kids = ['a', 'b', 'a', undefined, 'b', undefined];
    const tokens = kids.map((kid) => parseToken(forge({ header: { kid } })));
    assert.deepEqual(
      tokens.map(({ unverifiedKid }) => unverifiedKid),
      kids,
    );
  });

  it('refuses a header again that it has refused', () => {
    const compact = forge({ headerText: () => '[]' });
    for (const _ of [1, 2]) {
      assert.throws(() => parseToken(compact), isRefusal('malformed_token', /header is not a JSON object/));
    }
  });

  it('takes each part in its one canonical form only', () => {
    const [header, payload] = forge().split('.');
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'];
    const signature = fc.string({ unit: fc.constantFrom(...letters), maxLength: 12 });
    fc.assert(
      fc.property(signature, (text) => {
        const isCanonical = text !== '' && base64url(Buffer.from(text, 'base64url')) === text;
        const parse = () => parseToken(`${header}.${payload}.${text}`);
        if (isCanonical) parse();
        else assert.throws(parse, isRefusal('malformed_token', text === '' ? /unsigned/ : /canonical/));
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  const [header = ''] = forge().split('.');
  const encoded = (json: string) => base64url(json);
  /** Not a token, and what the log says of it. */
  const shapes: Readonly<Record<string, RegExp>> = {
    'a.b.c.d.e': /^The token is encrypted \(JWE, five parts\)/,
    [`${encoded('{"alg":"dir"}')}..AAAA.AAAA.AAAA`]: /^The token is encrypted/,
    b3BhcXVl: /three parts but 1: it is opaque/,
    'e30.e30': /but 2: /,
    'e30.e30.AAAA.AAAA': /but 4: /,
    ...Object.fromEntries(
      ['..', 'e30..AAAA', '.e30.AAAA', 'e30.e30.', '.e30.e30.AAAA', 'e30.e30.AAAA.'].map((compact) => [compact, /./]),
    ),
    'e30.e30.A': /not canonical/,
    'e30.e30.AB': /not canonical/,
    'e31.e30.AAAA': /not canonical/,
    'e30.e31.AAAA': /not canonical/,
    'e30.e30.AA==': /contains the character =, which is not base64url/,
    'e30.e30.+/AA': /character \+,/,
    'Bearer%20e30.e30.AAAA': /character %,/,
    'e30.e30.': /^The token is unsigned: its third part, the signature, is empty\.$/,
    'e30.e3\u200b0.AAAA': /U\+200B/,
    'e30.e30~.AAAA': /character ~,/,
    'e30.e30ä.AAAA': /U\+00E4/,
    ['x'.repeat(16_385)]: /longer than 16384/,
    'AAAA.e30.AAAA': /header is not JSON/,
    '_w.e30.AAAA': /header is not UTF-8/,
    'e30._w.AAAA': /payload is not UTF-8/,
    // a byte that is not UTF-8, in a text
    [`e30.${base64url(Buffer.from('{"x":"\xff"}', 'latin1'))}.AAAA`]: /payload is not UTF-8/,
    ...Object.fromEntries(
      ['[]', '"{}"', '1', 'null'].flatMap((json) => [
        [`${encoded(json)}.e30.AAAA`, /header is not a JSON object/],
        [`e30.${encoded(json)}.AAAA`, /payload is not a JSON object/],
      ]),
    ),
    ...Object.fromEntries(
      ['null', '1', 'true', '{}', '["key-1"]'].map((kid) => [
        `${encoded(`{"kid":${kid}}`)}.e30.AAAA`,
        /^The token's kid is not a string/,
      ]),
    ),
    ...Object.fromEntries(
      ['undefined', 'null', 'None', 'nil', 'false', 'true', 'NaN', '[object', '$TOKEN', `$\{A_TOKEN}`].map((text) => [
        text,
        /^A placeholder such as undefined or null is in the place of the token/,
      ]),
    ),
  };
  for (const [compact, detail] of Object.entries(shapes)) {
    it(`says what is wrong with ${compact.slice(0, 40)}`, () =>
      assert.throws(() => parseToken(compact), isRefusal('malformed_token', detail)));
  }

  it('accepts 16 KiB, and spaces in the JSON', () => {
    const claims = base64url('{}'.padEnd(9));
    const token = `${header}.${claims}.`;
    assert.equal(parseToken(token.padEnd(16_384, 'A')).compact.length, 16_384);
  });
});

describe('loggableKid', () => {
  const kidOf = (kid: string | undefined, isPublished: boolean) =>
    loggableKid(parseToken(forge({ header: { kid } })), isPublished);

  it('is the kid, cut at 128 characters', () => {
    for (const isPublished of [true, false]) {
      assert.equal(kidOf('key-1', isPublished), 'key-1');
      assert.equal(kidOf(undefined, isPublished), undefined);
      assert.equal(kidOf('k'.repeat(129), isPublished), 'k'.repeat(128));
    }
  });

  it('is nothing that could be the beginning of a token, unless the issuer publishes it', () => {
    assert.equal(kidOf('eyJhbGciOi', false), undefined);
    assert.equal(kidOf('eyJhbGciOi', true), 'eyJhbGciOi');
  });

  it('is nothing that repeats twelve characters of the token, wherever', () => {
    const signature = base64url(Buffer.alloc(256, 'signature'));
    const sign = () => Buffer.alloc(256, 'signature');
    const logged = (kid: string) => loggableKid(parseToken(forge({ header: { kid }, sign })), false);
    for (let at = 0; at < 20; at++) {
      assert.equal(logged(`${'<'.repeat(at)}${signature.slice(30 + at, 42 + at)}>`), undefined);
      assert.equal(logged(`${'<'.repeat(116)}${signature.slice(30 + at, 42 + at)}>`), undefined);
    }
    assert.equal(logged(`<${signature.slice(30, 37)}>`), `<${signature.slice(30, 37)}>`);
  });
});

describe('checkHeader', () => {
  const check = (header: object) =>
    checkHeader(parseToken(forge({ headerText: () => JSON.stringify(header) })), config);

  const checkClaims = (header: object, claims: object) =>
    checkHeader(parseToken(forge({ header: { ...header }, claims: { ...claims } })), config);

  it('returns the algorithm', () => {
    assert.equal(check({ alg: 'ES256' }), 'ES256');
    assert.equal(check({ alg: 'RS256', cty: 'JWT', nonce: 'n', x: null }), 'RS256');
  });

  it('accepts the types of TOKEN_TYPES, in any case, short or long', () => {
    const types = ['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+JWT', 'APPLICATION/jwt'];
    for (const typ of [undefined, ...types]) assert.equal(check({ alg: 'RS256', typ }), 'RS256', typ);
    const one = { ...config, tokenTypes: new Set(['at+jwt']) };
    const parsed = (typ?: string) => parseToken(forge({ header: { typ } }));
    assert.equal(checkHeader(parsed('application/at+jwt'), one), 'RS256');
    for (const typ of [undefined, 'JWT']) {
      assert.throws(() => checkHeader(parsed(typ), one), isRefusal('unsupported_type', /not at\+jwt/));
    }
  });

  it('refuses an event, with or without a type of its own', () => {
    // RFC 8417, 2.2
    const LOGOUT = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    for (const events of [LOGOUT, {}]) {
      for (const header of [{}, { typ: undefined }, { alg: 'HS256' }]) {
        const detail = /has the claim events/;
        assert.throws(() => checkClaims(header, { events }), isRefusal('unsupported_type', detail));
      }
    }
    for (const events of [undefined, null, '', 'events', 0, true, [], [LOGOUT]]) {
      assert.equal(checkClaims({}, { events, event: LOGOUT, details: { events: LOGOUT } }), 'RS256');
    }
  });

  const refused: readonly (readonly [Reason, detail: RegExp, member: string, values: readonly unknown[]])[] = [
    [
      'unsupported_type',
      /not jwt or at\+jwt/,
      'typ',
      [
        ...['', 'logout+jwt', 'id+jwt', 'secevent+jwt', 'dpop+jwt', 'JWT ', 'application/', 'text/jwt', 'JWE'],
        ...[null, 0, true, {}, ['JWT'], 'application/application/jwt'],
      ],
    ],
    [
      'unsupported_algorithm',
      /not RS256 or ES256/,
      'alg',
      [
        ...['RS384', 'PS256', 'EdDSA', 'HS256', 'HS512', 'dir', 'rs256', 'RS256 ', 'RS256\0'],
        ...['', undefined, null, 0, true, {}, ['RS256'], '__proto__', 'constructor', 'toString'],
      ],
    ],
    ['unsupported_algorithm', /^The token is unsigned: its alg is none\.$/, 'alg', ['none', 'None', 'NONE']],
    [
      'unsupported_critical',
      /crit or b64/,
      'crit',
      [['exp'], ['b64'], ['http://example.com/unknown'], [], null, 'exp', {}, false],
    ],
    ['unsupported_critical', /crit or b64/, 'b64', [true, false, null, 'true']],
  ];
  for (const [reason, detail, member, values] of refused) {
    it(`refuses other values of ${member}`, () => {
      for (const value of values) {
        const header = { alg: 'RS256', [member]: value };
        assert.throws(() => check(header), isRefusal(reason, detail), JSON.stringify(value));
      }
    });
  }
});
