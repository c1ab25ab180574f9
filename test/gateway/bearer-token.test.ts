import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Credential, oneToken, type TokenPlace } from '../../src/gateway/bearer-token.ts';
import { refusalOf } from '../support/settings.ts';

const PLACE = 'header:Authorization';

/** The token among values, or what is wrong with them. */
function credentialIn(values: readonly unknown[], place: Partial<TokenPlace>, found?: Credential) {
  let credential: Credential | undefined;
  const { reason, message } = refusalOf(() => {
    credential = oneToken(values, { label: PLACE, form: 'bearer', acceptsDpop: false, ...place }, found);
  });
  assert.equal(reason, message && 'missing_token');
  return message ?? credential;
}

/** What is wrong with values; the token if nothing is. */
function read(values: readonly unknown[], form: TokenPlace['form'] = 'bearer', found?: string) {
  const credential = credentialIn(values, { form }, found ? { token: found, scheme: 'bearer' } : undefined);
  return typeof credential === 'object' ? credential.token : credential;
}

const FORM = `The value of ${PLACE} does not have the form "Bearer <token>".`;
const NOT_TEXT = `The value of ${PLACE} is not text.`;
const NO_BEARER = `The value of ${PLACE} is a token without "Bearer " before it.`;
const NOTHING = `No token follows "Bearer" in ${PLACE}.`;
const WORDS = `More than one word follows "Bearer" in ${PLACE}.`;
const NAME = `The value of ${PLACE} begins with the name of the header.`;
const DIFFER = `The request has tokens that differ, one of them in ${PLACE}.`;
const WORD = `The value of ${PLACE} is not one word.`;
const NOT_DUE = `"Bearer " precedes the token in ${PLACE}. Send the token alone there.`;
const invisible = (character: string) =>
  `The value of ${PLACE} contains the character ${character}, which is invisible or looks like a space.`;

describe('one value', () => {
  const bearer: readonly (readonly [value: unknown, expected: string | undefined])[] = [
    ...['Bearer a.b.c', 'bearer a.b.c', 'BEARER a.b.c', 'bEaReR    a.b.c', '\t Bearer  a.b.c \t'].map(
      (value) => [value, 'a.b.c'] as const,
    ),
    ...[undefined, null, ''].map((value) => [value, undefined] as const),
    ...[0, true, {}, ['Bearer a.b.c'], { 0: 'Bearer a.b.c' }].map((value) => [value, NOT_TEXT] as const),
    ...['Bearer', 'Bearer ', ' bearer  '].map((value) => [value, NOTHING] as const),
    ...[' ', 'Token x', 'Basic dXNlcjpwYXNzd29yZA==', 'Digest a.b.c', 'Bearer:x', 'Bearer,x'].map(
      (value) => [value, FORM] as const,
    ),
    ...['\u0412earer a.b.c', 'b3BhcXVl', 'Bearer: x'].map((value) => [value, FORM] as const),
    ['a.b.c', NO_BEARER],
    ...['Bearer a.b.c a.b.c', 'Bearer a.b.c, Bearer a.b.c'].map((value) => [value, WORDS] as const),
    ...['Authorization: Bearer a.b.c', ' authorization : x'].map((value) => [value, NAME] as const),
    ['Bearer\u00a0a.b.c', invisible('U+00A0')],
    ...['Bearer\ta.b.c', 'Bearer \ta.b.c', 'Bearer\t a.b.c'].map((value) => [value, invisible('U+0009')] as const),
    ['\ufeffBearer a.b.c', invisible('U+FEFF')],
    ...['Bearer a.b.c\n', 'Bearer a.\nb.c'].map((value) => [value, invisible('U+000A')] as const),
  ];
  for (const [value, expected] of bearer) {
    it(`Bearer: ${JSON.stringify(value)}`, () => assert.equal(read([value]), expected));
  }

  const bare: readonly (readonly [value: string, expected: string])[] = [
    ['a.b.c', 'a.b.c'],
    ['opaque', 'opaque'],
    ...['Bearer a.b.c', 'bearer a.b.c'].map((value) => [value, NOT_DUE] as const),
    ...['two words', 'a.b.c,a.b.c', ' ', 'a.b.c '].map((value) => [value, WORD] as const),
  ];
  for (const [value, expected] of bare) {
    it(`the token alone: ${JSON.stringify(value)}`, () => assert.equal(read([value], 'bare'), expected));
  }

  it('with or without Bearer, where both are due', () => {
    for (const value of ['a.b.c', 'bEARER  a.b.c']) assert.equal(read([value], 'either'), 'a.b.c');
    for (const value of ['Basic a.b.c', 'a.b.c,a.b.c d']) assert.equal(read([value], 'either'), FORM);
    assert.equal(read(['a.b.c,a.b.c'], 'either'), FORM);
  });
});

