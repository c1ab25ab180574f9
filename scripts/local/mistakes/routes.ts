import { isObject } from '../../../src/json.ts';
import { jsonOf } from '../../json.ts';
import type { About } from '../facts.ts';
import type { Propose } from '../propose.ts';
import { firstOf } from '../say.ts';

type Replacement = string | ((...match: string[]) => string);

const alternatives: Replacement = (_, route = '', scopes = '') =>
  String(scopes.split('|').map((scope) => ` ${route} ${scope.trim()}`)).trim();

/** Mistakes in one entry of ROUTE_SCOPES: where, what is wrong, and what must be there instead. */
const ENTRY_ROWS: readonly (readonly [where: RegExp, wrong: string, right: Replacement])[] = [
  [/^(?=\S*[a-z])[A-Za-z]{3,7}(?= )/, 'has its method in small letters', (word = '') => word.toUpperCase()],
  [/^\*(?= )/, 'has "*", which is not a method', 'ANY'],
  [/(?<=^\S+ )https?:\/\/[^/ ]+\/?/i, 'has a whole URL where a path must be', '/'],
  [/(?<=^[A-Z]+ )(?=[\w{][^ :]*( |$))/, 'has a path that does not begin with /', '/'],
  [/(?<=^\S+ \S+):(?= |$)/, 'has a colon behind its path', ''],
  [/(?<=^\S+ \S*\/)[:<[$(](\w+)[^/ ]*/g, 'has a parameter such as ":id", which is literal text here', '{$1}'],
  [/(?<=^\S+ \S+) [-=]> */, 'has an arrow before its scopes', ' '],
  [/(?<=^\S+ \S+ .*)["'[\]{}]/g, 'has quotes or brackets beside its scopes', ''],
  [/(?<=^\S+ \S*\/)[^/ ]*\*[^/ ]*/, 'has "*" in its path, a wildcard of IAM; {rest+} is for several segments', '{id}'],
  [/(?<=^[A-Z]+ [^ =]+)=(?=\S+$)/, 'has = where a space must be', ' '],
  [/(?<=^[A-Z]+ \/\S*)\/(?= |$)/, 'has a slash at the end of its path', ''],
  [/^(\S+(?: \/\S*)?) (.*\|.*)$/, 'has "|", which was read as one scope; alternatives are two entries', alternatives],
];

const applied = (entry: string, [where, , right]: (typeof ENTRY_ROWS)[number]) => entry.replace(where, right as string);

/** The entries as they were written, each on one line; of JSON such as {"GET /pets": ["read:pets"]} too. */
function entriesOf(text: string): readonly string[] {
  const json = jsonOf(text);
  if (isObject(json)) return Object.entries(json).map((entry) => entry.flat().join(' '));
  if (Array.isArray(json)) return json.map(String);
  return text.split(/[,;]/).flatMap((entry) => entry.trim().replace(/\s+/g, ' ') || []);
}

const putRight = (entries: readonly string[]) => entries.map((entry) => ENTRY_ROWS.reduce(applied, entry)).join(', ');

/** What is wrong with the syntax of a map. @param entries those to look at */
export function mapMistake(text: string, propose: Propose, entries = entriesOf(text)) {
  const found = entries.flatMap((entry) => ENTRY_ROWS.map((row) => ({ entry, row })));
  const wrong = found.find(({ entry, row }) => applied(entry, row) !== entry);
  const set = propose({ ROUTE_SCOPES: putRight(entriesOf(text)) }) || 'Write METHOD /path scopes, separated by commas.';
  return firstOf`
    - ${/^[{[]|[\r\n;]/.test(text)}: ROUTE_SCOPES is JSON, or has a semicolon or a line break in it: entries are on one
      line, with commas between them.
      → ${set}
    - ${wrong}: ROUTE_SCOPES: the entry "${wrong?.entry}" ${wrong?.row[1]}.
      → ${set}`;
}

const METHOD = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|ANY)$/i;

/** Commas in wrong places: between methods (`GET,POST /pets`), and between scopes (`/pets read,write`). */
function joined(entries: readonly string[]): readonly string[] {
  const [whole, methods]: [string[], string[]] = [[], []];
  for (const entry of entries) {
    if (METHOD.test(entry)) methods.push(entry);
    else if (/^[A-Za-z*]+ |^\$/.test(entry))
      whole.push(...methods.splice(0).map((method) => entry.replace(/^\S+/, method)), entry);
    else whole.push(`${whole.pop() ?? ''} ${entry}`);
  }
  return whole;
}

/** Why the function refuses ROUTE_SCOPES. @param why what it says: each mistake with its cure behind a semicolon */
export function routeScopes(text: string, why: string, propose: Propose) {
  const set = propose({ ROUTE_SCOPES: putRight(joined(entriesOf(text))) });
  const [wrong, ...cures] = why.split('; ');
  return firstOf`
    - ${mapMistake(text, propose)}
    - ${set}: ROUTE_SCOPES has a comma too many: ${wrong}. Commas separate entries, and spaces separate scopes.
      → ${set} (several methods are several entries, or ANY)
    - ${true}: ROUTE_SCOPES: ${wrong}.
      → In ROUTE_SCOPES, ${cures.join('; ') || 'write METHOD /path scopes, separated by commas'}.`;
}

export function unlistedRoute(facts: About<'unlisted_route'>) {
  const { sentence, settings, request, propose } = facts;
  const { method = '', path = '', stage } = request ?? {};
  const text = settings.ROUTE_SCOPES ?? '';
  const route = method.startsWith('$') ? method : `${method} ${path || '/'}`;
  const entries = entriesOf(text);
  const staged = entries.find((entry) => entry.split(' ')[1]?.startsWith(`/${stage}/`));
  const like = entries.find((entry) => `${entry} `.toLowerCase().startsWith(`${route.toLowerCase()} `));
  return firstOf`
    - ${path === '/resourcePath'}: The methodArn in event.json is still that of the sample: method/resourcePath.
      → Write the request that you want to try at its end, …/stage/GET/pets, or: npm start -- --route 'GET /pets'
    - ${mapMistake(text, propose)}
    - ${staged}: No entry of ROUTE_SCOPES matches ${route}; "${staged}" begins with the stage, ${stage}.
      → Leave the stage out: ${propose({ ROUTE_SCOPES: text.replaceAll(` /${stage}/`, ' /') })}
    - ${like}: ROUTE_SCOPES has no entry that matches ${route}, but "${like}": upper and lower case make a difference.
      → Call that path, or correct the entry:
      ${propose({ ROUTE_SCOPES: text.replace(String(like).slice(0, route.length), route) })}
    - ${true}: ${sentence} It is ${route}.`;
}

/** A policy must be able to name the request, and to tell it from the routes that are open. */
export function unsupportedResource({ settings, request, propose }: About<'unsupported_resource'>) {
  const text = settings.ROUTE_SCOPES ?? '';
  const greedy = request?.path === '/' && entriesOf(text).find((entry) => /^[A-Z]+ \/\{[^}]*\+\}/.test(entry));
  const set = greedy && propose({ ROUTE_SCOPES: `${text}, ${greedy.replace(/\/\{[^}]*\+\}/, '/')}` });
  return firstOf`
    - ${set}: ROUTE_SCOPES: "${greedy}" does not match the root, ${request?.method} /.
      → Add an entry for it: ${set}`;
}
