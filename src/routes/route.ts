/**
 * What may be in the method's place of an ARN: the methods of API Gateway, and the key of the one WebSocket
 * route that has an authorizer (Developer Guide, "Create routes for HTTP APIs", "Control access to WebSocket
 * APIs"). A request with any other method is of no route.
 */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', '$connect'] as const;

/** The bit of each method, so that a set of methods is a number. */
const METHOD_BITS: ReadonlyMap<string, number> = new Map(METHODS.map((method, at) => [method, 1 << at]));
/** The bit of a method; 0 for any other. */
export const bitOf = (method: string): number => METHOD_BITS.get(method) ?? 0;
/** The bits of ANY: all but `$connect`. */
export const ANY = 0b0111_1111;

/** The segment `{name}`: one segment of at least one character. No literal has a brace in it. */
export const ONE = '{}';
/** The segment `{name+}`, last of its path: one or more segments, each of at least one character. */
const MORE = '{+}';
/** The only segment of `$default`: any path. */
export const EVERYTHING = '{*}';

const PARAMETERS = [ONE, MORE, EVERYTHING];
export const isParameter = (segment: string) => PARAMETERS.includes(segment);
/** Which segments go first: literals, then `{name}`, then `{name+}`, then `$default`. */
const rank = (segment: string) => PARAMETERS.indexOf(segment) + 1;
/** Whether a path may have any number of segments at its end. */
export const isGreedy = (segments: readonly string[]) => rank(segments.at(-1) ?? '') > rank(ONE);

/** The segments of a path as API Gateway writes resources and routes. Names of parameters don't matter. */
export const segmentsOf = (path: string): string[] =>
  path
    .slice(1)
    .split('/')
    .map((segment) => (segment.startsWith('{') ? (segment.endsWith('+}') ? MORE : ONE) : segment));

/** A route of the API, as ROUTE_SCOPES lists it. */
export interface Route {
  /** Its first entry without the scopes, such as `GET /pets/{id}`: for people. */
  readonly entry: string;
  /** The bits of its methods. */
  readonly methods: number;
  /** Literals, ONE, MORE and EVERYTHING. The root `/` has the empty literal; `$connect` has no segment. */
  readonly segments: readonly string[];
  /** Of one alternative all scopes are needed; one without scopes opens the route to every token. */
  readonly alternatives: readonly (readonly string[])[];
}

/** What follows the method in the patterns of a route: a parameter is a `*`. */
export const pathPattern = ({ segments }: Route): string =>
  segments.map((segment) => `/${isParameter(segment) ? '*' : segment}`).join('');

/** The patterns of a route, one for each method, as they follow the stage. */
export function patternsOf(route: Route, methods: number): string[] {
  const path = pathPattern(route);
  return METHODS.filter((method) => (methods & bitOf(method)) !== 0).map((method) => method + path);
}

/** The length of a route's longest pattern, in characters. */
export const longestPattern = (route: Route) =>
  Math.max(0, ...patternsOf(route, route.methods).map(({ length }) => length));

const SLASH = '/'.charCodeAt(0);

/** Whether a path matches these segments. Allocates nothing: each request is compared with many routes. */
export function matches(segments: readonly string[], path: string): boolean {
  let slash = 0;
  for (const segment of segments) {
    if (path.charCodeAt(slash) !== SLASH) return false;
    if (segment === EVERYTHING) return true;
    const start = slash + 1;
    if (segment === MORE) return !path.endsWith('/') && !path.includes('//', slash);
    const next = path.indexOf('/', start);
    const end = next < 0 ? path.length : next;
    const isMatch = segment === ONE ? end > start : end - start === segment.length && path.startsWith(segment, start);
    if (!isMatch) return false;
    slash = end;
  }
  return slash === path.length;
}

/**
 * Sorts the most specific route to the front, in API Gateway's order (Developer Guide, "Create routes for HTTP
 * APIs": full matches, greedy ones, `$default`). Among full and among greedy matches, segment by segment from
 * the left, a literal goes before `{name}`, `{name}` before `{name+}`; where paths are alike, a method goes
 * before ANY. Where one path is the beginning of another no request matches both.
 */
export function bySpecificity(one: Route, other: Route): number {
  return (
    Number(isGreedy(one.segments)) - Number(isGreedy(other.segments)) ||
    byRank(one, other) ||
    one.segments.length - other.segments.length ||
    Number(one.methods === ANY) - Number(other.methods === ANY)
  );
}

/** Compares routes at the first segment where they differ in kind. */
export function byRank(one: Route, other: Route): number {
  for (const [position, segment] of one.segments.entries()) {
    const difference = rank(segment) - rank(other.segments[position] ?? segment);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether scopes open a route: all those of one alternative are there. */
export const isOpenTo = ({ alternatives }: Route, scopes: { has(scope: string): boolean }): boolean =>
  alternatives.some((alternative) => alternative.every((scope) => scopes.has(scope)));
