import { isObject } from '../../../src/json.ts';
import { importKeys } from '../../../src/keys/key-set.ts';
import { type Reply, wellKnownJwksUri } from '../endpoint.ts';
import type { Facts } from '../facts.ts';
import { type Maybe, say } from '../say.ts';

const textOf = (reply: Reply | undefined) => (reply?.body.toString() ?? '').replace(/^\uFEFF/, '').trim();

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The entries of a JWK Set, if an answer is one. */
export function entriesOf(reply: Reply | undefined): readonly unknown[] {
  const json = jsonOf(textOf(reply));
  return isObject(json) && Array.isArray(json.keys) ? json.keys : [];
}

/** There was no whole answer. */
function unreached({ reply, issuer, names, uri, surrounding, file, config, setUri }: Facts): Maybe {
  const { code = '', why = '', status } = reply ?? {};
  const name = names.jwksUri;
  const { hostname, port, protocol } = new URL(issuer.jwksUri);
  const at = say`${hostname}, port ${port || (protocol === 'http:' ? '80' : '443')}`;
  const is = (pattern: RegExp) => pattern.test(`${code} ${why}`);
  const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY'].find((each) => surrounding[each]);
  const isUnused = proxy && surrounding.NODE_USE_ENV_PROXY !== '1';
  const proxyProblem = isUnused ? ` ${proxy} is set, and the function uses no proxy without NODE_USE_ENV_PROXY=1 (Node 24).` : '';
  const proxyRemedy = isUnused ? ' Or run it where the issuer can be reached directly: Lambda will need that as well.' : '';
  if (protocol === 'file:' && code === 'ENOENT') return say`There is no file at ${name}, ${uri}, on this machine.\nOn Lambda a layer puts it under /opt. For this run, name a file that is here, or use the issuer's https: address.`;
  if (protocol === 'file:') return say`The file at ${name}, ${uri}, can't be read.\nMake it a readable file with a JWK Set: {"keys": […]}`;
  if (is(/ENOTFOUND|EAI_AGAIN/)) return say`The host name of ${name}, ${hostname}, is not known here, or there is no network.${proxyProblem}\nCheck its spelling. ${setUri}${proxyRemedy}`;
  if (is(/ECONNREFUSED/)) return say`Nothing listens at ${at}: ${name} (${uri}) is refused.\nIs the issuer running, and is this its port? ${setUri}`;
  if (is(/certificate required|CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|handshake failure/)) return say`The server at ${name} (${at}) wants a client certificate, or refuses the TLS handshake for another reason.\nKeys must be readable without a client certificate. ${setUri}`;
  if (is(/protocol.version|unsupported.protocol/i)) return say`The TLS handshake with ${name} (${at}) failed because of the protocol version: it may be an old server.\nIt must speak TLS 1.2 or newer.`;
  if (is(/EPROTO|WRONG_VERSION_NUMBER|PACKET_LENGTH|UNKNOWN_PROTOCOL/)) return say`${name} says https:, and the server there (${at}) speaks plain http or another protocol.\nUse its https port; on this machine http: is fine. ${setUri}`;
  if (is(/HPE_/)) return say`${name} says http:, and the server there (${at}) speaks https or another protocol.\nWrite https:, or use its http port. ${setUri}`;
  if (is(/CERT_HAS_EXPIRED/)) return say`The certificate of ${name} (${hostname}) expired.\nRenew it at the server; no setting here helps.`;
  if (is(/CERT_NOT_YET_VALID/)) return say`The certificate of ${name} (${hostname}) is not valid yet, or this machine's clock is wrong.\nCorrect the clock; otherwise no setting here helps.`;
  if (is(/ALTNAME_INVALID/)) return say`The certificate of ${name} is for another host name than ${hostname}.\nUse the name that is in the certificate. ${setUri}`;
  if (is(/SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_UNTRUSTED/))
    return say`The certificate of ${name} (${hostname}) is from an authority that this machine does not know: a company's own, or that of a proxy between.\nFor this run: NODE_EXTRA_CA_CERTS=FILE, the certificate of that authority. On Lambda the same variable with a file of a layer (/opt/ca.pem).`;
  if (is(/SELF_SIGNED/)) return say`The certificate of ${name} (${hostname}) is self-signed.\nFor this run: NODE_EXTRA_CA_CERTS=FILE, that certificate. On Lambda it fails in the same way: use a certificate that is trusted, or the same variable with a file of a layer.`;
  if (code === 'TIMEOUT' && status !== undefined) return say`${name}, ${uri}, answered, but not completely in ${config.jwksTimeout} s (JWKS_TIMEOUT).\nAllow more by JWKS_TIMEOUT in ${file}, at most 30, or find out why the server is slow.`;
  if (is(/TIMEOUT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/)) return say`${name}, ${uri}, did not answer in ${config.jwksTimeout} s (JWKS_TIMEOUT).${proxyProblem}\nCheck the network (is there a firewall, a VPN, a proxy between?), or allow more time by JWKS_TIMEOUT. ${setUri}${proxyRemedy}`;
  if (is(/ECONNRESET|EPIPE/)) return say`The server at ${name} (${at}) ended the connection without an answer.\nLook at its log; is it http where it should be https (or the other way round)? ${setUri}`;
  if (code === 'BROKEN_OFF') return say`The answer of ${name}, ${uri}, broke off before its end.\nLook at the server's log, or at a proxy between; then try again.`;
  if (code === 'TOO_LONG') return say`${name}, ${uri}, answers with more than a megabyte, more than any JWK Set has.\n${setUri}`;
  return say`${name}, ${uri}, can't be reached (${code}).\nCheck the address and the network. ${setUri}`;
}

