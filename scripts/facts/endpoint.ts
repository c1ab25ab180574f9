import { readFile } from 'node:fs/promises';
import { get as getOverHttp } from 'node:http';
import { get as getOverHttps } from 'node:https';
import { fileURLToPath } from 'node:url';

/** What a server had to say. */
export interface Reply {
  /** Of Node or OpenSSL, where there was no whole answer; `TIMEOUT` where time ran out. */
  readonly code?: string;
  readonly status?: number;
  readonly encoding?: string | undefined;
  readonly location?: string | undefined;
  readonly body: Buffer;
}

/**
 * Asks once, without redirects: bounded in time and size, and never rejects. The certificate is verified, whatever
 * the environment says.
 *
 * @param timeout milliseconds
 * @param maxBytes an answer that is longer is cut
 */
function askServer(uri: string, timeout: number, maxBytes: number): Promise<Reply> {
  return new Promise((resolve) => {
    const get = uri.startsWith('https:') ? getOverHttps : getOverHttp;
    const chunks: Buffer[] = [];
    let head: Partial<Reply> = {};
    let bytes = 0;
    const end = (code?: string) => {
      clearTimeout(timer);
      resolve({ ...head, ...(code && { code }), body: Buffer.concat(chunks).subarray(0, maxBytes) });
      request.destroy();
    };
    const headers = { accept: 'application/json', connection: 'close' };
    const request = get(uri, { headers, rejectUnauthorized: true }, (response) => {
      const { 'content-encoding': encoding, location } = response.headers;
      head = { status: response.statusCode ?? 0, encoding, location };
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > maxBytes) end('TOO_LONG');
      });
      response.on('error', () => end('BROKEN_OFF'));
      response.on('end', () => end());
    });
    request.on('error', ({ code }: NodeJS.ErrnoException) => end(code ?? 'FAILED'));
    const timer = setTimeout(() => end('TIMEOUT'), timeout);
  });
}

const UNREACHED = { body: Buffer.alloc(0) };

/** Asks once for what is at a URI: milliseconds, bytes. */
export type Ask = (uri: string, timeout: number, maxBytes: number) => Promise<Reply>;

/** Asks a server, or reads a `file:` or `data:` URI; see `askServer`. */
export const ask: Ask = async (uri, timeout, maxBytes) => {
  if (uri.startsWith('data:')) return { body: Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64') };
  if (!uri.startsWith('file:')) return askServer(uri, timeout, maxBytes);
  const failed = ({ code = 'FAILED' }: NodeJS.ErrnoException) => ({ ...UNREACHED, code });
  return readFile(fileURLToPath(uri)).then((body) => ({ body }), failed);
};

const TIMEOUT = 2000;
const MAX_BYTES = 64 * 1024;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

const isAskable = ({ protocol, hostname }: URL) =>
  protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));

const withoutSlash = (text: string) => text.replace(/\/$/, '');

/**
 * Reads where an issuer publishes its keys, out of its own discovery document: OpenID Connect Discovery 1.0, 4, or
 * RFC 8414, 3. Asks that server alone, over `https:`, or `http:` on this machine, for two seconds at most.
 *
 * @param asks reaches the server
 * @returns the `jwks_uri`; nothing where there is no such document, or it is another issuer's (Discovery 1.0, 4.3)
 */
export async function publishedJwksUri(issuer: string, asks: Ask): Promise<string | undefined> {
  if (!URL.canParse(issuer) || !isAskable(new URL(issuer))) return undefined;
  const { origin, pathname } = new URL(issuer);
  const path = withoutSlash(pathname);
  const places = [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
  const replies = await Promise.all(places.map((place) => asks(place, TIMEOUT, MAX_BYTES)));
  for (const { status, code, body } of replies) {
    if (status !== 200 || code) continue;
    try {
      const { issuer: name, jwks_uri: uri } = JSON.parse(body.toString().replace(/^\uFEFF/, ''));
      if (withoutSlash(String(name)) === withoutSlash(issuer) && isAskable(new URL(uri))) return String(uri);
    } catch {} // not a document of that kind
  }
  return undefined;
}
