import { EVERYTHING, isOpenTo, longestPattern, patternsOf, type Route } from '../route.ts';
import { otherSpellings } from '../spelling.ts';
import { allow, deny, denyAllBut, headLength, mayMeet, type Statement } from './iam.ts';
import type { Spills } from './spills.ts';

/** What one token may call in a stage. */
export interface StagePolicy {
  readonly statements: readonly Statement[];
  /** `false`: no route is open, and the whole stage is denied. */
  readonly isOpenAnywhere: boolean;
  /** The size of the statements as JSON. */
  readonly bytes: number;
}

/** The longest resource that API Gateway accepts in a policy, in characters. */
export const MAX_RESOURCE = 512;
/** Policies that are kept. There are as many as kinds of tokens, which is the issuer's choice. */
const MAX_KEPT = 100;
/** Characters of the statements, of the 8 KB that the answer may have with its context. */
const MAX_STATEMENTS = 6000;

/** Routes that a statement lists, each with the methods (bits) in which it does. */
type MethodsByRoute = Map<Route, number>;

/** The patterns of listed routes, without what another one's pattern covers; together they match the same. */
function patternsIn(named: MethodsByRoute, spills: Spills): string[] {
  for (const [route] of named) {
    for (const { over, methods, isCovered } of spills.get(route) ?? []) {
      const both = methods & (named.get(route) ?? 0);
      if (isCovered && named.has(over)) named.set(over, (named.get(over) ?? 0) & ~both);
    }
  }
  return [...named].flatMap(([route, methods]) => patternsOf(route, methods));
}

/**
 * The patterns that deny a closed route in every other spelling. Why they suffice: say that the policy denies the
 * plain spelling of an ARN, and an open pattern matches the ARN. Apart from double slashes, dots and a slash at
 * the end, which have patterns of their own, it differs from its plain spelling by percent-encoded characters
 * alone. Literals have none, so the open pattern matches the plain spelling too, and it is a closed pattern that
 * denies it. If that one does not match the ARN, a literal of it is encoded, in a place where the open pattern has
 * its first `*` or what follows. None of these patterns matches an ARN in its plain spelling.
 *
 * @param keepsSlashes whether paths with a slash at their end stay open, apart from those of the closed routes: `$default`
 *   is open, and is the route of all others
 */
function closeSpellings(open: readonly string[], denied: readonly string[], keepsSlashes: boolean): string[] {
  const wide = open.filter((pattern) => pattern.includes('*'));
  if (wide.length === 0) return [];
  const literals = denied.flatMap((pattern) =>
    wide
      .filter((other) => mayMeet(pattern, other))
      .map((other) => pattern.slice(Math.min(headLength(pattern), headLength(other)))),
  );
  const paths = denied.filter((pattern) => /[^*/]$/.test(pattern) && pattern.includes('/'));
  const ends = keepsSlashes ? paths.map((pattern) => `*${pattern.slice(pattern.indexOf('/'))}/`) : ['*/*/'];
  return [...otherSpellings(literals.join('')), ...new Set(ends)];
}

/**
 * Makes the statements for a stage and a set of open routes. Why they are exact: the Deny of a closed route is left out
 * only where it would match requests of an open route. In that case no pattern of an open route matches requests of the
 * closed one (`inexactness` refuses such maps), so that the last Deny, of all that no open pattern matches, applies.
 */
function compile(opened: MethodsByRoute, routes: readonly Route[], spills: Spills, stageArn: string): Statement[] {
  const everything = `${stageArn}/*`;
  if (opened.size === 0) return [deny([everything])];
  const closed: MethodsByRoute = new Map();
  for (const route of routes) {
    if (opened.has(route)) continue;
    const hits = (spills.get(route) ?? []).filter(({ over }) => opened.has(over));
    const methods = hits.reduce((left, hit) => left & ~hit.methods, route.methods);
    closed.set(route, methods);
  }
  const open = patternsIn(opened, spills);
  const denied = patternsIn(closed, spills);
  const statements = (allowed: string[], denials: string[]): Statement[] => [
    allow(allowed),
    ...(denials.length > 0 ? [deny(inStage(denials))] : []),
    denyAllBut(inStage(open)),
  ];
  const inStage = (patterns: string[]) => patterns.map((pattern) => `${stageArn}/${pattern}`);
  const isDefaultOpen = [...opened.keys()].some(({ segments }) => segments[0] === EVERYTHING);
  const long = statements(inStage(open), [...denied, ...closeSpellings(open, denied, isDefaultOpen)]);
  if (JSON.stringify(long).length <= MAX_STATEMENTS) return long;
  // The last Deny suffices, except where open and closed patterns meet: IAM decides the same, in less space.
  const needed = denied.filter((pattern) => open.some((other) => mayMeet(pattern, other)));
  return statements([everything], [...needed, ...closeSpellings(open, needed, false)]);
}

/**
 * Prepares the policies of a map that is exact. A policy depends on the stage, the map and the scopes alone, so that
 * API Gateway may cache it for every route; it is made once for a stage and a set of open routes.
 *
 * @returns what gives the policy for the ARN of a stage (`arn:…:apiId/stage`) and a token's scopes; nothing,
 *   where a pattern of the map would be longer than 512 characters
 */
export function stagePolicies(
  routes: readonly Route[],
  spills: Spills,
): (stageArn: string, scopes: ReadonlySet<string>) => StagePolicy | undefined {
  const kept = new Map<string, StagePolicy>();
  /** One route for each requirement: those that require the same are open together. */
  const representatives = [...new Map(routes.map((route) => [JSON.stringify(route.alternatives), route])).values()];
  const longest = Math.max(0, ...routes.map(longestPattern));
  return (stageArn, scopes) => {
    if (stageArn.length + 1 + longest > MAX_RESOURCE) return undefined;
    let key = '';
    for (const route of representatives) key += isOpenTo(route, scopes) ? '+' : '-';
    key += stageArn;
    const known = kept.get(key);
    if (known) return known;
    const open = routes.filter((route) => isOpenTo(route, scopes));
    const opened: MethodsByRoute = new Map(open.map((route) => [route, route.methods]));
    const statements = compile(opened, routes, spills, stageArn);
    const bytes = Buffer.byteLength(JSON.stringify(statements));
    const policy = { statements, isOpenAnywhere: open.length > 0, bytes };
    const [oldest] = kept.keys();
    if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(key, policy);
    return policy;
  };
}
