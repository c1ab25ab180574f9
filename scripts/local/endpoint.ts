import { readFile } from 'node:fs/promises';
import { get as getOverHttp } from 'node:http';
import { get as getOverHttps } from 'node:https';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../src/config/config.ts';
import { normalizeIssuer } from '../../src/issuer.ts';

/** What a server had to say. */
export interface Reply {
  /** Of Node or OpenSSL, where there was no whole answer; `TIMEOUT` where time ran out. */
  readonly code?: string;
  /** What OpenSSL adds to it. */
  readonly why?: string;
  readonly status?: number;
  readonly encoding?: string | undefined;
  readonly location?: string | undefined;
  /** A firewall asks whether a browser is there. */
  readonly isChallenge?: boolean;
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
    const end = (code?: string, why?: string) => {
      clearTimeout(timer);
      resolve({
        ...head,
        ...(code && { code }),
        ...(why && { why }),
        body: Buffer.concat(chunks).subarray(0, maxBytes),
      });
      request.destroy();
    };
    const headers = { accept: 'application/json', connection: 'close' };
    const request = get(uri, { headers, rejectUnauthorized: true }, (response) => {
      const { 'content-encoding': encoding, location } = response.headers;
      head = {
        status: response.statusCode ?? 0,
        encoding,
        location,
        isChallenge: 'cf-mitigated' in response.headers,
      };
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > maxBytes) end('TOO_LONG');
      });
      response.on('error', () => end('BROKEN_OFF'));
      response.on('end', () => end());
    });
    request.on('error', ({ code = 'FAILED', message }: NodeJS.ErrnoException) => end(code, message));
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

/** The hosts that the settings name: no other is ever contacted, and never one that only the token names. */
export function hostsOf(settings: Environment): ReadonlySet<string> {
  const names = Object.keys(settings).filter((name) => /^(TOKEN_ISSUER|JWKS_URI)/.test(name));
  const items = names.flatMap((name) => (settings[name] ?? '').split(',').map((item) => item.trim()));
  const uris = items.map((item) => (/^[\w.-]+(:\d+)?(\/|$)/.test(item) ? `https://${item}` : item));
  return new Set(uris.filter((uri) => URL.canParse(uri)).map((uri) => new URL(uri).host));
}

/** Limits a look to some hosts, and to files and `data:` URIs. */
export const limitedTo =
  (hosts: ReadonlySet<string>, asks: Ask): Ask =>
  async (uri, ...limits) =>
    /^https?:/.test(uri) && !hosts.has(new URL(uri).host) ? { ...UNREACHED, code: 'NOT_ASKED' } : asks(uri, ...limits);

const TIMEOUT = 2000;
const MAX_BYTES = 64 * 1024;
const LOOPBACK = /^(localhost|([^.]+\.)*localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

const isAskable = ({ protocol, hostname }: URL) =>
  protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));

/**
 * Reads where an issuer publishes its keys, out of its own discovery document: OpenID Connect Discovery 1.0, 4, or
 * RFC 8414, 3. Only over `https:`, or `http:` on this machine, for two seconds at most.
 *
 * @returns the `jwks_uri`; nothing if there is no such document, or it is another issuer's (Discovery 1.0, 4.3)
 */
export async function publishedJwksUri(issuer: string, asks: Ask): Promise<string | undefined> {
  if (!URL.canParse(issuer) || !isAskable(new URL(issuer))) return undefined;
  const { origin, pathname } = new URL(issuer);
  const path = normalizeIssuer(pathname);
  const places = [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
  const replies = await Promise.all(places.map((place) => asks(place, TIMEOUT, MAX_BYTES)));
  for (const { status, code, body } of replies) {
    if (status !== 200 || code) continue;
    try {
      const { issuer: name, jwks_uri: uri } = JSON.parse(body.toString().replace(/^\uFEFF/, ''));
      if (normalizeIssuer(String(name)) === normalizeIssuer(issuer) && isAskable(new URL(uri))) return String(uri);
    } catch {} // not a document of that kind
  }
  return undefined;
}

/** Where well-known issuers publish their keys, according to their documentation. */
const WELL_KNOWN: readonly (readonly [issuer: RegExp, jwksUri: string])[] = [
  [/^(https:\/\/[\w.-]+\.auth0\.com)\/?$/, '$1/.well-known/jwks.json'],
  [/^(https:\/\/cognito-idp\.[\w-]+\.amazonaws\.com\/[\w-]+)$/, '$1/.well-known/jwks.json'],
  [/^(https:\/\/login\.microsoftonline\.com\/[\da-f-]{36})\/v2\.0$/, '$1/discovery/v2.0/keys'],
  [/^(https:\/\/[\w.-]+\.okta(?:preview)?\.com\/oauth2\/\w+)$/, '$1/v1/keys'],
  [/^(https:\/\/.*\/realms\/[^/]+)$/, '$1/protocol/openid-connect/certs'],
  [/^https:\/\/accounts\.google\.com$/, 'https://www.googleapis.com/oauth2/v3/certs'],
  [
    /^https:\/\/session\.firebase\.google\.com\/.*$/,
    'https://identitytoolkit.googleapis.com/v1/sessionCookiePublicKeys',
  ],
];

/** Where an issuer publishes its keys, if everybody knows it: nobody is asked. */
export function wellKnownJwksUri(issuer: string): string | undefined {
  const [pattern, jwksUri] = WELL_KNOWN.find(([each]) => each.test(issuer)) ?? [];
  return pattern && jwksUri && issuer.replace(pattern, jwksUri);
}
