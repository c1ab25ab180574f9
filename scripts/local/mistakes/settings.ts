import { ConfigurationError, type Environment, type Problem, readConfig } from '../../../src/config/config.ts';
import { SETTINGS, type Setting, settingNames } from '../../../src/config/settings.ts';
import type { JsonObject } from '../../../src/json.ts';
import { type Ask, publishedJwksUri, wellKnownJwksUri } from '../endpoint.ts';
import { type Propose, proposer, shownValue } from '../propose.ts';
import { type Maybe, plain, type Said, say, type Words, wordsFor } from '../say.ts';
import { ownAudience, requirementsOf } from './claims.ts';
import { invisible } from './missing.ts';
import type { Note } from './names.ts';
import { routeScopes } from './routes.ts';

/** Settings as they were written. */
export interface Written {
  readonly settings: Environment;
  /** Where they are, in words. */
  readonly file: string;
  /** What is likely not meant in the file. */
  readonly notes: readonly Note[];
  /** The claims of the token in the event, if there is one; of course unverified. */
  readonly claims: JsonObject;
  /** The alg of its header. */
  readonly alg: unknown;
}

/** One setting that is wrong. */
interface Wrong extends Written, Problem {
  readonly text: string;
  readonly propose: Propose;
}

const ROWS: readonly Setting<unknown>[] = Object.values(SETTINGS);
const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, d: 86_400 };

/** What is to be replaced by anyone who copies an example: a word in capitals in a host or a path, or what is in <>. */
const WORD = '(?:TENANT(?:_ID)?|YOUR[A-Z_-]*|ORG|REGION|POOL_ID|HOST|DOMAIN|REALM|EXAMPLE|CLIENT_ID)';
const PLACEHOLDER = new RegExp(`(?<=[/._-])${WORD}(?=[/._:-]|$)|<[^>:]+>|^CHANGE_?ME$|your[-_](?:tenant|domain|org)`);

/** Placeholders that were left as they are. Then nobody is asked for keys, because the host is somebody else's. */
async function placeholders({ settings, file, claims: { iss } }: Written, ask: Ask): Promise<Maybe> {
  const isLeft = (name: string) => /^(TOKEN_ISSUER|JWKS_URI|AUDIENCE)/.test(name) && PLACEHOLDER.test(settings[name] ?? '');
  const names = Object.keys(settings).filter(isLeft);
  const [name = ''] = names;
  if (!name) return undefined;
  const text = settings[name] ?? '';
  const what = say`${names.join(', ')} in ${file} still contains ${PLACEHOLDER.exec(text)?.[0]}, a placeholder of .env.sample or another example: ${name}=${shownValue(name, text)}`;
  const propose = proposer({});
  if (name.startsWith('TOKEN_ISSUER') && typeof iss === 'string') {
    const jwksUri = wellKnownJwksUri(iss);
    const set = (jwksUri && propose({ TOKEN_ISSUER: iss, JWKS_URI: jwksUri })) || say`${propose({ TOKEN_ISSUER: iss }) ?? 'set TOKEN_ISSUER to it'} and JWKS_URI to the "jwks_uri" in ${iss.replace(/\/$/, '')}/.well-known/openid-configuration`;
    return say`${what}\nPut your own issuer there. The token in event.json says it is from "${iss}": if that is yours, ${set}`;
  }
  const issuer = settings.TOKEN_ISSUER ?? '';
  const jwksUri = name.startsWith('JWKS_URI') ? ((await publishedJwksUri(issuer, ask)) ?? wellKnownJwksUri(issuer)) : undefined;
  return say`${what}\n${(jwksUri && propose({ [name]: jwksUri })) || "Put your own tenant's, region's or API's name there."}`;
}

