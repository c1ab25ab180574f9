import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { generateKey } from '../../scripts/issuer.ts';
import { readConfig } from '../../src/config/config.ts';
import { normalizeType } from '../../src/config/values.ts';
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
  assert.ok(error instanceof Refusal);
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
        else assert.throws(parse, isRefusal('malformed_token', /canonical/));
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  for (const [what, compact, detail] of [
    ['an encrypted token', 'a.b.c.d.e', /encrypted \(JWE/],
    ['an opaque token', 'b3BhcXVl', /has 1 part, .*opaque/],
    ['a token of two parts', 'e30.e30', /has 2 parts/],
    ['an empty part', 'e30..AAAA', /empty/],
    ['a token that is too long', 'x'.repeat(16_385), /longer than 16384/],
    ['a header that is no JSON', 'AAAA.e30.AAAA', /header is not JSON/],
    ['a payload that is not UTF-8', 'e30._w.AAAA', /payload is not UTF-8/],
    ['a kid that is no string', `${base64url('{"kid":1}')}.e30.AAAA`, /kid is not a string/],
  ] as const) {
    it(`says what is wrong with ${what}`, () => {
      assert.throws(() => parseToken(compact), isRefusal('malformed_token', detail));
    });
  }
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

  it('is nothing that repeats twelve characters of the token', () => {
    const signature = base64url(Buffer.alloc(256, 'signature'));
    const sign = () => Buffer.alloc(256, 'signature');
    const logged = (kid: string) => loggableKid(parseToken(forge({ header: { kid }, sign })), false);
    assert.equal(logged(`<${signature.slice(30, 42)}>`), undefined);
    assert.equal(logged(`<${signature.slice(30, 41)}>`), `<${signature.slice(30, 41)}>`);
  });
});

describe('checkHeader', () => {
  const check = (header: object) =>
    checkHeader(parseToken(forge({ headerText: () => JSON.stringify(header) })), config);

  it('returns the algorithm', () => {
    assert.equal(check({ alg: 'ES256' }), 'ES256');
  });

  for (const [reason, header, detail] of [
    ['unsupported_type', { alg: 'RS256', typ: 'logout+jwt' }, /not one of jwt, at\+jwt/],
    ['unsupported_algorithm', { alg: 'PS256' }, /not one of RS256, ES256/],
    ['unsupported_critical', { alg: 'RS256', crit: [] }, /crit or b64/],
  ] as const) {
    it(`says what is wrong: ${reason}`, () => {
      assert.throws(() => check(header), isRefusal(reason, detail));
    });
  }
});

it('normalizeType knows a type in any case, short or long', () => {
  for (const type of ['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+jwt']) {
    assert.equal(normalizeType(type), 'at+jwt');
  }
});
