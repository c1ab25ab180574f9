import { closest, distance } from 'fastest-levenshtein';
import { readClaim } from '../../../src/claim-name.ts';
import { isObject, type JsonObject } from '../../../src/json.ts';
import { asList, type Facts } from '../facts.ts';
import { type Maybe, say } from '../say.ts';
import { idToken } from './claims.ts';
import { entriesOf, entryMistake } from './routes.ts';

/** Whether a claim contains all of these names, in any form. */
function contains(value: unknown, names: readonly string[]): boolean {
  const items = isObject(value) ? Object.keys(value) : asList(value).flatMap((item) => String(item).split(' '));
  return names.every((name) => items.includes(name));
}

/** Names that a claim with scopes may have, if it is not a list. */
const SCOPES = /scope|scp|role|permission|group/i;

/** Another claim that contains all that is missing, as SCOPE_CLAIM names it: a name, or a JSON Pointer. */
function claimWith(missing: readonly string[], claims: JsonObject, path = ''): string | undefined {
  for (const [name, value] of Object.entries(claims)) {
    const pointer = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const isList = name !== 'aud' && (typeof value === 'object' || SCOPES.test(name));
    if (isList && contains(value, missing)) return path ? pointer : name;
    const below = isObject(value) ? claimWith(missing, value, pointer) : undefined;
    if (below !== undefined) return below;
  }
  return undefined;
}

