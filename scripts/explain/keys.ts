import { isObject, type JsonObject } from '../../src/json.ts';
import { importKeys } from '../../src/keys/key-set.ts';
import type { Sees, Table } from '../facts/facts.ts';
import { entriesOf, jsonOf, textOf } from '../facts/reply.ts';

const codeIs =
  (pattern: RegExp): Sees =>
  ({ reply, issuer: { jwksUri } }) => {
    const { hostname: host, port, protocol } = new URL(jwksUri);
    return pattern.test(reply?.code ?? '') && { host, port: port || (protocol === 'http:' ? 80 : 443) };
  };
const statusIs =
  (test: (status: number) => boolean): Sees =>
  ({ reply }) =>
    reply?.status !== undefined && test(reply.status);
const bodyIs =
  (sees: (text: string, json: unknown) => boolean): Sees =>
  ({ reply }) =>
    reply !== undefined && !reply.code && sees(textOf(reply), jsonOf(reply));

/** Keys that are all of one kind. */
const keysAre =
  (sees: (jwk: JsonObject) => unknown): Sees =>
  ({ reply }) => {
    const keys = entriesOf(reply).map((entry) => (isObject(entry) ? entry : {}));
    const [{ kid = '(no kid)', kty, n = '' } = {}] = keys;
    const bits = Buffer.from(String(n), 'base64url').length * 8;
    const count = keys.length === 1 ? '1 key' : `${keys.length} keys`;
    return keys.length > 0 && keys.every(sees) && { count, first: kid, kty, bits };
  };

export const KEYS_UNAVAILABLE: Table = {
  noFile: ({ issuer, reply }) => issuer.jwksUri.startsWith('file:') && reply?.code === 'ENOENT',
  unreadableFile: ({ issuer, reply }) => issuer.jwksUri.startsWith('file:') && reply?.code !== undefined,
  dns: codeIs(/ENOTFOUND|EAI_AGAIN/),
  refused: codeIs(/ECONNREFUSED/),
  plainHttp: codeIs(/EPROTO|WRONG_VERSION_NUMBER|PACKET_LENGTH|UNKNOWN_PROTOCOL/),
  https: codeIs(/HPE_/),
  expired: codeIs(/CERT_HAS_EXPIRED/),
  notYet: codeIs(/CERT_NOT_YET_VALID/),
  otherName: codeIs(/ALTNAME_INVALID/),
  unknownAuthority: codeIs(/SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_UNTRUSTED/),
  selfSigned: codeIs(/SELF_SIGNED/),
  slow: ({ reply }) => reply?.code === 'TIMEOUT' && reply.status !== undefined,
  silent: codeIs(/TIMEOUT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/),
  reset: codeIs(/ECONNRESET|EPIPE/),
  brokenOff: codeIs(/BROKEN_OFF/),
  tooLong: codeIs(/TOO_LONG/),
  redirect: statusIs((status) => status >= 300 && status < 400),
  credentials: statusIs((status) => status === 401 || status === 403),
  notFound: statusIs((status) => status === 404 || status === 410),
  tooMany: statusIs((status) => status === 429),
  failed: statusIs((status) => status >= 500),
  status: statusIs((status) => status !== 200),
  compressed: ({ reply: { encoding, body } = { body: Buffer.alloc(0) } }) =>
    (body[0] === 0x1f || (encoding ?? 'identity') !== 'identity') && { encoding: encoding ?? 'gzip' },
  nothing: bodyIs((text) => text === ''),
  utf16: bodyIs((text) => /^.?\0|^\uFFFD{2}/.test(text)),
  pem: bodyIs((text) => text.startsWith('-----BEGIN')),
  html: bodyIs((text) => text.startsWith('<')),
  noJson: bodyIs((_, json) => json === undefined),
  list: bodyIs((_, json) => Array.isArray(json)),
  discovery: bodyIs((_, json) => isObject(json) && 'jwks_uri' in json),
  certificates: bodyIs((text) => /^\{\s*"[^"]+":\s*"-----BEGIN/.test(text)),
  oneKey: bodyIs((_, json) => isObject(json) && 'kty' in json),
  noKeys: bodyIs((_, json) => isObject(json) && !Array.isArray(json.keys)),
  emptySet: bodyIs((_, json) => isObject(json) && String(json.keys) === ''),
  private: keysAre(({ d, k }) => d ?? k),
  encryptionOnly: keysAre(({ use, key_ops: ops }) => use === 'enc' || (ops && !String(ops).includes('verify'))),
  x5cOnly: keysAre(({ kty, n, x5c }) => kty === 'RSA' && n === undefined && x5c !== undefined),
  short: keysAre(({ kty, n }) => kty === 'RSA' && typeof n === 'string' && n.length < 342),
  unusable: (facts) => importKeys(entriesOf(facts.reply)).keys.length === 0 && keysAre(() => true)(facts),
  unreached: ({ reply }) => reply?.code !== undefined && { code: reply.code },
  otherwise: () => true,
};
