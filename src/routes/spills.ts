import { isParameter, MORE, type Route, type Spill, type Spills, takes } from './route.ts';

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
  const isFound =
    align(pattern, path, length, isEnough, at + 1, request) ||
    (isParameter(segment) && align(pattern, path, length, isEnough, at, request));
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

/**
 * The methods in which a pattern matches requests of a route: of those that a more specific route takes it may
 * match any number. Requests are as general as can be (a fresh word wherever neither side asks for a literal): where
 * a rival takes such a one, it takes every other of the same alignment.
 *
 * @param rivals the more specific routes
 * @param longest how many segments the longest path of the map has
 */
function spill(
  pattern: readonly string[],
  route: Route,
  methods: number,
  rivals: readonly Route[],
  longest: number,
) {
  let found = 0;
  const isEnough = (request: readonly string[]) => {
    const path = request.map((segment) => `/${segment}`).join('');
    let own = methods & ~found;
    for (const rival of rivals)
      if ((rival.methods & own) !== 0 && takes(rival.segments, path)) own &= ~rival.methods;
    found |= own;
    return found === methods;
  };
  const { segments } = route;
  if (segments.at(-1) !== MORE) {
    align(pattern, segments, segments.length, isEnough);
    return found;
  }
  // Longer than every path of the map, all rivals end in {name+} and see no more than the beginning of a request. There
  // the most general one is that in which the first * takes up all that they see; it stands for all that are so long.
  const star = pattern.findIndex(isParameter);
  if (star >= 0) {
    const stretched = [...pattern.slice(0, star), ...Array(longest).fill(MORE), ...pattern.slice(star)];
    if (align(stretched, segments, stretched.length, isEnough)) return found;
  }
  for (let length = segments.length; length <= longest; length += 1)
    if (align(pattern, segments, length, isEnough)) break;
  return found;
}

/** Whether two paths may take one request; where in doubt, yes. */
function mayMeet(one: readonly string[], other: readonly string[]): boolean {
  for (const [position, segment] of one.entries()) {
    const against = other[position];
    if (against === undefined || meet(segment, against) === undefined) return false;
    if (segment === MORE || against === MORE) return true;
  }
  return one.length === other.length;
}

/**
 * Finds which route spills over which.
 *
 * @param routes the most specific first
 * @param fallback the route `$default`: its pattern is `*`, and of its requests every pattern with a `*` matches
 *   some, such as those with an empty segment
 */
export function findSpills(routes: readonly Route[], fallback: Route | undefined): Spills {
  const spills = new Map<Route, Spill[]>(routes.map((route) => [route, []]));
  const longest = Math.max(0, ...routes.map(({ segments }) => segments.length));
  const everything: Spill[] = [];
  for (const [position, over] of routes.entries()) {
    const rivals = routes
      .slice(0, position)
      .filter(({ methods, segments }) => (methods & over.methods) !== 0 && mayMeet(segments, over.segments));
    for (const [route, list] of spills) {
      const shared = route.methods & over.methods;
      const methods = shared && route !== over ? spill(route.segments, over, shared, rivals, longest) : 0;
      if (methods !== 0) list.push({ over, methods, isCovered: covers(route.segments, over.segments) });
    }
    const whole = over.segments.length > 0 ? [MORE] : [];
    const methods = spill(whole, over, over.methods, rivals, longest);
    if (methods !== 0) everything.push({ over, methods, isCovered: true });
  }
  if (fallback === undefined) return spills;
  for (const [route, list] of spills)
    if (route.segments.some(isParameter))
      list.push({ over: fallback, methods: route.methods, isCovered: false });
  return spills.set(fallback, everything);
}
