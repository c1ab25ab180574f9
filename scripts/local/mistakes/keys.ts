import { isObject, type JsonObject } from '../../../src/json.ts';
import { importKeys } from '../../../src/keys/key-set.ts';
import { jsonOf } from '../../json.ts';
import { wellKnownJwksUri } from '../endpoint.ts';
import type { Facts } from '../facts.ts';
import { type Maybe, plain, say } from '../say.ts';

/** The entries of a JWK Set, if an answer is one. */
export function entriesOf(answer: string): readonly unknown[] {
  const json = jsonOf(answer);
  return isObject(json) && Array.isArray(json.keys) ? json.keys : [];
}

/** What the function says about the endpoint, what that means, what to do, and whether the address may be wrong. */
const ROWS: readonly (readonly [why: RegExp, meaning: string, cure: string, isAddress?: true])[] = [
  [/no such file/, '', "On Lambda a layer puts it under /opt. For this run, name a file that is here, or use the issuer's https: address."],
  [/ENOTFOUND|EAI_AGAIN/, 'the host name is not known here, or there is no network', 'Check its spelling.', true],
  [/ECONNREFUSED/, 'nothing listens at that port', 'Is the issuer running, and is this its port?', true],
  [/certificate required|handshake failure/i, 'the server wants a client certificate, or refuses the TLS handshake for another reason', 'Keys must be readable without a client certificate.'],
  [/protocol version|unsupported protocol/i, 'it may be an old server', 'It must speak TLS 1.2 or newer.'],
  [/EPROTO|wrong version|packet length|unknown protocol/i, 'the server speaks plain http there, or another protocol', 'Use its https port; on this machine http: is fine.', true],
  [/HPE_|Parse Error/, 'the server speaks https there, or another protocol', 'Write https:, or use its http port.', true],
  [/expired|not yet valid/, '', "Renew the certificate at the server, or correct this machine's clock; no setting here helps."],
  [/altnames/, 'the certificate is for another host name', 'Use the name that is in the certificate.', true],
  [
    /self.signed|unable to|untrusted/i,
    "the authority of the certificate is not known here: it is self-signed, a company's own, or that of a proxy between",
    'For this run: NODE_EXTRA_CA_CERTS=FILE, the certificate of that authority. On Lambda use a certificate that is trusted, or the same variable with a file of a layer (/opt/ca.pem).',
  ],
  [/did not answer|TIMEDOUT|UNREACH/, '', 'Check the network (a firewall, a VPN, a proxy between), or allow more time by JWKS_TIMEOUT, at most 30 s.', true],
  [/ECONNRESET|EPIPE|hang up/, 'the server ended the connection without an answer', 'Look at its log; is it http where it should be https (or the other way round)?', true],
  [/broke off/, '', "Look at the server's log, or at a proxy between; then try again."],
  [/status 3/, 'a redirect, which is never followed', "If it leads to the issuer's own keys, write the address at which a browser arrives.", true],
  [/status 40[13]/, 'it wants credentials, or a firewall before it (Cloudflare or the like) takes the function for a bot', 'Keys must be readable for everybody: let that path through in its rules (User-Agent custom-authorizer), or use the public address.', true],
  [/status 4(04|10)/, 'there is nothing at that address', '', true],
  [/status 429/, 'too many requests', 'Wait a minute, then try again.'],
  [/status 5/, 'the issuer failed', 'Try again later. If it stays, ask who runs the issuer.'],
  [/compressed/, '', 'Let the server, or the proxy between, send it plain.'],
  [/UTF-16/, '', 'Save it as UTF-8.'],
  [/not JSON/, '', 'Open it in a browser: it must show JSON that begins with "keys".', true],
  [/holds no keys/, '', "Let the issuer make an asymmetric key (it may sign with a shared secret). Or the address is another tenant's.", true],
  [/private/, '', 'Anybody can sign tokens now. Let the issuer make a new key, and publish its public part alone.'],
  [/key_ops/, '', 'Let the issuer publish it with "verify" in key_ops, or without key_ops.'],
  [/x5c/, '', 'Let the issuer publish n and e as well (RFC 7518, 6.3.1).'],
  [/not a JSON object/, '', 'Let the server write objects into "keys", not texts.'],
  [/is not a string/, '', 'Let the issuer write it as text in base64url, such as "AQAB".'],
  [/no usable key/, '', 'Let the issuer publish RSA keys of 2048 bits or more, keys on P-256, P-384 or P-521, or Ed25519, for signatures.', true],
  [/^/, '', 'Check the address and the network.', true],
];

