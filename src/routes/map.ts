import { quote, readEntry } from './entry.ts';
import { byRank, bySpecificity, isGreedy, isOpenTo, longestPattern, type Route } from './route.ts';
import { inexactness } from './stage/inexact.ts';
import { MAX_RESOURCE } from './stage/policy.ts';
import { findSpills, overlap, type Spills } from './stage/spills.ts';

export interface RouteMap {
  /** The most specific first, `$default` last. */
  readonly routes: readonly Route[];
  /** Known only where the map was read for `stage`: one policy can express it. */
  readonly spills: Spills | undefined;
}

/** No ARN of a stage is shorter. */
const SHORTEST_STAGE = 'arn:aws:execute-api:r:0:a/s';
const isTooLong = (route: Route) => SHORTEST_STAGE.length + 1 + longestPattern(route) > MAX_RESOURCE;
const tooLong = ({ entry }: Route) =>
  `${quote(entry)} makes a resource of more than ${MAX_RESOURCE} characters, the most that API Gateway accepts`;

/** Whether every token that one route is open to opens the other. */
const implies = ({ alternatives }: Route, other: Route) =>
  alternatives.every((scopes) => isOpenTo(other, new Set(scopes)));

/**
 * Finds entries of which nobody documents which one API Gateway chooses. HTTP APIs prefer the one without
 * `{name+}`; for REST APIs nothing is known but "the most specific", which may be the other.
 */
function* unordered(routes: readonly Route[]): Generator<string> {
  const greedy = routes.filter(({ segments }) => isGreedy(segments));
  for (const full of routes) {
    if (isGreedy(full.segments)) continue;
    for (const other of greedy) {
      if ((full.methods & other.methods) === 0 || byRank(other, full) >= 0) continue;
      if (!overlap(full, other) || (implies(full, other) && implies(other, full))) continue;
      yield `${quote(full.entry)} and ${quote(other.entry)} both match some paths, and AWS does not document for every kind of API which one goes before; require the same scopes for both, or list the paths that {name+} stands for`;
    }
  }
}

/** Joins the entries of one route: their scopes are alternatives. Names of parameters don't matter. */
function routesOf(entries: readonly Route[]): Route[] {
  const routes = new Map<string, Route>();
  for (const entry of entries) {
    const key = `${entry.methods} ${entry.segments.join('/')}`;
    const route = routes.get(key) ?? { ...entry, alternatives: [] };
    routes.set(key, { ...route, alternatives: [...route.alternatives, ...entry.alternatives] });
  }
  return [...routes.values()];
}

/**
 * Reads ROUTE_SCOPES.
 *
 * @param policyResource `stage`: one policy must be able to express the map exactly
 * @returns the map, or a sentence for each mistake, with the entry that it is in. Whether one policy can express the
 *   map is checked only where there is no other mistake: correcting an entry may change the answer.
 */
export function readRoutes(
  text: string,
  policyResource: 'method' | 'stage',
): { readonly map: RouteMap } | { readonly mistakes: readonly string[] } {
  const entries = text.split(',').map((item, index) => readEntry(item, index + 1));
  const mistakes = entries.flatMap((entry) => (Array.isArray(entry) ? entry : []));
  if (mistakes.length > 0) return { mistakes };
  const routes = routesOf(entries.flatMap((entry) => (Array.isArray(entry) ? [] : entry))).sort(bySpecificity);
  mistakes.push(...unordered(routes));
  const spills = policyResource === 'stage' ? findSpills(routes) : undefined;
  if (spills) mistakes.push(...routes.filter(isTooLong).map(tooLong), ...inexactness(spills));
  return mistakes.length > 0 ? { mistakes } : { map: { routes, spills } };
}
