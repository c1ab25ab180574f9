import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { generateKey, startIssuer } from '../scripts/issuer.ts';
import { credentialsOf, leakOf } from './support/expectations.ts';
import type { Thrown } from './support/harness.ts';
import { composeHere, thrown } from './support/in-process.ts';
import { METHOD } from './support/suite.ts';
import { AUDIENCE, base64url, SCOPE, type Spoilt, SUBJECT, seconds, tokenFactory } from './support/tokens.ts';

/** Texts of every kind of character. */
const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));

/** A TOKEN event. */
const tokenEvent = (authorizationToken: unknown, methodArn: unknown = METHOD) => ({
  type: 'TOKEN',
  authorizationToken,
  methodArn,
});

/** `Authorization` values and worse, among them the parts of a good token, but never all of it in one piece. */
function anyCredential(good: string): fc.Arbitrary<unknown> {
  const anyPart = fc.oneof(
    fc.json().map(base64url),
    fc.uint8Array({ maxLength: 80 }).map(base64url),
    fc.constantFrom(...good.split('.')),
    anyText,
  );
  const anyParts = fc.array(anyPart, { minLength: 1, maxLength: 6 });
  return fc
    .oneof(
      fc.jsonValue(),
      anyText,
      anyText.map((text) => `Bearer ${text}`),
      anyParts.map((parts) => `Bearer ${parts.join('.')}`),
    )
    .filter((credential) => !JSON.stringify(credential).includes(good));
}

/** Events of no kind, of one, of several at once; none holds the good token. */
function anyEvent(good: string): fc.Arbitrary<unknown> {
  const credential = anyCredential(good);
  const arn = fc.oneof(
    { weight: 3, arbitrary: fc.constant<unknown>(METHOD) },
    fc.jsonValue(),
    anyText.map((path) => `${METHOD}/${path}`),
    anyText.map((text) => `arn:aws:execute-api:${text}`),
  );
  const mixed = {
    type: fc.oneof(fc.constantFrom('TOKEN', 'REQUEST'), fc.jsonValue()),
    version: fc.oneof(fc.constantFrom('1.0', '2.0'), fc.jsonValue()),
    authorizationToken: credential,
    headers: fc.oneof(fc.record({ authorization: credential }), fc.jsonValue()),
    multiValueHeaders: fc.oneof(fc.record({ Authorization: fc.array(credential) }), fc.jsonValue()),
    queryStringParameters: fc.oneof(fc.record({ jwt: credential }), fc.jsonValue()),
    cookies: fc.oneof(fc.array(credential), fc.jsonValue()),
    requestContext: fc.jsonValue(),
    methodArn: arn,
    routeArn: arn,
  };
  return fc.oneof(
    fc.jsonValue(),
    fc.tuple(credential, arn).map((parts) => tokenEvent(...parts)),
    fc.record(mixed, { requiredKeys: [] }),
  );
}

/** Changes a text at one place, from 0 (the beginning) to 1 (the end). */
type Change = (text: string, at: number, inserted: string) => string;

const place = (text: string, at: number) => Math.floor(at * text.length);
const SOME = 5;

const CHANGES: readonly Change[] = [
  (text, at, inserted) => text.slice(0, place(text, at)) + inserted + text.slice(place(text, at)),
  (text, at, inserted) => text.slice(0, place(text, at)) + inserted + text.slice(place(text, at) + inserted.length),
  (text, at) => text.slice(0, place(text, at)) + text.slice(place(text, at) + SOME),
  (text, at) => text.slice(0, place(text, at) + SOME) + text.slice(place(text, at)),
  (text, at) => text.slice(0, place(text, at)),
  (text, at) => text.slice(place(text, at)),
];

/** Changes the parts of a token: one repeated, one left out, all turned round. */
const PART_CHANGES: readonly ((parts: readonly string[], chosen: number) => readonly string[])[] = [
  (parts, chosen) => parts.flatMap((part, position) => (position === chosen ? [part, part] : [part])),
  (parts, chosen) => parts.filter((_, position) => position !== chosen),
  (parts, chosen) => [...parts.slice(chosen), ...parts.slice(0, chosen)],
];

const ALL_CHANGES: readonly Change[] = [
  ...CHANGES,
  ...PART_CHANGES.map((change): Change => {
    return (text, at) => change(text.split('.'), Math.floor(at * text.split('.').length)).join('.');
  }),
];

