import { parseUrl } from '../text.ts';
import { Mistake, type Reader, split } from './values.ts';

/**
 * RFC 3986: a scheme, and then none of the characters that no URI has. A query may have braces and the like in it,
 * which WHATWG URLs encode.
 */
const URI = /^[a-z][a-z\d+.-]*:[^\s"{}<>\\^|`?]*(\?[^\s"]*)?$/i;
/** RFC 6761, 6.3: `localhost` and the names below it. */
export const LOOPBACK = /^(([^.]+\.)*localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
const DATA = /^data:application\/(jwk-set\+)?json;base64,[\w+/-]+={0,2}$/i;
const FILE = /^file:(\/\/(localhost)?)?\/[^/]/i;

/** A URL of `https:`, or of `http:` for a loopback host. */
export const httpsUrl: Reader<string> = (text) => {
  const url = URI.test(text) ? parseUrl(text) : undefined;
  if (!url) throw new Mistake('it is not a URL');
  const { protocol, hostname, username, password } = url;
  if (username || password) throw new Mistake('remove the user name and password, which would not be sent');
  if (protocol === 'http:' && !LOOPBACK.test(hostname)) throw new Mistake('http: is for a loopback host only');
  if (protocol !== 'https:' && protocol !== 'http:') throw new Mistake(`${protocol} is not supported`);
  return text;
};

/** Where keys are. Keys that came over plain HTTP could be anybody's: from this machine they are for trying. */
const jwksUri: Reader<string> = (text) => {
  if (/^data:/i.test(text)) {
    if (!DATA.test(text))
      throw new Mistake('a data: URI must be data:application/json;base64, and a JWK Set in base64');
    return text.replace(/^[^;]*/, (type) => type.toLowerCase());
  }
  if (!/^file:/i.test(text)) return httpsUrl(text);
  if (!URI.test(text) || !FILE.test(text)) throw new Mistake('the path of a file: URI must be absolute');
  return new URL(text).href;
};

/** The comma in a `data:` URI separates nothing. */
export const jwksUris: Reader<readonly string[]> = (text) => split(text, /(?<!data:[^,]*),/i).map(jwksUri);

/**
 * A `JWKS_URI` as it may be shown, right or wrong: without user and password, even if these contain an @, without
 * the query, which may hold a key, and without the key set that a `data:` URI is.
 */
export function shownUri(uri: string): string {
  const [data] = /^data:([a-z]{1,20}\/[a-z+.-]{1,40}(?=[;,]))?/i.exec(uri) ?? [];
  if (data) return `${data},…`;
  const [scheme = ''] = /^[a-z][a-z\d+.-]*:\/*/i.exec(uri) ?? [];
  const host = uri.lastIndexOf('@');
  const query = uri.search(/[?#]/);
  const end = query === -1 ? uri.length : query;
  return host === -1 ? uri.slice(0, end) : `${scheme}…${uri.slice(host, Math.max(host, end))}`;
}

/** The value of the setting as it may be shown. A key set without `data:`, as JSON or in base64, is not, quoted or not. */
export const shownUris = (text: string): string =>
  /^["'`]?(\{|eyJ)/.test(text)
    ? '…'
    : text
        .split(/,(?=\s*[a-z][a-z\d+.-]*:)/i)
        .map((item) => shownUri(item.trim()))
        .join(',');
