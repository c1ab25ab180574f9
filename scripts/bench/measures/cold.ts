import type { Arena } from '../arena.ts';
import { median, shuffle } from '../stats.ts';

/**
 * Measures cold starts by contestant: milliseconds from process start to first Allow, medians. A fresh process each
 * time, the contestants in turn, so that what slows the machine down slows all of them, and in an order that is drawn
 * anew for each turn, so that none always comes after the same other.
 *
 * @param delay milliseconds that the JWKS endpoint takes to answer
 * @param runs of each contestant
 */
export async function measureCold(
  { entrants, issuer, start }: Arena,
  delay: number,
  runs: number,
): Promise<ReadonlyMap<string, number>> {
  const times = new Map(entrants.map(({ name }) => [name, [] as number[]]));
  issuer.setDelay(delay);
  for (let run = 0; run < runs; run++) {
    for (const entrant of shuffle(entrants)) {
      const { milliseconds, answer } = await start(entrant);
      if (!JSON.stringify(answer).includes('"Allow"')) throw new Error(`${entrant.name} did not allow`);
      times.get(entrant.name)?.push(milliseconds);
    }
  }
  issuer.setDelay(0);
  return new Map([...times].map(([name, of]) => [name, median(of)]));
}
