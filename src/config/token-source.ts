import { listOf, Mistake, readBy, show } from './values.ts';

const KINDS = ['header', 'cookie', 'query', 'subprotocol'] as const;

/** A place where a request may have its token. */
export interface TokenSource {
  readonly kind: (typeof KINDS)[number];
  /** The name of the header (in lower case), cookie, query parameter or subprotocol. */
  readonly name: string;
  /** As the setting writes it, for messages. */
  readonly label: string;
  /** How a token is written there: after `Bearer`, by itself, or either way. */
  readonly form: 'bearer' | 'bare' | 'either';
}

/** RFC 9110, 5.6.2. Names of query parameters may contain anything but whitespace. */
const TOKEN = /^[!#$%&'*+.^`|~\w-]+$/;

/** Reads an item of `TOKEN_SOURCE`, such as `cookie:access_token`. @returns `undefined` if it does not name a source */
export function parseTokenSource(label: string): TokenSource | undefined {
  const [, word, name = ''] = /^([^:]*):(.*)$/s.exec(label) ?? [];
  const kind = KINDS.find((candidate) => candidate === word);
  if (kind === undefined || !(kind === 'query' ? /^[^\s]+$/ : TOKEN).test(name)) return undefined;
  if (kind !== 'header') return { kind, name, label, form: 'bare' };
  const isAuthorization = name.toLowerCase() === 'authorization';
  return { kind, name: name.toLowerCase(), label, form: isAuthorization ? 'bearer' : 'either' };
}

const tokenSource = readBy(parseTokenSource, (text) => `${show(text)} is an unknown source`);

/** Reads `TOKEN_SOURCE`. @throws Mistake */
export function tokenSources(text: string): readonly TokenSource[] {
  const sources = listOf(tokenSource)(text);
  const keys = sources.map(({ kind, name }) => `${kind}:${name}`);
  if (new Set(keys).size < keys.length) throw new Mistake('a source is listed twice');
  return sources;
}
