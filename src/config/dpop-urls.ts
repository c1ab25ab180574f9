import { httpsUrl } from './jwks-uri.ts';
import { Mistake, type Reader } from './values.ts';

/** What no URL has unencoded, and percent-encodings, well-formed or not. Spaces and non-ASCII characters are separate. */
const SPECIAL = /%[\da-f]{2}|[%"<>\\^`{|}]/gi;
const UNRESERVED = /[\w.~-]/;

const encode = (text: string) => Buffer.from(text).toString('hex').toUpperCase().replace(/../g, '%$&');

/** RFC 3986, 6.2.2.1 and 6.2.2.2: one spelling for each percent-encoding. Dot segments and slashes stay as they are. */
const normalizePath = (path: string) =>
  path.replace(SPECIAL, (found) => {
    if (found.length === 1) return encode(found);
    const character = String.fromCharCode(Number.parseInt(found.slice(1), 16));
    return UNRESERVED.test(character) ? character : found.toUpperCase();
  });

/** A URL without query and fragment, in one spelling (RFC 3986, 6.2.2 and 6.2.3); `undefined` for what is none. */
function normalizeUrl(text: string): string | undefined {
  const [, scheme = '', host, path = ''] = /^(https?):\/\/([^/?#]+)([^?#]*)/i.exec(text) ?? [];
  if (!host) return undefined;
  const port = scheme.length === 5 ? /:(443)?$/ : /:(80)?$/;
  return `${scheme}://${host.replace(port, '')}`.toLowerCase() + (normalizePath(path) || '/');
}

/** Reads an item of `DPOP_URLS`. @returns it normalized, without a slash at its end */
export const dpopUrl: Reader<string> = (text) => {
  const url = normalizeUrl(httpsUrl(text));
  if (url === undefined || /[?#]/.test(text)) throw new Mistake('it has a query or a fragment, or no //');
  return url.replace(/\/$/, '');
};

/** What no URL has: spaces, control and non-ASCII characters. API Gateway might decode what is in an ARN. */
const NOT_IN_URLS = /[^\x21-\x7e]+/g;

/**
 * Whether an `htu` is one of the URLs, followed by a path (RFC 9449, 4.3, 9).
 *
 * @param urls as `dpopUrl` returns them
 * @param path of a method ARN
 */
export function hasUrl(urls: readonly string[], htu: unknown, path: string): boolean {
  const url = typeof htu === 'string' ? normalizeUrl(htu) : undefined;
  if (url === undefined) return false;
  const rest = normalizePath(path.replace(NOT_IN_URLS, encode)) || '/';
  return urls.some((item) => url === item + rest || (rest === '/' && url === item));
}