describe('several values', () => {
  const [A, B] = ['Bearer a.a.a', 'bearer b.b.b'];

  it('may be the same, and empty ones count as nothing', () => {
    assert.equal(read(['', A, null, 'BEARER  a.a.a', undefined]), 'a.a.a');
    assert.equal(read([A], 'bearer', 'a.a.a'), 'a.a.a');
    assert.equal(read(['', null], 'bearer', 'a.a.a'), 'a.a.a');
    assert.equal(read([]), undefined);
  });

  it('may not differ', () => {
    for (const values of [
      [A, B],
      [A, A, B],
      [B, A, A],
    ])
      assert.equal(read(values), DIFFER);
    assert.equal(read([B], 'bearer', 'a.a.a'), DIFFER);
  });

  it('are all of the form', () => {
    for (const values of [
      [A, 'Basic x'],
      ['Basic x', A],
    ])
      assert.equal(read(values), FORM);
    assert.equal(read([A, [A]]), NOT_TEXT);
  });
});

describe('the scheme DPoP', () => {
  const NO_DPOP = `The value of ${PLACE} has the scheme DPoP. TOKEN_BINDING=dpop accepts it.`;
  const NOT_DPOP = `The value of ${PLACE} does not have the form "DPoP <token>".`;

  for (const value of ['DPoP a.b.c', 'dpop  a.b.c', ' DPOP a.b.c ']) {
    it(JSON.stringify(value), () => {
      for (const form of ['bearer', 'either'] as const) {
        assert.equal(credentialIn([value], { form }), NO_DPOP);
        const credential = { token: 'a.b.c', scheme: 'dpop' };
        assert.deepEqual(credentialIn([value], { form, acceptsDpop: true }), credential);
      }
      assert.equal(credentialIn([value], { form: 'bare', acceptsDpop: true }), WORD);
    });
  }

  it('of another form', () => {
    for (const value of ['DPoP', 'DPoP ', 'DPoP a b', 'DPoP a, DPoP a'])
      assert.equal(credentialIn([value], { acceptsDpop: true }), NOT_DPOP);
    for (const value of ['DPoP:x', 'DPoPx y', 'Bearer,x'])
      assert.equal(credentialIn([value], { acceptsDpop: true }), FORM);
  });

  it('is told from Bearer, and both from either', () => {
    const schemeOf = (values: readonly unknown[], found?: Credential) =>
      Object(credentialIn(values, { acceptsDpop: true }, found)).scheme;
    assert.equal(schemeOf(['Bearer a']), 'bearer');
    assert.equal(schemeOf(['DPoP a', 'dpop a']), 'dpop');
    for (const values of [
      ['Bearer a', 'DPoP a'],
      ['DPoP a', 'Bearer a'],
      ['Bearer a', 'DPoP a', 'DPoP a'],
    ])
      assert.equal(schemeOf(values), 'both');
    assert.equal(schemeOf(['Bearer a'], { token: 'a', scheme: 'dpop' }), 'both');
    assert.equal(credentialIn(['Bearer a', 'DPoP b'], { acceptsDpop: true }), DIFFER);
  });
});
