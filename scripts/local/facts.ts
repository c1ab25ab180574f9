import type { Config, Environment, IssuerConfig } from '../../src/config/config.ts';
import { shownUri } from '../../src/config/jwks-uri.ts';
import { KINDS } from '../../src/gateway/kinds.ts';
import { valuesAt } from '../../src/gateway/token-source.ts';
import { issuerLookup, normalizeIssuer } from '../../src/issuer.ts';
import { isObject, type JsonObject } from '../../src/json.ts';
import { jsonOf } from '../json.ts';
import { type Ask, publishedJwksUri, wellKnownJwksUri } from './endpoint.ts';
import type { Decided } from './invoke.ts';
import { type Propose, proposer } from './propose.ts';
import { type Said, say } from './say.ts';

/** What the run was made with. */
export interface Given {
  readonly event: unknown;
  readonly config: Config;
  /** The settings as they were written. */
  readonly settings: Environment;
  /** Where they are, in words. */
  readonly file: string;
  /** The environment of this process. */
  readonly surrounding: Environment;
  /** The clock, in seconds since the epoch. */
  readonly now: number;
}

/**
 * A decision with its own facts, and what only this machine knows: the token's values, which may be shown on the
 * user's own terminal, and what the issuer's server says.
 */
export interface Facts extends Given, Decided {
  /** Where the token must be, all that is there, and whether it must be there without `Bearer`. */
  readonly place: string;
  readonly found: readonly unknown[];
  readonly isBare: boolean;
  /** The first text there, and the same without `Bearer`. */
  readonly text: string;
  readonly word: string;
  /** Both empty if the token can't be read. */
  readonly header: JsonObject;
  readonly claims: JsonObject;
  /** The configured issuer that the token names; if it names none, the first. */
  readonly issuer: IssuerConfig;
  readonly iss: string;
  readonly propose: Propose;
  /** The names of the settings of that issuer: with its number, if it has one. */
  readonly names: { readonly issuer: string; readonly jwksUri: string; readonly audience: string };
  /** Its `JWKS_URI` as it may be shown. */
  readonly uri: string;
  /** What `JWKS_URI` answers to a second look, if there was one. */
  readonly answer: string;
  /** The `jwks_uri` of the issuer's discovery document, if it was read. */
  readonly published: string | undefined;
  /** Sets `JWKS_URI` right. */
  readonly setUri: Said;
}

/** What an event has where a token must be; nothing if it is not an event of API Gateway. */
export function foundIn(event: unknown, { tokenSources }: Pick<Config, 'tokenSources'>) {
  const nothing = { place: 'authorizationToken', found: [] as unknown[], isBare: false };
  if (!isObject(event)) return nothing;
  const context = isObject(event.requestContext) ? event.requestContext : {};
  const kind = KINDS.find(({ matches }) => matches(event, context));
  if (!kind || kind.isTokenEvent) return { ...nothing, found: [event.authorizationToken] };
  return {
    place: tokenSources.map(({ label }) => label).join(', '),
    found: tokenSources.flatMap((source) => valuesAt(source, { ...kind, event })),
    isBare: tokenSources.every(({ form }) => form === 'bare'),
  };
}

function decode(part: string | undefined): JsonObject {
  const value = jsonOf(Buffer.from(part ?? '', 'base64url').toString());
  return isObject(value) ? value : {};
}

/** The header and the claims of the first token in a text; of course nothing of it is verified. */
export function tokenIn(text: string): { readonly header: JsonObject; readonly claims: JsonObject } {
  const [header, claims] = (/[\w-]+\.[\w-]*(\.[\w-]*)?/.exec(text)?.[0] ?? '').split('.').map(decode);
  return { header: header ?? {}, claims: claims ?? {} };
}

export const asList = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

/** The names of an issuer's settings. */
function namesOf(settings: Environment, { issuer }: IssuerConfig): Facts['names'] {
  const isOf = (name: string) => settings[name]?.split(',').some((item) => item.trim() === issuer);
  const name = Object.keys(settings).find((each) => /^TOKEN_ISSUER(_\d)?$/.test(each) && isOf(each));
  const number = name?.slice('TOKEN_ISSUER'.length) ?? '';
  const audience = settings[`AUDIENCE${number}`]?.trim() ? `AUDIENCE${number}` : 'AUDIENCE';
  return { issuer: `TOKEN_ISSUER${number}`, jwksUri: `JWKS_URI${number}`, audience };
}

/** What helps if the address of the keys may be wrong. */
function setUriOf(
  name: string,
  { issuer, jwksUri }: IssuerConfig,
  published: string | undefined,
  file: string,
  propose: Propose,
) {
  const right = published ?? wellKnownJwksUri(issuer);
  if (published !== undefined && published === jwksUri)
    return say`${name} is what the issuer's discovery document says.`;
  const proposal = right !== undefined && right !== jwksUri && propose({ [name]: right });
  if (proposal) return say`Put into ${file}: ${proposal}`;
  const place = URL.canParse(issuer)
    ? `the "jwks_uri" in ${normalizeIssuer(issuer)}/.well-known/openid-configuration`
    : "the address that the issuer's documentation gives";
  return say`Set ${name} to ${place}.`;
}

/** Takes a decision apart. Where the keys may be what is wrong, the issuer's server is asked once more. */
export async function factsOf(given: Given, decided: Decided, ask: Ask): Promise<Facts> {
  const { event, config, settings } = given;
  const { place, found, isBare } = foundIn(event, config);
  const text = String(found.find((value) => typeof value === 'string' && value !== '') ?? '');
  const word = text.replace(/^\s*Bearer(\s+|$)/i, '');
  const { header, claims } = tokenIn(word);
  const iss = typeof claims.iss === 'string' ? claims.iss : '';
  const named = issuerLookup(config.issuers.map((each) => ({ settings: each })))(claims);
  const issuer = named?.settings ?? (config.issuers[0] as IssuerConfig); // there is no configuration without one
  const isAboutKeys = ['keys_unavailable', 'unknown_key', 'invalid_signature'].includes(decided.reason);
  const [answer, published] = await Promise.all([
    isAboutKeys ? ask(issuer.jwksUri, config.jwksTimeout * 1000) : '',
    isAboutKeys || decided.reason === 'unknown_issuer'
      ? publishedJwksUri(isAboutKeys && !issuer.tenants ? issuer.issuer : iss, ask)
      : undefined,
  ]);
  const propose = proposer(settings);
  const names = namesOf(settings, issuer);
  const setUri = setUriOf(names.jwksUri, issuer, published, given.file, propose);
  const token = { place, found, isBare, text, word, header, claims, issuer, iss };
  return { ...given, ...decided, ...token, answer, published, setUri, propose, names, uri: shownUri(issuer.jwksUri) };
}
