import { refusal } from '../decision.ts';
import { missingScopes, type Route } from './route.ts';

/**
 * Checks that a token opens the route of a request.
 *
 * @param route nothing, where the map lists none for the request
 * @throws Refusal `unlisted_route`, `insufficient_scope`
 */
export function checkRoute(route: Route | undefined, scopes: ReadonlySet<string>): void {
  if (!route) throw refusal('unlisted_route', 'no_entry');
  const alternatives = missingScopes(route, scopes);
  if (alternatives) throw refusal('insufficient_scope', 'route', { route: route.entry, alternatives });
}
