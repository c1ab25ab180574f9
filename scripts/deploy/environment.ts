import { type Config, ConfigurationError, type Environment, readConfig } from '../../src/config/config.ts';
import { settingNames } from '../../src/config/settings.ts';
import { type Row, row } from './row.ts';

const pairs = (name: string) => new Set([...name].map((char, at) => char + (name[at + 1] ?? '')));

/** How alike two names are: the share of their pairs of letters that both have (Dice), 0 to 1. */
function likeness(one: string, other: string): number {
  const [a, b] = [pairs(one), pairs(other)];
  return (2 * [...a].filter((pair) => b.has(pair)).length) / (a.size + b.size);
}

/** Names that look like a setting and are none: the function ignores them, and what they ask for does not happen. */
function misspelt(env: Environment): Row[] {
  const strangers = Object.keys(env).filter((name) => !settingNames().includes(name) && env[name]?.trim());
  return strangers.flatMap((name) => {
    const alike = (one: string) => likeness(name.toUpperCase(), one);
    const [nearest = ''] = settingNames().toSorted((a, b) => alike(b) - alike(a));
    if (alike(nearest) < 0.5) return [];
    return [row(false, 'environment', `${name} is no setting and is ignored; is it ${nearest}?`)];
  });
}

const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;

/**
 * Reads a function's environment by the rules of the function itself.
 *
 * @param timeout the function's time-out in seconds
 * @returns the rows, and the settings where they can be read
 */
export function checkEnvironment(
  env: Environment,
  timeout: number,
): { readonly rows: readonly Row[]; readonly config: Config | undefined } {
  const rows = misspelt(env);
  const complain = (says: string) => rows.push(row(false, 'environment', says));
  try {
    const config = readConfig(env);
    const { issuers, jwksTimeout } = config;
    if (issuers.some(({ jwksUri }) => LOOPBACK.test(new URL(jwksUri).hostname)))
      complain('JWKS_URI names a loopback host: in Lambda that is the function itself, and no issuer.');
    if (timeout < jwksTimeout + 1)
      complain(`The time-out (${timeout} s) is not a second longer than JWKS_TIMEOUT (${jwksTimeout} s).`);
    const accepted = issuers.map(({ issuer, audience }) => `${issuer} for ${[...audience].join(' or ')}`);
    return {
      rows: [row(true, 'environment', `It takes tokens of ${accepted.join('; of ')}.`), ...rows],
      config,
    };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    complain(`The function can't start. ${error.message}`);
    return { rows, config: undefined };
  }
}
