import type { Environment, Problem } from '../../../src/config/config.ts';
import type { JsonObject } from '../../../src/json.ts';
import { type Ask, publishedJwksUri, wellKnownJwksUri } from '../endpoint.ts';
import { type Propose, problemsOf, proposer, shownValue } from '../propose.ts';
import { firstOf, Said, say } from '../say.ts';
import { ownAudience } from './audience.ts';
import { requirementsOf } from './claims.ts';
import type { Note } from './names.ts';
import { routeScopes } from './routes.ts';

/** Settings as they were written, and where, in words. */
interface Written {
  readonly settings: Environment;
  readonly file: string;
  /** What is likely not meant there. */
  readonly notes: readonly Note[];
  /** The claims of the token in the event, if there is one; of course unverified. */
  readonly claims: JsonObject;
}

type Wrong = Written & Problem & { readonly text: string; readonly propose: Propose };

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What is to be replaced by anyone who copies an example: a word in capitals in a host or a path, or what is in <>. */
const WORD = '(?:TENANT(?:_ID)?|YOUR[A-Z_-]*|ORG|REGION|POOL_ID|HOST|DOMAIN|REALM|EXAMPLE|CLIENT_ID)';
const PLACEHOLDER = new RegExp(`(?<=[/._-])${WORD}(?=[/._:-]|$)|<[^>:]+>|^CHANGE_?ME$|your[-_](?:tenant|domain|org)`);

/** Placeholders that were left as they are. Then nobody is asked for keys, because the host is somebody else's. */
function placeholders({ settings, file, claims: { iss } }: Written) {
  const names = Object.keys(settings).filter((name) => /^(TOKEN_ISSUER|JWKS_URI|AUDIENCE)/.test(name));
  const left = names.filter((name) => PLACEHOLDER.test(settings[name] ?? ''));
  const [name = ''] = left;
  const text = settings[name] ?? '';
  const issuer = typeof iss === 'string' ? iss : '';
  const set = proposer({ JWKS_URI: wellKnownJwksUri(issuer) })({ TOKEN_ISSUER: issuer });
  return firstOf`
    - ${name}: ${left.join(', ')} in ${file} still contains ${PLACEHOLDER.exec(text)?.[0]}, a placeholder of an example:
      ${name}=${shownValue(name, text)}
      → Put your own tenant, region or API there. ${
        set && say`The token in event.json is from ${issuer}: if that is your issuer, ${set}, and JWKS_URI to its keys.`
      }`;
}

async function missing({ name, settings, file, claims, notes, remedy, why, propose }: Wrong, ask: Ask) {
  const note = notes.find(({ setting }) => setting === name);
  const { iss, aud, client_id: client, token_use: use } = claims;
  const own = typeof iss === 'string' ? iss : '';
  const [issuer = ''] = (settings[name.replace('JWKS_URI', 'TOKEN_ISSUER')] ?? own).split(',');
  const isKeys = name.startsWith('JWKS_URI');
  const keys = isKeys && ((await publishedJwksUri(issuer.trim(), ask)) ?? wellKnownJwksUri(issuer.trim()));
  const isCognito = use === 'access' && aud === undefined && typeof client === 'string';
  const cognito = { AUDIENCE_CLAIM: 'client_id', REQUIRED_CLAIMS: 'token_use=access' };
  const audience = { AUDIENCE: isCognito ? client : ownAudience(claims), ...(isCognito && cognito) };
  const changes = { TOKEN_ISSUER: { TOKEN_ISSUER: own }, AUDIENCE: audience }[name] ?? { [name]: keys || '' };
  const set = propose(changes);
  const cure = firstOf`
    - ${note?.isCure}: ${note?.said.remedy}
    - ${name === 'AUDIENCE'}: AUDIENCE is the identifier of the API, never that of a client (but with Cognito the app
      client's ID, and AUDIENCE_CLAIM=client_id). ${set && say`The token in event.json is for this: ${set}`}
    - ${set}: ${set}, as the token in event.json, or the issuer's discovery document says.
    - ${name.startsWith('REQUIRED_CLAIMS')}: Write {tid} in TOKEN_ISSUER, and ${name}=tid=TENANT|TENANT with the tenants
      to accept.
    - ${true}: ${capital(remedy)}; .env.sample says what it is for.`;
  return say`${name} is not set in ${file}${note ? say`: ${note.said.problem}` : '.'} ${why && `${capital(why)}.`}
    → ${cure}`;
}

const URIS = /^(TOKEN_ISSUER|JWKS_URI)/;

