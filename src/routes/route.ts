/**
 * What may stand in the method's place of an ARN: the methods of API Gateway, and the key of the one
 * WebSocket route that has an authorizer (Developer Guide, "Create routes for HTTP APIs", "Control access to
 * WebSocket APIs").
 */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', '$connect'] as const;

/** The bit of each method, so that a set of methods is a number. */
export const METHOD_BITS: ReadonlyMap<string, number> = new Map([
  ...METHODS.map((method, position) => [method, 1 << position] as const),
]);
/** The bits of ANY: all but `$connect`. */
export const ANY = 0b0111_1111;

/** The segment `{name}`: one segment of at least one character. No literal has a brace in it. */
export const ONE = '{}';
/** The segment `{name+}`, last of its path: one or more segments, each of at least one character. */
export const MORE = '{+}';
export const isParameter = (segment: string) => segment === ONE || segment === MORE;

/** A route of the API, as ROUTE_SCOPES lists it. */
export interface Route {
  /** Its first entry without the scopes, such as `GET /pets/{id}`: for people. */
  readonly entry: string;
  /** The bits of its methods; 0 for `$default`. */
  readonly methods: number;
  /** Literals, ONE and MORE. The root `/` has the empty literal; `$connect` and `$default` have no segment. */
  readonly segments: readonly string[];
  /** Of one alternative all scopes are needed; one without scopes opens the route to every token. */
  readonly alternatives: readonly (readonly string[])[];
}

/** The patterns of a route, one for each method, as they follow the stage: a parameter is a `*`. */
export function patternsOf({ segments }: Route, methods: number): string[] {
  const path = segments.map((segment) => (isParameter(segment) ? '*' : segment));
  return METHODS.filter((_, position) => (methods & (1 << position)) !== 0).map((method) =>
    [method, ...path].join('/'),
  );
}

/** The length of a route's longest pattern, in characters. */
export const longestPattern = (route: Route) =>
  Math.max(0, ...patternsOf(route, route.methods).map(({ length }) => length));

const SLASH = '/'.charCodeAt(0);

/** Whether a path matches these segments. Allocates nothing: each request is compared with many routes. */
export function takes(segments: readonly string[], path: string): boolean {
  let slash = 0;
  for (const segment of segments) {
    if (path.charCodeAt(slash) !== SLASH) return false;
    const start = slash + 1;
    if (segment === MORE) return !path.endsWith('/') && !path.includes('//', slash);
    const next = path.indexOf('/', start);
    const end = next < 0 ? path.length : next;
    const isTaken =
      segment === ONE ? end > start : end - start === segment.length && path.startsWith(segment, start);
    if (!isTaken) return false;
    slash = end;
  }
  return slash === path.length;
}

const rank = (segment: string) => (segment === MORE ? 2 : segment === ONE ? 1 : 0);

/**
 * Sorts the most specific route to the front: segment by segment from the left, a literal goes before
 * `{name}`, `{name}` before `{name+}`; where paths are alike, a method goes before ANY. Where one path is the
 * beginning of another no request matches both, so their order makes no difference.
 */
export function bySpecificity(one: Route, other: Route): number {
  for (const [position, segment] of one.segments.entries()) {
    const against = other.segments[position];
    if (against === undefined) break;
    if (rank(segment) !== rank(against)) return rank(segment) - rank(against);
  }
  return (
    one.segments.length - other.segments.length || Number(one.methods === ANY) - Number(other.methods === ANY)
  );
}

/** Whether scopes open a route: all those of one alternative are there. */
export const isOpenTo = ({ alternatives }: Route, scopes: { has(scope: string): boolean }): boolean =>
  alternatives.some((alternative) => alternative.every((scope) => scopes.has(scope)));

/** Whether some scopes open two routes and not a third; the scopes of an alternative of each will tell. */
export function opensBoth(one: Route, other: Route, third: Route): boolean {
  const alone = ({ alternatives }: Route) =>
    alternatives.filter((scopes) => !isOpenTo(third, new Set(scopes)));
  const others = alone(other);
  return alone(one).some((scopes) => others.some((more) => !isOpenTo(third, new Set([...scopes, ...more]))));
}

/** Characters of an entry that a message quotes. */
const MAX_SHOWN = 120;

/** An entry as a message quotes it. */
export const quote = (entry: string) =>
  JSON.stringify(entry.length > MAX_SHOWN ? `${entry.slice(0, MAX_SHOWN)}…` : entry);

/**
 * IAM's `*` crosses slashes and stands for nothing too, so the pattern of one route may match requests of
 * another: the one spills over the other.
 */
export interface Spill {
  readonly over: Route;
  /** The methods in which it does. */
  readonly methods: number;
  /** Its pattern matches all that the other's pattern matches, in those methods. */
  readonly isCovered: boolean;
}

/** Of each route, what it spills over. */
export type Spills = ReadonlyMap<Route, readonly Spill[]>;

/** ROUTE_SCOPES, read. */
export interface RouteMap {
  /** The most specific first, without `$default`. */
  readonly routes: readonly Route[];
  /** `$default`, if it is listed. */
  readonly fallback: Route | undefined;
  /** Known only where the map was read for `stage`, and is exact. */
  readonly spills: Spills | undefined;
}

/**
 * Which route a request is of.
 *
 * @param method what follows the stage in the ARN, up to the next slash: a method, or `$connect`
 * @param path what follows that: `/` and more, or nothing (`$connect`). Compared as it stands, nothing is
 *   decoded.
 */
export function findRoute({ routes, fallback }: RouteMap, method: string, path: string): Route | undefined {
  const bit = METHOD_BITS.get(method) ?? 0;
  for (const route of routes) if ((route.methods & bit) !== 0 && takes(route.segments, path)) return route;
  return fallback;
}

/** The alternatives of a route that these scopes don't open; undefined for an open route. */
export const missingScopes = (
  route: Route,
  scopes: ReadonlySet<string>,
): Route['alternatives'] | undefined => (isOpenTo(route, scopes) ? undefined : route.alternatives);
