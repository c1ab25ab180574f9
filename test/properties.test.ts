import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { generateKey, startIssuer } from '../scripts/issuer.ts';
import { anyClaims, anyEvent, anyHeader, anyMutant, anyText, tokenEvent } from './support/arbitraries.ts';
import { checkOutput, credentialsOf, leakOf } from './support/expectations.ts';
import { type Fn, start, type Thrown } from './support/harness.ts';
import { composeHere, thrown } from './support/in-process.ts';
import { METHOD } from './support/suite.ts';
import { AUDIENCE, type Spoilt, seconds, tokenFactory } from './support/tokens.ts';

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
  assert.equal(
    Number(error !== undefined) + Number(isAllowed) + Number(isDenied),
    1,
    'not exactly one outcome',
  );
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
  if (isText(value)) return value.split(' ');
  const items = Array.isArray(value)
    ? value
    : typeof value === 'object' &&
      Object.entries(value).flatMap(([name, member]) => (member === null || member === false ? [] : [name]));
  return isTexts(items) ? [items].flat().filter((item) => !/\s/.test(item)) : undefined;
}

/** The decision table from `iss` on, once more, for claims that the issuer signed. */
function reasonFor(claims: Claims): string {
  const { iss, exp, nbf = NOW, iat = NOW, aud = [], sub = '', client_id = '', azp = '', tenant } = claims;
  if (typeof claims.events === 'object' && claims.events !== null && !Array.isArray(claims.events))
    return 'unsupported_type';
  if (iss !== ISSUER && iss !== ISSUER.slice(0, -1)) return 'unknown_issuer';
  const scopes = scopesOf(claims);
  const areTyped =
    [exp, nbf, iat].every((value) => typeof value === 'number') &&
    [sub, client_id, azp].every(isText) &&
    isTexts(aud);
  if (!areTyped || !scopes || !(sub || client_id || azp)) return 'invalid_claims';
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

/**
 * What holds whatever the input.
 *
 * @param count how many inputs, relative to what a quick target gets
 * @param times NumericDates close to now, where time stands still
 */
function tryProperties(
  decide: (event: unknown) => Promise<Decided>,
  count: number,
  times: readonly number[],
): void {
  const decideToken = (spoilt: Spoilt) => decide(tokenEvent(`Bearer ${forge(spoilt)}`));
  const holds = <T>(
    what: string,
    inputs: number,
    input: fc.Arbitrary<T>,
    property: (value: T) => Promise<void>,
  ) => {
    const numRuns = inputs * count;
    it(`${what} (${numRuns} inputs, seed ${seed})`, () =>
      fc.assert(fc.asyncProperty(input, property), { seed, numRuns }));
  };

  it('allows the good token', async () => {
    assert.ok((await decide(tokenEvent(`Bearer ${good}`))).isAllowed);
  });

  holds('allows no event without a good token', 200, anyEvent(good), async (event) => {
    assert.ok(!(await decide(event)).isAllowed);
  });

  holds(
    'allows no other token than the one that an RSA key signed',
    200,
    anyMutant(goodRsa),
    async (mutant) => {
      const { isAllowed } = await decide(tokenEvent(`Bearer ${mutant}`));
      if (isAllowed) assert.equal(mutant.trim(), goodRsa); // blanks around the word are no part of it
      if (mutant === goodRsa) assert.ok(isAllowed);
    },
  );

  // of an ECDSA signature anybody can make another of the same text: see attacks-signature
  holds('allows no other header and claims than an EC key signed', 200, anyMutant(good), async (mutant) => {
    const { isAllowed } = await decide(tokenEvent(`Bearer ${mutant}`));
    const signed = (token: string) => token.trim().split('.').slice(0, 2);
    if (isAllowed) assert.deepEqual(signed(mutant), signed(good));
    if (mutant === good) assert.ok(isAllowed);
  });

  const forged = fc.tuple(
    anyHeader(rsa.kid, ec.kid),
    anyClaims(ISSUER, NOW, times),
    fc.constantFrom(foreignRsa, foreignEc),
  );
  holds('allows nothing that a foreign key signed', 100, forged, async (parts) => {
    assert.ok(!(await decideToken(written(...parts))).isAllowed);
  });

  const claims = anyClaims(ISSUER, NOW, times);
  holds('tells the reason that the contract has for the claims', 200, claims, async (signed) => {
    const { reason } = await decideToken(written({ alg: 'ES256', kid: ec.kid }, signed));
    assert.equal(reason, reasonFor(signed));
  });

  holds('never widens the policy', 50, fc.array(anyText, { minLength: 1 }), async (path) => {
    const arn = [METHOD, ...path].join('/');
    const { isAllowed, result } = await decide(tokenEvent(`Bearer ${good}`, arn));
    assert.equal(isAllowed, !/[*?]|\$\{/.test(arn) && arn.length <= 512);
    if (isAllowed) assert.ok(JSON.stringify(result).includes(`"Resource":${JSON.stringify(arn)}`));
  });
}

describe('source', () => {
  const { handler, lines } = composeHere(
    env,
    async () => [rsa.jwk, ec.jwk],
    () => NOW * 1000,
  );
  const edges = [NOW - 6, NOW - 5, NOW - 4.5, NOW, NOW + 4.5, NOW + 5, NOW + 5.5];
  tryProperties(
    async (event) => {
      lines.length = 0;
      const outcome = await handler(event).then(
        (result) => ({ result }),
        (error: unknown) => ({ error: thrown(error) }),
      );
      return judge(event, outcome, lines);
    },
    5,
    edges,
  );
});

describe('zip', () => {
  let fn: Fn;
  before(async () => {
    fn = await start('zip', env);
  });
  after(() => fn.stop());
  tryProperties(
    async (event) => {
      const reply = await fn.call(event);
      return judge(event, reply, reply.lines);
    },
    1,
    [],
  );
  it('wrote nothing else, and no part of a token', () => checkOutput(fn));
});

it('the inputs came to most reasons, and many to an Allow', () => {
  assert.ok(Object.keys(counts).length > 12, JSON.stringify(counts));
  assert.ok(Number(counts.authorized) > 100, JSON.stringify(counts));
});
