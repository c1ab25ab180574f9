import { isParameter, MORE, ONE, type Route, type Spill, type Spills, takes } from './route.ts';

/** A word that is no literal of any entry. */
const FRESH = '*';

/** The most general segment that a segment of a pattern and one of a path both match, if there is one. */
function meet(pattern: string, segment: string): string | undefined {
  if (isParameter(pattern)) return isParameter(segment) ? FRESH : segment;
  if (isParameter(segment)) return pattern === '' ? undefined : pattern;
  return pattern === segment ? segment : undefined;
}

/**
 * Goes through the requests of a given number of segments that both a pattern and a path match: one for each
 * way to align the two. In a pattern a `*` always stands between slashes or at the end, so it matches one or
 * more whole segments, empty ones included; comparing segment by segment is therefore exact.
 *
 * @param isEnough takes a request's segments, and says whether the search may end
 * @returns whether it did
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
  // of several * in a row only the last one needs to take more than one segment
  const mayTakeMore = isParameter(segment) && !isParameter(pattern[at + 1] ?? '');
  const isFound =
    align(pattern, path, length, isEnough, at + 1, request) ||
    (mayTakeMore && align(pattern, path, length, isEnough, at, request));
  request.pop();
  return isFound;
}

/** Whether one pattern matches all that another does: it matches the other with each `*` read as a word. */
function covers(pattern: readonly string[], other: readonly string[]): boolean {
  const words = other.map((segment) => (isParameter(segment) ? FRESH : segment));
  return align(pattern, words, words.length, () => true);
}

/** A route whose requests a pattern may match. */
interface Target {
  readonly route: Route;
  /** More specific routes that may take some of them. */
  readonly rivals: () => readonly Route[];
  /** How many segments the longest path of the map has. */
  readonly longest: number;
}

/**
 * The methods in which a pattern matches requests of a route and of no more specific one. One request of each
 * alignment is enough, with fresh words for what is no literal: a rival that takes it takes all others, too.
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
  // A request longer than every path of the map is taken only by rivals that end in {name+}, which compare
  // its first segments alone. Of such requests one is enough, too: that in which the first * takes up all
  // those segments.
  const star = pattern.findIndex(isParameter);
  if (star >= 0) {
    const stretched = [...pattern.slice(0, star), ...Array(longest).fill(ONE), ...pattern.slice(star)];
    if (align(stretched, segments, stretched.length, isEnough)) return found;
  }
  for (let length = segments.length; length <= longest; length += 1)
    if (align(pattern, segments, length, isEnough)) break;
  return found;
}

/** Whether a path, or a pattern (`isPattern`), may match a request of another path; when in doubt, yes. */
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
 * Finds which route spills over which. Routes that ask the same are open together, so of those only what is
 * covered is of use, and only that is listed.
 *
 * @param routes the most specific first
 * @param fallback the route `$default`: its pattern is `*`, and of its requests every pattern with a `*`
 *   matches some, such as those with an empty segment
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