/** A setting that is not there. */
async function missing({ name, settings, file, claims, notes, remedy, why, propose }: Wrong, ask: Ask): Promise<Said> {
  const note = notes.find(({ setting }) => setting === name);
  const what = say`${name} is not set in ${file}${note ? say`: ${note.wrong}` : '.'}`;
  if (note?.isCure) return say`${what}\n${note.cure}`;
  const { iss, aud, client_id: client, token_use: use } = claims;
  const number = /_\d$/.exec(name)?.[0] ?? '';
  const [issuer = ''] = (settings[`TOKEN_ISSUER${number}`] ?? (typeof iss === 'string' ? iss : '')).split(',');
  if (name.startsWith('JWKS_URI')) {
    const published = await publishedJwksUri(issuer.trim(), ask);
    const set = propose({ [name]: published ?? wellKnownJwksUri(issuer.trim()) ?? '' });
    if (set) return say`${what}\n${set}${published ? ", as the issuer's discovery document says." : ''}`;
  }
  if (name === 'TOKEN_ISSUER' && typeof iss === 'string') return say`${what}\nIf the token in event.json is from your issuer: ${propose({ [name]: iss }) ?? 'set it to the iss of that token.'}`;
  if (name === 'AUDIENCE' && use === 'access' && aud === undefined && typeof client === 'string') return say`${what}\nFor this access token of Cognito: ${propose({ AUDIENCE: client, AUDIENCE_CLAIM: 'client_id', REQUIRED_CLAIMS: 'token_use=access' })}`;
  const own = ownAudience(claims);
  const isFor = own && propose({ AUDIENCE: own });
  if (name === 'AUDIENCE') return say`${what}\nAUDIENCE is the identifier of the API${isFor ? say`; the token in event.json is for "${own}": if that is your API, ${isFor}` : ', never that of a client'}. (Cognito: the app client's ID, with AUDIENCE_CLAIM=client_id.)`;
  const template = /\{[\w-]+\}/.exec(settings[`TOKEN_ISSUER${number}`] ?? '')?.[0];
  if (template && name.startsWith('REQUIRED_CLAIMS')) {
    const tenants = typeof claims.tid === 'string' && propose({ [`TOKEN_ISSUER${number}`]: settings[`TOKEN_ISSUER${number}`]?.replace(template, '{tid}'), [name]: `tid=${claims.tid}` });
    return say`${what} TOKEN_ISSUER has the placeholder ${template}, so the tenants must be named.\n${tenants || say`${name} must contain tid=TENANT|TENANT with the tenants to accept.`}`;
  }
  return say`${what} ${why}\n${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}; .env.sample says what it is for.`;
}

