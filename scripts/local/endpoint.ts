import type { Environment } from '../../src/config/config.ts';
import { httpsUrl } from '../../src/config/jwks-uri.ts';
import { normalizeIssuer } from '../../src/issuer.ts';
import { isObject } from '../../src/json.ts';
import { bytesAt } from '../../src/keys/jwks.ts';
import { jsonOf } from '../json.ts';

/** Gets the text at a URI, for some milliseconds; nothing if there is no whole answer with status 200. */
export type Ask = (uri: string, timeout: number) => Promise<string>;

export const ask: Ask = async (uri, timeout) => {
  const text = await bytesAt(uri, AbortSignal.timeout(timeout)).then(String, () => '');
  return text.replace(/^\uFEFF/, '').trim();
};

/** Limits a look to files, `data:` URIs and hosts that the settings name: never one that only the token names. */
export function limitedTo(settings: Environment, asks: Ask): Ask {
  const names = Object.keys(settings).filter((name) => /^(TOKEN_ISSUER|JWKS_URI)/.test(name));
  const items = names.flatMap((name) => (settings[name] ?? '').split(',').map((item) => item.trim()));
  const uris = items.map((item) => (/^[\w.-]+(:\d+)?(\/|$)/.test(item) ? `https://${item}` : item));
  const hosts = new Set(uris.filter((uri) => URL.canParse(uri)).map((uri) => new URL(uri).host));
  return async (uri, timeout) => (/^https?:/.test(uri) && !hosts.has(new URL(uri).host) ? '' : asks(uri, timeout));
}

const TIMEOUT = 2000;

function isAskable(uri: string): boolean {
  try {
    return httpsUrl(uri) === uri;
  } catch {
    return false;
  }
}

/**
 * Reads where an issuer publishes its keys, out of its own discovery document: OpenID Connect Discovery 1.0, 4, or
 * RFC 8414, 3. Only over `https:`, or `http:` on this machine, for two seconds at most.
 *
 * @returns the `jwks_uri`; nothing if there is no such document, or it is another issuer's (Discovery 1.0, 4.3)
 */
export async function publishedJwksUri(issuer: string, asks: Ask): Promise<string | undefined> {
  if (!isAskable(issuer)) return undefined;
  const { origin, pathname } = new URL(issuer);
  const path = normalizeIssuer(pathname);
  const places = [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
  const documents = (await Promise.all(places.map((place) => asks(place, TIMEOUT)))).map(jsonOf).filter(isObject);
  const own = documents.filter((each) => normalizeIssuer(String(each.issuer)) === normalizeIssuer(issuer));
  return own.map((each) => String(each.jwks_uri)).find(isAskable);
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

export function wellKnownJwksUri(issuer: string): string | undefined {
  const [pattern, jwksUri] = WELL_KNOWN.find(([each]) => each.test(issuer)) ?? [];
  return pattern && jwksUri && issuer.replace(pattern, jwksUri);
}