/** The answer's status or form is wrong. */
function unread({ reply, issuer, names, uri, setUri, propose }: Facts): Maybe {
  const { status, encoding = 'identity', location, isChallenge, body = Buffer.alloc(0) } = reply ?? {};
  const name = say`${names.jwksUri}, ${uri},`;
  const text = textOf(reply);
  if (status === undefined && !/^(file|data):/.test(issuer.jwksUri)) return undefined;
  if (status !== undefined && status >= 300 && status < 400) {
    const target = location && URL.canParse(location, issuer.jwksUri) ? new URL(location, issuer.jwksUri).href : '';
    const proposed = target && propose({ [names.jwksUri]: target });
    return say`${name} answers with a redirect (${status}), which is never followed.\n${proposed ? say`If that is the issuer's: ${proposed}` : setUri}`;
  }
  if (status === 403 && (isChallenge || text.startsWith('<')))
    return say`${name} answers 403 with a web page: a firewall before the issuer (Cloudflare or the like) takes the function for a bot, or an allow-list stops it.\nLet that path through in its rules (User-Agent custom-authorizer), for everybody: keys must be readable without credentials.`;
  if (status === 401 || status === 403) return say`${name} answers ${status}: it wants credentials, or a firewall or allow-list stops the function. Keys must be readable without.\nUse the public address, or let the path through. ${setUri}`;
  if (status === 404 || status === 410) return say`${name} answers ${status}: there is nothing at that address.\n${setUri}`;
  if (status === 429) return say`${name} answers 429: too many requests.\nWait a minute, then try again.`;
  if (status !== undefined && status >= 500) return say`${name} answers ${status}: the issuer failed.\nTry again later. If it stays, ask who runs the issuer.`;
  if (status !== undefined && status !== 200) return say`${name} answers with status ${status}, not 200.\n${setUri}`;
  if (body[0] === 0x1f || /gzip|deflate|compress|br|zstd/i.test(encoding)) return say`${name} answers in ${body[0] === 0x1f ? 'gzip' : encoding}, though no compression was asked for.\nLet the server, or the proxy between, send it plain. ${setUri}`;
  if (text === '') return say`${name} answers 200 with nothing in it.\nOpen it in a browser. ${setUri}`;
  if (/^.?\0|^\uFFFD{2}/.test(text)) return say`${name} answers in UTF-16, or not with text at all.\nJSON is in UTF-8: save it so.`;
  if (text.startsWith('-----BEGIN')) return say`${name} answers with a key or certificate in PEM, not with a JWK Set.\nServe it as a JWK Set, {"keys": [{"kty": …}]}. ${setUri}`;
  if (text.startsWith('<')) return say`${name} answers with a web page (HTML) or XML, not with JSON.\nOpen it in a browser: it must show JSON that begins with "keys". ${setUri}`;
  return undefined;
}