/** The claim of SCOPE_CLAIM is written in a way that makes other scopes of it than were meant. */
function scopesMiswritten({ issuer, claims }: Facts, missing: readonly string[]): Maybe {
  const claim = issuer.scopeClaims.find((each) => readClaim(claims, each) !== undefined);
  const value = claim && readClaim(claims, claim);
  if (!claim || value === undefined) return undefined;
  if (typeof value === 'string' && /^\s*[[{]/.test(value)) return say`The token's claim ${claim.name} is a text with JSON in it: ${value}.\nLet the issuer write a list, or a text with spaces between the names.`;
  const spaced = Array.isArray(value) ? value.filter((item) => /\s/.test(String(item))) : [];
  if (spaced.some((item) => missing.some((scope) => String(item).split(/\s+/).includes(scope))))
    return say`${spaced.length === 1 && asList(value).length === 1 ? 'The one item' : 'An item'} of ${claim.name} has a space in it, "${spaced[0]}", and counts as no scope.\nLet the issuer write each scope as an item of its own, or one text.`;
  const commas = typeof value === 'string' && value.split(' ').find((each) => each.includes(',') && each.split(',').some((part) => missing.includes(part)));
  if (commas) return say`The token's scopes are separated by commas, "${commas}": that is one scope, because there must be spaces between them (RFC 8693, 4.2).\nLet the issuer write spaces between them, or a list.`;
  return undefined;
}

/** A scope of the token that may be the one that is missing, and why it is not. */
function likeScope(lacked: string, scopes: readonly string[]): Maybe {
  const longer = scopes.find((has) => has.endsWith(`/${lacked}`));
  if (longer) return say`the token "${longer}": Cognito and others write the resource server before a scope.`;
  const shorter = scopes.find((has) => lacked.endsWith(`/${has}`));
  if (shorter) return say`the token "${shorter}": Entra ID and others leave the API's name out in the token.`;
  const other = scopes.find((has) => has.toLowerCase() === lacked.toLowerCase());
  return other ? say`the token "${other}": capitals make a difference.` : undefined;
}

/** The token lacks a scope of REQUIRED_SCOPES, or of the route. */
export function insufficientScope(facts: Facts): Maybe {
  const { cause, claims, config, iss, issuer, scopes, file, propose } = facts;
  if (cause?.reason !== 'insufficient_scope') return undefined;
  if (cause.problem === 'route') return lackedByRoute(facts, cause.facts.route, cause.facts.alternatives);
  const { missing } = cause.facts;
  const lacked = missing[0] ?? '';
  const replaced = (right: string) => propose({ REQUIRED_SCOPES: config.requiredScopes.map((each) => (each === lacked ? right : each)).join(',') });
  const parts = lacked.split(/[;|+]/);
  const entries = parts.map((each) => `$default ${each}`).join(', ');
  if (lacked.includes('|')) return say`REQUIRED_SCOPES: "${lacked}" was read as one scope, and all of REQUIRED_SCOPES are needed.\nFor alternatives use two entries in ROUTE_SCOPES: ${propose({ ROUTE_SCOPES: entries })} in place of it.`;
  if (parts.length > 1 && contains(scopes, parts)) return say`REQUIRED_SCOPES contains "${lacked}", which was read as one scope.\n${replaced(parts.join(','))} (the token has them).`;
  const miswritten = scopesMiswritten(facts, missing);
  if (miswritten) return miswritten;
  const name = claimWith(missing, claims);
  if (name && !issuer.scopeClaims.some((each) => readClaim(claims, each) !== undefined && each.name === name)) {
    const isEntra = name === 'roles' && /microsoft|windows\.net/.test(iss);
    if (isEntra) return say`The token has no scope with ${missing}; it has roles: ${claims.roles} (an application).\n${propose({ SCOPE_CLAIM: 'scp,roles' })} in ${file}: users have theirs in scp.`;
    return say`The scope ${missing} is not where SCOPE_CLAIM says, but in ${name}${name === 'permissions' ? ' (Auth0, RBAC)' : ''}.\n${propose({ SCOPE_CLAIM: name })} in ${file}.`;
  }
  const id = idToken(facts);
  if (id) return id;
  const alike = likeScope(lacked, scopes);
  const near = scopes.length > 0 ? closest(lacked, [...scopes]) : '';
  const meant = alike?.values[0] ?? near;
  if (alike) return say`REQUIRED_SCOPES has "${lacked}", ${alike}\n${replaced(String(meant))}`;
  if (near && distance(lacked, near) <= 2) return say`The token lacks the scope "${lacked}"; it has ${scopes}.\nDid you mean ${near}? The token has it: ${replaced(near)}`;
  if (cause.problem === 'no_claim')
    return say`The token lacks the scope ${missing}; it has no claim ${issuer.scopeClaims.map((each) => each.name)}, and so no scope at all.\nIf REQUIRED_SCOPES in ${file} is right, request a token with "scope", and grant the scope to the client at the issuer. SCOPE_CLAIM names the claim that contains them.`;
  return say`The token lacks the scope ${missing}; it has ${scopes}.\nIf REQUIRED_SCOPES in ${file} is right: Grant that scope to the client at the issuer, and request a token with it.`;
}

/** The route asks for more than the token has. ROUTE_SCOPES is suspected before the issuer is. */
function lackedByRoute(facts: Facts, route: string, alternatives: readonly (readonly string[])[]): Maybe {
  const { settings, scopes, sentence, file, propose } = facts;
  const text = settings.ROUTE_SCOPES ?? '';
  const own = entriesOf(text).filter((entry) => entry.startsWith(`${route} `));
  const mistake = own.map((entry) => entryMistake(entry, text, propose)).find(Boolean);
  const missing = alternatives.flat().filter((scope) => !scopes.includes(scope));
  const found = mistake ?? scopesMiswritten(facts, missing);
  if (found) return found;
  const [first = []] = alternatives;
  if (alternatives.length === 1 && first.length > 1 && missing.length < first.length) {
    const split = text.replace(own[0] ?? '', first.map((scope) => `${route} ${scope}`).join(', '));
    return say`The route ${route} requires ${first.join(' and ')}, all of them; the token lacks ${missing.join(' and ')}.\nIf one of them is enough, write two entries: ${propose({ ROUTE_SCOPES: split })}. Otherwise grant ${missing.join(' and ')} to the client at the issuer.`;
  }
  const alike = missing.map((scope) => [scope, likeScope(scope, scopes)] as const).find(([, like]) => like);
  if (alike) return say`ROUTE_SCOPES has "${alike[0]}", ${alike[1]}\n${propose({ ROUTE_SCOPES: text.replaceAll(alike[0], String(alike[1]?.values[0])) })}`;
  return say`${sentence} It has ${scopes}.\nIf the entry in ROUTE_SCOPES in ${file} is right, grant what is missing to the client at the issuer, and request a token with it.`;
}

/** ROUTE_SCOPES matches no such request. */
export function unlistedRoute({ cause, sentence, settings, method, path, stage, file, propose }: Facts): Maybe {
  const text = settings.ROUTE_SCOPES ?? '';
  const route = method.startsWith('$') ? method : `${method} ${path || '/'}`;
  const entries = entriesOf(text);
  if (method === 'method' && path === '/resourcePath') return say`The methodArn in event.json is still that of the sample: its method is "method", its path "resourcePath".\nWrite the request that you want to try at its end, …/stage/GET/pets, or: npm start -- --route 'GET /pets'`;
  if (cause?.problem === 'spelling') return say`${sentence}\nCall the path in its plain spelling: no slash at its end, no two slashes in a row, nothing percent-encoded that need not be.`;
  const mistake = entries.map((entry) => entryMistake(entry, text, propose)).find(Boolean);
  if (mistake) return mistake;
  const staged = entries.find((entry) => entry.split(' ')[1]?.startsWith(`/${stage}/`));
  if (staged) return say`No entry of ROUTE_SCOPES matches ${route}; "${staged}" begins with the stage, ${stage}.\nLeave the stage out: ${propose({ ROUTE_SCOPES: text.replaceAll(` /${stage}/`, ' /') })}`;
  const greedy = path === '/' && entries.find((entry) => /^[A-Z]+ \/\{[^}]*\+\}/.test(entry));
  if (greedy) return say`ROUTE_SCOPES: ${greedy.split(' ').slice(0, 2).join(' ')} does not match the root, ${route}.\nAdd an entry for it: ${propose({ ROUTE_SCOPES: `${text}, ${greedy.replace(/\/\{[^}]*\+\}/, '/')}` })}`;
  const like = entries.find((entry) => `${entry} `.toLowerCase().startsWith(`${route.toLowerCase()} `));
  if (like) return say`ROUTE_SCOPES has no entry that matches ${route}, but "${like}": upper and lower case make a difference.\nCall the path as it is listed, or correct the entry: ${propose({ ROUTE_SCOPES: text.replace(like.slice(0, route.length), route) })}`;
  const isMarked = /[^ ]\/$/.test(route);
  const add = propose({ ROUTE_SCOPES: `${text}, ${route}` }) ? '' : ' as METHOD /path';
  return say`ROUTE_SCOPES has no entry that matches ${route}${isMarked ? ': its path ends in a slash, and that counts' : ''}.\n${isMarked ? 'Call it without the slash, or add' : 'Add'} one${add}, with the scopes that it requires, to ROUTE_SCOPES in ${file}. Upper and lower case make a difference. Parameters are {id}, or {proxy+} for the rest.`;
}
