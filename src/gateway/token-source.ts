import type { TokenSource } from '../config/token-source.ts';
import { isObject, type JsonObject } from '../json.ts';
import { type Credential, oneToken } from './bearer-token.ts';

/** How to find the parts of a request. */
export interface Parts {
  readonly event: JsonObject;
  /** Each header and query parameter has one value, repeated ones joined by commas (HTTP APIs, payload 2.0). */
  readonly isJoined?: boolean;
  readonly isWebSocket?: boolean;
}

function membersOf(members: unknown, isName: (name: string) => boolean): readonly unknown[] {
  if (!isObject(members)) return [];
  const names = Object.keys(members).filter(isName);
  return names.flatMap((name) => members[name]);
}

/** The values of a header, in `headers` and in `multiValueHeaders`. */
function headerLists({ headers, multiValueHeaders }: JsonObject, name: string) {
  const isName = (candidate: string) => candidate.length === name.length && candidate.toLowerCase() === name;
  return [membersOf(headers, isName), membersOf(multiValueHeaders, isName)] as const;
}

function headerValues({ event, isJoined }: Parts, name: string): readonly unknown[] {
  const [single, multiple] = headerLists(event, name);
  return isJoined ? single : [...single, ...multiple];
}

/** Every DPoP proof of a request (RFC 9449, 4.1). A header that is in both places counts once. */
export function proofsIn(event: JsonObject): readonly unknown[] {
  const [single, multiple] = headerLists(event, 'dpop');
  const isOne = single.length === 1 && multiple.length === 1 && single[0] === multiple[0];
  return isOne ? single : [...single, ...multiple];
}

function queryValues({ event, isJoined }: Parts, name: string): readonly unknown[] {
  const isName = (candidate: string) => candidate === name;
  const single = membersOf(event.queryStringParameters, isName);
  return isJoined ? single : [...single, ...membersOf(event.multiValueQueryStringParameters, isName)];
}

/** For each name of a cookie, its pairs that have a value; a pair and its repetitions are one match. */
const COOKIES = new Map<string, RegExp>();

/** By one expression (RFC 6265, 4.1.1 and 4.2.1): 10 KB may have five thousand pairs, and need no valid token. */
function cookiePattern(name: string): RegExp {
  const key = `[ \\t]*${name.replace(/[^\w-]/g, '\\$&')}[ \\t]*=`;
  const end = '[ \\t]*(?:;|$)';
  const pattern = COOKIES.get(name) ?? new RegExp(`(?:^|;)${key}(?!(?:"")?${end})([^;]*)(?:;${key}\\1(?=;|$))*`, 'g');
  COOKIES.set(name, pattern);
  return pattern;
}

const textsOf = (values: readonly unknown[]) => values.filter((value) => typeof value === 'string');

function cookieValues(parts: Parts, name: string): readonly unknown[] {
  const { cookies } = parts.event;
  const list = parts.isJoined && Array.isArray(cookies) ? textsOf(cookies).join(';') : '';
  const values = new Set<string>();
  for (const text of new Set([list, ...textsOf(headerValues(parts, 'cookie'))])) {
    for (const [, value = ''] of text.matchAll(cookiePattern(name))) {
      values.add(value.trim().replace(/^"(.*)"$/, '$1')); // a value may be in double quotes
      if (values.size > 1) break;
    }
  }
  return [...values];
}

/** A browser can't set headers on a WebSocket handshake, but subprotocols: `new WebSocket(url, [name, token])`. */
function subprotocolValues(parts: Parts, name: string): readonly unknown[] {
  if (!parts.isWebSocket) return [];
  return headerLists(parts.event, 'sec-websocket-protocol').flatMap((values) => {
    const items = textsOf(values).flatMap((text) => text.split(',').map((item) => item.trim()));
    // an item without a successor isn't a token
    return items.flatMap((item, at) => (item === name ? [items[at + 1] ?? ' '] : []));
  });
}

const READERS = {
  header: headerValues,
  cookie: cookieValues,
  query: queryValues,
  subprotocol: subprotocolValues,
} as const satisfies Record<TokenSource['kind'], (parts: Parts, name: string) => readonly unknown[]>;

/** All that a REQUEST event holds at a source. */
export const valuesAt = ({ kind, name }: TokenSource, parts: Parts): readonly unknown[] => READERS[kind](parts, name);

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
 * @throws Refusal `missing_token`: a source contains something that isn't a token of its form, or tokens differ
 */
export function tokenAt(sources: readonly TokenSource[], parts: Parts, acceptsDpop: boolean): Credential | undefined {
  let credential: Credential | undefined;
  for (const source of sources) credential = oneToken(valuesAt(source, parts), { ...source, acceptsDpop }, credential);
  return credential;
}
