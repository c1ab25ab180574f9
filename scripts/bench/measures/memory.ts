import { type Arena, MEMORY_HANDLER } from '../arena.ts';
import { median } from '../stats.ts';

/** Peak memory by contestant: bytes resident at most, from process start to after the first Allow; medians. */
export async function measureMemory(
  { entrants, start }: Arena,
  runs: number,
): Promise<ReadonlyMap<string, number>> {
  const peaks = new Map<string, number>();
  for (const entrant of entrants) {
    const bytes: number[] = [];
    for (let run = 0; run < runs; run++) {
      const { answer } = await start(entrant, MEMORY_HANDLER);
      bytes.push((answer as { maxRSS: number }).maxRSS * 1024);
    }
    peaks.set(entrant.name, median(bytes));
  }
  return peaks;
}