/** The answer is not a JWK Set. */
function noSet({ reply, issuer, names, uri, setUri }: Facts): Maybe {
  const name = say`${names.jwksUri}, ${uri},`;
  const text = textOf(reply);
  const json = jsonOf(text);
  if (json === undefined) return say`${name} answers with something other than JSON.\nOpen it in a browser: it must show JSON that begins with "keys". ${setUri}`;
  if (typeof json === 'string') return say`${name} answers with a text, not with an object: the JSON was encoded twice.\nLet the server encode it once.`;
  if (Array.isArray(json)) return say`${name} answers with a list, not with {"keys": …}.\nServe {"keys": that list}. ${setUri}`;
  if (!isObject(json)) return say`${name} answers ${json}, not a JWK Set.\n${setUri}`;
  if (Array.isArray(json.keys)) return undefined;
  if ('jwks_uri' in json) return say`${names.jwksUri} is the address of the discovery document, not of the keys.\nIt says where the keys are. ${setUri}`;
  if (/^\{\s*"[^"]+":\s*"-----BEGIN/.test(text)) {
    const google = wellKnownJwksUri(issuer.issuer) ? '' : 'For Google: JWKS_URI=https://www.googleapis.com/oauth2/v3/certs ';
    return say`${name} answers with certificates by kid (as Google's /oauth2/v1/certs), not with a JWK Set.\n${google}${setUri}`;
  }
  if ('kty' in json) return say`${name} answers with one key (JWK), not with a set of them.\nServe {"keys": [that key]}. ${setUri}`;
  const other = Object.keys(json).find((each) => each.toLowerCase() === 'keys');
  if (other) return say`${name} answers with JSON that has "${other}"; it must be "keys".\nLet the server write it in lower case.`;
  if (Object.keys(json).length === 0) return say`${name} answers {}: it has no list "keys".\nChoose a signing key at the issuer (authentik), or: ${setUri}`;
  return say`${name} answers with JSON that is not a JWK Set: it has no list "keys".\n${setUri}`;
}

/** What helps, by what is wrong with a key. */
const CURES: readonly (readonly [why: RegExp, cure: string])[] = [
  [/private|symmetric/, 'Anybody can sign tokens now. Let the issuer make a new key, and publish its public part alone.'],
  [/key_ops/, 'Let the issuer publish it with "verify" in key_ops, or without key_ops.'],
  [/bits/, 'Let the issuer use a longer key.'],
  [/x5c/, 'Let the issuer publish n and e as well (RFC 7518, 6.3.1).'],
  [/JSON object/, 'Let the server write objects into "keys", not texts.'],
  [/string/, 'Let the issuer write it as text in base64url, such as "AQAB".'],
];

/** No key of the set can be used: why the first can't is what the function itself says. */
function noUsableKey({ reply, names, setUri }: Facts): Maybe {
  const entries = entriesOf(reply);
  const name = names.jwksUri;
  if (entries.length === 0) return say`${name} answers with an empty key set: "keys": [].\nLet the issuer make an asymmetric key (it may sign with a shared secret). Or the address is another tenant's. ${setUri}`;
  const {
    keys,
    skipped: [first],
  } = importKeys(entries);
  if (keys.length > 0 || !first) return undefined;
  const jwk = isObject(entries[0]) ? entries[0] : {};
  const count = say`${name} publishes ${entries.length === 1 ? '1 key' : `${entries.length} keys`}, "${jwk.kid ?? '(no kid)'}"`;
  if (jwk.use === 'enc') return say`${count}, for encryption only, and none for signatures.\n${setUri}`;
  if (/x5c/.test(first.why)) return say`${count}, with a certificate (x5c) and no n and e.\nLet the issuer publish n and e as well (RFC 7518, 6.3.1). ${setUri}`;
  const bits = Buffer.from(String(jwk.n ?? ''), 'base64url').length * 8;
  const why = /bits/.test(first.why) ? `of ${bits} bits: RSA keys need 2048` : /private/.test(first.why) ? 'with its private or secret part' : `${jwk.kty ? `(${jwk.kty}), ` : ''}which can't be used: ${first.why}${jwk.key_ops ? ` ${JSON.stringify(jwk.key_ops)}` : ''}`;
  const cure = CURES.find(([pattern]) => pattern.test(first.why))?.[1];
  return say`${count}, ${why}.\n${cure ?? 'Let the issuer publish RSA keys of 2048 bits or more, keys on P-256, P-384 or P-521, or Ed25519.'} ${cure ? '' : setUri}`;
}

/** The issuer's keys can't be had. */
export function keysUnavailable(facts: Facts): Maybe {
  if (facts.reply?.code) return unreached(facts);
  const seen = unread(facts) ?? noSet(facts) ?? noUsableKey(facts);
  return seen ?? say`${facts.sentence}\nA second try, just now, went well: try again. If it happens often, allow more time by JWKS_TIMEOUT.`;
}
