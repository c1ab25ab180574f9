import { KEY_TYPES } from '../algorithms.ts';
import { claimName, contextClaims, requiredClaim } from './claim-values.ts';
import { dpopUrl } from './dpop-urls.ts';
import { jwksUris } from './jwks-uri.ts';
import { parseTokenSource, type TokenSource } from './token-source.ts';
import {
  algorithm,
  identifier,
  issuerName,
  listOf,
  Mistake,
  metricsNamespace,
  oneOf,
  type Reader,
  scopes,
  seconds,
  setOf,
  show,
  tokenType,
} from './values.ts';

/** A setting: an environment variable, and what is made of it. */
export interface Setting<T> {
  readonly name: string;
  /** What the variable should hold, for messages and for the documentation. */
  readonly should: string;
  readonly read: Reader<T>;
  /** What counts where the variable is not set, as it would hold it. */
  readonly default?: string;
  /** The same, where no text says it. Without either, the setting is required. */
  readonly none?: T;
  /** Whether an issuer can have its own, by a number behind the name. */
  readonly isPerIssuer?: true;
}

const setting = <T>(row: Setting<T>) => row;

const tokenSource: Reader<TokenSource> = (text) => {
  const source = parseTokenSource(text);
  if (!source) throw new Mistake(`${show(text)} is none`);
  return source;
};

const tokenSources: Reader<readonly TokenSource[]> = (text) => {
  const sources = listOf(tokenSource)(text);
  const keys = sources.map(({ kind, name }) => `${kind}:${name}`);
  if (new Set(keys).size < keys.length) throw new Mistake('a source is there twice');
  return sources;
};

