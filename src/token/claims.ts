import { type ClaimName, namesOf, readClaim } from '../claim-name.ts';
import type { IssuerConfig } from '../config/config.ts';
import { refusal } from '../decision.ts';
import { isObject, type JsonObject } from '../json.ts';

/** What the verified claims set of a token says, each claim known to be of its type. */
export type Identity = Readonly<ReturnType<typeof readClaims>>;

const wrongType = (claim: string, due: string) => refusal('invalid_claims', 'wrong_type', { claim, due });

/** Seconds since the epoch. */
function numericDate(claims: JsonObject, name: string): number | undefined {
  const value = claims[name];
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw wrongType(name, 'a finite number');
}

const SUBJECTS = ['sub', 'client_id', 'azp'];

/** The text of a claim that names a subject. Some issuers write it as a number: 7 and "7" are one principal. */
function readSubject(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  if (Number.isSafeInteger(value)) return String(value);
  throw wrongType(name, 'a string or an integer');
}

function strings(value: unknown, name: string): readonly string[] {
  if (value === undefined) return [];
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw wrongType(name, 'a string or an array of strings');
}

/** Of a list of claims the first that the token has. */
const firstOf = (claims: JsonObject, names: readonly ClaimName[]): ClaimName | undefined =>
  names.find((name) => readClaim(claims, name) !== undefined);

function readPrincipal(claims: JsonObject, names: readonly ClaimName[]): string {
  const subjects = names.map((name) => readSubject(readClaim(claims, name), name.name));
  const principal = subjects.find(Boolean);
  if (principal !== undefined) return principal;
  const empty = names[subjects.indexOf('')];
  if (empty) throw refusal('invalid_claims', 'empty', { claim: empty.name });
  throw refusal('invalid_claims', 'no_principal', { claims: namesOf(names) });
}

/**
 * Whether a text is a scope. Joined with others, the group "not an admin" would be the scope "admin" to anyone who splits
 * them again, and languages differ in what they split at.
 */
const isScope = (text: string) => /^[!-~]+$/.test(text) || (text !== '' && !/[\p{White_Space}\p{Cc}]/u.test(text));

/** The items of an array (Okta, Entra ID), or the members of an object (Zitadel). */
function scopeItems(value: unknown, name: string): readonly string[] {
  const items = isObject(value)
    ? Object.keys(value).filter((member) => value[member] !== null && value[member] !== false)
    : value;
  if (Array.isArray(items) && items.every((item) => typeof item === 'string')) return items;
  throw wrongType(name, 'a string, an array of strings or an object, so it has no scopes');
}

/** RFC 8693, 4.2: a string holds scopes separated by spaces. */
function readScopes(claims: JsonObject, names: readonly ClaimName[]): readonly string[] {
  const name = firstOf(claims, names);
  if (name === undefined) return [];
  const value = readClaim(claims, name);
  const items = typeof value === 'string' ? value.split(' ') : scopeItems(value, name.name);
  return items.filter(isScope);
}

/**
 * Reads a verified claims set: who it is about, and all that is judged afterwards.
 *
 * @param issuer the settings of the issuer whose key verified the token
 * @throws Refusal `invalid_claims` where a claim is missing or of the wrong type
 */
export function readClaims(claims: JsonObject, issuer: IssuerConfig) {
  const exp = numericDate(claims, 'exp');
  // RFC 9068, 2.2: an access token without an end would be good for ever
  if (exp === undefined) throw refusal('invalid_claims', 'missing', { claim: 'exp' });
  const nbf = numericDate(claims, 'nbf');
  const iat = numericDate(claims, 'iat');
  strings(claims.aud, 'aud');
  const audienceClaim = firstOf(claims, issuer.audienceClaims);
  const audience = audienceClaim ? strings(readClaim(claims, audienceClaim), audienceClaim.name) : [];
  for (const name of SUBJECTS) readSubject(claims[name], name);
  const principalId = readPrincipal(claims, issuer.principalClaims);
  const scopes = readScopes(claims, issuer.scopeClaims);
  return { principalId, scopes, audience, audienceClaim: audienceClaim?.name, exp, nbf, iat };
}
