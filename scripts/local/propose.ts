import { ConfigurationError, type Environment, type Problem, readConfig } from '../../src/config/config.ts';
import { shownUris } from '../../src/config/jwks-uri.ts';
import { Said } from './say.ts';

/** What the function says of each setting that it can't read. */
export function problemsOf(settings: Environment): readonly Problem[] {
  try {
    readConfig(settings);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

/** The value of a setting as it may be shown: addresses may have a password or a key in them. */
export const shownValue = (name: string, value: string) =>
  /^(JWKS_URI|DPOP_URLS)/.test(name) ? shownUris(value) : value;

/** A line of `.env`: # and quotes would not be read as a part of the value. */
function lineOf(name: string, value: string): string {
  const shown = shownValue(name, value);
  return `${name}=${/[#"']/.test(shown) ? `"${shown}"` : shown}`;
}

export type Propose = ReturnType<typeof proposer>;

/** What is never proposed, whatever the function accepts: it would let in tokens of others, or of another kind. */
const DOORS: readonly RegExp[] = [
  /^TOKEN_BINDING=ignore$/i,
  /^AUDIENCE(_\d)?=(.*,)?(\*|account)(,|$)/,
  /^AUDIENCE_CLAIM(_\d)?=(.*,)?(azp|appid|cid)(,|$)/,
  /^TOKEN_TYPES=.*(\bid|refresh|logout|secevent|dpop|okta|session|vc|introspection|jarm|request|client)/i,
];

/**
 * Makes the gate for every value that is proposed, the only way to propose any: the function itself must accept it.
 *
 * @param settings the settings as they were written
 * @returns what to write into `.env`; false if the function would refuse it, or it would open a door
 */
export function proposer(settings: Environment) {
  const before = new Set(problemsOf(settings).map(({ name }) => name));
  return (changes: Environment): Said | false => {
    const after = problemsOf({ ...settings, ...changes });
    const isAccepted = after.every(({ name }) => before.has(name) && !(name in changes));
    const lines = Object.entries(changes).map(([name, value = '']) => lineOf(name, value));
    return isAccepted && !lines.some((line) => DOORS.some((door) => door.test(line))) && new Said(lines.join(' and '));
  };
}
