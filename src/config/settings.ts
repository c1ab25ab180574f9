import { KEY_TYPES } from '../algorithms.ts';
import { anyOf } from '../text.ts';
import { claimName, contextClaims, requiredClaim } from './claim-values.ts';
import { dpopUrl } from './dpop-urls.ts';
import { jwksUris } from './jwks-uri.ts';
import { tokenSources } from './token-source.ts';
import {
  algorithm,
  identifier,
  issuerName,
  listOf,
  metricsNamespace,
  oneOf,
  type Reader,
  scopes,
  seconds,
  setOf,
  tokenType,
} from './values.ts';

/** A setting: an environment variable, and how its text is read. */
export interface Setting<T> {
  readonly name: string;
  /** What to set the variable to, for messages and for the documentation. */
  readonly should: string;
  readonly read: Reader<T>;
  /** The text to read if the variable is not set. */
  readonly defaultText?: string;
  /** The value to use if the variable is not set. Without either default the setting is required. */
  readonly defaultValue?: T;
  /** Whether an issuer can have its own, in a variable with a number after the name. */
  readonly isPerIssuer?: true;
}

const setting = <T>(row: Setting<T>) => row;
const perIssuer = <T>(row: Setting<T>) => ({ ...row, isPerIssuer: true }) as const;

const claimNames = (name: string, defaultText: string) =>
  perIssuer({ name, should: 'names of claims, separated by commas', defaultText, read: listOf(claimName) });

/** One of some words. The first is the default. */
const choice = <T extends string>(name: string, ...words: readonly [T, ...T[]]) =>
  setting({ name, should: anyOf(words), defaultText: words[0], read: oneOf(words) });

const duration = (name: string, defaultText: string, max: number, above?: 0) => {
  const least = above === undefined ? '0 or more' : 'more than 0';
  const should = `a number of seconds, whole or decimal, ${least}, at most ${max}`;
  return setting({ name, should, defaultText, read: seconds({ above, max }) });
};

/** Every setting. To add one, add a row. `docs/reference.md` is made of these rows and of `.env.sample`. */
export const SETTINGS = {
  issuers: perIssuer({
    name: 'TOKEN_ISSUER',
    should: 'issuers as in the claim iss of their tokens, separated by commas',
    read: listOf(issuerName),
  }),
  jwksUris: perIssuer({
    name: 'JWKS_URI',
    should:
      'the https: URL of the JWK Set (http: for a loopback host only), or a file: or data: URI: one for all issuers, or one for each',
    read: jwksUris,
  }),
  audience: perIssuer({
    name: 'AUDIENCE',
    should: "the API's identifiers as in the token's audience, separated by commas",
    read: setOf(identifier),
  }),
  audienceClaims: claimNames('AUDIENCE_CLAIM', 'aud'),
  principalClaims: claimNames('PRINCIPAL_CLAIM', 'sub,client_id,azp'),
  requiredScopes: setting({
    name: 'REQUIRED_SCOPES',
    should: 'scopes, separated by commas or spaces',
    read: scopes,
    defaultValue: [],
  }),
  routeScopes: setting<string | undefined>({
    name: 'ROUTE_SCOPES',
    should: 'routes, each METHOD /path and the scopes that it requires, separated by commas',
    read: (text) => text,
    defaultValue: undefined,
  }),
  tokenBinding: choice('TOKEN_BINDING', 'refuse', 'mtls', 'mtls-only', 'dpop', 'dpop-only', 'ignore'),
  dpopUrls: setting({
    name: 'DPOP_URLS',
    should: 'the https: URLs (http: for a loopback host only) by which callers reach the stage, separated by commas',
    read: listOf(dpopUrl),
    defaultValue: [],
  }),
  requiredClaims: perIssuer({
    name: 'REQUIRED_CLAIMS',
    should:
      'requirements, each name, name=value, name=value|value or a pattern such as name=value*, separated by commas',
    read: listOf(requiredClaim),
    defaultValue: [],
  }),
  scopeClaims: claimNames('SCOPE_CLAIM', 'scope,scp'),
  algorithms: setting({
    name: 'ALGORITHMS',
    should: `one or more of ${Object.keys(KEY_TYPES).join(', ')}, separated by commas`,
    defaultText: 'RS256',
    read: setOf(algorithm),
  }),
  tokenTypes: setting({
    name: 'TOKEN_TYPES',
    should: 'values of the header parameter typ, separated by commas',
    defaultText: 'JWT,at+jwt',
    read: setOf(tokenType),
  }),
  clockTolerance: duration('CLOCK_TOLERANCE', '5', 300),
  policyResource: choice('POLICY_RESOURCE', 'method', 'stage'),
  invalidToken: choice('INVALID_TOKEN', 'unauthorized', 'deny'),
  contextClaims: setting({
    name: 'CONTEXT_CLAIMS',
    should: 'claims, each claim or name=claim, separated by commas',
    read: contextClaims,
    defaultValue: [],
  }),
  tokenSources: setting({
    name: 'TOKEN_SOURCE',
    should: 'places such as header:Authorization, cookie:NAME, query:NAME, subprotocol:NAME, separated by commas',
    defaultText: 'header:Authorization',
    read: tokenSources,
  }),
  usageKeyClaim: setting<ReturnType<typeof claimName> | undefined>({
    name: 'USAGE_KEY_CLAIM',
    should: 'the name of a claim',
    read: claimName,
    defaultValue: undefined,
  }),
  simpleResponses: setting({
    name: 'SIMPLE_RESPONSES',
    should: 'true or false',
    defaultText: 'false',
    read: (text) => oneOf(['true', 'false'])(text) === 'true',
  }),
  metricsNamespace: setting<string | undefined>({
    name: 'METRICS_NAMESPACE',
    should: 'a CloudWatch namespace: up to 255 of A-Z a-z 0-9 . - _ / # and space, not beginning with AWS/',
    read: metricsNamespace,
    defaultValue: undefined,
  }),
  jwksMaxAge: duration('JWKS_MAX_AGE', '600', 86_400, 0),
  jwksMaxStale: duration('JWKS_MAX_STALE', '3600', 604_800),
  jwksCooldown: duration('JWKS_COOLDOWN', '30', 3600),
  jwksTimeout: duration('JWKS_TIMEOUT', '3', 30, 0),
} as const;

/** The values of all settings, by the key of their row. */
export type Values = { readonly [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['read']> };

/** The values of those settings that an issuer can have its own of. */
export type PerIssuer = {
  readonly [K in keyof Values as (typeof SETTINGS)[K] extends { isPerIssuer: true } ? K : never]: Values[K];
};

/** The highest number after the name of a setting. The lowest is 2. */
export const MAX_NUMBER = 9;

/** What follows the name of a setting of a further issuer: `_2` and so on. */
export const SUFFIXES: readonly string[] = Array.from({ length: MAX_NUMBER - 1 }, (_, index) => `_${index + 2}`);

/** The names of all variables that the function reads. */
export const settingNames = (): readonly string[] =>
  Object.values<Setting<unknown>>(SETTINGS).flatMap(({ name, isPerIssuer }) =>
    ['', ...(isPerIssuer ? SUFFIXES : [])].map((suffix) => name + suffix),
  );
