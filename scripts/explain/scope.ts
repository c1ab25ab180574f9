import { readClaim } from '../../src/claim-name.ts';
import { isObject, type JsonObject } from '../../src/json.ts';
import { asList, type Facts, type Sees, type Table } from '../facts/facts.ts';
import { ID_TOKEN } from '../facts/id-token.ts';

/** All that a claim could hold for scopes. */
const itemsOf = (value: unknown): readonly string[] =>
  isObject(value) ? Object.keys(value) : asList(value).flatMap((item) => String(item).split(' ').filter(Boolean));

/** The token's scopes, those of REQUIRED_SCOPES, and of these the ones that it lacks. */
function compare({ issuer, claims, config: { requiredScopes: wanted } }: Facts) {
  const claim = issuer.scopeClaims.find((each) => readClaim(claims, each) !== undefined);
  const has = claim ? itemsOf(readClaim(claims, claim)) : [];
  return { claim, has, wanted, missing: wanted.filter((scope) => !has.includes(scope)) };
}

/** Names that a claim with scopes may have, if it is no list. */
const SCOPES = /scope|scp|role|permission|group/i;

/** Another claim that holds all that is missing, as SCOPE_CLAIM names it: a name, or a JSON Pointer. */
function claimWith(missing: readonly string[], claims: JsonObject, path = ''): string | undefined {
  for (const [name, value] of Object.entries(claims)) {
    const pointer = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const isList = name !== 'aud' && (typeof value === 'object' || SCOPES.test(name));
    if (isList && missing.every((scope) => itemsOf(value).includes(scope))) return path ? pointer : name;
    const below = isObject(value) ? claimWith(missing, value, pointer) : undefined;
    if (below !== undefined) return below;
  }
  return undefined;
}

/** A scope that is missing, and one that the token has in its place. */
const pair =
  (sees: (missing: string, has: string) => boolean): Sees =>
  (facts) => {
    const { missing, has, wanted } = compare(facts);
    const lacked = missing.find((scope) => has.some((other) => sees(scope, other)));
    const other = lacked && has.find((scope) => sees(lacked, scope));
    return other && { lacked, other, list: wanted.join(',').replace(lacked, () => other) };
  };

export const INSUFFICIENT_SCOPE: Table = {
  separator: (facts) => {
    const { missing, has, wanted } = compare(facts);
    const wrong = missing.find((scope) => scope.split(/[;|+]/).every((part) => has.includes(part)));
    return wrong && { wrong, list: wanted.join(',').replace(/[;|+]/g, ',') };
  },
  elsewhere: (facts) => {
    const { missing } = compare(facts);
    const name = missing.length > 0 && claimWith(missing, facts.claims);
    return name && { missing, name, kind: name === 'permissions' ? ' (Auth0, RBAC)' : '' };
  },
  idToken: ID_TOKEN,
  commas: pair((missing, has) => has.split(',').includes(missing)),
  prefix: pair((missing, has) => has.endsWith(`/${missing}`)),
  noPrefix: pair((missing, has) => missing.endsWith(`/${has}`)),
  capitals: pair((missing, has) => missing.toLowerCase() === has.toLowerCase()),
  noClaim: (facts) => {
    const { missing, claim } = compare(facts);
    return missing.length > 0 && !claim && { missing, names: facts.issuer.scopeClaims.map(({ name }) => name) };
  },
  missing: (facts) => compare(facts).missing.length > 0 && compare(facts),
  otherwise: (facts) => compare(facts), // of ROUTE_SCOPES
};

/** The method and the path of the request, as ROUTE_SCOPES writes them. */
function routeOf({ event }: Facts) {
  const { methodArn, routeArn = methodArn } = Object(event) as JsonObject;
  const [, , method, ...path] = String(routeArn).split('/');
  return { route: method?.startsWith('$') ? method : `${method} /${path.join('/')}` };
}

export const UNLISTED_ROUTE: Table = {
  slash: (facts) => /[^ ]\/$/.test(routeOf(facts).route) && routeOf(facts),
  otherwise: routeOf,
};
