import { ConfigurationError, type Environment, readConfig } from '../../src/config/config.ts';
import { shownUris } from '../../src/config/jwks-uri.ts';
import { type Said, say, Whole } from './say.ts';

/** The names of the settings that the function can't read. */
function wrongNames(settings: Environment): ReadonlySet<string> {
  try {
    readConfig(settings);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return new Set(error.problems.map(({ name }) => name));
  }
  return new Set();
}

/** The value of a setting as it may be shown: addresses of keys may have a password or a key in them. */
export const shownValue = (name: string, value: string) => (name.startsWith('JWKS_URI') ? shownUris(value) : value);

/** A line of `.env`: # and quotes would not be read as a part of the value. */
function lineOf(name: string, value: string): string {
  const shown = shownValue(name, value);
  return `${name}=${/[#"']/.test(shown) ? `"${shown}"` : shown}`;
}

/** Settings to write, with their values: the only way in which an explanation gets to propose any. */
export type Propose = (changes: Environment) => Said | undefined;

/**
 * Makes the gate for every value that is proposed: the function itself must take it.
 *
 * @param settings the settings as they were written
 * @returns what to write into `.env`; nothing where the function would refuse it
 */
export function proposer(settings: Environment): Propose {
  const before = wrongNames(settings);
  return (changes) => {
    const after = wrongNames({ ...settings, ...changes });
    const isTaken = [...after].every((name) => before.has(name) && !(name in changes));
    const lines = Object.entries(changes).map(([name, value = '']) => lineOf(name, value));
    return isTaken ? say`${new Whole(lines.join(' and '))}` : undefined;
  };
}
