import type { Config } from '../config/config.ts';
import { refusal } from '../decision.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { Kind } from './kinds.ts';
import { wholeValuesAt } from './token-source.ts';

/**
 * HTTP APIs keep one simple response for all routes, unless the route is a part of the cache's key. The event has
 * the values of the identity sources and not their names, and a caller may send the route key as a value. So each
 * of the others must be known to come from elsewhere.
 *
 * @throws Refusal `unsupported_event`
 */
export function checkCacheKey(event: JsonObject, kind: Kind, { tokenSources }: Config): void {
  const { identitySource, routeKey, headers, queryStringParameters } = event;
  if (!Array.isArray(identitySource)) return;
  const at = typeof routeKey === 'string' ? identitySource.indexOf(routeKey) : -1;
  if (at < 0) throw refusal('unsupported_event', 'cache_key_without_route');
  const expected = tokenSources.flatMap((source) => wholeValuesAt(source, { ...kind, event }));
  if (!identitySource.every((value, position) => position === at || expected.includes(value)))
    throw refusal('unsupported_event', 'cache_key_with_others');
  for (const members of [headers, queryStringParameters])
    if (isObject(members) && Object.values(members).includes(routeKey))
      throw refusal('unsupported_event', 'cache_key_in_request');
}
