import { isObject } from '../../../src/json.ts';
import { importKeys } from '../../../src/keys/key-set.ts';
import { jsonOf } from '../../json.ts';
import { wellKnownJwksUri } from '../endpoint.ts';
import { type About, asList, type Facts } from '../facts.ts';
import { firstOf, say } from '../say.ts';

/** The token's iss is not in TOKEN_ISSUER. */
export function unknownIssuer({ claims, config, iss, file, published, propose }: About<'unknown_issuer'>) {
  const issuers = config.issuers.map(({ issuer }) => issuer);
  const jwksUri = published ?? wellKnownJwksUri(iss);
  const whole = jwksUri && propose({ TOKEN_ISSUER: iss, JWKS_URI: jwksUri });
  const set = whole || say`${propose({ TOKEN_ISSUER: iss }) || 'Correct TOKEN_ISSUER'} and JWKS_URI to its keys`;
  const both = say`the token's iss is "${iss}", TOKEN_ISSUER is ${issuers}.`;
  const okta = issuers.find((each) => each.startsWith(`${iss.replace(/\/$/, '')}/oauth2/`));
  const isLike = (pattern: RegExp) => issuers.some((each) => pattern.test(each));
  return firstOf`
    - ${typeof claims.iss !== 'string'}: The token does not say who issued it: its iss is ${claims.iss}.
      → Send an access token of ${issuers}. A token that you make yourself needs iss, a URL (RFC 9068, 2.2).
    - ${isLike(/\/\.well-known\/|\/(certs|keys|jwks(\.json)?)$/)}: TOKEN_ISSUER is the address of the discovery document,
      or of the keys: ${both}
      → ${set}
    - ${iss.startsWith('https://sts.windows.net/') && isLike(/\/login\.microsoftonline\.com\//)}: The token is a v1.0 token
      of Entra ID, and ${file} is for v2.0 tokens: ${both}
      → Let the API's manifest ask for v2.0 (requestedAccessTokenVersion 2), or see v1.0 in docs/issuers.md.
    - ${okta}: This token is from Okta's org server, for Okta alone: ${both}
      → Ask ${okta}/v1/token for one, and leave TOKEN_ISSUER as it is.
    - ${true}: The issuer differs: ${both} They are compared exactly.
      → If that is your issuer, with its own tenant (not "common"), realm and host name: ${set}. Otherwise get a token
      from the issuer in ${file}.`;
}

const isElsewhere = ({ published, issuer }: Facts) => published !== undefined && published !== issuer.jwksUri;

/** No key at JWKS_URI has the token's kid, or none that can be used. */
export function unknownKey(facts: About<'unknown_key'>) {
  const { cause, header, claims, issuer, uri, names, answer, setUri, sentence } = facts;
  const { problem } = cause;
  const entries = entriesOf(answer).filter(isObject);
  const hasNoKids = entries.length > 0 && entries.every(({ kid }) => (kid ?? undefined) === undefined);
  const isEntra = /^https:\/\/(sts\.windows\.net|login\.microsoftonline\.com)\//.test(issuer.issuer);
  return firstOf`
    - ${isElsewhere(facts)}: ${uri} is not where the token's issuer publishes its keys. ${sentence}
      → ${setUri}
    - ${problem === 'skipped'}: ${uri}: ${sentence}
      → Let the issuer publish a key that can be used: RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519.
    - ${problem === 'no_kid' || hasNoKids}: The token's kid is ${header.kid}, and ${hasNoKids ? 'the keys' : 'no key'} at
      ${uri} ${hasNoKids ? 'have no kid' : 'fits its alg'}.
      → Let the issuer write a kid into its tokens, and publish the kid of each key. ${setUri}
    - ${isEntra && !/appid=/.test(issuer.jwksUri)}: The key "${header.kid}" is not at ${uri}: an application of Entra ID with
      signing keys of its own (claims mapping) has another address.
      → ${names.jwksUri}=${uri}?appid=${asList(claims.aud)[0]}, with the API's client ID behind appid=.
    - ${true}: ${uri}: ${sentence} The token's kid is "${header.kid}".
      → ${setUri} If it is that already, the issuer has changed its keys: get a new access token.`;
}

/** The key that the token names did not sign it. */
export function invalidSignature(facts: About<'invalid_signature'>) {
  const { header, word, setUri } = facts;
  const { kid, alg } = header;
  const signature = Buffer.from(word.split('.')[2] ?? '', 'base64url');
  const isDer = /^ES/.test(String(alg)) && signature[0] === 0x30 && ![64, 96, 132].includes(signature.length);
  const which = kid === undefined ? 'None of the keys at JWKS_URI' : `The key "${kid}" at JWKS_URI`;
  return firstOf`
    - ${isDer}: The signature is in DER, as AWS KMS and OpenSSL give it; a JWT needs r and s, each of fixed length.
      → Convert it before it goes into the token (RFC 7518, 3.4).
    - ${true}: ${which} did not sign this token as ${alg}: it was changed or cut, another tenant or realm signed it, or its
      issuer did so by another alg (RSASSA-PSS is PS256, not RS256).
      → ${setUri} If it is that already, copy the token again, all of it, or get a new one.`;
}

