import { type Algorithm, isAlgorithm, KEY_TYPES } from './key-set.ts';

/** One accepted issuer, and where its keys are. */
export interface Issuer {
  /** As it stands in the setting. */
  readonly issuer: string;
  readonly jwksUri: string;
}

/** The settings, read and checked. Durations are seconds. */
export interface Config {
  readonly issuers: readonly Issuer[];
  readonly audience: ReadonlySet<string>;
  readonly audienceClaim: string;
  readonly requiredScopes: readonly string[];
  /** The first of these claims that a token has holds its scopes. */
  readonly scopeClaims: readonly string[];
  readonly algorithms: ReadonlySet<Algorithm>;
  /** In lower case, without `application/`. */
  readonly tokenTypes: ReadonlySet<string>;
  readonly clockTolerance: number;
  readonly policyResource: 'method' | 'stage';
  readonly invalidToken: 'unauthorized' | 'deny';
  readonly contextClaims: readonly string[];
  readonly usageKeyClaim: string | undefined;
  readonly tokenQueryParameter: string | undefined;
  readonly simpleResponses: boolean;
  readonly metricsNamespace: string | undefined;
  readonly jwksMaxAge: number;
  readonly jwksMaxStale: number;
  readonly jwksCooldown: number;
  readonly jwksTimeout: number;
}

/** What `process.env` is, and what a test can make. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Every setting that is missing or wrong, each on a line of the message. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** A media type as `typ` may abbreviate it (RFC 7515, 4.1.9), made comparable. */
export const normalizeType = (type: string) => type.toLowerCase().replace(/^application\//, '');

/** An issuer's name made comparable: one trailing slash is insignificant. */
export const normalizeIssuer = (issuer: string) => (issuer.endsWith('/') ? issuer.slice(0, -1) : issuer);

const list = (text: string): string[] | undefined => {
  const items = text.split(',').map((item) => item.trim());
  return items.includes('') ? undefined : items;
};

/** A list whose items are each read; one that is wrong makes the list wrong. */
const listOf =
  <T>(read: (item: string) => T | undefined) =>
  (text: string): T[] | undefined => {
    const items = list(text)?.map(read);
    const right = items?.filter((item) => item !== undefined);
    return right?.length === items?.length ? right : undefined;
  };

const text = (value: string) => value;

const number = (min: number, max: number) => (text: string) => {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
};

const oneOf =
  <T extends string>(...choices: T[]) =>
  (text: string): T | undefined =>
    choices.find((choice) => choice === text);

/** RFC 7519, 2, StringOrURI: with a colon in it, it must be a URI. */
const issuerName = (text: string) =>
  normalizeIssuer(text) !== '' && (!text.includes(':') || URL.canParse(text)) ? text : undefined;

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Keys that came over plain HTTP could be anybody's; from this machine they are for trying things out. */
function jwksUri(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, username, password } = new URL(text);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
  return isSafe && !username && !password ? text : undefined;
}

/** Names that `context` uses itself. */
const RESERVED = new Set(['scope', 'error', 'error_description', 'principalId']);

const ABOVE_ZERO = Number.MIN_VALUE;
const FOREVER = Number.MAX_VALUE;
/** Characters of a value that are quoted in a message. */
const MAX_SHOWN = 200;

/**
 * Reads the settings. A variable that is empty or blank counts as not set; nothing is guessed.
 *
 * @param env the environment variables
 * @throws ConfigurationError that lists every problem: the variable, what it holds, what it should hold
 */
