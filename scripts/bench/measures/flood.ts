import type { Arena } from '../arena.ts';

/** What a flood does to good callers, and to the issuer. */
export interface Flood {
  /** Share of the good tokens that were allowed, 0 to 1. */
  readonly allowed: number;
  /** How often the JWKS endpoint was asked. */
  readonly requests: number;
}

const INVENTED_FOR_EACH_GOOD = 10;

/**
 * Floods each contestant, in a fresh process, with tokens of invented `kid`s; in front of every ten of them comes a
 * good token, of the two published keys in turn, so that the second key is first asked for during the flood.
 */
export async function measureFlood(
  { entrants, issuer, decide }: Arena,
  inventedKids: number,
): Promise<ReadonlyMap<string, Flood>> {
  const groups = Array.from({ length: inventedKids / INVENTED_FOR_EACH_GOOD }, (_, index) => [
    issuer.token(issuer.keys[index % 2 === 0 ? 0 : 1]),
    ...Array.from({ length: INVENTED_FOR_EACH_GOOD }, issuer.invented),
  ]);
  const floods = new Map<string, Flood>();
  for (const entrant of entrants.filter(({ verifies }) => verifies)) {
    const before = issuer.requests();
    const decided = await decide(entrant, { batches: groups });
    const requests = issuer.requests() - before;
    if (decided.some(({ allowed }) => allowed.includes(true, 1))) {
      throw new Error(`${entrant.name} allowed an invented kid`);
    }
    const good = decided.filter(({ allowed }) => allowed[0]).length;
    floods.set(entrant.name, { allowed: good / groups.length, requests });
  }
  return floods;
}
