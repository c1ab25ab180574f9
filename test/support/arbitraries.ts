import fc from 'fast-check';
import { METHOD } from './suite.ts';
import { AUDIENCE, base64url, SCOPE, SUBJECT } from './tokens.ts';

/** Texts of every kind of character. */
export const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));

/** A TOKEN event. */
export const tokenEvent = (authorizationToken: unknown, methodArn: unknown = METHOD) => ({
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
export function anyEvent(good: string): fc.Arbitrary<unknown> {
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
  (text, at, inserted) =>
    text.slice(0, place(text, at)) + inserted + text.slice(place(text, at) + inserted.length),
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
export function anyMutant(token: string): fc.Arbitrary<string> {
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
export function anyClaims(iss: string, now: number, times: readonly number[]): fc.Arbitrary<Members> {
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
    {
      cnf: fc.constantFrom(null, {}, { jkt: 'x' }),
      events: fc.constantFrom(null, {}, [], 'x'),
    },
    { requiredKeys: [] },
  );
  const rarelySpecial = fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, special);
  return fc
    .tuple(fc.oneof(claims, nearlyGood), rarelySpecial)
    .map(([any, more]): Members => ({ ...any, ...more }));
}

/** Headers, half of them as they should be. */
export const anyHeader = (rsaKid: string, ecKid: string): fc.Arbitrary<Members> =>
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