export function readConfig(env: Environment): Config {
  const problems: string[] = [];

  function complain(name: string, should: string): void {
    const text = env[name]?.trim();
    const shown =
      text && text.length > MAX_SHOWN
        ? `${JSON.stringify(text.slice(0, MAX_SHOWN))} …`
        : JSON.stringify(text);
    problems.push(`${name} ${text ? `holds ${shown}` : 'is not set'}; it should hold ${should}`);
  }

  /** @param read gives undefined for a text that is wrong */
  function setting<T>(name: string, should: string, otherwise: T, read: (text: string) => T | undefined): T {
    const text = env[name]?.trim();
    if (!text) return otherwise;
    const value = read(text);
    if (value !== undefined) return value;
    complain(name, should);
    return otherwise;
  }

  function needed(name: string, should: string, read: (text: string) => string[] | undefined): string[] {
    if (!env[name]?.trim()) complain(name, should);
    return setting(name, should, [], read);
  }

  const duration = (name: string, otherwise: number, min = 0, max = FOREVER) => {
    const range = `${min > 0 ? ' more than 0' : ' 0 or more'}${max < FOREVER ? `, at most ${max}` : ''}`;
    return setting(name, `seconds, whole or decimal,${range}`, otherwise, number(min, max));
  };

  const claimName = (name: string) =>
    setting<string | undefined>(name, 'the name of a claim', undefined, text);

  const issuerNames = needed(
    'TOKEN_ISSUER',
    'issuers as in the claim iss, separated by commas',
    listOf(issuerName),
  );
  const jwksUris = needed(
    'JWKS_URI',
    'for each issuer the https: URL of its JWK Set (http: for a loopback host only), separated by commas',
    listOf(jwksUri),
  );
  if (issuerNames.length > 0 && jwksUris.length > 0 && issuerNames.length !== jwksUris.length) {
    complain(
      'JWKS_URI',
      `one URL for each issuer of TOKEN_ISSUER: ${issuerNames.length}, not ${jwksUris.length}`,
    );
  }
  if (new Set(issuerNames.map(normalizeIssuer)).size < issuerNames.length) {
    complain('TOKEN_ISSUER', 'no issuer twice (a trailing slash makes no difference)');
  }
  const scopeClaim = claimName('SCOPE_CLAIM');

  const config: Config = {
    issuers: issuerNames.map((issuer, position) => ({ issuer, jwksUri: jwksUris[position] ?? '' })),
    audience: new Set(
      needed('AUDIENCE', "the API's identifiers as in the claim aud, separated by commas", list),
    ),
    audienceClaim: claimName('AUDIENCE_CLAIM') ?? 'aud',
    requiredScopes: setting('REQUIRED_SCOPES', 'scopes, separated by commas or blanks', [], (text) =>
      list(text)?.flatMap((item) => item.split(/\s+/)),
    ),
    scopeClaims: scopeClaim === undefined ? ['scope', 'scp'] : [scopeClaim],
    algorithms: new Set(
      setting<Algorithm[]>(
        'ALGORITHMS',
        `algorithms out of ${Object.keys(KEY_TYPES).join(', ')}, separated by commas`,
        ['RS256'],
        listOf((item) => (isAlgorithm(item) ? item : undefined)),
      ),
    ),
    tokenTypes: new Set(
      setting(
        'TOKEN_TYPES',
        'values of the header parameter typ, separated by commas',
        ['jwt', 'at+jwt'],
        listOf((item) => normalizeType(item) || undefined),
      ),
    ),
    clockTolerance: duration('CLOCK_TOLERANCE', 5, 0, 300),
    policyResource: setting('POLICY_RESOURCE', 'method or stage', 'method', oneOf('method', 'stage')),
    invalidToken: setting(
      'INVALID_TOKEN',
      'unauthorized or deny',
      'unauthorized',
      oneOf('unauthorized', 'deny'),
    ),
    contextClaims: setting(
      'CONTEXT_CLAIMS',
      `names of claims, none of ${[...RESERVED].join(', ')}`,
      [],
      listOf((item) => (RESERVED.has(item) ? undefined : item)),
    ),
    usageKeyClaim: claimName('USAGE_KEY_CLAIM'),
    tokenQueryParameter: setting<string | undefined>(
      'TOKEN_QUERY_PARAMETER',
      'the name of a query parameter',
      undefined,
      text,
    ),
    simpleResponses: setting('SIMPLE_RESPONSES', 'true or false', 'false', oneOf('true', 'false')) === 'true',
    metricsNamespace: setting<string | undefined>(
      'METRICS_NAMESPACE',
      'a CloudWatch namespace: up to 255 of A-Z a-z 0-9 . - _ / # and blank, not beginning with AWS/',
      undefined,
      (text) => (/^(?!AWS\/)[\w.\-/# ]{1,255}$/.test(text) ? text : undefined),
    ),
    jwksMaxAge: duration('JWKS_MAX_AGE', 600, ABOVE_ZERO),
    jwksMaxStale: duration('JWKS_MAX_STALE', 3600),
    jwksCooldown: duration('JWKS_COOLDOWN', 30),
    jwksTimeout: duration('JWKS_TIMEOUT', 3, ABOVE_ZERO, 30),
  };
  if (problems.length > 0)
    throw new ConfigurationError(['Settings are missing or wrong:', ...problems].join('\n- '));
  return Object.freeze(config);
}
