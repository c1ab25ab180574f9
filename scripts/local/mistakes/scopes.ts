import { distance } from 'fastest-levenshtein';
import { readClaim } from '../../../src/claim-name.ts';
import { isObject, type JsonObject } from '../../../src/json.ts';
import { type About, asList } from '../facts.ts';
import { firstOf, say } from '../say.ts';
import { idToken } from './audience.ts';
import { mapMistake } from './routes.ts';

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

/** What in the claim of SCOPE_CLAIM is written so that other scopes are read than were meant. */
function miswritten(value: unknown, missing: readonly string[]): string | undefined {
  if (typeof value === 'string' && /^\s*[[{]/.test(value)) return value;
  const items = Array.isArray(value) ? value.map(String) : String(value).split(' ');
  return items.find((item) => /[\s,]/.test(item) && item.split(/[\s,]+/).some((part) => missing.includes(part)));
}

/** A scope of the token that may be meant by one that is missing. */
function likeScope(missing: readonly string[], scopes: readonly string[]) {
  const pairs = missing.flatMap((lacked) => scopes.map((has) => [lacked, has] as const));
  const isLike = ([lacked, has]: (typeof pairs)[number]) =>
    has.endsWith(`/${lacked}`) || lacked.endsWith(`/${has}`) || has.toLowerCase() === lacked.toLowerCase();
  return pairs.find(isLike) ?? pairs.find(([lacked, has]) => distance(lacked, has) <= 2) ?? ['', ''];
}

/** The token lacks a scope of REQUIRED_SCOPES, or of the route. The setting is suspected before the issuer is. */
export function insufficientScope(facts: About<'insufficient_scope'>) {
  const { cause, claims, settings, iss, issuer, scopes, sentence, propose } = facts;
  const isRoute = cause.problem === 'route';
  const setting = isRoute ? 'ROUTE_SCOPES' : 'REQUIRED_SCOPES';
  const text = settings[setting] ?? '';
  const [route, [all = [], ...others]] = isRoute
    ? [cause.facts.route, cause.facts.alternatives]
    : ['', [cause.facts.missing]];
  const missing = [...all, ...others.flat()].filter((scope) => !scopes.includes(scope));
  const [lacked = ''] = missing;
  const entry = text.split(',').find((each) => each.trim().startsWith(`${route} `)) ?? '';
  const separate = (names: readonly string[], at: string) => names.map((scope) => `${at} ${scope}`).join(', ');
  const parts = lacked.split(/[;|+]/);
  const isOne = !isRoute && parts.length > 1;
  const claim = issuer.scopeClaims.find((each) => readClaim(claims, each) !== undefined);
  const wrong = claim && miswritten(readClaim(claims, claim), missing);
  const name = claimWith(missing, claims);
  const isEntra = name === 'roles' && /microsoft|windows\.net/.test(iss);
  const set = name && name !== claim?.name && propose({ SCOPE_CLAIM: isEntra ? 'scp,roles' : name });
  const isPartly = isRoute && entry !== '' && others.length === 0 && missing.length < all.length;
  const [meant, like] = likeScope(missing, scopes);
  const what = say`${sentence} It has ${scopes}.`;
  return firstOf`
    - ${isRoute && mapMistake(text, propose, [entry.trim()])}
    - ${isOne}: ${what} "${lacked}" was read as one scope.
      → If all are meant: ${propose({ REQUIRED_SCOPES: text.replace(lacked, parts.join(',')) })}. For alternatives use
      two entries in ROUTE_SCOPES instead: ${propose({ ROUTE_SCOPES: separate(parts, '$default') })}
    - ${wrong}: The token's claim ${claim?.name} contains "${wrong}", which was not read as scopes: it has JSON in a text,
      or an item with a space or a comma in it.
      → Let the issuer write a list, with each scope as an item of its own, or one text with spaces between the scopes.
    - ${set}: ${what} ${missing} is in ${name}.
      → ${set}${isEntra ? ' (roles for applications, scp for users)' : ''}
    - ${isPartly}: ${what} The route requires all of them.
      → If one of them is enough, write two entries:
      ${propose({ ROUTE_SCOPES: text.replace(entry.trim(), separate(all, route)) })}. Otherwise grant
      ${missing} to the client at the issuer.
    - ${!isRoute && idToken(facts)}
    - ${like}: ${setting} has "${meant}", the token "${like}". They are compared exactly. (Cognito writes the resource
      server before a scope, Entra ID leaves it out.)
      → ${propose({ [setting]: text.replaceAll(meant, like) })}
    - ${true}: ${what}`;
}
