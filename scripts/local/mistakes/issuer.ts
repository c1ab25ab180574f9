import { importKeys } from '../../../src/keys/key-set.ts';
import { members, parsed } from '../../json.ts';
import { wellKnownJwksUri } from '../endpoint.ts';
import { type About, asList } from '../facts.ts';
import { firstOf, say } from '../say.ts';

export function unknownIssuer({ claims, config, iss, published, propose }: About<'unknown_issuer'>) {
  const issuers = config.issuers.map(({ issuer }) => issuer);
  const jwksUri = published ?? wellKnownJwksUri(iss);
  const whole = jwksUri && propose({ TOKEN_ISSUER: iss, JWKS_URI: jwksUri });
  const set = whole || say`${propose({ TOKEN_ISSUER: iss }) || 'Correct TOKEN_ISSUER'} and JWKS_URI to its keys`;
  const isLike = (pattern: RegExp) => issuers.some((each) => pattern.test(each));
  const cure = firstOf`
    - ${typeof claims.iss !== 'string'}: Send an access token of ${issuers}. A token that you make yourself needs iss, a
      URL (RFC 9068, 2.2).
    - ${isLike(/\/\.well-known\/|\/(certs|keys|jwks(\.json)?)$/)}: ${set} – now it is the address of the discovery
      document, or of the keys.
    - ${iss.startsWith('https://sts.windows.net/') && isLike(/\/login\.microsoftonline\.com\//)}: Let the API's manifest
      ask for v2.0 (requestedAccessTokenVersion 2), or see v1.0 in docs/issuers.md: this is a v1.0 token of Entra ID.
    - ${true}: If that is your issuer, with its own tenant (not "common"), realm and host name: ${set}. Otherwise get a
      token from the issuer in TOKEN_ISSUER.`;
  return say`The issuer differs: iss is ${claims.iss}, TOKEN_ISSUER is ${issuers}. They are compared exactly.
    → ${cure}`;
}

const USABLE =
  say`Let the issuer publish asymmetric keys for signatures, as JSON objects: RSA of 2048 bits or more with n
  and e as text ("AQAB"), P-256, P-384, P-521 or Ed25519, without key_ops or with "verify".`.problem;

/** The entries of a JWK Set, if an answer is one. */
const entriesOf = (answer: string) => asList(parsed(answer).keys);

export function unknownKey(facts: About<'unknown_key'>) {
  const { cause, header, claims, issuer, published, uri, nameOf, answer, setUri, sentence } = facts;
  const { problem } = cause;
  const entries = entriesOf(answer).map(members);
  const hasNoKids = entries.length > 0 && entries.every(({ kid }) => kid === undefined);
  const isEntra = /^https:\/\/(sts\.windows\.net|login\.microsoftonline\.com)\//.test(issuer.issuer);
  const cure = firstOf`
    - ${published && published !== issuer.jwksUri}: ${setUri} – the issuer's discovery document says so.
    - ${problem === 'skipped'}: ${USABLE}
    - ${problem === 'no_kid' || hasNoKids}: Let the issuer write a kid into its tokens, and publish the kid of each key:
      ${hasNoKids ? 'the keys have' : 'the token has'} no kid. ${setUri}
    - ${isEntra && !/appid=/.test(issuer.jwksUri)}: ${nameOf('JWKS_URI')}=${uri}?appid=${asList(claims.aud)[0]}, with
      the API's client ID behind appid=: an application of Entra ID with signing keys of its own has that one.
    - ${true}: ${setUri} If it is that already, the issuer has changed its keys: get a new access token.`;
  return say`${uri}: ${sentence} The token's kid is ${header.kid}.
    → ${cure}`;
}

export function invalidSignature(facts: About<'invalid_signature'>) {
  const { header, word, setUri } = facts;
  const { kid, alg } = header;
  const signature = Buffer.from(word.split('.')[2] ?? '', 'base64url');
  const isDer = /^ES/.test(String(alg)) && signature[0] === 0x30 && ![64, 96, 132].includes(signature.length);
  const which = kid === undefined ? 'None of the keys at JWKS_URI' : `The key "${kid}" at JWKS_URI`;
  return firstOf`
    - ${isDer}: The signature is in DER, as AWS KMS and OpenSSL give it; a JWT needs r and s, each of fixed length.
      → Convert it before it goes into the token (RFC 7518, 3.4).
    - ${true}: ${which} did not sign this token as ${alg}: it was changed or cut, another tenant or realm signed it, or
      its issuer did so by another alg (RSASSA-PSS is PS256, not RS256).
      → ${setUri} If it is that already, copy the token again, all of it, or get a new one.`;
}

/** The issuer's keys can't be had: why is what the function itself says. */
export function keysUnavailable(facts: About<'keys_unavailable'>) {
  const { cause, answer, nameOf, uri, setUri, surrounding } = facts;
  const { why } = cause.facts;
  const is = (pattern: RegExp) => pattern.test(why);
  const has = Object.keys(parsed(answer));
  const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY'].find((each) => surrounding[each]);
  const isUnused = proxy !== undefined && surrounding.NODE_USE_ENV_PROXY !== '1';
  const unused =
    isUnused && say`${proxy} is set: without NODE_USE_ENV_PROXY=1 (Node 24) it isn't used, nor is it on Lambda.`;
  const cure = firstOf`
    - ${importKeys(entriesOf(answer)).keys.length > 0}: A second try, just now, went well. If it happens often, allow
      more time by JWKS_TIMEOUT.
    - ${has.includes('jwks_uri')}: Write the address of the keys, which is in this discovery document. ${setUri}
    - ${is(/no array "keys"/)}: Serve {"keys": […]}, in small letters and encoded once, not {}, a list, one key,
      certificates by kid, or a text; now it has ${has}. With authentik, choose a signing key. ${setUri}
    - ${is(/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|did not answer|TIMEDOUT|UNREACH/)}: Is the issuer running, and is that its
      host and port? Check the network (a firewall, a VPN, a proxy between), or allow more time by JWKS_TIMEOUT, at most
      30 s. ${setUri} ${unused}
    - ${is(/EPROTO|SSL|handshake|version|protocol|packet length|HPE_|Parse Error|RESET|EPIPE|hang up/i)}: Is it http
      where it should be https, or the other way round (on this machine http: is fine)? Look at the server's log: it
      must speak TLS 1.2 or newer, and be readable without a client certificate. ${setUri}
    - ${is(/expired|not yet valid|altnames|self.signed|unable to|untrusted/i)}: Renew its certificate
      if it expired or is for another name. For a company's own authority, or a proxy's: NODE_EXTRA_CA_CERTS=FILE, its
      certificate; on Lambda the same with a file of a layer (/opt/ca.pem).
    - ${is(/status 40[13]/)}: Let everybody read the keys without credentials, in the rules of a firewall too
      (Cloudflare; User-Agent custom-authorizer), or use the public address. ${setUri}
    - ${is(/status (429|5)|broke off/)}: Wait a minute, and try again, or look at the server's log: the issuer fails, or
      has too many requests.
    - ${is(/private/)}: Let the issuer make a new key, and publish only its public part: anybody can sign with this one.
    - ${is(/usable|holds no keys/)}: ${USABLE} ${setUri}
    - ${true}: Open it in a browser: it must show JSON that begins with "keys", in plain UTF-8, at that very address: a
      redirect is never followed. A file must be there, on Lambda under /opt. ${setUri}`;
  return say`${nameOf('JWKS_URI')}, ${uri}: ${why}.
    → ${cure}`;
}
