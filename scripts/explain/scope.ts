import { readClaim } from '../../src/claim-name.ts';
import { isObject, type JsonObject } from '../../src/json.ts';
import { asList, type Facts, type Sees, type Table } from '../local/facts.ts';
import { ID_TOKEN } from './id-token.ts';

/** All that a claim could hold for scopes. */
const itemsOf = (value: unknown): readonly string[] =>
  isObject(value)
    ? Object.keys(value)
    : asList(value)
        .flatMap((item) => String(item).split(' '))
        .filter((item) => item !== '');

const named = ({ issuer, claims }: Facts) =>
  issuer.scopeClaims.find((each) => readClaim(claims, each) !== undefined);

/** The token's scopes, and those of REQUIRED_SCOPES that it lacks. */
function compare(facts: Facts) {
  const claim = named(facts);
  const has = claim ? itemsOf(readClaim(facts.claims, claim)) : [];
  return { has, missing: facts.config.requiredScopes.filter((scope) => !has.includes(scope)) };
}

const OBJECTS = [
  '/realm_access/roles',
  ...[
    'roles',
    'permissions',
    'groups',
    'scope',
    'scp',
    'scopes',
    'authorities',
    'cognito:groups',
    'entitlements',
  ],
];

/** Another claim that holds what is missing. */
function otherClaim(facts: Facts) {
  const { missing } = compare(facts);
  const { claims } = facts;
  const clients = isObject(claims.resource_access)
    ? Object.keys(claims.resource_access).map(
        (name) => `/resource_access/${name.replaceAll('~', '~0').replaceAll('/', '~1')}/roles`,
      )
    : [];
  const urls = Object.keys(claims).filter((name) => /^https?:/.test(name));
  const valueAt = (name: string) =>
    name.startsWith('/')
      ? name
          .slice(1)
          .split('/')
          .reduce((value: unknown, each) => (isObject(value) ? value[each] : undefined), claims as JsonObject)
      : claims[name];
  const name = [...OBJECTS, ...clients, ...urls].find(
    (each) => missing.length > 0 && missing.every((scope) => itemsOf(valueAt(each)).includes(scope)),
  );
  return name !== undefined && { missing, name, kind: name === 'permissions' ? ' (Auth0, RBAC)' : '' };
}

const pair =
  (sees: (missing: string, has: string) => boolean): Sees =>
  (facts) => {
    const { missing, has } = compare(facts);
    for (const wanted of missing) {
      const other = has.find((scope) => sees(wanted, scope));
      if (other !== undefined)
        return {
          wanted,
          other,
          list: facts.config.requiredScopes.map((scope) => (scope === wanted ? other : scope)).join(','),
        };
    }
    return undefined;
  };

export const INSUFFICIENT_SCOPE: Table = {
  separator: (facts) => {
    const wrong = compare(facts).missing.find(
      (scope) =>
        /[;|+]/.test(scope) && scope.split(/[;|+]/).every((part) => compare(facts).has.includes(part)),
    );
    return (
      wrong !== undefined && {
        wrong,
        list: facts.config.requiredScopes.flatMap((scope) => scope.split(/[;|+]/)).join(','),
      }
    );
  },
  elsewhere: (facts) => compare(facts).missing.length > 0 && otherClaim(facts),
  idToken: ID_TOKEN,
  prefix: pair((missing, has) => has.endsWith(`/${missing}`)),
  noPrefix: pair((missing, has) => missing.endsWith(`/${has}`)),
  capitals: pair((missing, has) => missing !== has && missing.toLowerCase() === has.toLowerCase()),
  noClaim: (facts) => {
    const claim = named(facts);
    const { missing } = compare(facts);
    return (
      missing.length > 0 && !claim && { missing, names: facts.issuer.scopeClaims.map(({ name }) => name) }
    );
  },
  missing: (facts) => compare(facts).missing.length > 0 && compare(facts),
  otherwise: (facts) => ({ has: compare(facts).has }),
};

/** The method and the path of the request, as ROUTE_SCOPES writes them. */
function routeOf({ event }: Facts) {
  const { methodArn, routeArn = methodArn } = event as JsonObject;
  const [, , method, ...path] = String(routeArn).split('/');
  return { route: method?.startsWith('$') ? method : `${method} /${path.join('/')}` };
}

export const UNLISTED_ROUTE: Table = {
  slash: (facts) => /[^/]\/$/.test(routeOf(facts).route) && routeOf(facts),
  otherwise: routeOf,
};
