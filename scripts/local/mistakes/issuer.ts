import { constants, createPublicKey, verify } from 'node:crypto';
import { isObject } from '../../../src/json.ts';
import { wellKnownJwksUri } from '../endpoint.ts';
import { asList, type Facts } from '../facts.ts';
import { type Maybe, type Said, say } from '../say.ts';
import { entriesOf, jwkOf } from './keys.ts';

const GRAPH = /^(00000003-0000-0000-c000-000000000000|https:\/\/graph\.microsoft\.com\/?)$/;

/** A token for Microsoft Graph can't be verified by anybody but Microsoft. */
export function graphToken({ claims, header, iss }: Facts): Maybe {
  const isFor = asList(claims.aud).some((aud) => GRAPH.test(String(aud)));
  if (!isFor && !('nonce' in header && /microsoft|windows\.net/.test(iss))) return undefined;
  return say`This is a token for Microsoft Graph: nobody but Microsoft ${'nonce' in header ? 'can verify it' : 'is meant to accept it'}.\nAsk for a token with a scope of your own API: api://CLIENT_ID/.default.`;
}

const ENTRA = 'https://(?:sts\\.windows\\.net|login\\.microsoftonline\\.com)/';

/** What texts about two issuers need: both of them in words, and what sets the configured one to the token's. */
type Two = Readonly<Record<'both' | 'set' | 'file' | 'issuer', unknown>>;

