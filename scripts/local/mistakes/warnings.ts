import { readClaim } from '../../../src/claim-name.ts';
import { asList, type Facts } from '../facts.ts';
import { signsOfIdToken } from '../id-token.ts';
import { type Said, say } from '../say.ts';
import { meantClaim } from './claims.ts';

/** A token that is permitted, and looks like an ID token. */
function idTokenPermitted({ header, claims, issuer, names, settings, propose }: Facts): Said | undefined {
  const signs = signsOfIdToken(header, claims);
  if (signs === undefined) return undefined;
  if (claims.token_use === 'id') return say`Permitted, but this is an ID token (${signs}): everybody who signs in gets through.\nSet ${propose({ AUDIENCE_CLAIM: 'client_id', REQUIRED_CLAIMS: 'token_use=access' })}, and send the access token.`;
  const others = asList(claims.aud).filter((aud) => !issuer.audience.has(String(aud)));
  const required = [settings.REQUIRED_CLAIMS, 'client_id'].filter(Boolean).join(',');
  if (others.length > 0) return say`Permitted, but this looks like an ID token (${signs}); its aud names the API beside the client, so everybody who signs in gets through.\nRequire what only access tokens have: ${propose({ REQUIRED_CLAIMS: required })}, or a scope in REQUIRED_SCOPES. Send access tokens.`;
  return say`Permitted, but this looks like an ID token (${signs}), and ${names.audience} accepts it: everybody who signs in gets through.\nSet ${names.audience} to the API's identifier, not to a client's, and send access tokens.`;
}

/** Claims that name the client, in access tokens that may be for any API. */
const CLIENTS = ['azp', 'appid', 'cid'];

/** What is permitted and should not be, and settings that did nothing in this run. */
export function warnings(facts: Facts): readonly Said[] {
  const { claims, config, issuer, iss, names, settings, now, isTokenEvent, isSimple, propose } = facts;
  const found: (Said | undefined)[] = [idTokenPermitted(facts)];
  const counted = issuer.audienceClaims.find((claim) => readClaim(claims, claim) !== undefined)?.name ?? '';
  if (CLIENTS.includes(counted))
    found.push(
      say`Permitted, but ${counted} is the client, not the API: a token of that client is accepted even if it is for another API.\n${/\/realms\//.test(iss) ? `Add an Audience mapper in Keycloak, set ${names.audience} to what it writes` : `Request tokens for this API, set ${names.audience} to what their aud contains`}, and delete AUDIENCE_CLAIM.`,
    );
  if (Number(claims.exp) > now * 100) found.push(say`Permitted, but the token's exp is in milliseconds: it is valid for tens of thousands of years.\nLet the issuer divide by 1000: JWTs count seconds.`);
  if (issuer.audience.has('account') && asList(claims.aud).includes('account')) found.push(say`Permitted, but ${names.audience} accepts "account", which every token of this Keycloak realm may have.\nAdd an Audience mapper for your API to a client scope, and set ${names.audience} to what it writes.`);
  if ('cnf' in claims && config.tokenBinding === 'ignore') found.push(say`Permitted, but the token is bound to a key of its holder (cnf), and with this TOKEN_BINDING a thief can use it.\nUse TOKEN_BINDING=dpop, or mtls if the API has mutual TLS, or tokens that are not bound.`);
  if (isTokenEvent && config.tokenSources.some(({ label }) => !/^header:authorization$/i.test(label))) found.push(say`A TOKEN event has its token in authorizationToken, so this run did not use TOKEN_SOURCE.\nTo try it, use an event of type REQUEST: npm start -- --event rest`);
  if (config.simpleResponses && !isSimple) found.push(say`SIMPLE_RESPONSES is for events of HTTP APIs with payload 2.0, so this run did not try it.\nUse such an event: npm start -- --event http`);
  for (const { claim, key } of config.contextClaims) {
    if (readClaim(claims, claim) !== undefined) continue;
    const meant = meantClaim(claim.name, claims);
    const item = meant?.startsWith('/') ? `${key.replace(/^.*\W/, '')}=${meant}` : meant;
    const isIt = (each: string) => each.split('=').pop()?.trim() === claim.name;
    const items = (settings.CONTEXT_CLAIMS ?? '').split(',').map((each) => (item && isIt(each) ? item : each.trim()));
    const right = item && items.join(',');
    found.push(say`CONTEXT_CLAIMS: the token has no claim "${claim.name}", so it was not passed on.\n${(right && say`Did you mean ${meant}? ${propose({ CONTEXT_CLAIMS: right })}`) || 'Correct the name, or let the issuer write the claim.'}`);
  }
  const { usageKeyClaim } = config;
  if (usageKeyClaim && readClaim(claims, usageKeyClaim) === undefined) found.push(say`USAGE_KEY_CLAIM: the token has no claim "${usageKeyClaim.name}", so the answer has no usageIdentifierKey.\nCorrect the name, or let the issuer write the claim.`);
  return found.filter((each) => each !== undefined);
}
