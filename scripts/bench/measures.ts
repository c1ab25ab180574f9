import { type Arena, type Decided, type Pairing, WHOLE_CPU } from './arena.ts';
import { THIS } from './contestants.ts';

/** How much is measured: processes for each contestant and version of Node, and what each of them gets. */
export interface Settings {
  readonly coldRuns: number;
  readonly warmRuns: number;
  /** Of a hundred tokens. The first don't count: the code is still being compiled. */
  readonly warmUpBatches: number;
  readonly warmBatches: number;
  readonly inventedKids: number;
}

/** One figure; of several of the same measure the median counts. */
export interface Sample extends Pairing {
  readonly measure: string;
  readonly value: number;
}

/** For cold starts: MB of memory, milliseconds that the JWKS endpoint takes, the goal as a multiple of the floor. */
export const SCENARIOS = [
  { name: 'full CPU', memorySize: WHOLE_CPU, delay: 0, goal: 1.2 },
  { name: 'full CPU, keys after 50 ms', memorySize: WHOLE_CPU, delay: 50, goal: 1.1 },
  { name: '256 MB', memorySize: 256, delay: 0, goal: 0.45 },
  { name: '128 MB', memorySize: 128, delay: 0, goal: 0.25 },
];

/** Requests to each process that is started; the last is compared with the first. */
export const REQUESTS = 20;
const BATCH = 100;
const INVENTED_FOR_EACH_GOOD = 10;

const times = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, i) => make(i));

const pairings = ({ contestants, nodes }: Arena): Pairing[] =>
  nodes.flatMap((node) => contestants.map((contestant) => ({ contestant, node })));
const verifying = (arena: Arena) => pairings(arena).filter(({ contestant }) => contestant.verifies);

const samplesOf = (pairing: Pairing, figures: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(figures).map(([measure, value]) => ({ ...pairing, measure, value }));

/** The middle value; of an even number of values the upper one of the two in the middle. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** In an order drawn at random: what slows the machine down slows all, and none always follows the same other. */
const shuffle = <T>(values: readonly T[]): T[] => {
  const drawn = values.map((value) => ({ value, by: Math.random() }));
  return drawn.sort((a, b) => a.by - b.by).map(({ value }) => value);
};

/**
 * Whoever does not verify is fast: only contestants that allow good tokens and nothing else are compared.
 *
 * @throws Error about the first that does not
 */
export async function checkCorrect(arena: Arena): Promise<void> {
  const { issuer } = arena;
  const [first, second] = issuer.keys;
  const good = issuer.token(first);
  const signature = good.slice(good.lastIndexOf('.'));
  const cases: readonly (readonly [what: string, token: string, isAllowed: boolean])[] = [
    ['a good token', good, true],
    ['a token of the second key', issuer.token(second), true],
    ['the signature of another token', issuer.token(first).replace(/\.[^.]+$/, signature), false],
    ['the kid of another key', issuer.token({ ...second, kid: first.kid }), false],
    ['an expired token', issuer.token(first, { exp: 1_000_000_000 }), false],
    ['a token for another audience', issuer.token(first, { aud: 'https://other.example/' }), false],
    ['a token of another issuer', issuer.token(first, { iss: 'https://other.example/' }), false],
    ['an invented kid', issuer.invented(), false],
  ];
  for (const pairing of verifying(arena)) {
    const [decided] = await arena.decide(pairing, { batches: [cases.map(([, token]) => token)] });
    const wrong = cases.find(([, , isAllowed], index) => decided?.allowed[index] !== isAllowed);
    if (wrong) throw new Error(`${pairing.contestant.name} decides wrongly about ${wrong[0]}`);
  }
}

/** Cold starts, first and last requests in milliseconds, peak memory in MB: a fresh process each time. */
export async function measureCold(arena: Arena, { coldRuns }: Settings): Promise<Sample[]> {
  const samples: Sample[] = [];
  const all = SCENARIOS.flatMap((scenario) => pairings(arena).map((pairing) => ({ ...scenario, pairing })));
  for (let run = 1; run <= coldRuns; run++) {
    console.error(`Cold starts, ${run} of ${coldRuns}`);
    for (const { name, memorySize, delay, pairing } of shuffle(all)) {
      arena.issuer.setDelay(delay);
      const { cold, first, last, memory } = await arena.live(pairing, memorySize, REQUESTS);
      const figures = { [`cold, ${name}`]: cold, [`first, ${name}`]: first, [`last, ${name}`]: last, memory };
      samples.push(...samplesOf(pairing, figures));
    }
  }
  arena.issuer.setDelay(0);
  return samples;
}

function warmFigures(report: readonly Decided[], name: string) {
  const micros = median(report.flatMap((batch) => batch.micros));
  const bare = median(report.flatMap((batch) => batch.bareMicros));
  return { [name]: micros, [`${name}, ratio`]: micros / bare };
}

/**
 * Warm decisions (`quiet`: of this zip, with its log written to the null device), microseconds and as a multiple of a
 * bare verification by node:crypto in the same process, a fresh token for each. No library for benchmarks does this:
 * those measure one thing after the other, and where others work on the machine too, what comes second is measured
 * on another machine. Here short batches take turns.
 */
export async function measureWarm(arena: Arena, settings: Settings): Promise<Sample[]> {
  const { warmRuns, warmBatches, warmUpBatches } = settings;
  const [key] = arena.issuer.keys;
  const batches = times(warmUpBatches + warmBatches, () => times(BATCH, () => arena.issuer.token(key)));
  const samples: Sample[] = [];
  for (let run = 1; run <= warmRuns; run++) {
    console.error(`Warm decisions, ${run} of ${warmRuns}`);
    for (const pairing of shuffle(verifying(arena))) {
      const { name } = pairing.contestant;
      for (const measure of name === THIS ? ['warm', 'quiet'] : ['warm']) {
        const report = await arena.decide(pairing, { batches, jwk: key.jwk }, measure === 'quiet');
        if (report.some(({ allowed }) => allowed.includes(false))) throw new Error(`${name} refused a token`);
        samples.push(...samplesOf(pairing, warmFigures(report.slice(warmUpBatches), measure)));
      }
    }
  }
  return samples;
}

/**
 * Floods each contestant, in a fresh process of the first Node, with tokens of invented `kid`s; in front of every ten of them comes a
 * good token, of the two published keys in turn, so that the second key is first asked for during the flood.
 * Measured: the share of the good tokens that were allowed, in percent, and how often the JWKS endpoint was asked.
 */
export async function measureFlood(arena: Arena, { inventedKids }: Settings): Promise<Sample[]> {
  const { issuer } = arena;
  const batches = times(inventedKids / INVENTED_FOR_EACH_GOOD, (index) => [
    issuer.token(issuer.keys[index % 2 === 0 ? 0 : 1]),
    ...times(INVENTED_FOR_EACH_GOOD, issuer.invented),
  ]);
  const samples: Sample[] = [];
  for (const pairing of verifying({ ...arena, nodes: arena.nodes.slice(0, 1) })) {
    const before = issuer.requests();
    const decided = await arena.decide(pairing, { batches });
    const requests = issuer.requests() - before;
    if (decided.some(({ allowed }) => allowed.includes(true, 1))) {
      throw new Error(`${pairing.contestant.name} allowed an invented kid`);
    }
    const good = decided.filter(({ allowed }) => allowed[0]).length;
    samples.push(...samplesOf(pairing, { allowed: (good / batches.length) * 100, requests }));
  }
  return samples;
}