/** A token with one to three changes, which may undo each other. */
function anyMutant(token: string): fc.Arbitrary<string> {
  const anyChange = fc.record({
    change: fc.constantFrom(...ALL_CHANGES),
    at: fc.noBias(fc.nat({ max: 999 })).map((thousandths) => thousandths / 1000),
    inserted: fc.oneof(
      fc.constantFrom('A', '=', '.', '-', '_', '+', ' ', '\n', '\0', 'é'),
      fc.string({ minLength: 1, maxLength: 4 }),
    ),
  });
  return fc
    .array(anyChange, { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((text, { change, at, inserted }) => change(text, at, inserted), token));
}

type Members = Readonly<Record<string, unknown>>;

/** A JSON object: some members good, some of any kind, some missing, some besides. */
function anyObject(members: Readonly<Record<string, readonly unknown[]>>): fc.Arbitrary<Members> {
  const known = Object.entries(members).map(([name, goodOnes]) => [
    name,
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...goodOnes) }, fc.jsonValue({ maxDepth: 2 })),
  ]);
  const others = fc.dictionary(anyText, fc.jsonValue());
  return fc
    .tuple(others, fc.record(Object.fromEntries(known), { requiredKeys: [] }))
    .map((objects) => Object.assign({}, ...objects));
}

/**
 * Claims sets: any, and good ones with some claims replaced by any.
 *
 * @param iss the accepted issuer
 * @param now as a NumericDate
 * @param times further NumericDates that are worth a try
 */
function anyClaims(iss: string, now: number, times: readonly number[]): fc.Arbitrary<Members> {
  const time = [now - 3600, now - 60, now + 3600, 0, -1, 1e300, ...times];
  const claims = anyObject({
    iss: [iss, iss.slice(0, -1)],
    exp: time,
    nbf: time,
    iat: time,
    aud: [AUDIENCE, [AUDIENCE], [AUDIENCE, 'x'], 'x', []],
    sub: [SUBJECT, ''],
    client_id: ['client', ''],
    azp: ['party', ''],
    scope: [SCOPE, ['read:pets'], ['read:pets all'], 'write:pets', '', { 'read:pets': 1 }, { 'a b': 1 }],
    scp: [SCOPE, ['read:pets', 'x'], ['not read:pets'], [], { 'read:pets': {} }, { 'read:pets': false }],
    tenant: ['a', 7, true, ['b', 7], 'b', 2 ** 53, { a: 'a' }],
  });
  const good = { iss, sub: SUBJECT, aud: AUDIENCE, exp: now + 300, scope: SCOPE, tenant: 'a' };
  const nearlyGood = claims.chain((any) =>
    fc.subarray(Object.entries(any)).map((some): Members => ({ ...good, ...Object.fromEntries(some) })),
  );
  const special = fc.record(
    { cnf: fc.constantFrom(null, {}, { jkt: 'x' }), events: fc.constantFrom(null, {}, [], 'x') },
    { requiredKeys: [] },
  );
  const rarelySpecial = fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, special);
  return fc.tuple(fc.oneof(claims, nearlyGood), rarelySpecial).map(([any, more]): Members => ({ ...any, ...more }));
}

/** Headers, half of them as they should be. */
const anyHeader = (rsaKid: string, ecKid: string): fc.Arbitrary<Members> =>
  fc.oneof(
    fc.constantFrom<Members[]>({ alg: 'RS256', kid: rsaKid }, { alg: 'ES256', kid: ecKid }),
    anyObject({
      alg: ['RS256', 'PS256', 'ES256', 'none', 'HS256'],
      typ: ['JWT', 'at+jwt', 'logout+jwt'],
      kid: [rsaKid, ecKid],
      crit: [['exp']],
      jku: ['https://evil.example/jwks.json'],
    }),
  );

/** The same inputs every time, unless others are asked for. */
const seed = Number(process.env.PROPERTY_SEED ?? 20_250_101);

const [rsa, ec, foreignRsa, foreignEc] = await Promise.all([
  generateKey('key-rsa'),
  generateKey('key-ec', 'ES256'),
  generateKey('key-rsa'),
  generateKey('key-ec', 'ES256'),
]);
const local = await startIssuer([rsa, ec]);
after(local.close);
const { issuer: ISSUER } = local;
const forge = tokenFactory(ISSUER, ec);
const CLAIMS = { tenant: 'a' };
const good = forge({ claims: CLAIMS });
/** Of an RSA key: there is one signature of a text, no other (RFC 8017, 8.2). */
const goodRsa = forge({ claims: CLAIMS, key: rsa });
const NOW = seconds();