/** The answer is JSON, and not a JWK Set. */
function noSet({ answer, issuer, names, uri, setUri }: Facts): Maybe {
  const name = say`${names.jwksUri}, ${uri},`;
  const json = jsonOf(answer);
  if (typeof json === 'string') return say`${name} answers with a text, not with an object: the JSON was encoded twice.\nLet the server encode it once.`;
  if (!isObject(json) || 'kty' in json) return say`${name} answers with ${isObject(json) ? 'one key (JWK)' : 'a list'}, not with {"keys": […]}.\nServe {"keys": […]}. ${setUri}`;
  if ('jwks_uri' in json) return say`${names.jwksUri} is the address of the discovery document, not of the keys.\nIt says where the keys are. ${setUri}`;
  if (/^\{\s*"[^"]+":\s*"-----BEGIN/.test(answer)) return say`${name} answers with certificates by kid (as Google's /oauth2/v1/certs), not with a JWK Set.\n${wellKnownJwksUri(issuer.issuer) ? '' : 'For Google: JWKS_URI=https://www.googleapis.com/oauth2/v3/certs '}${setUri}`;
  const other = Object.keys(json).find((each) => each.toLowerCase() === 'keys');
  if (other) return say`${name} answers with JSON that has "${other}"; it must be the list "keys".\nLet the server write it so.`;
  return say`${name} answers with JSON that is not a JWK Set: ${answer.length < 5 ? 'it is {}' : 'it has no list "keys"'}.\nChoose a signing key at the issuer (authentik), or: ${setUri}`;
}

/** A proxy that is set, and that Node does not use. */
const unusedProxy = ({ surrounding }: Facts) => (surrounding.NODE_USE_ENV_PROXY === '1' ? undefined : ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY'].find((each) => surrounding[each]));

/** The issuer's keys can't be had: why is what the function itself says. */
export function keysUnavailable(facts: Facts): Maybe {
  const { cause, answer, names, uri, sentence, setUri } = facts;
  if (cause?.reason !== 'keys_unavailable') return undefined;
  const { why } = cause.facts;
  if (importKeys(entriesOf(answer)).keys.length > 0) return say`${sentence}\nA second try, just now, went well: try again. If it happens often, allow more time by JWKS_TIMEOUT.`;
  if (/no array "keys"/.test(why) && answer) return noSet(facts);
  const [, meaning, cure, isAddress] = ROWS.find(([pattern]) => pattern.test(why)) ?? (ROWS[0] as (typeof ROWS)[number]);
  const proxy = /ENOTFOUND|EAI_AGAIN|did not answer|TIMEDOUT|UNREACH/.test(why) && unusedProxy(facts);
  const use = say` ${proxy} is set, and the function uses no proxy without NODE_USE_ENV_PROXY=1 (Node 24); Lambda will have to reach the issuer as well.`;
  return say`${names.jwksUri}, ${uri}: ${why}${plain(meaning && `: ${meaning}`)}.\n${plain(cure)} ${isAddress ? setUri : ''}${proxy ? use : ''}`;
}

/** The JWK with the token's kid, as it is published now. */
export const jwkOf = ({ answer, header }: Facts): JsonObject | undefined =>
  entriesOf(answer)
    .filter(isObject)
    .find(({ kid }) => kid === header.kid);
