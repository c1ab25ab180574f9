import { settingNames } from '../../src/config/settings.ts';
import { invisibleIn } from '../facts/invisible.ts';
import type { Table } from '../facts/table.ts';

/** A setting as it was written. */
export interface Written {
  readonly name: string;
  readonly text: string;
}

type Sees = Table<Written>[string];
const ofName =
  (names: RegExp, pattern: RegExp): Sees =>
  ({ name, text }) =>
    names.test(name) && pattern.test(text);
const URI = /^(TOKEN_ISSUER|JWKS_URI)/;
const WORDS = /^(ALGORITHMS|POLICY_RESOURCE|INVALID_TOKEN|TOKEN_BINDING|SIMPLE_RESPONSES)$/;
const LISTS = /^(TOKEN_ISSUER|JWKS_URI|AUDIENCE|SCOPE_CLAIM|ALGORITHMS|REQUIRED_CLAIMS)/;

const UNITS: Record<string, number> = { s: 1, m: 60, min: 60, h: 3600, d: 86_400 };

/** What is to be replaced by whoever copies an example: a word in capitals in a host or a path, or what stands in <>. */
const WORD = '(?:TENANT(?:_ID)?|YOUR[A-Z_-]*|ORG|REGION|POOL_ID|HOST|DOMAIN|REALM|EXAMPLE|CLIENT_ID)';
const PLACEHOLDER = new RegExp(`(?<=[/._-])${WORD}(?=[/._:-]|$)|<[^>:]+>|^CHANGE_?ME$|your[-_](?:tenant|domain|org)`);

/** A placeholder of .env.sample, or of the README, that was left as it is. */
export function placeholderIn({ name, text }: Written) {
  const [placeholder] = (/^(TOKEN_ISSUER|JWKS_URI|AUDIENCE)/.test(name) && PLACEHOLDER.exec(text)) || [];
  return placeholder !== undefined && { placeholder };
}

const unquoted = (text: string) =>
  text
    .replace(/[“”‘’«»<>"'`[\]\\]/g, '')
    .replace(/\s*[;|,]\s*|\s+/g, ',')
    .replace(/,{2,}/g, ',')
    .replace(/^,|,$/g, '');
const withList =
  (sees: Sees): Sees =>
  (written) =>
    Boolean(sees(written)) && { list: unquoted(written.text) };

/** Why a setting can't be read. */
export const SETTINGS_WRONG: Table<Written> = {
  number: ({ name }) => /_\d+$/.test(name) && !settingNames().includes(name),
  curlyQuotes: ({ text }) => /^[“‘„].*|[”’]$/.test(text) && { list: unquoted(text) },
  invisible: ({ text }) => invisibleIn({ text }),
  jsonList: withList(({ text }) => /^\[.*\]$/s.test(text)),
  brackets: withList(({ text }) => /^[<«].*[>»]$/.test(text)),
  quotesInside: withList(({ text }) => !text.startsWith('data:') && /["“”]|^['`]|['`]$|['`],|,['`]/.test(text)),
  tenant: ofName(URI, /\{tenant-?(id)?\}/i),
  reference: ({ text }) => /\{\{resolve:|\$\{?\w+\}?|\{\{.*\}\}/.test(text),
  braces: ofName(URI, /[{}]/),
  noScheme: ({ name, text }) => {
    const scheme = text.startsWith('/') ? 'file' : /^(localhost|127\.)/.test(text) ? 'http' : 'https';
    const isBare = URI.test(name) && /^[\w/]/.test(text) && !/^[a-z]+:(?!\d)/i.test(text);
    return isBare && { scheme, uri: `${scheme}://${text}` };
  },
  remoteHttp: ofName(/^JWKS_URI/, /(^|,\s*)http:\/\/(?!localhost[:/]|127\.|\[::1\])/i),
  password: ofName(/^JWKS_URI/, /^https?:\/\/[^/]*@/),
  semicolons: withList(
    ({ name, text }) => LISTS.test(name) && (/;/.test(text) || (/[|]/.test(text) && /^[^R]/.test(name))),
  ),
  blanks: withList(({ name, text }) => LISTS.test(name) && /[^,] +[^, ]/.test(text)),
  emptyItem: withList(({ text }) => /^,|,\s*,|,$/.test(text)),
  secrets: ofName(/^ALGORITHMS/, /\b(HS\d+|none)\b/i),
  unit: ({ text }) => {
    const [, count, unit = ''] = /^(\d+)\s*(s|m|min|h|d)[a-z]*$/i.exec(text) ?? [];
    const seconds = Number(count) * (UNITS[unit.toLowerCase()] ?? 1);
    return count !== undefined && { seconds };
  },
  source: ({ name, text }) => name === 'TOKEN_SOURCE' && /^[\w-]+$/.test(text) && { right: `header:${text}` },
  yes: ({ name, text }) => name === 'SIMPLE_RESPONSES' && /^(yes|on|1)$/i.test(text),
  capitalsOf: ({ name, text }) => {
    const right = name === 'ALGORITHMS' ? text.toUpperCase().replace('EDDSA', 'EdDSA') : text.toLowerCase();
    return WORDS.test(name) && right !== text && { right };
  },
};