const env = {
  TOKEN_ISSUER: ISSUER,
  JWKS_URI: local.jwksUri,
  AUDIENCE,
  ALGORITHMS: 'RS256,PS256,ES256',
  REQUIRED_SCOPES: 'read:pets',
  CONTEXT_CLAIMS: 'email,roles,__proto__',
  REQUIRED_CLAIMS: 'tenant=a|7|true',
  TOKEN_SOURCE: 'header:Authorization, cookie:session, query:jwt',
};

/** What came of an event. */
interface Decided {
  readonly isAllowed: boolean;
  readonly reason: unknown;
  readonly result: unknown;
}

/** How often each reason came up. */
const counts: Record<string, number> = {};

/** Errors that the contract knows besides `Unauthorized`. */
const ERRORS: readonly unknown[] = ['unsupported_event', 'keys_unavailable'];

/** Holds what a call did against what no input may change. */
function judge(
  event: unknown,
  { result, error }: { readonly result?: unknown; readonly error?: Thrown },
  lines: readonly Readonly<Record<string, unknown>>[],
): Decided {
  const decisions = lines.filter((line) => 'outcome' in line);
  assert.equal(decisions.length, 1, 'not exactly one decision line');
  const [{ outcome, reason } = {}] = decisions;
  const isUnauthorized = error?.name === 'Error' && error.message === 'Unauthorized';
  if (error && !isUnauthorized) assert.ok(ERRORS.includes(reason), `${reason}: ${error.message}`);
  const text = JSON.stringify(result) ?? '';
  const isAllowed = text.includes('"Effect":"Allow"');
  const isDenied = text.includes('"Effect":"Deny"');
  assert.equal(Number(error !== undefined) + Number(isAllowed) + Number(isDenied), 1, 'not exactly one outcome');
  const told = isUnauthorized ? 'unauthorized' : error ? 'error' : isDenied ? 'deny' : 'allow';
  assert.equal(outcome, told, 'the log tells another outcome');
  if (error) assert.equal(error.stack, '');
  const output = `${JSON.stringify(lines)}\n${error?.message}\n${JSON.stringify(result)}`;
  assert.equal(leakOf(credentialsOf(event), output), undefined);
  counts[String(reason)] = (counts[String(reason)] ?? 0) + 1;
  return { isAllowed, reason, result };
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isTexts = (value: unknown): value is string | string[] =>
  isText(value) || (Array.isArray(value) && value.every(isText));
type Claims = Readonly<Record<string, unknown>>;

/** The scopes that a token has; nothing where they are of the wrong type. */
function scopesOf({ scope, scp }: Claims): readonly string[] | undefined {
  const value = scope ?? scp ?? '';
  const isScope = (item: string) => !/[\p{White_Space}\p{Cc}]/u.test(item);
  if (isText(value)) return value.split(' ').filter(isScope);
  const items = Array.isArray(value)
    ? value
    : typeof value === 'object' &&
      Object.entries(value).flatMap(([name, member]) => (member === null || member === false ? [] : [name]));
  return isTexts(items) ? [items].flat().filter(isScope) : undefined;
}

/** The decision table from `iss` on, once more, for claims that the issuer signed. */
function reasonFor(claims: Claims): string {
  const { iss, exp, nbf = NOW, iat = NOW, aud = [], tenant } = claims;
  const [sub, client_id, azp] = [claims.sub, claims.client_id, claims.azp].map((value) => value ?? '');
  if (typeof claims.events === 'object' && claims.events !== null && !Array.isArray(claims.events))
    return 'unsupported_type';
  if (iss !== ISSUER && iss !== ISSUER.slice(0, -1)) return 'unknown_issuer';
  const scopes = scopesOf(claims);
  const areTyped =
    [exp, nbf, iat].every((value) => typeof value === 'number') &&
    [sub, client_id, azp].every((value) => value === null || isText(value) || Number.isSafeInteger(value)) &&
    isTexts(aud);
  if (!areTyped || !scopes) return 'invalid_claims';
  if ([sub, client_id, azp].every((value) => value === null || value === '')) return 'invalid_claims';
  if (Number(exp) + 5 <= NOW) return 'token_expired';
  if (Number(nbf) > NOW + 5 || Number(iat) > NOW + 5) return 'token_not_active';
  if (Object.hasOwn(claims, 'cnf')) return 'unproven_binding';
  if (![aud].flat().includes(AUDIENCE)) return 'invalid_audience';
  const accepted: readonly unknown[] = ['a', 7, '7', true, 'true'];
  if (![tenant].flat().some((item) => accepted.includes(item))) return 'unaccepted_claim';
  return scopes.includes('read:pets') ? 'authorized' : 'insufficient_scope';
}

/** A token of these members, whoever signs it. */
const written = (header: object, claims: object, key = ec): Spoilt => ({
  key,
  headerText: () => JSON.stringify(header),
  claimsText: () => JSON.stringify(claims),
});

const { handler, lines } = composeHere(
  env,
  async () => [rsa.jwk, ec.jwk],
  () => NOW * 1000,
);
async function decide(event: unknown): Promise<Decided> {
  lines.length = 0;
  const outcome = await handler(event).then(
    (result) => ({ result }),
    (error: unknown) => ({ error: thrown(error) }),
  );
  return judge(event, outcome, lines);
}

/** NumericDates at which something changes: time stands still. */
const EDGES = [-6, -5, -4.5, 0, 4.5, 5, 5.5].map((seconds) => NOW + seconds);

describe('whatever the input, the function', () => {
  const decideToken = (spoilt: Spoilt) => decide(tokenEvent(`Bearer ${forge(spoilt)}`));
  const holds = <T>(what: string, numRuns: number, input: fc.Arbitrary<T>, property: (value: T) => Promise<void>) => {
    it(`${what} (${numRuns} inputs, seed ${seed})`, () =>
      fc.assert(fc.asyncProperty(input, property), { seed, numRuns }));
  };

  it('allows the good token', async () => {
    assert.ok((await decide(tokenEvent(`Bearer ${good}`))).isAllowed);
  });

  holds('allows no event without a good token', 150, anyEvent(good), async (event) => {
    assert.ok(!(await decide(event)).isAllowed);
  });

  holds('allows no other token than the one that an RSA key signed', 150, anyMutant(goodRsa), async (mutant) => {
    const { isAllowed } = await decide(tokenEvent(`Bearer ${mutant}`));
    if (isAllowed) assert.equal(mutant.trim(), goodRsa); // spaces around the word are no part of it
    if (mutant === goodRsa) assert.ok(isAllowed);
  });

  // of an ECDSA signature anybody can make another of the same text: see attacks-signature
  holds('allows no other header and claims than an EC key signed', 150, anyMutant(good), async (mutant) => {
    const { isAllowed } = await decide(tokenEvent(`Bearer ${mutant}`));
    const signed = (token: string) => token.trim().split('.').slice(0, 2);
    if (isAllowed) assert.deepEqual(signed(mutant), signed(good));
    if (mutant === good) assert.ok(isAllowed);
  });

  const forged = fc.tuple(
    anyHeader(rsa.kid, ec.kid),
    anyClaims(ISSUER, NOW, EDGES),
    fc.constantFrom(foreignRsa, foreignEc),
  );
  holds('allows nothing that a foreign key signed', 100, forged, async (parts) => {
    assert.ok(!(await decideToken(written(...parts))).isAllowed);
  });

  const claims = anyClaims(ISSUER, NOW, EDGES);
  holds('tells the reason that the contract has for the claims', 150, claims, async (signed) => {
    const { reason } = await decideToken(written({ alg: 'ES256', kid: ec.kid }, signed));
    assert.equal(reason, reasonFor(signed));
  });

  holds('never widens the policy', 100, fc.array(anyText, { minLength: 1 }), async (path) => {
    const arn = [METHOD, ...path].join('/');
    const { isAllowed, result } = await decide(tokenEvent(`Bearer ${good}`, arn));
    assert.equal(isAllowed, !/[*?]|\$\{/.test(arn) && arn.length <= 512);
    if (isAllowed) assert.ok(JSON.stringify(result).includes(`"Resource":${JSON.stringify(arn)}`));
  });
});

it('the inputs came to most reasons, and many to an Allow', () => {
  assert.ok(Object.keys(counts).length > 12, JSON.stringify(counts));
  assert.ok(Number(counts.authorized) > 100, JSON.stringify(counts));
});
