import { readClaim } from '../../../src/claim-name.ts';
import type { Facts } from '../facts.ts';
import { allOf, type Said, say } from '../say.ts';
import { signsOfIdToken } from './audience.ts';
import { meantClaim } from './claims.ts';

/** Claims of CONTEXT_CLAIMS and USAGE_KEY_CLAIM that the token does not have. */
function absentClaims({ claims, config, settings, propose }: Facts) {
  const usage = config.usageKeyClaim ? [{ setting: 'USAGE_KEY_CLAIM', claim: config.usageKeyClaim, key: '' }] : [];
  const listed = [...config.contextClaims.map((each) => ({ setting: 'CONTEXT_CLAIMS', ...each })), ...usage];
  const absent = listed.filter(({ claim }) => readClaim(claims, claim) === undefined);
  return absent.map(({ setting, claim: { name }, key }) => {
    const meant = meantClaim(name, claims);
    const item = meant?.startsWith('/') && key ? `${key.replace(/^.*\W/, '')}=${meant}` : meant;
    const isIt = (each: string) => each.split('=').pop()?.trim() === name;
    const items = (settings[setting] ?? '').split(',').map((each) => (isIt(each) ? item : each.trim()));
    const set = item && propose({ [setting]: items.join(',') });
    return say`${setting}: the token has no claim "${name}", so nothing of it is in the answer.
      → ${set || 'Correct the name, or let the issuer write the claim.'}`;
  });
}

/** What is permitted and should not be, and settings that did nothing in this run. */
export function warnings(facts: Facts): readonly Said[] {
  const { header, claims, config, settings, issuer, nameOf, now, request, propose } = facts;
  const audience = nameOf('AUDIENCE');
  const signs = signsOfIdToken(header, claims);
  const isCognito = claims.token_use === 'id';
  const cognito = { AUDIENCE_CLAIM: 'client_id', REQUIRED_CLAIMS: 'token_use=access' };
  const required = { REQUIRED_CLAIMS: [settings.REQUIRED_CLAIMS, 'client_id'].filter(Boolean).join(',') };
  const counted = issuer.audienceClaims.find((claim) => readClaim(claims, claim) !== undefined)?.name ?? '';
  const isDefault = config.tokenSources.every(({ label }) => /^header:authorization$/i.test(label));
  const isUnused = request?.kind.isTokenEvent && !isDefault;
  const isStolen = 'cnf' in claims && config.tokenBinding === 'ignore';
  const found = allOf`
    - ${signs}: Permitted, but this is or looks like an ID token (${signs}): everybody who signs in gets through.
      → Send access tokens, and require what only they have: ${propose(isCognito ? cognito : required)}
      ${!isCognito && say`(or a scope in REQUIRED_SCOPES). If ${audience} is a client's ID, set it to the API's.`}
    - ${['azp', 'appid', 'cid'].includes(counted)}: Permitted, but ${counted} is the client, not the API: its tokens for
      other APIs are accepted too.
      → Request tokens for this API (Keycloak: by an Audience mapper), set ${audience} to their aud, and delete
      AUDIENCE_CLAIM.
    - ${issuer.audience.has('account')}: Permitted, but ${audience} accepts "account", which every token of a Keycloak
      realm may have.
      → Add an Audience mapper for your API to a client scope, and set ${audience} to what it writes.
    - ${Number(claims.exp) > now * 100}: Permitted, but the token's exp is in milliseconds: it is valid for ages.
      → Let the issuer divide by 1000: JWTs count seconds.
    - ${isStolen}: Permitted, but the token is bound to a key (cnf), and with this TOKEN_BINDING a thief can use it.
      → Use TOKEN_BINDING=dpop, or mtls if the API has mutual TLS, or tokens that are not bound.
    - ${isUnused}: A TOKEN event has its token in authorizationToken: TOKEN_SOURCE was not used.
      → To try it, use an event of type REQUEST: npm start -- --event rest
    - ${config.simpleResponses && !request?.isSimple}: SIMPLE_RESPONSES is for payload 2.0, and was not used.
      → Use an event of an HTTP API: npm start -- --event http`;
  return [...found, ...absentClaims(facts)];
}
