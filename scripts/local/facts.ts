import type { Decision } from '../../src/authorizer.ts';
import type { Config, Environment, IssuerConfig } from '../../src/config/config.ts';
import { shownUri } from '../../src/config/jwks-uri.ts';
import { SUFFIXES } from '../../src/config/settings.ts';
import type { Reason } from '../../src/decision.ts';
import { KINDS } from '../../src/gateway/kinds.ts';
import { valuesAt } from '../../src/gateway/token-source.ts';
import { issuerLookup, normalizeIssuer } from '../../src/issuer.ts';
import { isObject } from '../../src/json.ts';
import { type Cause, sentenceOf } from '../../src/sentences.ts';
import { members, parsed } from '../json.ts';
import { type Ask, publishedJwksUri, wellKnownJwksUri } from './endpoint.ts';
import { type Propose, proposer } from './propose.ts';
import { say } from './say.ts';

interface Given {
  readonly config: Config;
  readonly settings: Environment;
  readonly surrounding: Environment;
  /** The clock, in seconds since the epoch. */
  readonly now: number;
}

/** A decision with its own facts, and what only this machine knows. */
export type Facts = Awaited<ReturnType<typeof factsOf>>;

export type About<R extends Reason> = Facts & { readonly cause: Extract<Cause, { reason: R }> };

/** What an event has where a token must be; nothing if it is not an event of API Gateway. */
export function foundIn(event: unknown, { tokenSources }: Pick<Config, 'tokenSources'>) {
  const place = 'authorizationToken';
  if (!isObject(event)) return { place, found: [] };
  const kind = KINDS.find(({ matches }) => matches(event, members(event.requestContext)));
  if (!kind || kind.isTokenEvent) return { place, found: [event.authorizationToken] };
  return {
    place: tokenSources.map(({ label }) => label).join(', '),
    found: tokenSources.flatMap((source) => valuesAt(source, { ...kind, event })),
  };
}

/** The header and the claims of the first token in a text; of course nothing of it is verified. */
export function tokenIn(text: string) {
  const parts = (/[\w-]+\.[\w-]*(\.[\w-]*)?/.exec(text)?.[0] ?? '').split('.');
  const [header = {}, claims = {}] = parts.map((part) => parsed(Buffer.from(part, 'base64url').toString()));
  return { header, claims };
}

/** The first text in an event that looks like a token, wherever it is. */
export const tokenAnywhere = (event: unknown) =>
  /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*/.exec(JSON.stringify(event) ?? '')?.[0] ?? '';

export const asList = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

/** Names an issuer's settings: with its number, if they have one. */
function namesOf(settings: Environment, { issuer }: IssuerConfig) {
  const isOf = (number: string) => settings[`TOKEN_ISSUER${number}`]?.split(',').some((item) => item.trim() === issuer);
  const number = SUFFIXES.find(isOf) ?? '';
  return (name: string) => (settings[name + number]?.trim() ? name + number : name);
}

/** What helps if the address of the keys may be wrong. */
function setUriOf(name: string, { issuer, jwksUri }: IssuerConfig, published: string | undefined, propose: Propose) {
  if (published === jwksUri) return say`${name} is what the issuer's discovery document says.`;
  const right = published ?? wellKnownJwksUri(issuer);
  const proposal = right !== undefined && right !== jwksUri && propose({ [name]: right });
  const place = URL.canParse(issuer) ? normalizeIssuer(issuer) : 'the issuer';
  return proposal || say`Set ${name} to the "jwks_uri" in ${place}/.well-known/openid-configuration.`;
}

/**
 * Takes a decision apart, and adds what only this machine knows: the token's values, which may be shown on the user's
 * own terminal, and what the issuer's server says. If the keys may be what is wrong, it is asked once more.
 */
export async function factsOf(given: Given, { event, reason, cause, request, caller }: Decision, ask: Ask) {
  const { config, settings } = given;
  const { place, found } = foundIn(event, config);
  const text = String(found.find((value) => typeof value === 'string' && value !== '') ?? '');
  const word = text.replace(/^\s*Bearer(\s+|$)/i, '');
  const { header, claims } = tokenIn(word);
  const iss = typeof claims.iss === 'string' ? claims.iss : '';
  const named = issuerLookup(config.issuers.map((each) => ({ settings: each })))(claims);
  const issuer = named?.settings ?? (config.issuers[0] as IssuerConfig); // there is no configuration without one
  const isAboutKeys = ['keys_unavailable', 'unknown_key', 'invalid_signature'].includes(reason);
  const asked = isAboutKeys && !issuer.tenants ? issuer.issuer : iss;
  const [answer, published] = await Promise.all([
    isAboutKeys ? ask(issuer.jwksUri, config.jwksTimeout * 1000) : '',
    isAboutKeys || reason === 'unknown_issuer' ? publishedJwksUri(asked, ask) : undefined,
  ]);
  const propose = proposer(settings);
  const nameOf = namesOf(settings, issuer);
  return {
    ...given,
    ...{ event, reason, cause, request },
    sentence: cause ? sentenceOf(cause) : '',
    /** The token's, if it is authentic. */
    scopes: [...(String(caller?.context.scope ?? '').match(/\S+/g) ?? [])],
    /** Where the token must be, the first text there, the same without `Bearer`, and what is in it. */
    ...{ place, text, word, header, claims, iss },
    /** The configured issuer that the token names; if it names none, the first. */
    ...{ issuer, nameOf, uri: shownUri(issuer.jwksUri) },
    /** What `JWKS_URI` answers to a second look, and where the issuer's discovery document says that the keys are. */
    ...{ answer, published, setUri: setUriOf(nameOf('JWKS_URI'), issuer, published, propose) },
    propose,
  };
}
