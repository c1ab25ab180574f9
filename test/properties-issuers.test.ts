import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { generateKey } from '../scripts/issuer.ts';
import { composeHere } from './support/in-process.ts';
import { METHOD } from './support/suite.ts';
import { tokenFactory } from './support/tokens.ts';

/** The same inputs every time, unless others are asked for. */
const seed = Number(process.env.PROPERTY_SEED ?? 20_250_101);

/** All keys have one kid, so that only the signature tells whose they are. */
const keys = await Promise.all(Array.from({ length: 5 }, () => generateKey('kid', 'ES256')));
const NAMES = keys.map((_, at) => `https://issuer-${at}.example`);

type Claims = Readonly<Record<string, unknown>>;

/** What is set with a number, or without one; what is left out is as without. */
interface Group {
  readonly number: number | undefined;
  readonly issuers: readonly number[];
  readonly audience?: readonly string[];
  readonly audienceClaims?: readonly string[];
  readonly scopeClaims?: readonly string[];
  readonly principalClaims?: readonly string[];
  readonly required?: readonly Required[];
}
interface Required {
  readonly name: string;
  readonly values: readonly string[];
}

const some = <T>(...items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: 1 });
const REQUIRED: readonly Required[] = [
  { name: 'x', values: ['1'] },
  { name: 'x', values: ['1', '2'] },
  { name: 'y', values: [] },
  { name: '/o/z', values: ['1'] },
];
const audience = some('a', 'b', 'c');
const own = {
  audienceClaims: some('aud', 'client_id', '/o/aud'),
  scopeClaims: some('scope', 'roles'),
  principalClaims: some('sub', 'email'),
  required: fc.shuffledSubarray([...REQUIRED], { minLength: 1, maxLength: 2 }),
};
const withoutNumber = fc.record({ audience, ...own }, { requiredKeys: ['audience'] });
const numbered = fc.record({ audience, ...own }, { requiredKeys: [] });

/** One to five issuers, dealt out to the settings without a number and to one or two with one. */
const anyGroups: fc.Arbitrary<readonly [Group, ...Group[]]> = fc
  .record({
    first: withoutNumber,
    others: fc.array(numbered, { maxLength: 2 }),
    numbers: fc.shuffledSubarray([2, 3, 7, 9], { minLength: 2, maxLength: 2 }),
    sizes: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ first, others, numbers, sizes }) => {
    let next = 0;
    const deal = (at: number) => Array.from({ length: sizes[at] ?? 1 }, () => next++).filter((i) => i < 5);
    const rest = (settings: Partial<Group>, at: number): Group => ({
      ...settings,
      number: numbers[at],
      issuers: deal(at + 1),
    });
    return [
      { ...first, number: undefined, issuers: deal(0) },
      ...others.map(rest).filter(({ issuers }) => issuers.length > 0),
    ];
  });

const uriOf = (issuer: number) => `https://issuer-${issuer}.example/jwks`;

/** The environment that says so. */
function environmentOf(groups: readonly Group[]): Record<string, string> {
  const settings = groups.flatMap((group) => {
    const named: Record<string, readonly string[] | undefined> = {
      TOKEN_ISSUER: group.issuers.map((at) => String(NAMES[at])),
      JWKS_URI: group.issuers.map(uriOf),
      AUDIENCE: group.audience,
      AUDIENCE_CLAIM: group.audienceClaims,
      SCOPE_CLAIM: group.scopeClaims,
      PRINCIPAL_CLAIM: group.principalClaims,
      REQUIRED_CLAIMS: group.required?.map(({ name, values }) =>
        values.length > 0 ? `${name}=${values.join('|')}` : name,
      ),
    };
    const suffix = group.number === undefined ? '' : `_${group.number}`;
    return Object.entries(named).flatMap(([name, list]) => (list ? [[name + suffix, list.join(',')]] : []));
  });
  return { ...Object.fromEntries(settings), ALGORITHMS: 'ES256', REQUIRED_SCOPES: 's' };
}

/** A claim by name, for the few names that are used here. */
const claimOf = (claims: Claims, name: string): unknown => {
  const inner = name.startsWith('/o/') ? Object(claims.o)[name.slice(3)] : claims[name];
  return inner ?? undefined;
};
const firstOf = (claims: Claims, names: readonly string[]) =>
  names.map((name) => claimOf(claims, name)).find((value) => value !== undefined);

