import type { JsonObject } from '../../../src/json.ts';
import { type About, asList, type Facts } from '../facts.ts';
import { firstOf, type Said, say } from '../say.ts';

const GRAPH = /^(00000003-0000-0000-c000-000000000000|https:\/\/graph\.microsoft\.com\/?)$/;

/** A token that no API may accept, whatever it was refused for. */
export function otherToken({ claims: { aud, typ }, header, iss, config, cause }: Facts): Said | undefined {
  const isOfMicrosoft = 'nonce' in header && /microsoft|windows\.net/.test(iss);
  const isForGraph = asList(aud).some((each) => GRAPH.test(String(each)));
  const isCustom = config.issuers.some(({ issuer }) => issuer.startsWith(`${iss.replace(/\/$/, '')}/oauth2/`));
  return firstOf`
    - ${isCustom || /okta-internal/.test(String(header.typ))}: This token is from Okta's org server, for Okta alone.
      → Ask a custom server, such as /oauth2/default, for one. Never add this issuer or this type to the settings.
    - ${cause?.problem === 'graph' || isOfMicrosoft || isForGraph}: This is a token for Microsoft Graph: nobody but
      Microsoft can verify it, or is meant to accept it.
      → Ask for a token with a scope of your own API: api://CLIENT_ID/.default.
    - ${typ === 'Refresh' || typ === 'Offline'}: This is a refresh token (claim typ "${typ}"), for the issuer alone.
      → Take the "access_token" of the issuer's answer, not the "refresh_token".`;
}

const ABOUT_A_PERSON = ['email', 'name', 'given_name', 'preferred_username', 'picture', 'sid', 'auth_time'];
/** Of access tokens, and of Firebase and Cloudflare Access, whose only tokens are for APIs too. */
const OF_OTHERS = /^(scp|scopes?|roles|permissions|azpacr|appidacr|firebase|identity_nonce)$/;

/**
 * What makes a token look like an ID token (OpenID Connect Core 1.0, 2), in words. Cognito says it in `token_use`,
 * Keycloak in a claim `typ`; otherwise it is one if it has no scope and tells of a person or a sign-in.
 */
export function signsOfIdToken(header: JsonObject, claims: JsonObject): string | undefined {
  const { token_use: use, typ, aud, azp } = claims;
  if (use !== undefined) return use === 'id' ? 'token_use is id' : undefined;
  if (typeof typ === 'string') return typ === 'ID' ? 'typ is ID' : undefined;
  const has = (name: string) => Object.hasOwn(claims, name);
  if (/at\+jwt$/i.test(String(header.typ)) && !has('nonce') && !has('at_hash')) return undefined;
  const hash = ['at_hash', 'c_hash'].find(has);
  if (hash !== undefined) return `it has ${hash}`;
  if (has('nonce') && !has('scope') && !has('scp')) return 'it has nonce and no scope';
  if (Object.keys(claims).some((name) => OF_OTHERS.test(name))) return undefined;
  const signs = ABOUT_A_PERSON.filter(has);
  if (signs.length > 0) return `it has ${signs.join(', ')} and no scope`;
  const isClients = has('azp') && asList(aud).length === 1 && asList(aud)[0] === azp;
  return isClients ? 'it has no scope, and its aud is the client itself' : undefined;
}

/** An ID token may not be accepted: whatever its audience is, nothing is advised but to send the access token. */
export function idToken({ header, claims }: Facts): Said | undefined {
  const signs = signsOfIdToken(header, claims);
  return firstOf`
    - ${signs}: This looks like an ID token (${signs}): it is for the application that signed the user in, not an API.
      → Take the "access_token" of the issuer's answer, not the "id_token".`;
}

/** What two names have in common that differ in the slash at the end, capitals, or what is before the colon. */
const bare = (text: string) => text.toLowerCase().replace(/^(https?|api):\/\/|\/+$/g, '');
const ISSUERS_OWN = /\/userinfo$|\/api\/v2\/$|^https:\/\/[\w.]+\.(azure\.com|windows\.net)/;

/** What AUDIENCE may become: the token's aud, if it can be an API's. Never a client's ID. */
export const ownAudience = ({ aud, iss }: JsonObject): string | undefined =>
  asList(aud)
    .filter((each) => typeof each === 'string')
    .find((each) => /^[a-z][\w+.-]*:[^,]*$/i.test(each) && !ISSUERS_OWN.test(each) && each !== iss);

export function invalidAudience(facts: About<'invalid_audience'>) {
  const { claims, issuer, iss, nameOf, propose } = facts;
  const { aud, client_id: client } = claims;
  const name = nameOf('AUDIENCE');
  const auds = asList(aud).map(String);
  const accepted = [...issuer.audience];
  const claimNames = issuer.audienceClaims.map((each) => each.name);
  const isDefault = claimNames.includes('aud');
  const hasNone = aud === undefined;
  const isKeycloak = /\/realms\/[^/]+\/?$/.test(iss);
  const isForIssuer = auds.length === 1 && bare(String(auds)) === bare(iss);
  const own = ownAudience(claims);
  const set = own && propose({ [name]: own });
  const pairs = auds.flatMap((each) => accepted.map((one) => ({ each, one, set: propose({ [name]: each }) })));
  const like = pairs.find(({ each, one }) => bare(one) === bare(each));
  const joined = auds.find((each) => each.includes(','));
  const cure = firstOf`
    - ${isDefault && hasNone && claims.token_use === 'access'}: Add ${propose({ AUDIENCE_CLAIM: 'client_id' })} – access
      tokens of Cognito have no aud. ${name} lists the app clients that may call.
    - ${!isDefault}: Without Cognito delete AUDIENCE_CLAIM, which is ${claimNames}: the default is aud. With Cognito get
      a token of an app client that is listed, or add this one's client_id, ${client}, if it may call.
    - ${isKeycloak && (hasNone || auds.includes('account'))}: Add an Audience mapper for ${accepted} to a client scope,
      and that to the client: Keycloak writes no audience of yours without one. Never set AUDIENCE=account.
    - ${like}: ${like?.set} – they are compared exactly. (Tokens of Entra ID have a GUID in v2.0, and the Application ID
      URI, api://…, in v1.0.)
    - ${joined}: Let the issuer write a list, not one text with commas in it: ${joined?.split(',')} (RFC 7519, 4.1.3).
    - ${true}: ${set ? say`If "${own}" is the identifier of this API itself: ${set}. Otherwise request` : 'Request'} a
      token for ${accepted} ("audience" in Auth0, elsewhere "resource" or a scope). A client's ID, the issuer itself and
      an API of the issuer's own never go there. There are no wildcards.`;
  const inGeneral = say`${name} is ${accepted}, and the token is for another audience: its aud is ${auds}.
    → ${cure}`;
  return (!isForIssuer && idToken(facts)) || inGeneral;
}
