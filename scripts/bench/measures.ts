import { randomUUID } from 'node:crypto';
import { type Arena, AUDIENCE, type Pairing, WHOLE_CPU } from './arena.ts';

/** How much is measured: processes for each contestant and version of Node, and how many tokens each of them gets. */
export interface Settings {
  readonly coldRuns: number;
  readonly warmRuns: number;
  /** The first don't count: the code is still being compiled. */
  readonly warmUp: number;
  readonly warmTokens: number;
}

/** Sizes of memory for cold starts, MB, by name. */
export const MEMORY: Readonly<Record<string, number>> = { 'full CPU': WHOLE_CPU, '256 MB': 256, '128 MB': 128 };

const times = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, i) => make(i));

const pairings = ({ contestants, nodes }: Pick<Arena, 'contestants' | 'nodes'>): Pairing[] =>
  nodes.flatMap((node) => contestants.map((contestant) => ({ contestant, node })));
const verifying = (arena: Pick<Arena, 'contestants' | 'nodes'>) =>
  pairings(arena).filter(({ contestant }) => contestant.verifies);

/** The middle value; of an even number of values the upper one of the two in the middle. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** In an order drawn at random: what slows the machine down slows all, and none always follows the same other. */
const shuffle = <T>(values: readonly T[]): T[] => {
  const drawn = values.map((value) => ({ value, by: Math.random() }));
  return drawn.sort((a, b) => a.by - b.by).map(({ value }) => value);
};

/** A new token of the first key or another, good for an hour unless the claims given say otherwise. */
function tokenOf({ issuer, keys }: Arena, claims: object = {}, key: Parameters<Arena['issuer']['token']>[1] = keys[0]) {
  const sub = `${randomUUID()}@clients`;
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const own = { sub, aud: [AUDIENCE], exp, scope: 'read:pets write:pets', azp: sub, jti: randomUUID() };
  return issuer.token({ ...own, ...claims }, key);
}

const inventedOf = (arena: Arena) => tokenOf(arena, {}, { ...arena.keys[0], kid: randomUUID() });

/**
 * A contestant that does not verify is fast, so only contestants that allow good tokens and nothing else are compared.
 *
 * @throws Error about the first that does not
 */
export async function checkCorrect(arena: Arena): Promise<void> {
  const [first, second] = arena.keys;
  const good = tokenOf(arena);
  const signature = good.slice(good.lastIndexOf('.'));
  const cases: readonly (readonly [what: string, token: string, isAllowed: boolean])[] = [
    ['a good token', good, true],
    ['a token of the second key', tokenOf(arena, {}, second), true],
    ['the signature of another token', tokenOf(arena).replace(/\.[^.]+$/, signature), false],
    ['the kid of another key', tokenOf(arena, {}, { ...second, kid: first.kid }), false],
    ['an expired token', tokenOf(arena, { exp: 1_000_000_000 }), false],
    ['a token for another audience', tokenOf(arena, { aud: 'https://other.example/' }), false],
    ['a token of another issuer', tokenOf(arena, { iss: 'https://other.example/' }), false],
    ['an invented kid', inventedOf(arena), false],
  ];
  for (const pairing of verifying(arena)) {
    const decided = await arena.decide(
      pairing,
      cases.map(([, token]) => token),
    );
    const wrong = cases.find(([, , isAllowed], index) => decided[index]?.isAllowed !== isAllowed);
    if (wrong) throw new Error(`${pairing.contestant.name} decides wrongly about ${wrong[0]}`);
  }
}

/** Cold starts and their first requests in milliseconds, peak memory in MB: a fresh process each time. */
export async function measureCold(arena: Arena, { coldRuns }: Settings): Promise<void> {
  const all = Object.entries(MEMORY).flatMap((size) => pairings(arena).map((pairing) => [...size, pairing] as const));
  for (let run = 1; run <= coldRuns; run++) {
    console.error(`Cold starts, ${run} of ${coldRuns}`);
    for (const [name, memorySize, pairing] of shuffle(all)) {
      const { cold, first, memory } = await arena.live(pairing, memorySize, tokenOf(arena));
      arena.record(pairing, { [`cold, ${name}`]: cold, [`first, ${name}`]: first, memory });
    }
  }
}

/**
 * Warm decisions, microseconds and as a multiple of a bare verification by node:crypto, a fresh token for each. No
 * library for benchmarks does this: those measure one thing after the other, and where others work on the machine too,
 * what comes second is measured on another machine. Here the two take turns.
 */
export async function measureWarm(arena: Arena, { warmRuns, warmUp, warmTokens }: Settings): Promise<void> {
  const tokens = times(warmUp + warmTokens, () => tokenOf(arena));
  for (let run = 1; run <= warmRuns; run++) {
    console.error(`Warm decisions, ${run} of ${warmRuns}`);
    for (const pairing of shuffle(verifying(arena))) {
      const decided = await arena.decide(pairing, tokens);
      if (decided.some(({ isAllowed }) => !isAllowed)) throw new Error(`${pairing.contestant.name} refused a token`);
      const [warm = NaN, bare = NaN] = (['micros', 'bareMicros'] as const).map((which) =>
        median(decided.slice(warmUp).map((one) => one[which])),
      );
      arena.record(pairing, { warm, 'warm, ratio': warm / bare });
    }
  }
}