const unquoted = (text: string) =>
  text
    .replace(/[“”‘’«»<>"'`[\]\\{}]/g, '')
    .replace(/\s*[;|,]\s*|\s+/g, ',')
    .replace(/,{2,}/g, ',')
    .replace(/^,|,$/g, '');

/** Where keys are: what is there in place of an address. */
function jwksUri({ name, text, file, propose, why }: Wrong): Maybe {
  const encode = 'Put them into a file, jwks.json, and write data:application/json;base64, and behind it what this prints: base64 -w0 jwks.json';
  if (/^\{/.test(text)) return say`${name} contains the keys themselves, not an address.\n${encode}`;
  if (/^eyJ/.test(text)) return say`${name} is a key set in base64, without what must come before it.\nWrite data:application/json;base64, before it: ${name}=data:application/json;base64,eyJ…`;
  if (/^data:/i.test(text) && !/;base64,/i.test(text)) return say`${name} is a data: URI without ;base64.\n${encode}`;
  const [, host = '', rest = ''] = /^http:\/\/([\w.-]+)((?::\d+)?\/\S*)$/i.exec(text) ?? [];
  if (/loopback/.test(why) && host)
    return say`${name} in ${file} is plain http: to another machine, ${host}: its keys could be anybody's, so it is not accepted. http: is for localhost itself.\nUse its https: address, or a file: or data: URI. If ${host} is a container or a name of this machine, publish its port: ${propose({ [name]: `http://localhost${rest}` })}`;
  if (/^[a-z]+:\/\/[^/]*@/i.test(text)) return say`${name} in ${file} contains a user name or password, which is sent to nobody.\nUse the public address of the keys.`;
  return undefined;
}

/** As many URIs as issuers. */
async function pairing({ name, settings, propose }: Wrong, ask: Ask): Promise<Said> {
  const itemsOf = (each: string) => (settings[each] ?? '').split(',').map((item) => item.trim());
  const [issuers, uris] = [itemsOf(name.replace('JWKS_URI', 'TOKEN_ISSUER')), itemsOf(name)];
  const count = (items: readonly string[], one: string) => `${items.length} ${one}${items.length === 1 ? '' : 's'}`;
  const what = say`${name} lists ${count(uris, 'URI')}, TOKEN_ISSUER ${count(issuers, 'issuer')}.`;
  if (uris.length > issuers.length) return say`${what}\nDelete ${issuers.length === 1 && uris.length === 2 ? 'the second' : 'what is too many'}: as many URIs as issuers, in the same order.`;
  const published = await Promise.all(issuers.map((issuer) => publishedJwksUri(issuer, ask)));
  const all = published.every((uri) => uri !== undefined) && propose({ [name]: published.join(',') });
  return say`${what}\n${all || 'Write as many URIs as issuers, in the same order.'}`;
}

const AROUND: Words = [
  [/^[“‘„]|[”’]$/, 'is in curly quotes (“ ”)'],
  [/^\[.*\]$/s, 'is a list in JSON'],
  [/^[<«].*[>»]$/, 'is in brackets or quotes'],
  [/["“”]|^['`]|['`]$|['`],|,['`]/, 'has quotes around its items'],
];
const BETWEEN: Words = [
  [/[;|]/, 'has semicolons or bars in it'],
  [/[^,] +[^, ]/, 'is one name with a space in it'],
  [/^,|,\s*,|,$/, 'has an empty item: there is a comma too many'],
];

/** What people mean by a value that the function does not take. */
const MEANT: readonly (readonly [name: RegExp, text: RegExp, right: string, more?: string])[] = [
  [/^POLICY_RESOURCE$/, /\*|all|api/i, 'stage', 'It names every method of the stage.'],
  [/^INVALID_TOKEN$/, /403|forbid/i, 'deny', 'That is what answers 403.'],
  [/^INVALID_TOKEN$/, /401/, 'unauthorized', 'That is what answers 401.'],
  [/^SIMPLE_RESPONSES$/, /^(yes|on|1)$/i, 'true'],
  [/^SIMPLE_RESPONSES$/, /^(no|off|0)$/i, 'false'],
];

/** A setting that can't be meant as it was written. */
function wrong(given: Wrong): Said {
  const { name, text, file, propose, remedy, why, alg } = given;
  const row = ROWS.find((each) => name.startsWith(each.name) && /^(_\d+)?$/.test(name.slice(each.name.length)));
  const should = row?.should ?? '';
  const set = (right: string) => propose({ [name]: right });
  const listed = set(unquoted(text));
  if (/_\d+$/.test(name) && !settingNames().includes(name)) return say`${name} in ${file} is not a setting: numbers are 2 to 9, and only an issuer's own settings have one.\nDelete the number, or use one of 2 to 9: TOKEN_ISSUER_2, JWKS_URI_2, AUDIENCE_2 and so on.`;
  const keys = name.startsWith('JWKS_URI') ? jwksUri(given) : undefined;
  if (keys) return keys;
  const character = invisible(text);
  if (character) return say`${name} in ${file} has the character ${character}.\nDelete it: write the value again, by hand.`;
  const ofRoutes = name === 'ROUTE_SCOPES' ? routeScopes(text, why, propose) : undefined;
  if (ofRoutes) return ofRoutes;
  if (/[\r\n]/.test(text)) return say`${name} has a line break in it.\nWrite it on one line: ${set(text.replace(/\s*[\r\n]+\s*/g, ' '))}`;
  if (name.startsWith('REQUIRED_CLAIMS')) {
    const right = set(requirementsOf(text).replace(/=\*(?=,|$)/g, ''));
    return say`${name}: ${why || `"${text}" is not a list of name=value`}.\n${right ?? `It must contain ${should}.`}`;
  }
  if (name === 'CONTEXT_CLAIMS') {
    const taken = /^the name (\w+) is reserved/.exec(why)?.[1];
    const items = unquoted(text)
      .split(',')
      .map((item) => item.split('='));
    const right = items.filter(([key]) => key !== taken).map(([key = '', claim = key]) => `${key === claim && !claim.includes('/') ? '' : `${key.split('/').pop()?.replace(/\W/g, '_')}=`}${claim}`);
    const set = right.length > 0 ? propose({ [name]: right.join(',') }) : undefined;
    if (taken) return say`CONTEXT_CLAIMS: "${taken}" is taken.\nDelete it${taken === 'scope' ? ': scope is always in the context' : `, or give the claim another name: my_${taken}=${taken}`}. ${set ?? ''}`;
    return say`CONTEXT_CLAIMS: ${why}.\n${set ?? `It must contain ${should}.`}`;
  }
  const around = wordsFor(AROUND, text);
  if (listed && around) return say`${name} in ${file} ${plain(around)}, which would be taken as part of the value.\nWrite one list, with nothing but commas between the items: ${listed}`;
  if (/\{\{resolve:|\$\{?\w+\}?|\{\{.*\}\}/.test(text)) return say`${name} in ${file} is a reference that nothing replaces here: ${shownValue(name, text)}\nWrite the value itself.`;
  if (/[{}]/.test(text) && /^(TOKEN_ISSUER|JWKS_URI)/.test(name)) return say`${name} in ${file} has braces in it, which stand for something else: ${shownValue(name, text)}\nWrite what they stand for, and no braces.`;
  const scheme = text.startsWith('/') ? 'file' : /^(localhost|127\.)/.test(text) ? 'http' : 'https';
  const whole = /^(TOKEN_ISSUER|JWKS_URI)/.test(name) && /^[\w/]/.test(text) && !/^[a-z]+:(?!\d)/i.test(text) && set(`${scheme}://${text}`);
  if (whole) return say`${name} in ${file} lacks ${scheme}:// at its start.\n${whole}`;
  const between = wordsFor(BETWEEN, text);
  if (listed && between) return say`${name} in ${file} ${plain(between)}; several are separated by commas.\n${listed}`;
  if (name === 'ALGORITHMS' && /\b(HS\d+|none)\b/i.test(text)) return say`${name} in ${file} has "none" or HS… in it: unsigned tokens and shared secrets are never accepted.\nLet the issuer sign with RS256, ES256 or the like, and write that.`;
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)[a-z]*$/i.exec(text) ?? [];
  const seconds = number && set(String(Number(number) * (UNITS[unit.toLowerCase()] ?? 1)));
  if (seconds && unit) return say`${name} in ${file} has a unit, "${text}"; durations are seconds, without one.\n${seconds}`;
  const thousandth = /^\d+000$/.test(text) && set(text.slice(0, -3));
  if (thousandth) return say`${name} is ${text} seconds; it must be ${should}. Were milliseconds meant?\n${thousandth}`;
  const source = name === 'TOKEN_SOURCE' && /^[\w-]+$/.test(text) && set(`header:${text}`);
  if (source) return say`${name} in ${file} is "${text}", without the kind of place before it: header, cookie, query or subprotocol.\n${source}`;
  const right = name === 'ALGORITHMS' ? text.toUpperCase().replace('EDDSA', 'EdDSA') : text.toLowerCase();
  const lower = right !== text && set(right);
  if (lower) return say`${name} in ${file} is written in other letters than it must be: ${text}\n${lower}`;
  const [, , meant, more] = MEANT.find(([names, pattern]) => names.test(name) && pattern.test(text)) ?? [];
  if (meant) return say`${name} is "${text}"; it must be ${should}.\n${set(meant)} ${more ?? ''}`;
  if (name === 'ALGORITHMS') return say`ALGORITHMS is "${text}"; it must be ${should}.\nThe token in event.json says ${alg}: ${set(String(alg)) ?? set('RS256')}`;
  if (name === 'TOKEN_BINDING') return say`${name} is "${text}"; it must be ${should}.\nDelete the line: refuse is the default. (ignore would let a thief use a bound token.)`;
  const advice = remedy.charAt(0).toUpperCase() + remedy.slice(1);
  return say`${name} in ${file} is "${shownValue(name, text)}"${why && `: ${why}`}.\n${advice}.${row?.defaultText === undefined ? '' : ` Or delete the line: the default is ${name}=${row.defaultText}`}`;
}

/** TOKEN_ISSUER is a host alone, which only shows when JWKS_URI is right. */
function issuerHost({ settings, file, claims: { iss } }: Written, propose: Propose): Maybe {
  const host = settings.TOKEN_ISSUER?.trim() ?? '';
  if (typeof iss !== 'string' || !/^[\w.-]+(:\d+)?\/?$/.test(host) || !/^https?:/.test(iss)) return undefined;
  return new URL(iss).host === host.replace(/\/$/, '') ? say`TOKEN_ISSUER in ${file} lacks https:// at its start.\n${propose({ TOKEN_ISSUER: iss })}` : undefined;
}

/**
 * What is wrong with the settings, all at once, the first mistake first.
 *
 * @param ask reaches the issuer's server
 */
export async function wrongSettings(written: Written, ask: Ask): Promise<readonly Said[]> {
  const placeholder = await placeholders(written, ask);
  if (placeholder) return [placeholder];
  try {
    readConfig(written.settings);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { settings, notes } = written;
    const propose = proposer(settings);
    const host = issuerHost(written, propose);
    const said = error.problems.map(async (problem) => {
      const { name, why } = problem;
      const given: Wrong = { ...written, ...problem, text: settings[name]?.trim() ?? '', propose };
      const note = notes.find((each) => each.setting === name);
      if (given.text === '') return missing(given, ask);
      if (note) return say`${note.wrong}\n${note.cure}`;
      if (name.startsWith('JWKS_URI') && /^it has \d+$/.test(why)) return pairing(given, ask);
      return wrong(given);
    });
    return [...(host ? [host] : []), ...(await Promise.all(said))];
  }
}
