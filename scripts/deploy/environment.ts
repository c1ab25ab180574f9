import { type Config, ConfigurationError, type Environment, readConfig } from '../../src/config.ts';
import { type Row, row } from './row.ts';
import { isSetting, settingNames } from './setting-names.ts';

/** A setting as the function reads it: a variable that is blank counts as not set. */
export const setting = (env: Environment, name: string, otherwise = ''): string =>
  env[name]?.trim() || otherwise;

/** The items of a setting that is a list. */
export const items = (list: string): string[] =>
  list.split(',').flatMap((item) => (item.trim() ? [item.trim()] : []));

const pairs = (name: string) => new Set([...name].map((char, at) => char + (name[at + 1] ?? '')));

/** How alike two names are: the share of their pairs of letters that both have (Dice), 0 to 1. */
function likeness(one: string, other: string): number {
  const [a, b] = [pairs(one), pairs(other)];
  return (2 * [...a].filter((pair) => b.has(pair)).length) / (a.size + b.size);
}

/** Names that look like a setting and are none: the function ignores them, and what they ask for does not happen. */
function misspelt(env: Environment): Row[] {
  return Object.keys(env).flatMap((name) => {
    if (isSetting(name) || setting(env, name) === '') return [];
    const upper = name.toUpperCase();
    const names = [...settingNames()].sort((a, b) => likeness(upper, b) - likeness(upper, a));
    const isAlike = names.some(
      (one) => likeness(upper, one) >= 0.5 || one.split('_')[0] === upper.split('_')[0],
    );
    return isAlike
      ? [row(false, 'environment', `${name} is no setting and is ignored; is it ${names[0]}?`)]
      : [];
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
  const jwksTimeout = Number(setting(env, 'JWKS_TIMEOUT', '3'));
  if (timeout < jwksTimeout + 1)
    complain(`The time-out (${timeout} s) is not a second longer than JWKS_TIMEOUT (${jwksTimeout} s).`);
  try {
    const config = readConfig(env);
    if (config.issuers.some(({ jwksUri }) => LOOPBACK.test(new URL(jwksUri).hostname)))
      complain('JWKS_URI names a loopback host: in Lambda that is the function itself, and no issuer.');
    const issuers = config.issuers.map(({ issuer }) => issuer).join(', ');
    const seen = `It takes tokens of ${issuers} for ${setting(env, 'AUDIENCE')}.`;
    return { rows: [row(true, 'environment', seen), ...rows], config };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    complain(`The function can't start. ${error.message.replaceAll('\n', ' ')}`);
    return { rows, config: undefined };
  }
}
