import type { Config, Environment, IssuerConfig } from '../../src/config/config.ts';
import { shownUri } from '../../src/config/jwks-uri.ts';
import { KINDS } from '../../src/gateway/kinds.ts';
import { valuesAt } from '../../src/gateway/token-source.ts';
import { normalizeIssuer } from '../../src/issuer.ts';
import { isObject, type JsonObject } from '../../src/json.ts';
import type { Reply } from './endpoint.ts';
import type { Sees as SeesFacts, Table as TableOf, Values } from './table.ts';

/** A refusal of the function, and what it was about. */
export interface Refused {
  readonly reason: string;
  /** Of the decision line. */
  readonly detail: string;
  readonly event: unknown;
  readonly config: Config;
  /** The settings as they were written. */
  readonly env: Environment;
  /** Where they stand, in words. */
  readonly settings: string;
  /** The environment of this process. */
  readonly surrounding: Environment;
  /** The clock, in seconds since the epoch. */
  readonly now: number;
}

/** What the issuer's server says, where that helps. */
export interface Looked {
  /** The answer of JWKS_URI. */
  readonly reply?: Reply | undefined;
  /** The `jwks_uri` of the discovery document. */
  readonly published?: string | undefined;
}

/** A refusal, with the user's own token taken apart: on the user's own terminal its values may be named. */
export interface Facts extends Refused, Looked {
  /** Where the token is due. */
  readonly place: string;
  readonly isBare: boolean;
  /** All that stands there. */
  readonly found: readonly unknown[];
  /** The first text of it, and the same without `Bearer`. */
  readonly text: string;
  readonly word: string;
  /** Both empty where the token can't be read. */
  readonly header: JsonObject;
  readonly claims: JsonObject;
  /** The configured issuer that the token names; without one the first. */
  readonly issuer: IssuerConfig;
  readonly iss: string;
}

export type Sees = SeesFacts<Facts>;
export type Table = TableOf<Facts>;

/** What an event holds where a token is due; nothing where it is no event of API Gateway. */
export function foundIn(event: unknown, { tokenSources }: Pick<Config, 'tokenSources'>) {
  const sources = tokenSources.map(({ label }) => label).join(', ');
  const nothing = { place: 'authorizationToken', found: [] as unknown[], isBare: false };
  if (!isObject(event)) return nothing;
  const context = isObject(event.requestContext) ? event.requestContext : {};
  const kind = KINDS.find(({ matches }) => matches(event, context));
  if (!kind || kind.isTokenEvent) return { ...nothing, found: [event.authorizationToken] };
  const found = tokenSources.flatMap((source) => valuesAt(source, { ...kind, event }));
  return { place: sources, found, isBare: tokenSources.every(({ form }) => form === 'bare') };
}

function decode(part: string | undefined): JsonObject {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** Takes a refusal apart. */
export function factsOf(refused: Refused): Facts {
  const { event, config } = refused;
  const { place, found, isBare } = foundIn(event, config);
  const text = found.find((value) => typeof value === 'string' && value !== '') ?? '';
  const word = String(text).replace(/^\s*Bearer(\s+|$)/i, '');
  const [header, claims] = (/[\w-]+\.[\w-]+(\.[\w-]*)?/.exec(word)?.[0] ?? '').split('.').map(decode);
  const iss = typeof claims?.iss === 'string' ? claims.iss : '';
  const named = config.issuers.find(({ issuer }) => normalizeIssuer(issuer) === normalizeIssuer(iss));
  const issuer = named ?? (config.issuers[0] as IssuerConfig); // there is no configuration without one
  const read = { text: String(text), word, header: header ?? {}, claims: claims ?? {}, issuer, iss };
  return { ...refused, place, found, isBare, ...read };
}

export const asList = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

/** The variables of the issuer in question: with its number, if it has one. */
function variablesOf({ env, issuer: { issuer } }: Facts) {
  const name = Object.keys(env).find(
    (key) => /^TOKEN_ISSUER(_\d)?$/.test(key) && env[key]?.split(',').some((item) => item.trim() === issuer),
  );
  const number = name?.slice('TOKEN_ISSUER'.length) ?? '';
  const own = (base: string) => (env[base + number]?.trim() ? base + number : base);
  return { issuerName: `TOKEN_ISSUER${number}`, uriName: `JWKS_URI${number}`, audienceName: own('AUDIENCE') };
}

/** Where an issuer tells the address of its keys (OpenID Connect Discovery 1.0, 4). */
const placeOfKeys = (issuer: string) =>
  URL.canParse(issuer)
    ? `the "jwks_uri" in ${normalizeIssuer(issuer)}/.well-known/openid-configuration`
    : "the address that the issuer's documentation gives";

/** What the texts of every table may name. */
export function commonValues(facts: Facts): Values {
  const { config, settings, place, header, claims, issuer, iss, detail, published, reply } = facts;
  const uri = shownUri(issuer.jwksUri);
  const { uriName, ...names } = variablesOf(facts);
  const setUri = !published
    ? `Set ${uriName} to ${placeOfKeys(issuer.issuer)}.`
    : published === issuer.jwksUri
      ? `${uriName} is what the issuer's discovery document says.`
      : `Put into ${settings}: ${uriName}=${published}`;
  const setOwn = published ? `and JWKS_URI=${published}` : 'and JWKS_URI to its keys.';
  const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY'].find((name) => facts.surrounding[name]);
  const location = reply?.location && URL.canParse(reply.location, uri) ? new URL(reply.location, uri).href : '';
  return {
    ...{ settings, place, detail, iss, uri, uriName, setUri, ...names },
    ...{ kid: header.kid, alg: header.alg, typ: header.typ, aud: asList(claims.aud), status: reply?.status },
    ...{ setOwn, redirect: location ? `If that is the issuer's: ${uriName}=${location}` : setUri },
    proxyProblem: proxy ? ` ${proxy} is set, and the function uses no proxy.` : '',
    proxyRemedy: proxy ? ' Or run it where the issuer can be reached directly: Lambda will need that as well.' : '',
    issuer: issuer.issuer,
    issuers: config.issuers.map((each) => each.issuer),
    audience: [...issuer.audience],
    timeout: config.jwksTimeout,
  };
}
