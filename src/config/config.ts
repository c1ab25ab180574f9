import { type RouteMap, readRoutes } from '../routes/map.ts';
import { MAX_NUMBER, numberedSetting, SETTINGS, type Setting, type Values } from './settings.ts';
import { checkText, Mistake, normalizeIssuer, show, textOf } from './values.ts';

/** What `process.env` is, and what a test can make. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a token of one issuer is judged by. */
export interface IssuerConfig
  extends Pick<Values, 'audience' | 'audienceClaims' | 'scopeClaims' | 'principalClaims' | 'requiredClaims'> {
  /** As it stands in the setting. */
  readonly issuer: string;
  readonly jwksUri: string;
}

/** The settings, read and checked. Durations are seconds. */
export interface Config extends Omit<Values, keyof IssuerConfig | 'issuers' | 'jwksUris' | 'routeScopes'> {
  readonly issuers: readonly IssuerConfig[];
  readonly routes: RouteMap | undefined;
}

/** A variable that is missing or wrong. */
export interface Problem {
  readonly name: string;
  readonly should: string;
  /** Why its value can't be meant, where that is known. */
  readonly why: string;
}

/** Every setting that is missing or wrong, each on a line of the message. */
export class ConfigurationError extends Error {
  /** Also of the class: Node shows both where they differ, as they do after minifying. */
  static override readonly name = 'ConfigurationError';
  override readonly name = ConfigurationError.name;

  readonly problems: readonly Problem[];

  constructor(problems: readonly (Problem & { readonly sentence: string })[]) {
    super(['Settings are missing or wrong:', ...problems.map(({ sentence }) => sentence)].join('\n- '));
    this.problems = problems;
    this.stack = ''; // Lambda's runtime logs it beside the message
  }
}

/** Values as far as they could be read. */
type Group = Partial<Values>;

const PER_ISSUER = Object.entries<Setting<unknown>>(SETTINGS).filter(([, { isPerIssuer }]) => isPerIssuer);
const NUMBERS: readonly string[] = Array.from({ length: MAX_NUMBER - 1 }, (_, index) => `_${index + 2}`);
/** What a number does not have from the settings without one. */
const OWN = new Set<string>(['issuers', 'jwksUris'] satisfies (keyof Values)[]);

/** In a `JWKS_URI`: a query, which may hold a key, and all behind it, or a password. */
const SECRETS = /(\?).*$|(?<=:\/*)[^/?]+(?=@)/gs;

const issuersOf = ({ issuers, jwksUris, ...own }: Values): IssuerConfig[] => {
  const { audience, audienceClaims, scopeClaims, principalClaims, requiredClaims } = own;
  const judgedBy = { audience, audienceClaims, scopeClaims, principalClaims, requiredClaims };
  return issuers.map((issuer, position) => ({ ...judgedBy, issuer, jwksUri: jwksUris[position] ?? '' }));
};

/**
 * Reads the settings. A variable that is empty or blank counts as not set; nothing is guessed.
 *
 * @param env the environment variables
 * @throws ConfigurationError that lists every problem: the variable, what it holds, what it should hold
 */
export function readConfig(env: Environment): Config {
  const problems: (Problem & { readonly sentence: string })[] = [];
  const isSet = (name: string) => textOf(env[name]) !== undefined;

  function complain(name: string, should: string, why = ''): void {
    const text = textOf(env[name]);
    const shown = name.startsWith(SETTINGS.jwksUris.name) ? text?.replace(SECRETS, '$1…') : text;
    const holds = shown === undefined ? 'is not set' : `holds ${show(shown)}`;
    const sentence = `${name} ${holds}; it should hold ${should}${why && ` (${why})`}`;
    problems.push({ name, should, why, sentence });
  }

  /** What a variable holds, or what counts where it is not set; nothing where that is a problem. */
  function read<T>(setting: Setting<T>, name = setting.name): T | undefined {
    const text = textOf(env[name]) ?? setting.default;
    if (text === undefined && !('none' in setting)) complain(name, setting.should);
    if (text === undefined) return setting.none;
    try {
      checkText(text);
      return setting.read(text);
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      complain(name, setting.should, error.message);
      return undefined;
    }
  }

  /** The settings with this number; what is not set with it, is as without, and required claims add up. */
  function readNumbered(suffix: string, all: Group): Group {
    const own = PER_ISSUER.flatMap(([key, row]) => {
      const name = row.name + suffix;
      return isSet(name) || OWN.has(key) ? [[key, read<unknown>(row, name)]] : [];
    });
    const group: Group = { ...all, ...Object.fromEntries(own) };
    if (!isSet(SETTINGS.requiredClaims.name + suffix)) return group;
    return { ...group, requiredClaims: [...(all.requiredClaims ?? []), ...(group.requiredClaims ?? [])] };
  }

  function checkNumbers(): void {
    for (const name of Object.keys(env).filter(isSet)) {
      const { row, number } = numberedSetting(name) ?? {};
      if (!row) continue;
      if (!row.isPerIssuer) complain(name, `nothing: ${row.name} holds for all issuers, and has no number`);
      else if (!NUMBERS.includes(`_${number}`))
        complain(name, `nothing: a number is one of 2 to ${MAX_NUMBER}`);
    }
  }

  function checkIssuers(groups: readonly (readonly [suffix: string, group: Group])[]): void {
    const seen = new Set<string>();
    for (const [suffix, { issuers = [], jwksUris }] of groups) {
      const [issuerName, uriName] = [SETTINGS.issuers.name + suffix, SETTINGS.jwksUris.name + suffix];
      if (issuers.length > 0 && jwksUris && jwksUris.length !== issuers.length) {
        complain(
          uriName,
          `one URI for each issuer of ${issuerName}: ${issuers.length}, not ${jwksUris.length}`,
        );
      }
      for (const name of issuers.map(normalizeIssuer)) {
        if (seen.has(name)) complain(issuerName, 'no issuer twice (a trailing slash makes no difference)');
        seen.add(name);
      }
    }
  }

  function readRouteMap({ routeScopes, policyResource }: Group): RouteMap | undefined {
    if (routeScopes === undefined || policyResource === undefined) return undefined;
    const routes = readRoutes(routeScopes, policyResource);
    if ('map' in routes) return routes.map;
    const { name, should } = SETTINGS.routeScopes;
    complain(name, should, routes.mistakes.join('; '));
    return undefined;
  }

  const entries = Object.entries(SETTINGS).map(([key, row]) => [key, read<unknown>(row)]);
  const all: Group = Object.fromEntries(entries);
  const numbers = NUMBERS.filter((suffix) => PER_ISSUER.some(([, { name }]) => isSet(name + suffix)));
  const numbered = numbers.map((suffix) => [suffix, readNumbered(suffix, all)] as const);
  const groups = [['', all] as const, ...numbered];
  checkNumbers();
  checkIssuers(groups);
  const routes = readRouteMap(all);
  if (problems.length > 0) throw new ConfigurationError(problems);
  // without a problem each was read
  const issuers = groups.flatMap(([, group]) => issuersOf(group as Values));
  return Object.freeze({ ...(all as Values), issuers, routes });
}
