import { isParameter, MORE, ONE, type Route, type Spill, type Spills, takes } from './route.ts';

/** A word that is no literal of any entry. */
const FRESH = '*';

/** The segment of a request that a pattern's segment and a path's segment may have in common, as general as can be. */
function meet(pattern: string, segment: string): string | undefined {
  if (isParameter(pattern)) return isParameter(segment) ? FRESH : segment;
  if (isParameter(segment)) return pattern === '' ? undefined : pattern;
  return pattern === segment ? segment : undefined;
}

/**
 * Finds a request of so many segments that both a pattern and a path match, by every way to lay one along the other.
 *
 * @param isEnough says of a request's segments whether the search may end
 */
function align(
  pattern: readonly string[],
  path: readonly string[],
  length: number,
  isEnough: (request: readonly string[]) => boolean,
  at = 0,
  request: string[] = [],
): boolean {
  if (request.length === length) return at === pattern.length && isEnough(request);
  const segment = pattern[at];
  const against = path[Math.min(request.length, path.length - 1)];
  if (segment === undefined || against === undefined) return false;
  if (length - request.length < pattern.length - at) return false;
  const common = meet(segment, against);
  if (common === undefined) return false;
  request.push(common);
  // of several * in a row it is enough to let the last one take more
  const mayTakeMore = isParameter(segment) && !isParameter(pattern[at + 1] ?? '');
  const isFound =
    align(pattern, path, length, isEnough, at + 1, request) ||
    (mayTakeMore && align(pattern, path, length, isEnough, at, request));
  request.pop();
  return isFound;
}

/** Whether one pattern matches all that another does: laid along it, with its parameters for words. */
const covers = (pattern: readonly string[], other: readonly string[]) =>
  align(
    pattern,
    other.map((segment) => (isParameter(segment) ? FRESH : segment)),
    other.length,
    () => true,
  );

/** A route whose requests a pattern may match. */
interface Target {
  readonly route: Route;
  /** More specific routes that may take some of them. */
  readonly rivals: () => readonly Route[];
  /** How many segments the longest path of the map has. */
  readonly longest: number;
}

/**
 * The methods in which a pattern matches requests of a route; those that a more specific route takes are not its own.
 * Requests are as general as can be, a fresh word wherever neither side asks for a literal: where a rival takes
 * such a one, it takes every other of the same alignment.
 */
function spill(pattern: readonly string[], methods: number, { route, rivals, longest }: Target): number {
  const { segments } = route;
  let found = 0;
  const isEnough = (request: readonly string[]) => {
    const path = request.map((segment) => `/${segment}`).join('');
    let own = methods & ~found;
    for (const rival of rivals())
      if ((rival.methods & own) !== 0 && takes(rival.segments, path)) own &= ~rival.methods;
    found |= own;
    return found === methods;
  };
  if (segments.at(-1) !== MORE) {
    align(pattern, segments, segments.length, isEnough);
    return found;
  }
  // Of requests longer than every path of the map, rivals (all end in {name+} then) see no more than the beginning.
  // The most general is that in which the first * takes up all that they see: it stands for all that are so long.
  const star = pattern.findIndex(isParameter);
  if (star >= 0) {
    const stretched = [...pattern.slice(0, star), ...Array(longest).fill(ONE), ...pattern.slice(star)];
    if (align(stretched, segments, stretched.length, isEnough)) return found;
  }
  for (let length = segments.length; length <= longest; length += 1)
    if (align(pattern, segments, length, isEnough)) break;
  return found;
}

/** Whether two paths may have a request in common, or a pattern (`isPattern`) with a path; where in doubt, yes. */
function mayMeet(one: readonly string[], other: readonly string[], isPattern: boolean): boolean {
  for (let position = 0; position < one.length; position += 1) {
    const segment = one[position] ?? '';
    const against = other[position];
    if (against === undefined) return false;
    if (isPattern ? isParameter(segment) : segment === MORE) return true;
    if (meet(segment, against) === undefined) return false;
    if (against === MORE) return true;
  }
  return one.length === other.length;
}

/**
 * Finds which route spills over which. Between routes that ask the same, which are open together, only that matters
 * which is covered.
 *
 * @param routes the most specific first
 * @param fallback the route `$default`: its pattern is `*`, and of its requests every pattern with a `*` matches
 *   some, such as those with an empty segment
 */
export function findSpills(routes: readonly Route[], fallback: Route | undefined): Spills {
  const longest = Math.max(0, ...routes.map(({ segments }) => segments.length));
  const lists = routes.map((route) => ({
    route,
    asks: JSON.stringify(route.alternatives),
    list: [] as Spill[],
  }));
  const everything: Spill[] = [];
  for (const [position, { route: over, asks }] of lists.entries()) {
    let found: Route[] | undefined;
    const rivals = () => {
      found ??= routes
        .slice(0, position)
        .filter(
          ({ methods, segments }) =>
            (methods & over.methods) !== 0 && mayMeet(segments, over.segments, false),
        );
      return found;
    };
    const target: Target = { route: over, longest, rivals };
    for (const { route, asks: others, list } of lists) {
      const shared = route.methods & over.methods;
      if (shared === 0 || route === over || !mayMeet(route.segments, over.segments, true)) continue;
      const methods = asks === others ? shared : spill(route.segments, shared, target);
      const isCovered = methods !== 0 && covers(route.segments, over.segments);
      if (isCovered || (methods !== 0 && asks !== others)) list.push({ over, methods, isCovered });
    }
    const methods = fallback ? spill(over.segments.length > 0 ? [MORE] : [], over.methods, target) : 0;
    if (methods !== 0) everything.push({ over, methods, isCovered: true });
  }
  const spills = new Map<Route, readonly Spill[]>(lists.map(({ route, list }) => [route, list]));
  if (fallback === undefined) return spills;
  for (const { route, list } of lists)
    if (route.segments.some(isParameter))
      list.push({ over: fallback, methods: route.methods, isCovered: false });
  return spills.set(fallback, everything);
}