/** Every setting. To add one, add a row; what it does is `docs/reference.md`'s, made of these rows and `.env.sample`. */
export const SETTINGS = {
  issuers: setting({
    name: 'TOKEN_ISSUER',
    should: 'issuers as in the claim iss, separated by commas',
    read: listOf(issuerName),
    isPerIssuer: true,
  }),
  jwksUris: setting({
    name: 'JWKS_URI',
    should:
      'for each issuer the https: URL of its JWK Set (http: for a loopback host only), or a file: or data: URI',
    read: jwksUris,
    isPerIssuer: true,
  }),
  audience: setting({
    name: 'AUDIENCE',
    should: "the API's identifiers as in the token's audience, separated by commas",
    read: setOf(identifier),
    isPerIssuer: true,
  }),
  audienceClaims: setting({
    name: 'AUDIENCE_CLAIM',
    should: 'names of claims, separated by commas',
    default: 'aud',
    read: listOf(claimName),
    isPerIssuer: true,
  }),
  principalClaims: setting({
    name: 'PRINCIPAL_CLAIM',
    should: 'names of claims, separated by commas',
    default: 'sub,client_id,azp',
    read: listOf(claimName),
    isPerIssuer: true,
  }),
  requiredScopes: setting({
    name: 'REQUIRED_SCOPES',
    should: 'scopes, separated by commas or blanks',
    read: scopes,
    none: [],
  }),
  routeScopes: setting<string | undefined>({
    name: 'ROUTE_SCOPES',
    should: 'routes, each METHOD /path and the scopes it asks, separated by commas',
    read: (text) => text,
    none: undefined,
  }),
  tokenBinding: setting({
    name: 'TOKEN_BINDING',
    should: 'refuse, mtls, mtls-only, dpop, dpop-only or ignore',
    default: 'refuse',
    read: oneOf('refuse', 'mtls', 'mtls-only', 'dpop', 'dpop-only', 'ignore'),
  }),
  dpopUrls: setting({
    name: 'DPOP_URLS',
    should:
      'the https: URLs (http: for a loopback host only) by which callers reach the stage, separated by commas',
    read: listOf(dpopUrl),
    none: [],
  }),
  requiredClaims: setting({
    name: 'REQUIRED_CLAIMS',
    should: 'requirements, each name, name=value or name=value|value, separated by commas',
    read: listOf(requiredClaim),
    none: [],
    isPerIssuer: true,
  }),
  scopeClaims: setting({
    name: 'SCOPE_CLAIM',
    should: 'names of claims, separated by commas',
    default: 'scope,scp',
    read: listOf(claimName),
    isPerIssuer: true,
  }),
  algorithms: setting({
    name: 'ALGORITHMS',
    should: `algorithms out of ${Object.keys(KEY_TYPES).join(', ')}, separated by commas`,
    default: 'RS256',
    read: setOf(algorithm),
  }),
  tokenTypes: setting({
    name: 'TOKEN_TYPES',
    should: 'values of the header parameter typ, separated by commas',
    default: 'JWT,at+jwt',
    read: setOf(tokenType),
  }),
  clockTolerance: setting({
    name: 'CLOCK_TOLERANCE',
    should: 'seconds, whole or decimal, 0 or more, at most 300',
    default: '5',
    read: seconds({ max: 300 }),
  }),
  policyResource: setting({
    name: 'POLICY_RESOURCE',
    should: 'method or stage',
    default: 'method',
    read: oneOf('method', 'stage'),
  }),
  invalidToken: setting({
    name: 'INVALID_TOKEN',
    should: 'unauthorized or deny',
    default: 'unauthorized',
    read: oneOf('unauthorized', 'deny'),
  }),
  contextClaims: setting({
    name: 'CONTEXT_CLAIMS',
    should: 'claims, each claim or name=claim, separated by commas',
    read: contextClaims,
    none: [],
  }),
  tokenSources: setting({
    name: 'TOKEN_SOURCE',
    should:
      'places such as header:Authorization, cookie:NAME, query:NAME, subprotocol:NAME, separated by commas',
    default: 'header:Authorization',
    read: tokenSources,
  }),
  usageKeyClaim: setting<ReturnType<typeof claimName> | undefined>({
    name: 'USAGE_KEY_CLAIM',
    should: 'the name of a claim',
    read: claimName,
    none: undefined,
  }),
  simpleResponses: setting({
    name: 'SIMPLE_RESPONSES',
    should: 'true or false',
    default: 'false',
    read: (text) => oneOf('true', 'false')(text) === 'true',
  }),
  metricsNamespace: setting<string | undefined>({
    name: 'METRICS_NAMESPACE',
    should: 'a CloudWatch namespace: up to 255 of A-Z a-z 0-9 . - _ / # and blank, not beginning with AWS/',
    read: metricsNamespace,
    none: undefined,
  }),
  jwksMaxAge: setting({
    name: 'JWKS_MAX_AGE',
    should: 'seconds, whole or decimal, more than 0, at most 86400',
    default: '600',
    read: seconds({ above: 0, max: 86_400 }),
  }),
  jwksMaxStale: setting({
    name: 'JWKS_MAX_STALE',
    should: 'seconds, whole or decimal, 0 or more, at most 604800',
    default: '3600',
    read: seconds({ max: 604_800 }),
  }),
  jwksCooldown: setting({
    name: 'JWKS_COOLDOWN',
    should: 'seconds, whole or decimal, 0 or more, at most 3600',
    default: '30',
    read: seconds({ max: 3600 }),
  }),
  jwksTimeout: setting({
    name: 'JWKS_TIMEOUT',
    should: 'seconds, whole or decimal, more than 0, at most 30',
    default: '3',
    read: seconds({ above: 0, max: 30 }),
  }),
} as const;

type Value<S> = S extends Setting<infer T> ? T : never;

/** What the settings hold, by the key of their row. */
export type Values = { readonly [K in keyof typeof SETTINGS]: Value<(typeof SETTINGS)[K]> };

const ROWS: readonly Setting<unknown>[] = Object.values(SETTINGS);

/** The highest number that the settings of an issuer can have; the lowest is 2. */
export const MAX_NUMBER = 9;

/** The names of all variables that the function reads. */
export const settingNames = (): readonly string[] =>
  ROWS.flatMap(({ name, isPerIssuer }) => [
    name,
    ...(isPerIssuer ? Array.from({ length: MAX_NUMBER - 1 }, (_, index) => `${name}_${index + 2}`) : []),
  ]);

/** The setting that a variable with a number behind its name means, whether it can have a number or not. */
export function numberedSetting(variable: string): { row: Setting<unknown>; number: string } | undefined {
  const [, name, number] = /^(.+)_(\d+)$/.exec(variable) ?? [];
  const row = ROWS.find((candidate) => candidate.name === name);
  return row && number !== undefined ? { row, number } : undefined;
}
