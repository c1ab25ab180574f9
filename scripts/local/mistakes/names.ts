import type { Environment } from '../../../src/config/config.ts';
import { settingNames } from '../../../src/config/settings.ts';
import type { JsonObject } from '../../../src/json.ts';
import { nearest, strangers } from '../../nearest.ts';
import { wellKnownJwksUri } from '../endpoint.ts';
import { asList } from '../facts.ts';
import { proposer } from '../propose.ts';
import { type Said, say } from '../say.ts';

/** Something about `.env` that keeps nothing from running, and is likely not meant. */
export interface Note {
  /** The setting that it is about. */
  readonly setting: string;
  readonly wrong: Said;
  readonly cure: Said;
  /** The cure sets the setting right; otherwise what is said of the setting helps more. */
  readonly isCure: boolean;
}

const note = (setting: string, wrong: Said, cure: Said, isCure = true): Note => ({ setting, wrong, cure, isCure });
const shown = (name: string) => (name.length > 40 || /eyJ/.test(name) ? `${name.slice(0, 8)}…` : name);
const DELETE = say`Delete it, if nothing else needs it; .env.sample has all settings.`;

/** The issuer that other libraries write in parts: a domain, a user pool. */
function issuerIn(name: string, value: string, iss: unknown): string | undefined {
  if (typeof iss === 'string' && URL.canParse(iss) && new URL(iss).host === value) return iss;
  const [, region] = /^([a-z]+-[a-z]+-\d)_\w+$/.exec(value) ?? [];
  if (/POOL_?ID$/i.test(name) && region) return `https://cognito-idp.${region}.amazonaws.com/${value}`;
  if (/DOMAIN$/i.test(name) && /^[\w-]+\.[\w.-]*auth0\.com$/.test(value)) return `https://${value}/`;
  return undefined;
}

/** Reports a name that is not a setting. */
function noteOf(name: string, settings: Environment, file: string, { aud, iss }: JsonObject): Note {
  const value = settings[name]?.trim() ?? '';
  const what = say`${shown(name)} in ${file} is not a setting, and is ignored`;
  const free = (setting: string) => (settings[setting]?.trim() ? '' : setting);
  const propose = proposer(settings);
  if (name === 'NODE_TLS_REJECT_UNAUTHORIZED') return note('', say`${name} in ${file} has no effect: the issuer's certificate is always verified.`, say`Delete it. A certificate of your own is named in NODE_EXTRA_CA_CERTS.`);
  if (/TTL$/i.test(name)) return note('', say`${what}.`, say`Delete it. The TTL belongs to the authorizer in API Gateway (AuthorizerTtl in the template).`);
  if (/TOKEN$/i.test(name)) return note('', say`${shown(name)} in ${file} is not a setting, and is not read: a token belongs in event.json.`, say`Put it into event.json, in the place of ACCESS_TOKEN of event.json.sample, and delete it here.`);
  if (/CLIENT_?ID$/i.test(name)) return note(free('AUDIENCE'), say`${what}: a client's ID is not an audience.`, DELETE, false);
  const issuer = issuerIn(name, value, iss);
  const jwksUri = issuer && free('JWKS_URI') && wellKnownJwksUri(issuer);
  const set = issuer && free('TOKEN_ISSUER') && propose({ TOKEN_ISSUER: issuer, ...(jwksUri && { JWKS_URI: jwksUri }) });
  if (set) return note('TOKEN_ISSUER', say`${what}.`, say`${set}, and delete ${name}.`);
  const near = nearest(name);
  if (near === undefined) return note('', say`${what}.`, DELETE, false);
  const isSmall = name !== near && name.toUpperCase() === near;
  const wrong = isSmall ? say`${what}: names of settings are in capitals, not in small letters.` : say`${what}.`;
  // a client's ID must never get into AUDIENCE by a name that is only like it
  const isOther = near.startsWith('AUDIENCE') && !/CLAIM/.test(near) && !(value.includes(':') && asList(aud).includes(value));
  if (isOther) return note(free(near), wrong, say`${near} is the setting. Never set it to a client's ID.`, false);
  const isUri = !/^(TOKEN_ISSUER|JWKS_URI)/.test(near) || value.includes(':');
  if (!isUri || !propose({ [near]: value })) return note(free(near), wrong, say`The setting is ${near}, and it must contain something else; .env.sample says what.`, false);
  return note(free(near), wrong, say`Did you mean ${near}? Rename ${shown(name)} to ${near}.`);
}

const LINE = /^\s*(?:export\s+)?([\w.-]+)\s*(?:=|:\s)\s*(.*?)\s*$/;
/** A value without quotes that goes on after a #. */
const CUT = /^([^'"`#]*[^'"`#\s])(#.*)$/;

/** Notes about single lines: a value that is cut at #, a name that is there twice, a value that goes on in the next line. */
function notesOfLines(lines: readonly string[], settings: Environment, file: string): Note[] {
  const names = settingNames();
  const seen = new Map<string, string>();
  const propose = proposer(settings);
  return lines.flatMap((line, at) => {
    const [, name = '', value = ''] = LINE.exec(line) ?? [];
    if (!names.includes(name)) return [];
    const before = seen.get(name);
    seen.set(name, value);
    const next = lines[at + 1]?.trim() ?? '';
    const [, read, rest] = CUT.exec(value) ?? [];
    if (/^[^'"`].*(,|\\)$/.test(value) && next !== '' && !/^#/.test(next) && !LINE.test(next)) {
      const whole = propose({ [name]: `${value.replace(/\s*\\$/, '')} ${next}`.replace(/,(?=\w)/g, ', ') });
      return [note(name, say`Line ${at + 2} of ${file} is not NAME=VALUE: a value ends at the end of its line (a backslash does not continue it), so the second half of ${name} is lost.`, say`Write it on one line${whole ? say`: ${whole}` : '.'}`)];
    }
    if (read !== undefined) return [note(name, say`${name} in ${file} is cut at #, which starts a comment: it was read as "${read}".`, say`Put it in quotes: ${propose({ [name]: `${read}${rest}` })}`)];
    if (before !== undefined && before !== value) return [note(name, say`${name} is twice in ${file}, with two values: the last one counts.`, say`Delete one of the lines; several values are one list, separated by commas.`)];
    if (/\$\{\w+\}|^\$\w+$/.test(value)) return [note(name, say`${name} in ${file} is a reference that nothing replaces here: ${value}`, say`Write the value itself.`)];
    return [];
  });
}

/** What is likely not meant in `.env`. @param claims those of the token in the event */
export function notesOf(text: string, settings: Environment, file: string, claims: JsonObject): readonly Note[] {
  const lines = text.split(/\r\n|\n|\r/);
  const disabled = lines.flatMap((line) => {
    const [, name = ''] = /^\s*#\s*([A-Z_\d]+)\s*=\s*\S/.exec(line) ?? [];
    const isMissed = ['TOKEN_ISSUER', 'JWKS_URI', 'AUDIENCE'].includes(name) && !settings[name];
    return isMissed ? [note(name, say`its line begins with #, and so is a comment.`, say`Delete the # before ${name}.`)] : [];
  });
  const unknown = strangers(Object.keys(settings)).map((name) => noteOf(name, settings, file, claims));
  return [...disabled, ...unknown, ...notesOfLines(lines, settings, file)];
}
