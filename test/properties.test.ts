import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { generateKey } from '../scripts/issuer.ts';
import { credentialsOf, leakOf } from './support/expectations.ts';
import type { Thrown } from './support/harness.ts';
import { composeHere, thrown } from './support/in-process.ts';
import { METHOD } from './support/suite.ts';
import { AUDIENCE, base64url, tokenFactory } from './support/tokens.ts';

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
  // one part repeated, one left out, all turned round
  (text, at) => inParts(text, at, (parts, part, chosen) => [...parts.slice(0, chosen), part, ...parts.slice(chosen)]),
  (text, at) => inParts(text, at, (parts, _, chosen) => parts.filter((_, position) => position !== chosen)),
  (text, at) => inParts(text, at, (parts, _, chosen) => [...parts.slice(chosen), ...parts.slice(0, chosen)]),
];

function inParts(
  text: string,
  at: number,
  change: (parts: string[], part: string, chosen: number) => string[],
): string {
  const parts = text.split('.');
  const chosen = Math.floor(at * parts.length);
  return change(parts, parts[chosen] ?? '', chosen).join('.');
}

/** A token with one to three changes, which may undo each other. */
function anyMutant(token: string): fc.Arbitrary<string> {
  const anyChange = fc.record({
    change: fc.constantFrom(...CHANGES),
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

/** The same inputs every time, unless others are asked for. */
const seed = Number(process.env.PROPERTY_SEED ?? 20_250_101);

const [rsa, ec] = await Promise.all([generateKey('key-rsa'), generateKey('key-ec', 'ES256')]);
const ISSUER = 'https://issuer.example/';
const forge = tokenFactory(ISSUER, ec);
const CLAIMS = { tenant: 'a' };
const good = forge({ claims: CLAIMS });
/** Of an RSA key: there is one signature of a text, no other (RFC 8017, 8.2). */
const goodRsa = forge({ claims: CLAIMS, key: rsa });

const env = {
  TOKEN_ISSUER: ISSUER,
  JWKS_URI: 'https://issuer.example/jwks',
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
  readonly result: unknown;
}

/** How often each reason came up. */
const counts: Record<string, number> = {};

/** Errors that the contract knows besides `Unauthorized`. */
const ERRORS: readonly unknown[] = ['unsupported_event', 'keys_unavailable'];

const { handler, lines } = composeHere(env, async () => [rsa.jwk, ec.jwk], Date.now);

/** Holds what a call does against what no input may change. */
async function decide(event: unknown): Promise<Decided> {
  lines.length = 0;
  const { result, error }: { readonly result?: unknown; readonly error?: Thrown } = await handler(event).then(
    (result) => ({ result }),
    (error: unknown) => ({ error: thrown(error) }),
  );
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
  const output = `${JSON.stringify(lines)}\n${error?.message}\n${text}`;
  assert.equal(leakOf(credentialsOf(event), output), undefined);
  counts[String(reason)] = (counts[String(reason)] ?? 0) + 1;
  return { isAllowed, result };
}

describe('whatever the input, the function', () => {
  const holds = <T>(what: string, numRuns: number, input: fc.Arbitrary<T>, property: (value: T) => Promise<void>) => {
    it(`${what} (${numRuns} inputs, seed ${seed})`, () =>
      fc.assert(fc.asyncProperty(input, property), { seed, numRuns }));
  };

  it('allows the good token', async () => {
    assert.ok((await decide(tokenEvent(`Bearer ${good}`))).isAllowed, 'allowed');
  });

  holds('allows no event without a good token', 150, anyEvent(good), async (event) => {
    assert.ok(!(await decide(event)).isAllowed, 'not allowed');
  });

  holds('allows no other token than the one that an RSA key signed', 150, anyMutant(goodRsa), async (mutant) => {
    const { isAllowed } = await decide(tokenEvent(`Bearer ${mutant}`));
    if (isAllowed) assert.equal(mutant.trim(), goodRsa); // spaces around the word are no part of it
    if (mutant === goodRsa) assert.ok(isAllowed, 'allowed');
  });

  // of an ECDSA signature anybody can make another of the same text: see attacks-signature
  holds('allows no other header and claims than an EC key signed', 150, anyMutant(good), async (mutant) => {
    const { isAllowed } = await decide(tokenEvent(`Bearer ${mutant}`));
    const signed = (token: string) => token.trim().split('.').slice(0, 2);
    if (isAllowed) assert.deepEqual(signed(mutant), signed(good));
    if (mutant === good) assert.ok(isAllowed, 'allowed');
  });

  holds('never widens the policy', 100, fc.array(anyText, { minLength: 1 }), async (path) => {
    const arn = [METHOD, ...path].join('/');
    const { isAllowed, result } = await decide(tokenEvent(`Bearer ${good}`, arn));
    assert.equal(isAllowed, !/[*?]|\$\{/.test(arn) && arn.length <= 512);
    if (isAllowed) assert.ok(JSON.stringify(result).includes(`"Resource":${JSON.stringify(arn)}`), arn);
  });
});

it('the inputs came to several reasons, and many to an Allow', () => {
  assert.ok(Object.keys(counts).length > 6 && Number(counts.authorized) > 50, JSON.stringify(counts));
});
