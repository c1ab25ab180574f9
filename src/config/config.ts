import { type RouteMap, readRoutes } from '../routes/map.ts';
import { checkIssuers, type Group, type IssuerConfig, issuersOf } from './issuers.ts';
import { shownUris } from './jwks-uri.ts';
import { MAX_NUMBER, type PerIssuer, SETTINGS, type Setting, SUFFIXES, type Values } from './settings.ts';
import { checkText, Mistake, show, textOf } from './values.ts';

export type { IssuerConfig };

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings, read and checked. Durations are seconds. */
export interface Config extends Omit<Values, keyof PerIssuer | 'routeScopes'> {
  readonly issuers: readonly IssuerConfig[];
  readonly routes: RouteMap | undefined;
}

export interface Problem {
  readonly name: string;
  /** What to do about it, such as "set it to true or false". */
  readonly remedy: string;
  /** Why its value can't be meant, if that is known. */
  readonly why: string;
  /** The whole of it, with the value. */
  readonly sentence: string;
}

/** Lists every setting that is missing or wrong, each on its own line of the message. */
export class ConfigurationError extends Error {
  /** Also of the class: Node shows both where they differ, as they do after minifying. */
  static override readonly name = 'ConfigurationError';
  override readonly name = ConfigurationError.name;

  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(['Settings are missing or wrong:', ...problems.map(({ sentence }) => sentence)].join('\n- '));
    this.problems = problems;
    this.stack = ''; // Lambda's runtime would log it with the message
  }
}

const ROWS = Object.entries<Setting<unknown>>(SETTINGS);
const PER_ISSUER = ROWS.filter(([, { isPerIssuer }]) => isPerIssuer);
/** Settings that an issuer with a number must set itself. */
const NOT_INHERITED = new Set<string>(['issuers', 'jwksUris'] satisfies (keyof Values)[]);

/** Variables with URLs, which may have a password or a key in them. */
const MAY_HOLD_SECRETS = new RegExp(`^(${SETTINGS.jwksUris.name}|${SETTINGS.dpopUrls.name})`);

/**
 * Reads the settings. A variable that is empty or only whitespace counts as not set. Nothing is guessed.
 *
 * @param env the environment variables
 * @throws ConfigurationError that lists every problem: the variable, its value, and what to set it to
 */
export function readConfig(env: Environment): Config {
  const problems: Problem[] = [];
  const isSet = (name: string) => textOf(env[name]) !== undefined;

  function complain(name: string, remedy: string, why = ''): void {
    const text = textOf(env[name]);
    const shown = text && MAY_HOLD_SECRETS.test(name) ? shownUris(text) : text;
    const is = shown === undefined ? 'is not set' : `is ${show(shown)}`;
    const sentence = `${name} ${is}; ${remedy}${why && ` (${why})`}`;
    problems.push({ name, remedy, why, sentence });
  }

  /** What a variable contains, or its default if it is not set; nothing if that is a problem. */
  function read<T>(setting: Setting<T>, name = setting.name): T | undefined {
    const text = textOf(env[name]) ?? setting.defaultText;
    const remedy = `set it to ${setting.should}`;
    if (text === undefined && !('defaultValue' in setting)) complain(name, remedy);
    if (text === undefined) return setting.defaultValue;
    try {
      checkText(text);
      return setting.read(text);
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      complain(name, remedy, error.message);
      return undefined;
    }
  }

  /** The settings with a number. Unset ones fall back to those without, and REQUIRED_CLAIMS are appended. */
  function readNumbered(suffix: string, all: Partial<Values>): Group {
    const own = PER_ISSUER.flatMap(([key, row]) => {
      const name = row.name + suffix;
      return isSet(name) || NOT_INHERITED.has(key) ? [[key, read<unknown>(row, name)]] : [];
    });
    const values: Partial<Values> = { ...all, ...Object.fromEntries(own) };
    if (!isSet(SETTINGS.requiredClaims.name + suffix)) return { suffix, values };
    const requiredClaims = [...(all.requiredClaims ?? []), ...(values.requiredClaims ?? [])];
    return { suffix, values: { ...values, requiredClaims } };
  }

  function checkNumbers(): void {
    for (const name of Object.keys(env).filter(isSet)) {
      const [suffix = ''] = /_\d+$/.exec(name) ?? [];
      const [, row] = ROWS.find(([, setting]) => suffix !== '' && setting.name + suffix === name) ?? [];
      if (row && !row.isPerIssuer) complain(name, `remove it, because ${row.name} applies to all issuers`);
      else if (row && !SUFFIXES.includes(suffix))
        complain(name, `use a number from 2 to ${MAX_NUMBER}, the same for all settings of the issuer`);
    }
  }

  function readRouteMap({ routeScopes, policyResource }: Partial<Values>): RouteMap | undefined {
    if (routeScopes === undefined || policyResource === undefined) return undefined;
    const routes = readRoutes(routeScopes, policyResource);
    if ('map' in routes) return routes.map;
    const { name, should } = SETTINGS.routeScopes;
    complain(name, `set it to ${should}`, routes.mistakes.join('; '));
    return undefined;
  }

  /** With DPoP the URLs must be known, and the token has one place; `undefined` was complained of already. */
  function checkDpop({ tokenBinding, tokenSources = [], dpopUrls }: Partial<Values>): void {
    const isDpop = tokenBinding === 'dpop' || tokenBinding === 'dpop-only';
    const { name, should } = SETTINGS.dpopUrls;
    const when = `with ${SETTINGS.tokenBinding.name} dpop or dpop-only`;
    if (isDpop && dpopUrls?.length === 0) complain(name, `set it to ${should}`, `it is needed ${when}`);
    if (tokenBinding && !isDpop && dpopUrls?.length) complain(name, 'remove it', `it is for use ${when}`);
    if (isDpop && tokenSources.some(({ form }) => form !== 'bearer'))
      complain(SETTINGS.tokenSources.name, 'set it to header:Authorization alone', when);
  }

  const entries = ROWS.map(([key, row]) => [key, read<unknown>(row)]);
  const all: Partial<Values> = Object.fromEntries(entries);
  const numbers = SUFFIXES.filter((suffix) => PER_ISSUER.some(([, { name }]) => isSet(name + suffix)));
  const groups = [{ suffix: '', values: all }, ...numbers.map((suffix) => readNumbered(suffix, all))];
  checkNumbers();
  checkIssuers(groups, isSet, complain);
  checkDpop(all);
  const routes = readRouteMap(all);
  if (problems.length > 0) throw new ConfigurationError(problems);
  // without a problem each was read
  const issuers = groups.flatMap(({ values }) => issuersOf(values as Values));
  return Object.freeze({ ...(all as Values), issuers, routes });
}
