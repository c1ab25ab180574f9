import type { Config } from './config.ts';
import { Refusal } from './reasons.ts';
import type { JsonObject } from './token.ts';

/** What the verified claims set of a token says, each claim known to be of its type. */
export interface Identity {
  readonly principalId: string;
  readonly scopes: readonly string[];
  /** Empty where the token names no audience. */
  readonly audience: readonly string[];
  /** NumericDates: seconds since the epoch. */
  readonly exp: number;
  readonly nbf: number | undefined;
  readonly iat: number | undefined;
  /** What the back end is to have. */
  readonly context: Context;
  /** The API key for the usage plan, where the token names one. */
  readonly usageIdentifierKey: string | undefined;
}

/** What API Gateway can pass on to the back end. */
export type Context = Readonly<Record<string, string | number | boolean>>;

const invalid = (detail: string) => new Refusal('invalid_claims', detail);

/** A claim by name; never something that every object inherits. */
const claim = (claims: JsonObject, name: string): unknown =>
  Object.hasOwn(claims, name) ? claims[name] : undefined;

function numericDate(claims: JsonObject, name: string): number | undefined {
  const value = claims[name];
  if (value === undefined || Number.isFinite(value)) return value as number | undefined;
  throw invalid(`The claim ${name} is not a finite number.`);
}

function optionalString(claims: JsonObject, name: string): string | undefined {
  const value = claims[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(`The claim ${name} is not a string.`);
}

function strings(claims: JsonObject, name: string): readonly string[] {
  const value = claim(claims, name);
  if (value === undefined) return [];
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw invalid(`The claim ${name} is neither a string nor an array of strings.`);
}

/**
 * RFC 8693, 4.2: scopes are separated by blanks; Okta and Entra ID know the claim as `scp`. An item of an array is
 * one scope, whatever is in it: the group "not an admin" is no "admin".
 */
function readScopes(claims: JsonObject, names: readonly string[]): readonly string[] {
  const name = names.find((candidate) => Object.hasOwn(claims, candidate));
  if (name === undefined) return [];
  const value = claims[name];
  const scopes = typeof value === 'string' ? value.split(' ') : strings(claims, name);
  return scopes.filter((scope) => scope !== '');
}

/** A claim as API Gateway takes it: scalars as they are, arrays and objects as JSON text, nothing for nothing. */
function contextValue(claims: JsonObject, name: string): Context[string] | undefined {
  const value = claim(claims, name);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  // JSON can write a number (1e999) that JSON can't pass on
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (value === undefined || value === null) return undefined;
  try {
    return JSON.stringify(value);
  } catch {
    throw invalid(`The claim ${name} is nested too deeply.`);
  }
}

function readContext(claims: JsonObject, scopes: readonly string[], names: readonly string[]): Context {
  const scope = scopes.join(' ');
  if (names.length === 0) return { scope };
  // fromEntries defines members: a claim named __proto__ is one like any other
  return Object.fromEntries([
    ['scope', scope],
    ...names.flatMap((name): [string, Context[string]][] => {
      const value = contextValue(claims, name);
      return value === undefined ? [] : [[name, value]];
    }),
  ]);
}

/**
 * Reads a verified claims set: who it is about, and all that is judged afterwards.
 *
 * @throws Refusal `invalid_claims` where a claim is missing or of the wrong type
 */
export function readClaims(claims: JsonObject, config: Config): Identity {
  const { audienceClaim, scopeClaims, contextClaims, usageKeyClaim } = config;
  const exp = numericDate(claims, 'exp');
  // RFC 9068, 2.2: an access token without an end would be good for ever
  if (exp === undefined) throw invalid('The claim exp is missing.');
  const nbf = numericDate(claims, 'nbf');
  const iat = numericDate(claims, 'iat');
  const aud = strings(claims, 'aud');
  const audience = audienceClaim === 'aud' ? aud : strings(claims, audienceClaim);
  const sub = optionalString(claims, 'sub');
  const clientId = optionalString(claims, 'client_id');
  const azp = optionalString(claims, 'azp');
  const scopes = readScopes(claims, scopeClaims);
  const principalId = sub || clientId || azp;
  if (!principalId) throw invalid('None of the claims sub, client_id and azp is there.');
  const context = readContext(claims, scopes, contextClaims);
  const usageKey = usageKeyClaim === undefined ? undefined : claim(claims, usageKeyClaim);
  const usageIdentifierKey = typeof usageKey === 'string' && usageKey !== '' ? usageKey : undefined;
  return { principalId, scopes, audience, exp, nbf, iat, context, usageIdentifierKey };
}

/**
 * RFC 7519, 4.1.4 to 4.1.6: the token is in force.
 *
 * @param now seconds since the epoch
 * @throws Refusal `token_expired`, `token_not_active`
 */
export function checkTimes({ exp, nbf, iat }: Identity, now: number, { clockTolerance }: Config): void {
  if (now >= exp + clockTolerance) {
    throw new Refusal('token_expired', 'The claim exp is in the past.');
  }
  const latest = now + clockTolerance;
  if (nbf !== undefined && nbf > latest) {
    throw new Refusal('token_not_active', 'The claim nbf is in the future.');
  }
  if (iat !== undefined && iat > latest) {
    throw new Refusal('token_not_active', 'The claim iat is in the future.');
  }
}

/**
 * RFC 7519, 4.1.3: the token is meant for this API. RFC 6750, 3.1: and permits what this API asks.
 *
 * @throws Refusal `invalid_audience`, `insufficient_scope`
 */
export function checkPermission({ audience, scopes }: Identity, config: Config): void {
  if (!audience.some((name) => config.audience.has(name))) {
    const accepted = [...config.audience].join(', ');
    throw new Refusal('invalid_audience', `The claim ${config.audienceClaim} holds none of ${accepted}.`);
  }
  const missing = config.requiredScopes.filter((scope) => !scopes.includes(scope));
  if (missing.length > 0) {
    throw new Refusal('insufficient_scope', `The token lacks ${missing.join(' ')}.`);
  }
}
