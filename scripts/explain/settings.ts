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

/** What is to be replaced by whoever copies an example: a word in capitals in a host or a path, or what stands in <>. */
const WORD = '(?:TENANT(?:_ID)?|YOUR[A-Z_-]*|ORG|REGION|POOL_ID|HOST|DOMAIN|REALM|EXAMPLE|CLIENT_ID)';
const PLACEHOLDER = new RegExp(
  `(?<=[/._-])${WORD}(?=[/._:-]|$)|<[^>]+>|^CHANGE_?ME$|your[-_](?:tenant|domain|org)`,
);

/** A placeholder of .env.sample, or of the README, that was left as it is. */
export function placeholderIn({ name, text }: Written) {
  const [placeholder] = (/^(TOKEN_ISSUER|JWKS_URI|AUDIENCE)/.test(name) && PLACEHOLDER.exec(text)) || [];
  return placeholder !== undefined && { placeholder };
}

const unquoted = (text: string) =>
  text
    .replace(/[“”‘’"'`[\]\\]/g, '')
    .replace(/\s*[;,]\s*|\s+/g, ',')
    .replace(/,{2,}/g, ',')
    .replace(/^,|,$/g, '');
const withList =
  (sees: Sees): Sees =>
  (written) =>
    Boolean(sees(written)) && { list: unquoted(written.text) };

/** Why a setting can't be read. */
export const SETTINGS_WRONG: Table<Written> = {
  curlyQuotes: ({ text }) => /^[“‘„].*|[”’]$/.test(text) && { list: unquoted(text) },
  invisible: ({ text }) => invisibleIn({ text }),
  jsonList: withList(({ text }) => text.startsWith('[')),
  quotesInside: withList(({ text }) => /["“”]|^['`]|['`]$/.test(text)),
  tenant: ofName(URI, /\{tenant-?(id)?\}/i),
  reference: ({ text }) => /\{\{resolve:|\$\{?\w+\}?|\{\{.*\}\}/.test(text),
  braces: ofName(URI, /[{}]/),
  noScheme: ({ name, text }) => {
    const scheme = /^(localhost|127\.)/.test(text) ? 'http' : 'https';
    const isBare = URI.test(name) && !/^[a-z]+:(?!\d)/i.test(text);
    return isBare && { scheme, uri: `${scheme}://${text.replace(/^\/+/, '')}` };
  },
  remoteHttp: ofName(/^JWKS_URI/, /^http:/i),
  password: ofName(/^JWKS_URI/, /^https?:\/\/[^/]*@/),
  semicolons: withList(ofName(LISTS, /;/)),
  blanks: withList(({ name, text }) => LISTS.test(name) && /[^,] +[^, ]/.test(text)),
  emptyItem: withList(({ text }) => /^,|,\s*,|,$/.test(text)),
  secrets: ofName(/^ALGORITHMS/, /\b(HS\d+|none)\b/i),
  capitalsOf: ({ name, text }) => {
    const right = name === 'ALGORITHMS' ? text.toUpperCase().replace('EDDSA', 'EdDSA') : text.toLowerCase();
    return WORDS.test(name) && right !== text && { right };
  },
};