/** The entries of a JWK Set, if an answer is one. */
export function entriesOf(answer: string): readonly unknown[] {
  const json = jsonOf(answer);
  return isObject(json) && Array.isArray(json.keys) ? json.keys : [];
}

/** The issuer's keys can't be had: why is what the function itself says. */
export function keysUnavailable(facts: About<'keys_unavailable'>) {
  const { cause, answer, names, uri, sentence, setUri, surrounding } = facts;
  const { why } = cause.facts;
  const name = `${names.jwksUri}, ${uri},`;
  const is = (pattern: RegExp) => pattern.test(why);
  const json = jsonOf(answer);
  const members = isObject(json) ? Object.keys(json) : [];
  const isNoSet = is(/no array "keys"/) && answer !== '';
  const isCertificates = /^\{\s*"[^"]+":\s*"-----BEGIN/.test(answer);
  const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY'].find((each) => surrounding[each]);
  const isUnused = proxy !== undefined && surrounding.NODE_USE_ENV_PROXY !== '1';
  const unused =
    isUnused && say`${proxy} is set: without NODE_USE_ENV_PROXY=1 (Node 24) it isn't used, nor is it on Lambda.`;
  return firstOf`
    - ${importKeys(entriesOf(answer)).keys.length > 0}: ${sentence}
      → A second try, just now, went well. If it happens often, allow more time by JWKS_TIMEOUT.
    - ${members.includes('jwks_uri')}: ${names.jwksUri} is the address of the discovery document, not of the keys.
      → It says where the keys are. ${setUri}
    - ${isCertificates}: ${name} answers with certificates by kid (as Google's /oauth2/v1/certs), not with a JWK Set.
      → (For Google: https://www.googleapis.com/oauth2/v3/certs) ${setUri}
    - ${isNoSet}: ${name} answers with JSON that is not a JWK Set, {"keys": […]}: it has ${members}, or is {}, a list, one
      key, or a text (encoded twice).
      → Serve {"keys": […]}, in small letters, encoded once. With authentik, choose a signing key. ${setUri}
    - ${is(/ENOTFOUND|EAI_AGAIN|ECONNREFUSED/)}: ${name} can't be reached: ${why}.
      → Is the issuer running, is that its host and port, and is there a network? ${setUri} ${unused}
    - ${is(/did not answer|TIMEDOUT|UNREACH/)}: ${name} can't be reached in time: ${why}.
      → Check the network (a firewall, a VPN, a proxy between), or allow more time by JWKS_TIMEOUT, at most 30 s.
      ${setUri} ${unused}
    - ${is(/EPROTO|SSL|handshake|version|protocol|packet length|HPE_|Parse Error|RESET|EPIPE|hang up/i)}: ${name}: ${why}.
      → Is it http where it should be https, or the other way round (on this machine http: is fine)? Look at the server's
      log: it must speak TLS 1.2 or newer, and be readable without a client certificate. ${setUri}
    - ${is(/expired|not yet valid|altnames|self.signed|unable to|untrusted/i)}: ${name}: ${why}: its certificate is not
      trusted.
      → Renew it if it expired or is for another name. For a company's own authority, or a proxy's:
      NODE_EXTRA_CA_CERTS=FILE, its certificate; on Lambda the same with a file of a layer (/opt/ca.pem).
    - ${is(/status 3/)}: ${name}: ${why}: a redirect, which is never followed.
      → Write the address at which a browser arrives, if it is the issuer's. ${setUri}
    - ${is(/status 40[13]/)}: ${name}: ${why}: it wants credentials, or a firewall (Cloudflare) takes this for a bot.
      → Let everybody read the keys, in the firewall's rules too (User-Agent custom-authorizer), or use the public address.
      ${setUri}
    - ${is(/status (429|5)|broke off/)}: ${name}: ${why}.
      → The issuer fails, or has too many requests. Wait a minute, and try again, or look at the server's log.
    - ${is(/private/)}: ${name}: ${why}: anybody can sign tokens with it now.
      → Let the issuer make a new key, and publish its public part alone.
    - ${is(/usable|holds no keys/)}: ${name}: ${why}.
      → Let the issuer publish asymmetric keys for signatures, as JSON objects: RSA of 2048 bits or more with n and e as
      text ("AQAB"), P-256, P-384, P-521 or Ed25519, without key_ops or with "verify". ${setUri}
    - ${true}: ${name}: ${why}.
      → Open it in a browser: it must show JSON that begins with "keys", in plain UTF-8. A file must be there, on Lambda
      under /opt. ${setUri}`;
}