/** A list whose items nothing but commas separate. */
const listOf = (text: string) => String(text.replace(/[<>"'`[\]\\]|[^!-~\s]/g, '').match(/[^;|,\s]+/g) ?? '');

const withScheme = (text: string) =>
  `${text.startsWith('/') ? 'file' : /^(localhost|127\.)/.test(text) ? 'http' : 'https'}://${text}`;

const withoutScope = (text: string) => text.replace(/(^|,)\s*scope\s*(?=,|$)/, '').replace(/^,/, '');

const HTTP = "localhost is for a server on this machine; otherwise https:, because keys over http: could be anybody's.";

/** Seconds, of a duration with a unit or in milliseconds. */
function secondsOf(text: string): string {
  const [, number, unit = 'ms'] = /^([\d.]+)\s*(ms|s|m|h|d)?$/i.exec(text) ?? [];
  return String(Number(number) * ({ ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 }[unit.toLowerCase()] ?? 1));
}

/** What people mean by a value that the function does not accept: only what it accepts is proposed. */
const GUESSES: readonly (readonly [names: RegExp, text: RegExp, right: (text: string) => string, why?: string])[] = [
  [URIS, /^[\w/](?![a-z]*:(?!\d))/i, withScheme],
  [/^JWKS_URI/, /^http:/, (text) => text.replace(/^(http:\/\/)[\w.-]+/, '$1localhost'), HTTP],
  [/^REQUIRED_CLAIMS/, /./, requirementsOf],
  [/_AGE|_TIMEOUT|_STALE|_COOLDOWN|TOLERANCE/, /[a-z]$|000$/i, secondsOf, 'Durations are seconds.'],
  [/^TOKEN_SOURCE$/, /^[\w-]+$/, (text) => `header:${text}`],
  [/^ALGORITHMS$/, /./, (text) => text.toUpperCase().replace('EDDSA', 'EdDSA')],
  [/^CONTEXT_CLAIMS$/, /./, withoutScope, 'Delete scope there: it is always in the context.'],
  [/^POLICY_RESOURCE$/, /\*|all|api/i, () => 'stage'],
  [/^INVALID_TOKEN$/, /40[13]/, (text) => (text === '403' ? 'deny' : 'unauthorized')],
  [/^SIMPLE_RESPONSES$/, /./, (text) => String(/^(yes|on|1)$/i.test(text))],
  [/./, /[A-Z]/, (text) => text.toLowerCase()],
  [/^TOKEN_BINDING$/, /./, () => 'refuse', 'Delete the line: that is the default. (ignore would help a thief.)'],
  [/^(?!ROUTE_SCOPES|.*_CLAIMS)/, /./, listOf, 'Write one list by hand, with nothing but commas between the items.'],
  [/^ALGORITHMS$/, /./, () => 'RS256', 'Unsigned tokens and shared secrets (none, HS…) are never accepted.'],
];

/** A setting that can't be meant as it was written: what the function says of it, and the value as it should be. */
function wrong({ name, text, file, propose, remedy, why }: Wrong) {
  const because = why.replace(/^it has \d+$/, '$& URIs') || remedy;
  const what = say`${name} in ${file} is "${shownValue(name, text)}": ${because}.`;
  const guess = GUESSES.flatMap(([names, pattern, right, hint = '']) => {
    if (!names.test(name) || !pattern.test(text) || right(text) === text) return [];
    const set = propose({ [name]: right(text) });
    return set ? say`${set} ${hint && `– ${hint}`}` : [];
  })[0];
  return firstOf`
    - ${name === 'ROUTE_SCOPES' && routeScopes(text, why, propose)}
    - ${/^JWKS_URI/.test(name) && /^(\{|eyJ|data:(?!.*;base64,))/i.test(text)}: ${what}
      → Put the keys themselves into a file, jwks.json, and write ${name}=data:application/json;base64,… where … is what
      this prints: base64 -w0 jwks.json
    - ${true}: ${what}
      → ${guess ?? `${capital(remedy)}.`}`;
}

/** TOKEN_ISSUER is a host alone, which only shows when JWKS_URI is right. */
function issuerHost({ settings, file, claims: { iss } }: Written, propose: Propose) {
  const host = settings.TOKEN_ISSUER?.trim().replace(/\/$/, '');
  return firstOf`
    - ${URL.canParse(String(iss)) && new URL(String(iss)).host === host}: TOKEN_ISSUER in ${file} lacks https:// at its
      start.
      → ${propose({ TOKEN_ISSUER: String(iss) })}`;
}

/** What is wrong with the settings, all at once, the first mistake first. @param ask reaches the issuer's server */
export async function wrongSettings(written: Written, ask: Ask): Promise<readonly Said[]> {
  const placeholder = placeholders(written);
  if (placeholder) return [placeholder];
  const { settings, notes } = written;
  const problems = problemsOf(settings);
  const propose = proposer(settings);
  const said = problems.map((problem) => {
    const given: Wrong = { ...written, ...problem, text: settings[problem.name]?.trim() ?? '', propose };
    if (given.text === '') return missing(given, ask);
    return notes.find((each) => each.setting === problem.name)?.said ?? wrong(given);
  });
  const host = problems.length > 0 && issuerHost(written, propose);
  return [host, ...(await Promise.all(said))].filter((each) => each instanceof Said);
}
