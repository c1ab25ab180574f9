import { toAlgorithm } from '../../../src/algorithms.ts';
import { type Facts, tokenIn } from '../facts.ts';
import { type Maybe, say } from '../say.ts';
import { noToken } from './missing.ts';

const NO_AUDIENCE = 'Auth0 issues such tokens when the request named no audience: request one with "audience" set to the identifier of your API.';

/** The characters that a signature has at least: of an RSA key of 2048 bits, or on the curve. */
const LEAST: Record<string, number> = { RS: 342, PS: 342, ES256: 86, ES384: 128, ES512: 176, EdDSA: 86 };

function isCut({ word, header: { alg } }: Facts): boolean {
  const [, , signature = '', ...others] = word.split('.');
  const least = LEAST[String(alg)] ?? LEAST[String(alg).slice(0, 2)] ?? 0;
  return others.length === 0 && signature !== '' && signature.length < least;
}

const sizeOf = (value: unknown) => JSON.stringify(value).length;

/** The longest claim, with its size. */
function longestClaim({ claims }: Facts): string {
  const [[name, value] = ['groups', '']] = Object.entries(claims).sort(([, a], [, b]) => sizeOf(b) - sizeOf(a));
  return `claim ${name} has ${Array.isArray(value) ? `${value.length} entries` : `${sizeOf(value)} characters`}`;
}

