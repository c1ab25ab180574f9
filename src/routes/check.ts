import { Refusal } from '../reasons.ts';
import { missingScopes, type Route } from './route.ts';

/**
 * Checks that a token opens the route of a request.
 *
 * @param route nothing, where the map lists none for the request
 * @throws Refusal `unlisted_route`, `insufficient_scope`
 */
export function checkRoute(route: Route | undefined, scopes: ReadonlySet<string>): void {
  if (!route)
    throw new Refusal('unlisted_route', 'ROUTE_SCOPES has no entry for the method and path of this request.');
  const asked = missingScopes(route, scopes);
  if (!asked) return;
  const alternatives = asked.map((alternative) => alternative.join(' ')).join(', or ');
  throw new Refusal(
    'insufficient_scope',
    `The route ${route.entry} asks for ${alternatives}, which the token lacks.`,
  );
}
