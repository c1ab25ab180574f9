import type { Arena, Decided } from '../arena.ts';
import type { Settings } from '../settings.ts';
import { median } from '../stats.ts';

/** A warm decision: microseconds, and as a multiple of a bare verification by node:crypto in the same process. */
export interface Warm {
  readonly micros: number;
  readonly bareMicros: number;
  readonly ratio: number;
}

/** The median decision of one process, after the batches in which its code was still being compiled. */
function middle(report: readonly Decided[]): Warm {
  const micros = median(report.flatMap((batch) => batch.micros));
  const bareMicros = median(report.flatMap((batch) => batch.bareMicros));
  return { micros, bareMicros, ratio: micros / bareMicros };
}

/**
 * Measures warm decisions by contestant, a fresh token for each decision, batches of decisions and of bare
 * verifications in turn; medians of several processes.
 */
export async function measureWarm(
  { entrants, issuer, decide }: Arena,
  { warmProcesses, warmBatches, warmUpBatches, batchSize }: Settings,
): Promise<ReadonlyMap<string, Warm>> {
  const [key] = issuer.keys;
  const batches = Array.from({ length: warmUpBatches + warmBatches }, () =>
    Array.from({ length: batchSize }, () => issuer.token(key)),
  );
  const verifying = entrants.filter(({ verifies }) => verifies);
  const samples = new Map(verifying.map(({ name }) => [name, [] as Warm[]]));
  for (let run = 0; run < warmProcesses; run++) {
    for (const entrant of verifying) {
      const report = await decide(entrant, { batches, jwk: key.jwk });
      if (report.some(({ allowed }) => allowed.includes(false))) {
        throw new Error(`${entrant.name} refused a good token`);
      }
      samples.get(entrant.name)?.push(middle(report.slice(warmUpBatches)));
    }
  }
  const over = (of: readonly Warm[], what: keyof Warm) => median(of.map((warm) => warm[what]));
  return new Map(
    [...samples].map(([name, of]) => [
      name,
      { micros: over(of, 'micros'), bareMicros: over(of, 'bareMicros'), ratio: over(of, 'ratio') },
    ]),
  );
}
