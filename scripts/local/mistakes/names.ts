import type { Environment } from '../../../src/config/config.ts';
import { settingNames } from '../../../src/config/settings.ts';
import type { JsonObject } from '../../../src/json.ts';
import { nearest, strangers } from '../../nearest.ts';
import { wellKnownJwksUri } from '../endpoint.ts';
import { asList } from '../facts.ts';
import { proposer } from '../propose.ts';
import { firstOf, type Said, say } from '../say.ts';

/** Something about `.env` that keeps nothing from running, and is likely not meant. */
export interface Note {
  readonly setting: string;
  readonly said: Said;
  /** What to do sets the setting right; otherwise what is said of the setting helps more. */
  readonly isCure: boolean;
}

/** The issuer that other libraries write in parts: a domain, a user pool. */
function issuerIn(name: string, value: string, iss: unknown): string | undefined {
  if (typeof iss === 'string' && URL.canParse(iss) && new URL(iss).host === value) return iss;
  const [, region] = /^([a-z]+-[a-z]+-\d)_\w+$/.exec(value) ?? [];
  if (/POOL_?ID$/i.test(name) && region) return `https://cognito-idp.${region}.amazonaws.com/${value}`;
  return /DOMAIN$/i.test(name) && /^[\w-]+\.[\w.-]*auth0\.com$/.test(value) ? `https://${value}/` : undefined;
}

function noteOf(name: string, settings: Environment, file: string, { aud, iss }: JsonObject): Note {
  const value = settings[name]?.trim() ?? '';
  const shown = name.length > 40 || /eyJ/.test(name) ? `${name.slice(0, 8)}…` : name;
  const isFree = (setting: string) => !settings[setting]?.trim();
  const propose = proposer(settings);
  const issuer = isFree('TOKEN_ISSUER') ? issuerIn(name, value, iss) : undefined;
  const jwksUri = issuer && isFree('JWKS_URI') && wellKnownJwksUri(issuer);
  const set = issuer && propose({ TOKEN_ISSUER: issuer, ...(jwksUri && { JWKS_URI: jwksUri }) });
  const isClient = /CLIENT_?ID$/i.test(name);
  const near = isClient ? 'AUDIENCE' : nearest(name);
  const isSmall = name !== near && name.toUpperCase() === near;
  // a client's ID must never get into AUDIENCE by a name that is only like it
  const isAudience = near?.startsWith('AUDIENCE') && !/CLAIM/.test(near);
  const isUri = isAudience || /^(TOKEN_ISSUER|JWKS_URI)/.test(String(near));
  const isMeant = (!isUri || value.includes(':')) && (!isAudience || asList(aud).includes(value));
  const rename = near && !isClient && isMeant && propose({ [near]: value });
  const why = isClient
    ? ": a client's ID is not an audience"
    : isSmall && ': names are in capitals, not in small letters';
  const cure = firstOf`
    - ${/TTL$/i.test(name)}: Delete it. The TTL belongs to the authorizer in API Gateway (AuthorizerTtl).
    - ${set}: ${set}, and delete ${name}.
    - ${rename}: Did you mean ${near}? Rename ${shown} to ${near}.
    - ${near && !isClient}: The setting is ${near}, and it can't have this value: .env.sample says what it must contain.
    - ${true}: Delete it, if nothing else needs it; .env.sample has all settings.`;
  const setting = set ? 'TOKEN_ISSUER' : near && isFree(near) ? near : '';
  const said = say`${shown} in ${file} is not a setting, and is ignored${why}.
    → ${cure}`;
  return { setting, said, isCure: Boolean(set || rename) };
}

const LINE = /^\s*(?:export\s+)?([\w.-]+)\s*(?:=|:\s)\s*(.*?)\s*$/;
/** A value without quotes that goes on after a #. */
const CUT = /^([^'"`#]*[^'"`#\s])(#.*)$/;

/** Notes about single lines: a value that is not read as it was meant, a name that is twice there. */
function notesOfLines(lines: readonly string[], settings: Environment, file: string): readonly Note[] {
  const seen = new Map<string, string>();
  const propose = proposer(settings);
  return lines.flatMap((line, at) => {
    const [, name = '', value = ''] = LINE.exec(line) ?? [];
    const [, disabled = ''] = /^\s*#\s*(TOKEN_ISSUER|JWKS_URI|AUDIENCE)\s*=\s*\S/.exec(line) ?? [];
    const before = seen.get(name);
    seen.set(name, value);
    const next = lines[at + 1]?.trim() ?? '';
    const isLost = /^[^'"`].*(,|\\)$/.test(value) && next !== '' && !/^#/.test(next) && !LINE.test(next);
    const whole = `${value.replace(/\s*\\$/, '')} ${next}`.replace(/,(?=\w)/g, ', ');
    const [, read, rest] = CUT.exec(value) ?? [];
    const setting = settingNames().includes(name) ? name : settings[disabled] ? '' : disabled;
    const said = firstOf`
      - ${disabled}: The line of ${disabled} begins with #, and so is a comment.
        → Delete the # before ${disabled}.
      - ${isLost}: Line ${at + 2} of ${file} is not NAME=VALUE: a value ends at the end of its line (a backslash does
        not continue it), so the second half of ${name} is lost.
        → Write it on one line: ${propose({ [name]: whole }) || 'it can be long.'}
      - ${read}: ${name} in ${file} is cut at #, which starts a comment: it was read as "${read}".
        → Put it in quotes: ${propose({ [name]: `${read}${rest}` })}
      - ${before !== undefined && before !== value}: ${name} is twice in ${file}, with two values: the last one counts.
        → Delete one of the lines; several values are one list, separated by commas.
      - ${/\$\{\w+\}|^\$\w+$/.test(value)}: ${name} in ${file} is a reference that nothing replaces here: ${value}
        → Write the value itself.`;
    return setting && said ? [{ setting, said, isCure: true }] : [];
  });
}

/** What is likely not meant in `.env`. @param claims those of the token in the event */
export function notesOf(text: string, settings: Environment, file: string, claims: JsonObject): readonly Note[] {
  const unknown = strangers(Object.keys(settings)).map((name) => noteOf(name, settings, file, claims));
  return [...unknown, ...notesOfLines(text.split(/\r\n|\n|\r/), settings, file)];
}