/** A token: who it says issued it, who signed it, what it says. */
interface Token {
  readonly iss: number;
  readonly signer: number;
  readonly claims: Claims;
}

/** The contract's "Several issuers", once more: by the settings of its own issuer, and no other. */
function reasonFor(groups: readonly [Group, ...Group[]], { iss, signer, claims }: Token): string {
  const [base] = groups;
  const group = groups.find(({ issuers }) => issuers.includes(iss));
  if (!group) return 'unknown_issuer';
  if (signer !== iss) return 'invalid_signature';
  const principals = group.principalClaims ?? base.principalClaims ?? ['sub', 'client_id', 'azp'];
  if (firstOf(claims, principals) === undefined) return 'invalid_claims';
  const audiences = [firstOf(claims, group.audienceClaims ?? base.audienceClaims ?? ['aud'])].flat();
  const accepted: readonly unknown[] = group.audience ?? base.audience ?? [];
  if (!audiences.some((name) => accepted.includes(name))) return 'invalid_audience';
  const required = new Set([...(base.required ?? []), ...(group.required ?? [])]);
  for (const { name, values } of required) {
    const value = claimOf(claims, name);
    if (value === undefined) return 'unaccepted_claim';
    if (values.length > 0 && ![value].flat().some((item) => values.includes(String(item)))) return 'unaccepted_claim';
  }
  const scopes = firstOf(claims, group.scopeClaims ?? base.scopeClaims ?? ['scope', 'scp']);
  return [scopes].flat().includes('s') ? 'authorized' : 'insufficient_scope';
}

const optional = <T>(...values: readonly T[]) => fc.constantFrom(undefined, ...values, ...values);
const anyClaims: fc.Arbitrary<Claims> = fc.record({
  aud: optional<unknown>('a', 'b', 'c', ['a', 'b'], []),
  client_id: optional('a', 'b', 'c'),
  o: optional({ aud: 'a', z: 1 }, { aud: ['b', 'c'], z: '1' }, { aud: null, z: [2, 1] }, { z: 2 }),
  x: optional<unknown>('1', 1, [1, 2], 2, null),
  y: optional<unknown>(false, 'y', null),
  scope: optional('s', 's', ''),
  roles: optional<unknown>(['s'], ['s', 't'], []),
  sub: optional('me'),
  email: optional('me@example.com'),
});
const anyIssuer = fc.nat({ max: NAMES.length - 1 });
const anyToken: fc.Arbitrary<Token> = fc
  .record({ iss: anyIssuer, other: anyIssuer, isForged: fc.nat({ max: 9 }), claims: anyClaims })
  .map(({ iss, other, isForged, claims }) => ({ iss, signer: isForged === 0 ? other : iss, claims }));
const tokens = fc.array(anyToken, { minLength: 10, maxLength: 10 });

const factories = keys.map((key, at) => tokenFactory(String(NAMES[at]), key));
const eventOf = ({ iss, signer, claims }: Token) => ({
  type: 'TOKEN',
  authorizationToken: `Bearer ${factories[iss]?.({ ...(keys[signer] && { key: keys[signer] }), claims })}`,
  methodArn: METHOD,
});

describe('a token is judged by the settings of its own issuer and no other', () => {
  it(`source, by a model, for random configurations (seed ${seed})`, async () => {
    const counts: Record<string, number> = {};
    const publish = async (uri: string) => [keys[Number(/\d/.exec(uri)?.[0])]?.jwk];
    const property = fc.asyncProperty(anyGroups, tokens, async (groups, list) => {
      const { handler, lines } = composeHere(environmentOf(groups), publish, Date.now);
      for (const token of list) {
        lines.length = 0;
        const result = await handler(eventOf(token)).catch(() => undefined);
        const [line] = lines.filter(({ outcome }) => outcome);
        const reason = reasonFor(groups, token);
        assert.equal(line?.reason, reason, JSON.stringify({ line, token, env: environmentOf(groups) }));
        assert.equal(JSON.stringify(result)?.includes('"Allow"') ?? false, reason === 'authorized');
        counts[reason] = (counts[reason] ?? 0) + 1;
      }
    });
    await fc.assert(property, { seed, numRuns: 80 });
    assert.ok(Object.keys(counts).length === 7 && Number(counts.authorized) > 50, JSON.stringify(counts));
  });
});
