import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { generateKey } from '../scripts/issuer.ts';
import { composeHere } from './support/in-process.ts';
import { METHOD } from './support/suite.ts';
import { AUDIENCE, tokenFactory } from './support/tokens.ts';

const tokenEvent = (authorizationToken: string) => ({ type: 'TOKEN', authorizationToken, methodArn: METHOD });

/** The same inputs every time, unless others are asked for. */
const seed = Number(process.env.PROPERTY_SEED ?? 20_250_101);

/** All keys have one kid, so that only the signature tells whose they are. */
const keys = await Promise.all(Array.from({ length: 3 }, () => generateKey('kid', 'ES256')));
const uriOf = (at: number) => `https://keys.example/${at}`;

type Claims = Readonly<Record<string, unknown>>;

const NAMES = [
  ...[
    ...['https://a.example/{tid}/v2', 'https://a.example/{org}/v2', 'https://a.example/{tid}'],
    'https://a.example/x/{tid}',
  ],
  ...['https://b.example/{org}/v2', 'https://a.example/one/v2', 'https://b.example/one/v2', 'https://a.example/two'],
];
const VALUES = ['one', 'two', 'One', 't', 'one.two', 'x'];
/** What no tenant is called. */
const HOSTILE = [
  ...['', '.', '..', '../', '../one', 'one/..', '%2F', 'one%2Fv2', 'one/v2', 'x/one', 'ONE ', 'one?', 'one#', '{tid}'],
  ...[7, 0, true, null, ['one'], { one: 1 }],
];
const ACCEPTED = ['one', 'two', 'o*', '*o', 'one*', 'one.*', '*e', 'T*'];

/** The settings with a number, or without one. */
interface Group {
  readonly suffix: string;
  readonly issuers: readonly string[];
  readonly uri: number;
  /** For each claim the accepted values; none for any. */
  readonly required: Readonly<Record<'tid' | 'org', readonly string[]>>;
}

const accepted = fc.shuffledSubarray(ACCEPTED, { maxLength: 2 });
const anyGroups: fc.Arbitrary<readonly Group[]> = fc
  .record({
    names: fc.shuffledSubarray(NAMES, { minLength: 3 }),
    parts: fc.array(fc.record({ uri: fc.nat({ max: 2 }), tid: accepted, org: accepted }), {
      minLength: 3,
      maxLength: 3,
    }),
  })
  .map(({ names, parts }) =>
    parts.map(({ uri, tid, org }, at) => ({
      suffix: at === 0 ? '' : `_${at + 1}`,
      // two names that are equal but for the claim are one issuer: the second is left out
      issuers: names.filter((name, position) => {
        const alike = names.findIndex((other) => other.replace('{org}', '{tid}') === name.replace('{org}', '{tid}'));
        return position % 3 === at && alike === position;
      }),
      uri,
      required: { tid, org },
    })),
  )
  .filter((groups) => groups.every(({ issuers }) => issuers.length > 0));

const requirementOf = ([claim, values]: readonly [string, readonly string[]]) =>
  values.length > 0 ? `${claim}=${values.join('|')}` : claim;

/** What is required of a claim for all issuers is required for those with a number too; so all require only what they list. */
const environmentOf = (groups: readonly Group[]) => ({
  ...Object.fromEntries(
    groups.flatMap(({ suffix, issuers, uri, required }) => [
      [`TOKEN_ISSUER${suffix}`, issuers.join(',')],
      [`JWKS_URI${suffix}`, uriOf(uri)],
      [`REQUIRED_CLAIMS${suffix}`, Object.entries(required).map(requirementOf).join(',')],
    ]),
  ),
  AUDIENCE,
  ALGORITHMS: 'ES256',
});

/** The contract's "Many tenants", once more, segment by segment. */
function isOf(name: string, iss: string, claims: Claims): boolean {
  const segments = iss.replace(/\/$/, '').split('/');
  const expected = name.split('/');
  return (
    segments.length === expected.length &&
    expected.every((segment, at) => {
      const claim = /^\{(.*)\}$/.exec(segment)?.[1];
      if (claim === undefined) return segment === segments[at];
      const value = claims[claim];
      return VALUES.includes(String(value)) && typeof value === 'string' && value === segments[at];
    })
  );
}

const matches = (value: unknown, pattern: string) =>
  typeof value === 'string' && new RegExp(`^${pattern.replaceAll('.', '\\.').replace('*', '.+')}$`, 's').test(value);

/** Whose token it is, by its `iss`: a name before a pattern, the first before the others. */
function reasonFor(groups: readonly Group[], iss: string, signer: number, claims: Claims): string {
  const all = groups.flatMap((group) => group.issuers.map((name) => ({ name, group })));
  const fitting = all.filter(({ name }) => isOf(name, iss, claims));
  const [found] = [...fitting.filter(({ name }) => !name.includes('{')), ...fitting];
  if (!found) return 'unknown_issuer';
  if (found.group.uri !== signer) return 'invalid_signature';
  const required = [groups[0], found.group].flatMap((group) => Object.entries(group?.required ?? {}));
  const isMet = required.every(([claim, values]) => {
    const value = claims[claim] ?? undefined;
    if (values.length === 0) return value !== undefined;
    return [value].flat().some((item) => values.some((pattern) => matches(item, pattern)));
  });
  return isMet ? 'authorized' : 'unaccepted_claim';
}

interface Token {
  readonly iss: string;
  readonly signer: number;
  readonly claims: Claims;
}
const anyValue = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...VALUES) }, fc.constantFrom<unknown>(...HOSTILE));
const anyToken: fc.Arbitrary<Token> = fc
  .record({
    name: fc.constantFrom(...NAMES),
    signer: fc.nat({ max: 2 }),
    claims: fc.record({ tid: anyValue, org: anyValue }, { requiredKeys: [] }),
    /** What stands in `iss` in place of the claim: the claim, mostly. */
    other: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, anyValue),
    slash: fc.constantFrom('', '', '/', '//'),
  })
  .map(({ name, signer, claims, other, slash }) => {
    const iss = name.replace(/\{(.*)\}/, (_, claim: 'tid' | 'org') => String(other ?? claims[claim]));
    return { iss: iss + slash, signer, claims };
  });
const tokens = fc.array(anyToken, { minLength: 20, maxLength: 20 });

describe('no token passes by the settings of another issuer or tenant', () => {
  it(`by a model, for random configurations (seed ${seed})`, async () => {
    const counts: Record<string, number> = {};
    const publish = async (uri: string) => [keys[Number(/\d/.exec(uri)?.[0])]?.jwk];
    const property = fc.asyncProperty(anyGroups, tokens, async (groups, list) => {
      const { handler, lines } = composeHere(environmentOf(groups), publish, Date.now);
      for (const { iss, signer, claims } of list) {
        lines.length = 0;
        const [key] = keys.slice(signer);
        assert.ok(key);
        const event = tokenEvent(`Bearer ${tokenFactory(iss, key)({ claims })}`);
        const result = JSON.stringify(await handler(event).catch(() => undefined)) ?? '';
        const reason = reasonFor(groups, iss, signer, claims);
        const [line] = lines.filter(({ outcome }) => outcome);
        assert.equal(line?.reason, reason, JSON.stringify({ line, iss, signer, claims, env: environmentOf(groups) }));
        assert.equal(result.includes('"Allow"'), reason === 'authorized');
        counts[reason] = (counts[reason] ?? 0) + 1;
      }
    });
    await fc.assert(property, { seed, numRuns: 100 });
    assert.ok(Object.keys(counts).length === 4 && Number(counts.authorized) > 15, JSON.stringify(counts));
  });
});