/** What a configured issuer and the token's iss, with a space between them, have to do with each other. */
const PAIRS: readonly (readonly [pattern: RegExp, said: (two: Two) => Said])[] = [
  [/^\S*\/(\.well-known\/|(certs|keys|jwks(\.json)?) )/, ({ both, set }) => say`TOKEN_ISSUER is the address of the discovery document, or of the keys${both}\n${set}`],
  [/^\S*\/(common|organizations|consumers)(\/\S*)? /, ({ both, set }) => say`"common" and the like are not issuers: a token names its tenant${both}\n${set}, if that is your tenant; several tenants are a list.`],
  [
    /^https:\/\/login\.microsoftonline\.com\/(\{\w+\}|[^/ ]+)\S* https:\/\/sts\.windows\.net\/(?:\1\/|(?<=\{\w+\}\S* \S*))/,
    ({ both, file }) => say`The token is a v1.0 token of Entra ID, and ${file} is for v2.0 tokens of the same tenant${both}\nLet the API's manifest ask for v2.0 (requestedAccessTokenVersion 2), or see v1.0 in docs/issuers.md.`,
  ],
  [/^https:\/\/sts\.windows\.net\/([^/ ]+)\S* https:\/\/login\.microsoftonline\.com\/\1\//, ({ both, set, file }) => say`The token is a v2.0 token of Entra ID, and ${file} is for v1.0 tokens of the same tenant${both}\n${set}. In v2.0 AUDIENCE is the API's client ID.`],
  [new RegExp(`^${ENTRA}([^/ ]+)(?=[/ ])\\S* ${ENTRA}(?!\\1(/|$))`), ({ both }) => say`The token is from another tenant of Entra ID${both}\nGet a token from your tenant. If that one is to be accepted too, add it to the lists TOKEN_ISSUER and JWKS_URI.`],
  [/^([\w.-]+) https?:\/\/\1([:/]|$)/, ({ both, set }) => say`TOKEN_ISSUER is a host alone${both}\n${set}`],
  [/^(?:https?:\/\/)?(\S*?)\/* (?:https?:\/\/)?\1\/*$/i, ({ both, set }) => say`TOKEN_ISSUER and the token's iss differ in http/https, capitals or slashes only; they are compared exactly${both}\n${set}`],
  [/^(https:\/\/[^/ ]+)\/oauth2\/\S* \1\/?$/, ({ both, file, issuer }) => say`This token is from Okta's org server, for Okta alone. ${file} names a custom server${both}\nAsk ${issuer}/v1/token for one, and leave TOKEN_ISSUER as it is.`],
  [/^(https?:\/\/[^/ ]+)(?!\S*\/realms\/)\S* \1\S*\/realms\//, ({ both, set }) => say`TOKEN_ISSUER lacks the path of the realm${both}\n${set}`],
  [/^(https?:\/\/[^/ ]+)(?:\/auth)?(\/realms\/\S*?)\/? \1(?:\/auth)?\2\/?$/, ({ both, set }) => say`TOKEN_ISSUER and the token's iss differ in /auth: Keycloak has it before version 17, and not since${both}\n${set}`],
  [/^https?:\/\/[^/ ]+(\/\S*?realms\/\S+?)\/? https?:\/\/[^/ ]+\1\/?$/, ({ both, set }) => say`The token is from the same realm under another host name${both}\n${set}. Or set Keycloak's hostname, so that it has one name for everybody (Docker, localhost).`],
  [/^\S*amazoncognito\.com\S* \S*cognito-idp\./, ({ both, set }) => say`TOKEN_ISSUER is the domain of Cognito's sign-in pages; tokens name the user pool${both}\n${set}`],
  [/^/, ({ both, set, file }) => say`The issuer differs${both}\nGet a token from the issuer that ${file} names. If the token's is yours (another tenant, realm, path or user pool, a custom domain): ${set}`],
];

/** The token's iss is not in TOKEN_ISSUER. */
export function unknownIssuer(facts: Facts): Maybe {
  const { claims, config, iss, file, published, propose } = facts;
  const issuers = config.issuers.map(({ issuer }) => issuer);
  const graph = graphToken(facts);
  if (graph) return graph;
  if (claims.iss === undefined) return say`The token has no iss: it does not say who issued it.\nSend an access token of ${issuers}. A token that you make yourself needs iss (RFC 9068, 2.2).`;
  if (typeof claims.iss !== 'string') return say`The token's iss is ${claims.iss}, not text.\nLet the issuer write its own URL there (RFC 7519, 4.1.1).`;
  const jwksUri = published ?? wellKnownJwksUri(iss);
  const whole = jwksUri && propose({ TOKEN_ISSUER: iss, JWKS_URI: jwksUri });
  const set = whole || say`${propose({ TOKEN_ISSUER: iss }) ?? 'Correct TOKEN_ISSUER'} and JWKS_URI to its keys`;
  const both = say`: the token's iss is "${iss}", TOKEN_ISSUER is ${issuers}.`;
  for (const [pattern, said] of PAIRS) {
    const issuer = issuers.find((each) => pattern.test(`${each} ${iss.slice(0, 500)}`));
    if (issuer !== undefined) return said({ both, set, file, issuer });
  }
  return undefined;
}

const isElsewhere = ({ published, issuer }: Facts) => published !== undefined && published !== issuer.jwksUri;

/** No key at JWKS_URI has the token's kid, or none that can be used. */
export function unknownKey(facts: Facts): Maybe {
  const { cause, header, claims, issuer, uri, names, published, answer, setUri, sentence } = facts;
  const { kid, alg } = header;
  const graph = graphToken(facts);
  if (graph) return graph;
  if (isElsewhere(facts)) return say`JWKS_URI is not where the token's issuer publishes its keys: ${uri} has no key "${kid}" that can be used.\n${setUri}`;
  if (cause?.problem === 'skipped') return say`${uri}: ${sentence}\nLet the issuer publish a key that can be used: RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519, with its numbers (n and e).`;
  if (cause?.problem === 'ignored') return say`${sentence}\nLet the issuer publish fewer keys, or this one among the first ${cause.facts.max}.`;
  if (cause?.problem === 'other_issuer') return say`${sentence}\nThe member issuer of the key says whose tokens it signs. Send a token of that issuer; JWKS_URI may be another tenant's. ${setUri}`;
  const entries = entriesOf(answer).filter(isObject);
  if (kid === undefined) return say`The token names no key (kid), and none of the ${entries.length} keys at ${uri} fits its alg ${alg}.\nLet the issuer write kid into its tokens. ${setUri}`;
  if (entries.length > 0 && entries.every((entry) => (entry.kid ?? undefined) === undefined)) return say`${entries.length === 1 ? 'The key at JWKS_URI has' : 'The keys at JWKS_URI have'} no kid (${uri}), and the token names "${kid}".\nLet the issuer publish the kid of each key.`;
  if (new RegExp(`^${ENTRA}`).test(issuer.issuer) && !/appid=/.test(issuer.jwksUri))
    return say`The token's key "${kid}" is unknown at JWKS_URI: an application of Entra ID with signing keys of its own (claims mapping) has another address.\n${names.jwksUri}=${uri}?appid=${String(asList(claims.aud)[0]).replace(/^api:\/\//, '')}, with the client ID of the API.`;
  if (published !== undefined) return say`The token's key "${kid}" is unknown at JWKS_URI, ${uri}, which is the issuer's own: the issuer has changed its keys since.\nGet a new access token, and try again with that one.`;
  return say`The token's key "${kid}" is unknown at JWKS_URI, ${uri}: is it another tenant's address, or an old token?\n${setUri} If it is that already, get a new token: the issuer has changed its keys.`;
}

/** Whether the token's key made its signature as RSASSA-PSS, though its alg says PKCS #1 v1.5. */
function isPss(facts: Facts): boolean {
  const bits = /^RS(256|384|512)$/.exec(String(facts.header.alg))?.[1];
  const jwk = jwkOf(facts);
  if (bits === undefined || !jwk) return false;
  const [header, payload, signature = ''] = facts.word.split('.');
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING };
    return verify(`sha${bits}`, Buffer.from(`${header}.${payload}`), pss, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}

/** The key that the token names did not sign it. */
export function invalidSignature(facts: Facts): Maybe {
  const { header, published, issuer, word, setUri } = facts;
  const { kid, alg } = header;
  const graph = graphToken(facts);
  if (graph) return graph;
  if ('nonce' in header) return say`The token has a nonce in its header, as tokens for Microsoft Graph have: nobody but Microsoft can verify those.\nAsk for a token with a scope of your own API: api://CLIENT_ID/.default.`;
  const signature = Buffer.from(word.split('.')[2] ?? '', 'base64url');
  if (/^ES/.test(String(alg)) && signature[0] === 0x30 && ![64, 96, 132].includes(signature.length)) return say`The signature is in DER, as AWS KMS and OpenSSL give it; a JWT needs r and s, each of fixed length (ES256: 64 bytes in all).\nConvert it before it goes into the token (RFC 7518, 3.4).`;
  if (isPss(facts)) return say`The signature is RSASSA-PSS, and the token says ${alg}.\nLet the issuer write PS${String(alg).slice(2)} into the header, or sign with PKCS #1 v1.5.`;
  const which = kid === undefined ? 'No key at JWKS_URI signed this token, which names none (no kid)' : say`JWKS_URI publishes a key "${kid}", and it did not sign this token`;
  if (isElsewhere(facts)) return say`${which}; the issuer's own keys are elsewhere.\n${setUri}`;
  const again = 'copy the token again, all of it. If that does not help, get a new one.';
  if (published === issuer.jwksUri) return say`${which}: it was changed, cut or signed by somebody else (another realm, a test issuer).\nJWKS_URI is the issuer's own: ${again}`;
  return say`${which}: it is from another tenant or realm, or it was changed.\n${setUri} If it is that already, ${again}`;
}
