import { closest } from 'fastest-levenshtein';
import { type RouteMap, readRoutes } from '../../src/routes/map.ts';
import { findRoute } from '../../src/routes/request.ts';
import { largestPolicy } from '../route-policy.ts';
import type { Authorizer, Route } from './openapi.ts';
import { type Row, row } from './row.ts';
import type { Stage } from './stage.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const isGreedy = (key: string) => key === '$default' || key.endsWith('+}');

/** The authorizer of a route if it is this function, in this version or alias. */
export const authorizerOf = ({ access }: Route, functionArn: string): Authorizer | undefined =>
  typeof access === 'object' && access.uri.includes(`/functions/${functionArn}/`) ? access : undefined;

/** The requests of a key: its method, or all that ANY and $default stand for, and a path that it matches. */
function requestsOf(key: string): readonly (readonly [method: string, path: string])[] {
  if (key === '$connect') return [[key, '']];
  const [method = '', path = '/npm-run-check'] = key.split(' ');
  const own = path.replace(/\{[^}]*\}/g, 'npm-run-check');
  return (METHODS.includes(method) ? [method] : METHODS).map((each) => [each, own]);
}

/** The routes of a map that match the requests of a key, each with its methods; undefined for those of no route. */
function matching(routes: RouteMap['routes'], key: string) {
  const found = new Map<RouteMap['routes'][number] | undefined, readonly string[]>();
  for (const [method, path] of requestsOf(key)) {
    const route = findRoute(routes, method, path);
    found.set(route, [...(found.get(route) ?? []), method]);
  }
  return [...found];
}

/** Compares ROUTE_SCOPES with the routes that use this function. */
function checkScopes(keys: readonly string[], map: RouteMap): Row[] {
  const readable = keys.filter((key) => 'map' in readRoutes(key, 'method'));
  const read = readRoutes(readable.join(', '), 'method');
  const deployed = 'map' in read ? read.map.routes : [];
  // the deployed routes that each entry reaches, by the rules of ROUTE_SCOPES
  const reached = map.routes.map(({ entry }) => ({
    entry,
    routes: matching(deployed, entry).map(([one]) => one?.entry),
  }));
  const rows = keys.map((key) => {
    const found = matching(map.routes, key);
    const within = reached.filter(({ routes }) => routes.includes(key)).map(({ entry }) => entry);
    const shown = found.map(([route, methods]) => {
      const scopes = route?.alternatives.map((each) => each.join(' ')).join(' or ') || 'no scope';
      const entry = route && `${route.entry} (${scopes})`;
      return found.length > 1 ? `${methods.join(', ')}: ${entry ?? 'no entry, so 403'}` : (entry ?? 'no other path');
    });
    const isListed = within.length > 0 || found.some(([route]) => route);
    const inside = isGreedy(key) && within.length > 0 ? [`within it ${within.join(', ')}`] : [];
    return row(key, isListed ? 'usesEntry' : 'noEntry', { key, entries: [...inside, ...shown].join('; ') });
  });
  const lost = keys.length === 0 ? [] : reached.filter(({ routes }) => routes.every((one) => one === undefined));
  const { bytes: size = 0 } = largestPolicy(map) ?? {};
  if (size > 0) rows.push(row('ROUTE_SCOPES', size > 8192 ? 'largePolicy' : 'policySize', { size }));
  const near = (entry: string) => closest(entry, [...keys]);
  return [...rows, ...lost.map(({ entry }) => row('ROUTE_SCOPES', 'lostEntry', { entry, near: near(entry) }))];
}

/** A route that doesn't use this function. */
function checkOther({ key, access }: Route, functionArn: string, isMeant: boolean): Row {
  if (typeof access === 'object') {
    const [version = '', name = ''] = /(?<=:function:)([^:/]+)[^/]*/.exec(access.uri) ?? [];
    const isOurs = functionArn.split(':').includes(name);
    return row(key, isOurs ? 'otherVersion' : 'otherAuthorizer', { version, uri: access.uri });
  }
  if (access !== 'OPEN') return row(key, 'requires', { access });
  return row(key, key.startsWith('OPTIONS ') ? 'openPreflight' : isMeant ? 'meant' : 'open', { key });
}

/** The routes of this function that get preflights: browsers send no token with these. */
function preflightsOf({ kind, hasCors, routes }: Stage, keys: readonly string[]): readonly string[] {
  const isAnswered = (path: string) =>
    routes.some(({ key }) => key === `OPTIONS ${path}` || (path === '' && /^OPTIONS \/\{\w+\+\}$/.test(key)));
  return keys.filter((key) => {
    const [method = '', path = ''] = key.split(' ');
    const isTaken = method === 'OPTIONS' || (['ANY', '$default'].includes(method) && !isAnswered(path));
    return isTaken && kind !== 'WEBSOCKET' && !hasCors;
  });
}

/** The paths of this function's routes that an open route may serve if a slash is added. */
function slashesOf({ routes }: Stage, keys: readonly string[]): readonly string[] {
  const open = routes.filter(({ key, access }) => access === 'OPEN' && isGreedy(key) && !key.startsWith('OPTIONS'));
  return open.flatMap(({ key }) => {
    const [verb = '', path = '/'] = key.split(' ');
    const [prefix = '/'] = path.split('{');
    const isPast = (method = '', own = '') =>
      (['ANY', '$default', method].includes(verb) || method === 'ANY') && `${own}/`.startsWith(prefix);
    const past = keys.filter((one) => one !== '$default' && isPast(...one.split(' ')));
    return past.map((one) => `${one}/ by ${key}`);
  });
}

/**
 * What each method or route of a stage requires.
 *
 * @param open the keys of those that are meant to be open
 * @param map ROUTE_SCOPES, if it is set
 */
export function checkRoutes(stage: Stage, functionArn: string, open: readonly string[], map?: RouteMap): Row[] {
  const ours = stage.routes.filter((route) => authorizerOf(route, functionArn)).map(({ key }) => key);
  const others = stage.routes.filter(({ key }) => !ours.includes(key));
  const strays = open.filter((key) => !others.some((route) => route.key === key && route.access === 'OPEN'));
  const [preflights, slashes] = [preflightsOf(stage, ours), slashesOf(stage, ours)];
  return [
    ...(map ? checkScopes(ours, map) : ours.map((key) => row(key, 'uses'))),
    ...others.map((route) => checkOther(route, functionArn, open.includes(route.key))),
    ...strays.map((key) => row(key, 'strayOpen')),
    ...(preflights.length > 0 ? [row('preflights', 'preflights', { keys: preflights })] : []),
    ...(slashes.length > 0 ? [row('slashes', 'slashes', { paths: slashes })] : []),
    ...(ours.length > 0 ? [] : [row('stage', 'unused')]),
  ];
}

/** What another stage of the API serves to everybody. */
export function checkOtherStage(what: string, { routes }: Stage, open: readonly string[]): Row {
  const isExposed = ({ key, access }: Route) => access === 'OPEN' && !key.startsWith('OPTIONS ') && !open.includes(key);
  const keys = routes.filter(isExposed).map(({ key }) => key);
  return row(what, keys.length > 0 ? 'openStage' : 'closedStage', { keys });
}
