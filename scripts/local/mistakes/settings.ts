import { ConfigurationError, type Environment, type Problem, readConfig } from '../../../src/config/config.ts';
import { SETTINGS, type Setting } from '../../../src/config/settings.ts';
import type { JsonObject } from '../../../src/json.ts';
import { type Ask, publishedJwksUri, wellKnownJwksUri } from '../endpoint.ts';
import { type Propose, proposer, shownValue } from '../propose.ts';
import { type Maybe, plain, type Said, say } from '../say.ts';
import { ownAudience, requirementsOf } from './claims.ts';
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
const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

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
  return say`${what} ${why && `${why.charAt(0).toUpperCase()}${why.slice(1)}.`}\n${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}; .env.sample says what it is for.`;
}

const LISTS = /^(?!ROUTE_SCOPES|REQUIRED_CLAIMS|CONTEXT_CLAIMS)/;
const URIS = /^(TOKEN_ISSUER|JWKS_URI)/;

/** A list whose items nothing but commas separate. */
const listOf = (text: string) =>
  text
    .replace(/[“”‘’«»<>"'`[\]\\]/g, '')
    .replace(/\s*[;|,]\s*|\s+/g, ',')
    .replace(/,{2,}|^,|,$/g, (commas, at) => (at > 0 && commas.length > 1 ? ',' : ''));

const withScheme = (text: string) => `${text.startsWith('/') ? 'file' : /^(localhost|127\.)/.test(text) ? 'http' : 'https'}://${text}`;

function secondsOf(text: string): string {
  const [, number, unit = ''] = /^([\d.]+)\s*(ms|s|m|h|d)/i.exec(text) ?? [];
  return String(Number(number) * (UNITS[unit.toLowerCase()] ?? 1));
}

/** The items of CONTEXT_CLAIMS with a name that is free. */
function contextClaims(text: string): string {
  const items = listOf(text)
    .split(',')
    .map((item) => item.split('='));
  return items
    .filter(([key]) => key !== 'scope')
    .map(([key = '', claim = key]) => `${key === claim && !claim.includes('/') ? '' : `${key.split('/').pop()?.replace(/\W/g, '_')}=`}${claim}`)
    .join(',');
}

/** What people mean by a value that the function does not take: only what it takes is proposed. */
const GUESSES: readonly (readonly [names: RegExp, text: RegExp, right: (text: string) => string, more?: string])[] = [
  [URIS, /^[\w/](?![a-z]*:(?!\d))/i, withScheme, 'It lacked what is before the colon.'],
  [/^JWKS_URI/, /^http:\/\/[\w.-]+(:\d+)?\//, (text) => text.replace(/^(http:\/\/)[\w.-]+/, '$1localhost'), "That is for a container or a name of this machine, with its port published. Otherwise use its https: address: over plain http: the keys could be anybody's."],
  [/^REQUIRED_CLAIMS/, /./, (text) => requirementsOf(text).replace(/=\*(?=,|$)/g, '')],
  [/^CONTEXT_CLAIMS$/, /(^|,)\s*scope\s*(,|$)/, (text) => contextClaims(text) || 'sub', 'Delete it: scope is always in the context.'],
  [/^CONTEXT_CLAIMS$/, /./, contextClaims],
  [/_AGE|_TIMEOUT|_STALE|TOLERANCE/, /^[\d.]+\s*(ms|s|m|h|d)/i, secondsOf, 'Durations are seconds, without a unit.'],
  [/_AGE|_TIMEOUT|_STALE|TOLERANCE/, /^\d+000$/, (text) => text.slice(0, -3), 'Were milliseconds meant? Durations are seconds.'],
  [/^TOKEN_SOURCE$/, /^[\w-]+$/, (text) => `header:${text}`],
  [/^ALGORITHMS$/, /./, (text) => text.toUpperCase().replace('EDDSA', 'EdDSA')],
  [/^POLICY_RESOURCE$/, /\*|all|api/i, () => 'stage', 'It names every method of the stage.'],
  [/^INVALID_TOKEN$/, /403|forbid/i, () => 'deny', 'That is what answers 403.'],
  [/^INVALID_TOKEN$/, /401/, () => 'unauthorized', 'That is what answers 401.'],
  [/^SIMPLE_RESPONSES$/, /^(yes|on|1)$/i, () => 'true'],
  [/^SIMPLE_RESPONSES$/, /^(no|off|0)$/i, () => 'false'],
  [/./, /[A-Z]/, (text) => text.toLowerCase()],
  [LISTS, /[\r\n]/, (text) => text.replace(/\s*[\r\n]+\s*/g, ' '), 'Write it on one line.'],
  [LISTS, /[^!-~\s]/, (text) => listOf(text.replace(/[^!-~\s]/g, '')), 'Write it again by hand.'],
  [LISTS, /./, listOf, 'Write one list, with nothing but commas between the items.'],
];

/** A setting that can't be meant as it was written: what the function says of it, and the value as it should be. */
function wrong({ name, text, file, propose, remedy, why, alg }: Wrong): Said {
  if (name === 'ROUTE_SCOPES') return routeScopes(text, why, propose);
  const encode = 'Put the keys into a file, jwks.json, and write data:application/json;base64, and behind it what this prints: base64 -w0 jwks.json';
  if (/^JWKS_URI/.test(name) && /^(\{|eyJ|data:(?!.*;base64,))/i.test(text)) return say`${name} contains the keys themselves, not an address${/^data:/.test(text) ? ': a data: URI without ;base64' : ''}.\n${encode} (${name}=data:application/json;base64,eyJ…)`;
  const row = ROWS.find((each) => each.name === name.replace(/_\d+$/, ''));
  const what = say`${name} in ${file} is "${shownValue(name, text)}": ${plain(why || (row && `it must be ${row.should}`) || 'it is not a setting')}.`;
  const advice = remedy.charAt(0).toUpperCase() + remedy.slice(1);
  if (/^it has \d+$/.test(why)) return say`${name} in ${file}: ${plain(why)} URIs.\n${advice}.`;
  for (const [names, pattern, right, more = ''] of GUESSES) {
    const proposed = names.test(name) && pattern.test(text) && right(text) !== text && propose({ [name]: right(text) });
    if (proposed) return say`${what}\n${/^Delete/.test(more) ? say`${more} ${contextClaims(text) ? proposed : ''}` : say`${proposed}${more && ' – '}${more}`}`;
  }
  if (name === 'ALGORITHMS') return say`${what} Unsigned tokens and shared secrets (none, HS…) are never accepted.\nThe token in event.json says ${alg}: ${propose({ ALGORITHMS: String(alg) }) ?? propose({ ALGORITHMS: 'RS256' })}, if the issuer signs with it.`;
  if (name === 'TOKEN_BINDING') return say`${what}\nDelete the line: refuse is the default. (ignore would let a thief use a bound token.)`;
  return say`${what}\n${advice}.${row?.defaultText === undefined ? '' : ` Or delete the line: the default is ${name}=${row.defaultText}`}`;
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
      const { name } = problem;
      const given: Wrong = { ...written, ...problem, text: settings[name]?.trim() ?? '', propose };
      const note = notes.find((each) => each.setting === name);
      if (given.text === '') return missing(given, ask);
      if (note) return say`${note.wrong}\n${note.cure}`;
      return wrong(given);
    });
    return [...(host ? [host] : []), ...(await Promise.all(said))];
  }
}
