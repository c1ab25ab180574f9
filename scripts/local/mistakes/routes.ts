import { isObject } from '../../../src/json.ts';
import { jsonOf } from '../../json.ts';
import { asList } from '../facts.ts';
import type { Propose } from '../propose.ts';
import { type Maybe, plain, type Said, say } from '../say.ts';

const METHODS = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|ANY)$/i;

/** Mistakes in one entry of ROUTE_SCOPES: what is wrong with it, the entry as it should be, and what else there is to say. */
const ENTRY_ROWS: readonly (readonly [on: RegExp, wrong: string, right: (entry: string) => string, more?: string])[] = [
  [/^(?=\S*[a-z])[A-Za-z]{3,7} /, 'has its method in small letters; methods are in capitals', (entry) => entry.replace(/^\S+/, (word) => word.toUpperCase())],
  [/^\* /, 'has "*", which is not a method', (entry) => entry.replace('*', 'ANY')],
  [/^\S+ https?:\/\//i, 'has a whole URL where a path must be', (entry) => entry.replace(/https?:\/\/[^/ ]+\/?/i, '/')],
  [/^[A-Z]+ [\w{][^ :]*( |$)/, 'has a path that does not begin with /', (entry) => entry.replace(' ', ' /')],
  [/^\S+ \S+:( |$)/, 'has a colon behind its path', (entry) => entry.replace(/:( |$)/, '$1')],
  [/^\S+ \S*\/[:<[$(]\w+/, 'has a parameter in the form ":id" or the like, which is literal text here', (entry) => entry.replace(/\/[:<[$(](\w+)[^/ ]*/g, '/{$1}')],
  [/^\S+ \S+ .*(["'[\]{}]|[-=]>)/, 'has quotes, brackets or an arrow beside its scopes', (entry) => entry.replace(/ *[-=]> */, ' ').replace(/(?<=^\S+ \S+ .*)["'[\]{}]/g, '')],
  [/^\S+ \S*\*/, 'has "*" in its path, which IAM reads as a wildcard', (entry) => entry.replace(/\{?[^/ ]*\*+[^/ ]*/, '{id}'), '{rest+} in place of {id} is for more than one segment.'],
  [/^[A-Z]+ [^ =]+=\S+$/, 'has = where a space must be', (entry) => entry.replace('=', ' ')],
  [/^[A-Z]+ \/\S*\/( |$)/, 'has a slash at the end of its path', (entry) => entry.replace(/\/( |$)/, '$1')],
  [/^\S+( \/\S*)? \S*\|/, 'has scopes with "|", which was read as one scope', alternatives, 'Alternatives are two entries.'],
];

function alternatives(entry: string): string {
  const [, route, scopes = ''] = /^(\S+(?: \/\S*)?) (.*)$/.exec(entry) ?? [];
  return scopes
    .split(/\s*\|\s*/)
    .map((scope) => `${route} ${scope}`)
    .join(', ');
}

/** The entries as they were written, on one line. */
export const entriesOf = (text: string): readonly string[] => text.split(',').map((entry) => entry.trim().replace(/ +/g, ' '));

/** All that is wrong in single entries, put right. */
const putRight = (text: string): string =>
  entriesOf(text)
    .map((entry) => ENTRY_ROWS.reduce((before, [on, , right]) => (on.test(before) ? right(before) : before), entry))
    .join(', ');

/** What is wrong with an entry, and the whole map as it should be. */
export function entryMistake(entry: string, text: string, propose: Propose): Maybe {
  if (entry.includes(';') || /[;\n]/.test(text)) return textMistake(text, propose);
  const [, wrong, , more] = ENTRY_ROWS.find(([on]) => on.test(entry)) ?? [];
  return wrong ? say`ROUTE_SCOPES: the entry "${entry}" ${plain(wrong)}.\n${propose({ ROUTE_SCOPES: putRight(text) }) ?? 'Write METHOD /path scopes, separated by commas.'}${more ? ' – ' : ''}${more ?? ''}` : undefined;
}

/** A map in JSON as entries: {"GET /pets": ["read:pets"]}. */
function entriesOfJson(text: string): string {
  const json = jsonOf(text);
  const entries = isObject(json) ? Object.entries(json).map(([route, scopes]) => [route, ...asList(scopes)].join(' ')) : asList(json ?? text);
  return entries.join(', ');
}

/** Commas in wrong places: between methods (`GET,POST /pets`), and between scopes (`/pets read,write`). */
function joined(text: string): string {
  const [whole = [], rest = []] = [[] as string[], [] as string[]];
  for (const entry of entriesOf(text)) {
    if (/^[A-Za-z]+$/.test(entry) && METHODS.test(entry)) rest.push(entry);
    else if (/^[A-Za-z*]+ \S*|^\$/.test(entry)) whole.push(...[...rest.splice(0), ''].map((method) => entry.replace(/^\S+/, (own) => method || own)));
    else if (entry !== '' && whole.length > 0) whole.push(`${whole.pop()} ${entry}`);
  }
  return whole.join(', ');
}

/** What is wrong with the text of ROUTE_SCOPES as a whole. */
function textMistake(text: string, propose: Propose): Maybe {
  const set = (right: string) => propose({ ROUTE_SCOPES: putRight(right) }) ?? 'Write METHOD /path scopes, separated by commas.';
  if (/^[{[]/.test(text)) return say`ROUTE_SCOPES is JSON; it must contain METHOD /path scopes, separated by commas.\n${set(entriesOfJson(text))}`;
  if (/[\r\n]/.test(text)) return say`ROUTE_SCOPES has a line break in it.\nWrite it on one line: ${set(text.replace(/\s*[\r\n]+\s*/g, ' '))}`;
  if (/;/.test(text)) return say`ROUTE_SCOPES has a semicolon between its entries.\nSeparate them by commas: ${set(text.replace(/\s*;\s*/g, ', '))}`;
  return undefined;
}

/**
 * Why the function does not take ROUTE_SCOPES.
 *
 * @param why what the function says: each mistake with its cure behind a semicolon
 */
export function routeScopes(text: string, why: string, propose: Propose): Said {
  const ofText = textMistake(text, propose);
  if (ofText) return ofText;
  const entries = entriesOf(text);
  const ofEntry = entries.map((entry) => entryMistake(entry, text, propose)).find(Boolean);
  if (ofEntry) return ofEntry;
  const set = propose({ ROUTE_SCOPES: putRight(joined(text)) });
  const scope = entries.find((entry, at) => at > 0 && !/[ /]|^\$/.test(entry) && !METHODS.test(entry));
  if (scope && set) return say`ROUTE_SCOPES: "${scope}" is not an entry: it has no method and no path. Scopes are separated by spaces.\n${set}`;
  const method = entries.find((entry) => METHODS.test(entry));
  if (method && set) return say`ROUTE_SCOPES: "${method}" has no path: a comma separates entries.\nOne entry for each method: ${set}; or ANY for all methods.`;
  if (entries.includes('') && set) return say`ROUTE_SCOPES has an empty entry: there is a comma too many.\n${set}`;
  const end = why.lastIndexOf('; ');
  const [wrong, cure] = end < 0 ? [why, 'Correct it: METHOD /path scopes, separated by commas'] : [why.slice(0, end), why.slice(end + 2)];
  return say`ROUTE_SCOPES: ${wrong}.\n${cure.charAt(0).toUpperCase()}${cure.slice(1)}.`;
}
