import { EVERYTHING, isGreedy, isParameter, pathPattern, type Route } from '../route.ts';
import { matchesResource } from './iam.ts';

/**
 * IAM's `*` crosses slashes, so the pattern of one route may match requests of another: the one spills over the
 * other. Only requests in their plain spelling count, for `compile` denies all others.
 */
interface Spill {
  readonly over: Route;
  /** The methods in which it does. */
  readonly methods: number;
  /** Its pattern matches all that the other's pattern matches, in those methods. */
  readonly isCovered: boolean;
}

/** Of each route, what it spills over. */
export type Spills = ReadonlyMap<Route, readonly Spill[]>;

/** A word that isn't a literal of any entry. */
const WILDCARD = '*';

/** The most general segment that two segments both match, if there is one; only a `*` matches an empty one. */
function unify(pattern: string, segment: string): string | undefined {
  if (isParameter(pattern)) return isParameter(segment) ? WILDCARD : segment;
  if (isParameter(segment)) return pattern === '' ? undefined : pattern;
  return pattern === segment ? segment : undefined;
}

/** The segment of a route that a request's segment is compared with. */
const segmentAt = ({ segments }: Pick<Route, 'segments'>, position: number) =>
  segments[isGreedy(segments) ? Math.min(position, segments.length - 1) : position];

/** Whether a route's path may end after so many segments. */
const mayEnd = ({ segments }: Pick<Route, 'segments'>, length: number) =>
  isGreedy(segments) ? length >= segments.length : length === segments.length;

/** Whether some path may match both routes; when in doubt (the root, and a parameter of the first), yes. */
export function overlap(one: Route, other: Route): boolean {
  const length = Math.max(one.segments.length, other.segments.length);
  if (!mayEnd(one, length) || !mayEnd(other, length)) return false;
  for (let position = 0; position < length; position += 1)
    if (unify(segmentAt(one, position) ?? '', segmentAt(other, position) ?? '') === undefined) return false;
  return true;
}

/** A search is given up after so many steps, of which each takes about a microsecond. */
const MIN_STEPS = 5000;
const STEPS_PER_ROUTE = 1000;

/** What is searched for requests that a pattern matches. */
interface Target extends Pick<Route, 'segments'> {
  /** More specific routes, to which some of its requests belong. */
  readonly rivals: readonly Route[];
  /** How many segments the longest path of the map has. */
  readonly longest: number;
}

/**
 * The methods in which a pattern matches requests of a route and of no more specific one.
 *
 * The search lays the pattern along the route's path, segment by segment: a `*` is one or more segments. Where
 * neither has a literal, the request gets a word of its own; a rival that matches such a request matches all
 * others, too. What matters for the rest is only the place in both and which rivals still match, so no such
 * state is searched twice. A request longer than every path is matched by greedy rivals alone, which compare
 * its beginning; so lengths beyond `longest` and the pattern's own add nothing.
 *
 * @param steps how many may be taken; where they don't suffice the answer is all methods, which is safe
 */
function spill(pattern: readonly string[], methods: number, target: Target, steps: { left: number }): number {
  const maxLength = isGreedy(target.segments) ? target.longest + pattern.length : target.segments.length;
  const seen = new Set<string>();
  let found = 0;

  /** @param rivals those that match so far, by their place in the list */
  function search(at: number, position: number, rivals: readonly number[]): void {
    const segment = pattern[at];
    if (found === methods) return;
    if (segment === undefined) {
      if (!mayEnd(target, position)) return;
      let own = methods;
      for (const index of rivals) {
        const rival = target.rivals[index];
        if (rival && mayEnd(rival, position)) own &= ~rival.methods;
      }
      found |= own;
      return;
    }
    if (maxLength - position < pattern.length - at) return;
    const common = unify(segment, segmentAt(target, position) ?? '');
    if (common === undefined) return;
    const state = `${at} ${position} ${rivals}`;
    if (seen.has(state)) return;
    seen.add(state);
    steps.left -= 1;
    if (steps.left < 0) found = methods;
    const left = rivals.filter((index) => {
      const own = segmentAt(target.rivals[index] ?? target, position);
      return own === common || (own !== undefined && isParameter(own) && common !== '');
    });
    search(at + 1, position + 1, left);
    // of several * in a row only the last one needs to be more than one segment
    if (isParameter(segment) && !isParameter(pattern[at + 1] ?? '')) search(at, position + 1, left);
  }

  search(0, 0, [...target.rivals.keys()]);
  return found;
}

/**
 * Finds which route spills over which, given the most specific route first. Routes that require the same are open
 * together, so of those only what is covered is of use, and only that is listed.
 */
export function findSpills(routes: readonly Route[]): Spills {
  const longest = Math.max(0, ...routes.map(({ segments }) => segments.length));
  const steps = { left: MIN_STEPS + STEPS_PER_ROUTE * routes.length };
  const all = routes.map((route) => ({
    route,
    requirement: JSON.stringify(route.alternatives),
    pattern: pathPattern(route),
    list: [] as Spill[],
  }));
  for (const [position, { route: over, requirement, pattern }] of all.entries()) {
    const rivals = routes
      .slice(0, position)
      .filter((rival) => (rival.methods & over.methods) !== 0 && overlap(over, rival));
    // $default has the root as well, which is an empty segment
    const targets = over.segments[0] === EVERYTHING ? [over.segments, ['']] : [over.segments];
    for (const { route, requirement: other, pattern: from, list } of all) {
      const shared = route.methods & over.methods;
      if (shared === 0 || route === over) continue;
      const isCovered = matchesResource(from, pattern);
      const isSame = requirement === other;
      let methods = isSame && isCovered ? shared : 0;
      for (const segments of isSame ? [] : targets)
        methods |= spill(route.segments, shared, { segments, rivals, longest }, steps);
      if (methods !== 0) list.push({ over, methods, isCovered });
    }
  }
  return new Map(all.map(({ route, list }) => [route, list]));
}
