import { refusal } from '../decision.ts';
import { bitOf, isOpenTo, matches, type Route, segmentsOf } from './route.ts';
import { isPlain, plainPath } from './spelling.ts';
import { permits } from './stage/iam.ts';
import type { StagePolicy } from './stage/policy.ts';

/** What a request asks for, as API Gateway tells it. */
export interface Asked {
  /** What follows the stage in the ARN, up to the next slash: a method, or `$connect`. */
  readonly method: string;
  /** What follows that: `/` and more, or nothing (`$connect`). */
  readonly path: string;
  /** The path of the route that API Gateway chose (`/pets/{id}`), if the event tells it. */
  readonly ownPath?: string | undefined;
}

/** The route that a path is of, compared as it is: nothing is decoded. */
export function findRoute(routes: readonly Route[], method: string, path: string): Route | undefined {
  const bit = bitOf(method);
  return routes.find((route) => (route.methods & bit) !== 0 && matches(route.segments, path));
}

/** The entry for the route that API Gateway chose, where that is another than the path tells. */
function findOwnRoute(routes: readonly Route[], { method, path, ownPath }: Asked): Route | undefined {
  if (ownPath === undefined) return undefined;
  const bit = bitOf(method);
  const own = segmentsOf(ownPath);
  const route = routes.find(
    ({ methods, segments }) =>
      (methods & bit) !== 0 &&
      segments.length === own.length &&
      segments.every((segment, position) => segment === own[position]),
  );
  return route && !matches(route.segments, path) ? route : undefined;
}

/**
 * The route that decides on a request. A request may be read in several ways: by its path as it is, by the
 * plain spelling of the path, and by the route that API Gateway chose. All of them must be open.
 *
 * @returns the first that is not open, nothing if one way leads to no route; else the route of the path as it is
 */
export function decidingRoute(routes: readonly Route[], asked: Asked, scopes: ReadonlySet<string>): Route | undefined {
  const { method, path } = asked;
  const plain = plainPath(path);
  if (plain === undefined) return undefined;
  const route = findRoute(routes, method, path);
  if (!route || !isOpenTo(route, scopes)) return route;
  if (plain !== path) {
    const plainRoute = findRoute(routes, method, plain);
    if (!plainRoute || !isOpenTo(plainRoute, scopes)) return plainRoute;
  }
  const own = findOwnRoute(routes, asked);
  return own && !isOpenTo(own, scopes) ? own : route;
}

/** Checks that scopes open the route that decides. @throws Refusal `unlisted_route`, `insufficient_scope` */
export function checkRoute(route: Route | undefined, scopes: ReadonlySet<string>): void {
  if (!route) throw refusal('unlisted_route', 'no_entry');
  if (isOpenTo(route, scopes)) return;
  throw refusal('insufficient_scope', 'route', { route: route.entry, alternatives: route.alternatives });
}

/**
 * Checks that the policy of a stage says the same of a request as its route, because API Gateway goes by the
 * policy. They differ where IAM can't tell a refused request from an open route, and where the policy denies more
 * spellings of a path than need be.
 *
 * @throws Refusal `unsupported_resource` (an error, so that API Gateway caches nothing), `unlisted_route`
 */
export function checkPolicy(
  policy: StagePolicy,
  { arn, path }: Asked & { readonly arn: string },
  route: Route | undefined,
  scopes: ReadonlySet<string>,
): void {
  const isOpen = route !== undefined && isOpenTo(route, scopes);
  // a pattern of `otherSpellings` matches some plain paths with a % too
  const isSure = isOpen && isPlain(path) && !path.includes('%');
  if (!policy.isOpenAnywhere || isSure || permits(policy.statements, arn) === isOpen) return;
  throw isOpen ? refusal('unlisted_route', 'spelling') : refusal('unsupported_resource', 'indistinguishable');
}
