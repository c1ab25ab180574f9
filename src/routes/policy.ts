import {
  isOpenTo,
  longestPattern,
  opensBoth,
  patternsOf,
  type Route,
  type RouteMap,
  type Spills,
} from './route.ts';

/** A statement of a policy, as Lambda authorizers return them. */
export type Statement = { readonly Action: 'execute-api:Invoke' } & (
  | { readonly Effect: 'Allow' | 'Deny'; readonly Resource: string | readonly string[] }
  | { readonly Effect: 'Deny'; readonly NotResource: readonly string[] }
);

/** What one token may call in a stage. */
export interface StagePolicy {
  readonly statements: readonly Statement[];
  /** `false`: no route is open, and the whole stage is denied. */
  readonly isOpenAnywhere: boolean;
}

const Action = 'execute-api:Invoke';
/** The longest resource that API Gateway takes in a policy, in characters. */
export const MAX_RESOURCE = 512;
/**
 * Policies that are kept. What opens a route is the issuer's choice: there are as many as kinds of tokens.
 */
const MAX_KEPT = 100;
/** Characters of the statements, of the 8 KB that the answer may have with its context. */
const MAX_STATEMENTS = 6000;

/** A statement for some resources; none where there are none. */
const state = (Effect: 'Allow' | 'Deny', resources: readonly string[]): Statement[] =>
  resources.length > 0 ? [{ Action, Effect, Resource: resources }] : [];
const allow = (resources: readonly string[]) => state('Allow', resources);
const deny = (resources: readonly string[]) => state('Deny', resources);

/**
 * Finds what no single policy can express exactly: a first route is open, its pattern matches requests of a
 * second route, which is closed, and the pattern of the second matches requests of a third, which is open. No
 * Deny may match the third, so none is left for the second. Every other map can be expressed: see `compile`.
 *
 * @returns three such routes (the first and the third may be one), for each that can be the second
 */
export function inexactness(spills: Spills): (readonly [Route, Route, Route])[] {
  const into = new Map<Route, Route[]>([...spills.keys()].map((route) => [route, []]));
  for (const [route, list] of spills) for (const { over } of list) into.get(over)?.push(route);
  return [...spills].flatMap(([middle, list]) => {
    if (isOpenTo(middle, new Set())) return [];
    const pairable = (routes: readonly Route[]) => routes.filter((route) => opensBoth(route, route, middle));
    const thirds = pairable(list.map(({ over }) => over));
    for (const first of thirds.length > 0 ? pairable(into.get(middle) ?? []) : []) {
      const third = thirds.find((route) => opensBoth(first, route, middle));
      if (third) return [[first, middle, third] as const];
    }
    return [];
  });
}

/** Routes that a statement lists, each with the methods (bits) in which it does. */
type Named = Map<Route, number>;

/** Leaves out what another listed route's pattern covers; together they match what they matched before. */
function merge(named: Named, spills: Spills): Named {
  for (const [route] of named) {
    for (const { over, methods, isCovered } of spills.get(route) ?? []) {
      const both = methods & (named.get(route) ?? 0);
      if (isCovered && named.has(over)) named.set(over, (named.get(over) ?? 0) & ~both);
    }
  }
  return named;
}

/** The part of a pattern before its first `*`: whatever it matches begins with that. */
const headOf = (pattern: string) => pattern.replace(/\*.*/, '');

/** The patterns that may match what one of the others matches; when in doubt, they do. */
function meeting(patterns: readonly string[], others: readonly string[]): string[] {
  const heads = others.map(headOf);
  const meets = (own: string) => heads.some((head) => head.startsWith(own) || own.startsWith(head));
  return patterns.filter((pattern) => meets(headOf(pattern)));
}

/**
 * Makes the statements for a stage and a set of open routes. Why they are exact: the Deny of a closed route
 * is left out only where it would match requests of an open route. In that case no pattern of an open route
 * matches requests of the closed one (`inexactness` refuses such maps), so that the last Deny, of all that no
 * open pattern matches, applies.
 */
function compile(opened: Named, { routes, fallback }: RouteMap, spills: Spills, stageArn: string) {
  const everything = `${stageArn}/*`;
  if (opened.size === 0) return deny([everything]);
  const closed: Named = new Map();
  for (const route of routes) {
    if (opened.has(route)) continue;
    const hits = (spills.get(route) ?? []).filter(({ over }) => opened.has(over));
    const methods = hits.reduce((left, hit) => left & ~hit.methods, route.methods);
    closed.set(route, methods);
  }
  const list = (named: Named) =>
    [...merge(named, spills)].flatMap(([route, bits]) => patternsOf(route, bits));
  const inStage = (patterns: string[]) => patterns.map((pattern) => `${stageArn}/${pattern}`);
  const denied = list(closed);
  if (fallback && opened.has(fallback)) return [...allow([everything]), ...deny(inStage(denied))];
  const open = list(opened);
  const allowed = inStage(open);
  const others: Statement[] = [{ Action, Effect: 'Deny', NotResource: allowed }];
  const statements = [...allow(allowed), ...deny(inStage(denied)), ...others];
  if (JSON.stringify(statements).length <= MAX_STATEMENTS) return statements;
  // The last Deny suffices, except where open and closed patterns meet: IAM decides the same, in less space.
  return [...allow([everything]), ...deny(inStage(meeting(denied, open))), ...others];
}

/**
 * Prepares the policies of a map. A policy depends on the stage, the map and the scopes alone, so that API
 * Gateway may cache it for every route; it is made once for a stage and a set of open routes.
 *
 * @param map read for `stage`
 * @returns what gives the policy for the ARN of a stage (`arn:…:apiId/stage`) and a token's scopes; nothing,
 *   where a pattern of the map would be longer than 512 characters
 */
export function stagePolicies(
  map: RouteMap,
): (stageArn: string, scopes: ReadonlySet<string>) => StagePolicy | undefined {
  const { routes, fallback, spills } = map;
  if (!spills) throw new Error('The map was not read for policies of a stage.');
  const all = fallback ? [...routes, fallback] : routes;
  const kept = new Map<string, StagePolicy>();
  /** Routes that ask the same are open together: one of them is asked. */
  const askers = [...new Map(all.map((route) => [JSON.stringify(route.alternatives), route])).values()];
  const longest = Math.max(0, ...routes.map(longestPattern));
  return (stageArn, scopes) => {
    if (stageArn.length + 1 + longest > MAX_RESOURCE) return undefined;
    let key = '';
    for (const route of askers) key += isOpenTo(route, scopes) ? '+' : '-';
    key += stageArn;
    const known = kept.get(key);
    if (known) return known;
    const open = all.filter((route) => isOpenTo(route, scopes));
    const opened: Named = new Map(open.map((route) => [route, route.methods]));
    const policy = { statements: compile(opened, map, spills, stageArn), isOpenAnywhere: open.length > 0 };
    const [oldest] = kept.keys();
    if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(key, policy);
    return policy;
  };
}