/** What was sent is not a JWT in one piece. */
export function malformedToken(facts: Facts): Maybe {
  const { cause, word, sentence, place, isBare } = facts;
  const none = noToken(facts);
  if (none) return none;
  if (/^https?:/.test(word)) return say`The token in event.json is a URL.\nWrite the token alone: what follows access_token= or token= in it.`;
  if (cause?.problem === 'too_long') return say`${sentence} API Gateway takes some 10,000 in all headers.\nTake claims out of it at the issuer (groups, mostly: ${longestClaim(facts)}).`;
  if (/^Bearer(%20|\+)/i.test(word)) return say`The ${place} in event.json has "Bearer%20" before the token.\nDelete "Bearer%20": ${isBare ? 'the token is there alone' : 'write "Bearer " with a plain space'}.`;
  const [, before, behind = before] = /^(["'`“‘«<[({])|[\w-](["'`”’»>\])},;])$/.exec(word) ?? [];
  if (behind) return say`The token in event.json has the character ${behind} beside it, which is not a part of it.\nDelete what is around the token (quotes, brackets, a comma): the value is "Bearer " and the token.`;
  if (cause?.problem === 'encrypted') {
    const isOwn = tokenIn(word).header.alg === 'dir';
    return say`The token is encrypted (five parts): ${isOwn ? 'it may be a session token of the application itself, as Auth.js makes them' : 'a refresh token of Cognito is, or an encrypted access token'}.\nSend the access_token of the identity provider, signed and not encrypted. ${NO_AUDIENCE}`;
  }
  if (cause?.problem === 'unsigned') return say`${sentence} Its alg is "none", or it was cut there.\nLet the issuer sign it, with RS256 for example. Unsigned tokens are never accepted.`;
  if (isCut(facts)) return say`The end of the token is missing: its last part is shorter than a signature of ${facts.header.alg}.\nCopy it again, to its very end.`;
  if (cause?.problem === 'opaque' && !word.startsWith('eyJ')) return say`${sentence}\n${NO_AUDIENCE} With others, look for the option that makes access tokens JWTs, or put an issuer that signs JWTs before it. Refresh tokens, codes, API keys and session IDs are not access tokens.`;
  if (cause?.problem === 'kid_not_a_string') return say`${sentence}\nThe issuer has to write it as a text.`;
  return say`The token is cut off, abbreviated, or was changed on its way. ${cause?.problem === 'opaque' ? 'A JWT has three parts.' : sentence}\nCopy it again from where it is plain text, all of it and nothing else: no quotes, no dots or stars for a part left out, no URL encoding. If it is that, the issuer has to write it otherwise.`;
}

/** A refresh token of Keycloak says so. */
export function refreshToken({ claims: { typ } }: Facts): Maybe {
  if (typ !== 'Refresh' && typ !== 'Offline') return undefined;
  return say`This is a refresh token (claim typ "${typ}"), for the issuer alone.\nTake the "access_token" of the issuer's answer, not the "refresh_token".`;
}

/** Types of other tokens than access tokens, which must never be accepted. */
const OTHER_TYPES = /id|refresh|logout|secevent|dpop|okta|session|vc|introspection|jarm|request|client/i;

/** The header's typ, or the claim events, is that of another token. */
export function unsupportedType(facts: Facts): Maybe {
  const { cause, header, iss, issuer, file, config, propose } = facts;
  const type = String(header.typ ?? 'JWT').replace(/^application\//i, '');
  const accepted = [...config.tokenTypes];
  const refresh = refreshToken(facts);
  if (refresh) return refresh;
  if (/okta-internal/.test(type)) return say`This token is from Okta's org server (${iss || issuer.issuer}), for Okta alone. An API needs a token of a custom server, "default" for example.\nAsk /oauth2/default/v1/token for one, with TOKEN_ISSUER set to that server. Do not add this type to TOKEN_TYPES.`;
  if (cause?.problem === 'events') return say`This is a logout token or a security event (claim events): it reports something, and gives no access.\nSend the access token that the issuer makes for this API.`;
  if (/^dpop\+jwt$/i.test(type)) return say`This is a DPoP proof (typ "${type}"), not the access token beside it.\nSend the access token; if it is bound by DPoP, see TOKEN_BINDING.`;
  if (/^id_?token$/i.test(type)) return say`The token's typ is "${type}": it is an ID token.\nSend the access token. Never add this type to TOKEN_TYPES.`;
  if (/^(at\+jwt|JWT)$/i.test(type)) return say`The token's typ is "${type}", that of access tokens. TOKEN_TYPES in ${file} accepts ${accepted} alone.\n${propose({ TOKEN_TYPES: 'JWT,at+jwt' })}, or delete that line: it is the default.`;
  const types = ['JWT', 'at+jwt', ...accepted.filter((each) => each !== 'jwt' && each !== 'at+jwt'), type];
  const proposed = OTHER_TYPES.test(type) ? undefined : propose({ TOKEN_TYPES: types.join(',') });
  if (proposed) return say`The token's typ is "${type}"; accepted are ${accepted}.\nLet your issuer write at+jwt. Or, if no ID, refresh or logout token of it can have that typ: ${proposed}`;
  return say`The token's typ is "${type}", which is not an access token's; accepted are ${accepted}.\nSend the access token that the issuer makes for this API. No type that an ID, refresh or logout token can have may get into TOKEN_TYPES.`;
}

/** The token's alg is not accepted, or is not that of its key. */
export function unsupportedAlgorithm(facts: Facts): Maybe {
  const { cause, header, config, file, propose, setUri } = facts;
  const alg = String(header.alg);
  const accepted = [...config.algorithms];
  const algorithm = toAlgorithm(alg);
  const refresh = refreshToken(facts);
  if (refresh) return refresh;
  if (/^none$/i.test(alg)) return say`The token is not signed: its alg is "none".\nLet the issuer sign it, with RS256 for example. Unsigned tokens are never accepted.`;
  if (/^HS\d+$/.test(alg)) return say`The token is signed with a shared secret (alg "${alg}"), for which there is no key to publish.\nLet the issuer sign with RS256: choose a signing key there (in Auth0 a setting of the API, in Supabase the JWT signing keys). HS* is never accepted.`;
  if (algorithm && cause?.problem === 'not_accepted') return say`The token's alg is "${alg}"; accepted are ${accepted}.\nIf your issuer signs with it: ${propose({ ALGORITHMS: algorithm })} in ${file}.`;
  if (algorithm) return say`The token's alg is "${alg}", but its key "${header.kid}" is published for another alg or is of another type.\nAsk the issuer: its own tokens are signed with the alg of their key. ${setUri}`;
  return say`The token's alg is "${alg}", which is not supported; accepted are ${accepted}.\nLet the issuer sign with RS256, ES256 or EdDSA (Ed25519).`;
}
