import type { TokenSource } from '../config/token-source.ts';
import { isObject, type JsonObject } from '../json.ts';
import { oneToken } from './bearer-token.ts';

/** How to find the parts of a request. */
export interface Parts {
  readonly event: JsonObject;
  /** Each header and query parameter has one value, repeated ones joined by commas (HTTP APIs, payload 2.0). */
  readonly isJoined?: boolean;
  readonly isWebSocket?: boolean;
}

const membersOf = (members: unknown, isName: (name: string) => boolean): readonly unknown[] =>
  isObject(members)
    ? Object.keys(members)
        .filter(isName)
        .flatMap((name) => members[name])
    : [];

function headerValues({ event, isJoined }: Parts, name: string): readonly unknown[] {
  const isName = (candidate: string) => candidate.length === name.length && candidate.toLowerCase() === name;
  const single = membersOf(event.headers, isName);
  return isJoined ? single : [...single, ...membersOf(event.multiValueHeaders, isName)];
}

function queryValues({ event, isJoined }: Parts, name: string): readonly unknown[] {
  const isName = (candidate: string) => candidate === name;
  const single = membersOf(event.queryStringParameters, isName);
  return isJoined ? single : [...single, ...membersOf(event.multiValueQueryStringParameters, isName)];
}

/** RFC 6265, 4.1.1 and 4.2.1: pairs separated by semicolons; a value may stand in double quotes. */
function cookieValues(parts: Parts, name: string): readonly unknown[] {
  const cookies = parts.isJoined && Array.isArray(parts.event.cookies) ? parts.event.cookies : [];
  return [...cookies, ...headerValues(parts, 'cookie')].flatMap((text: unknown) =>
    typeof text === 'string'
      ? text.split(';').flatMap((pair) => {
          const [key = '', ...value] = pair.trim().split('=');
          return key.trim() === name
            ? [
                value
                  .join('=')
                  .trim()
                  .replace(/^"(.*)"$/, '$1'),
              ]
            : [];
        })
      : [],
  );
}

/** A browser can't set headers on a WebSocket handshake, but subprotocols: `new WebSocket(url, [name, token])`. */
function subprotocolValues(parts: Parts, name: string): readonly unknown[] {
  if (!parts.isWebSocket) return [];
  return headerValues(parts, 'sec-websocket-protocol').flatMap((text: unknown) => {
    const items = typeof text === 'string' ? text.split(',').map((item) => item.trim()) : [];
    // an item without a successor is no token
    return items.flatMap((item, at) => (item === name ? [items[at + 1] ?? ' '] : []));
  });
}

/** How each kind of source is read. */
const READERS = {
  header: headerValues,
  cookie: cookieValues,
  query: queryValues,
  subprotocol: subprotocolValues,
} as const satisfies Record<TokenSource['kind'], (parts: Parts, name: string) => readonly unknown[]>;

/** All that a REQUEST event holds at a source. */
export const valuesAt = ({ kind, name }: TokenSource, parts: Parts): readonly unknown[] =>
  READERS[kind](parts, name);

/** The same, of a cookie the whole header: what API Gateway makes of it as an identity source. */
export function wholeValuesAt(source: TokenSource, parts: Parts): readonly unknown[] {
  if (source.kind !== 'cookie') return valuesAt(source, parts);
  const { cookies } = parts.event;
  return [...headerValues(parts, 'cookie'), ...(Array.isArray(cookies) ? [cookies.join('; ')] : [])];
}

/**
 * The token of a REQUEST event: every source is read, and what is not listed is not.
 *
 * @returns `undefined` where no source holds anything
 * @throws Refusal `missing_token`: a source holds what is no token of its form, or tokens differ
 */
export function tokenAt(sources: readonly TokenSource[], parts: Parts): string | undefined {
  let token: string | undefined;
  for (const source of sources) {
    token = oneToken(valuesAt(source, parts), source.label, source.form, token);
  }
  return token;
}
