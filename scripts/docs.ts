import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../src/config/config.ts';
import { MAX_NUMBER, SETTINGS, type Setting } from '../src/config/settings.ts';
import { type Outcome, REASONS, type Reason } from '../src/decision.ts';
import { ADVICE } from './local/advice.ts';
import { readTemplate } from './template.ts';

const ROOT = new URL('..', import.meta.url);

const rows: readonly Setting<unknown>[] = Object.values(SETTINGS);

/** The comments of `.env.sample`, by variable: each stands on the lines right above it. */
export function readComments(sample: string): ReadonlyMap<string, string> {
  const found = sample.matchAll(/((?:^# .*\n)+)#?([A-Z][A-Z0-9_]+)=/gm);
  return new Map([...found].map(([, lines = '', name = '']) => [name, lines.replace(/\n?^# /gm, ' ').trim()]));
}

const cell = (text: string) => text.replaceAll('|', '\\|');
const code = (text: string) => `\`${text}\``;
const table = (head: readonly string[], body: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const defaultOf = (row: Setting<unknown>): string => {
  if (row.defaultText !== undefined) return code(row.defaultText);
  return 'defaultValue' in row ? 'none' : '**required**';
};

/** The settings, from their rows and from the comments of `.env.sample`. */
function settingsTable(sample: string): string {
  const comments = readComments(sample);
  const body = rows.map((row) => [
    code(row.name),
    defaultOf(row),
    cell(row.should),
    cell(comments.get(row.name) ?? ''),
  ]);
  const numbered = rows.filter(({ isPerIssuer }) => isPerIssuer).map(({ name }) => code(name));
  return [
    table(['variable', 'default', 'what to set it to', 'what it is for'], body),
    `An issuer can have its own value of these, in variables with a number from 2 to ${MAX_NUMBER} after the name: ${numbered.join(', ')}.`,
  ].join('\n\n');
}

/** What a caller sees, on REST and WebSocket APIs and on HTTP APIs: only the first two know a 401. */
const STATUS: Readonly<Record<Outcome | 'bySetting', readonly [rest: string, http: string]>> = {
  allow: ["the API's answer", "the API's answer"],
  unauthorized: ['401', '403'],
  bySetting: ['401 *', '403'],
  deny: ['403', '403'],
  error: ['500', '500'],
};

function reasonsTable(): string {
  const body = Object.entries(REASONS).map(([reason, { outcome, error, description = '' }]) => {
    return [code(reason), ...STATUS[outcome], error ? code(error) : '', description];
  });
  return table(['`reason`', 'REST, WebSocket', 'HTTP', '`error`', '`error_description`'], body);
}

/** What the reasons mean that are never an `error_description`. */
const MEANINGS: { readonly [R in Reason]?: string } = {
  unsupported_event: 'The event is not an authorizer event of API Gateway',
  authorized: 'The request is permitted',
  keys_unavailable: "The issuer's keys are unavailable, and no cached ones are young enough",
  internal_error: 'A defect of the function',
};

function adviceTable(): string {
  const body = Object.entries(ADVICE).map(([reason, cure]) => {
    const { description = MEANINGS[reason as Reason] ?? '' } = REASONS[reason as Reason];
    return [code(reason), description, cell(cure)];
  });
  return table(['`reason`', 'what it means', 'what to do'], body);
}

/** What the function says at start about mistakes that are made often. */
function startMessage(): string {
  try {
    readConfig({
      TOKEN_ISSUER: 'https://t.example/',
      AUDIENCE: '"https://api.example.com/"',
      ALGORITHMS_2: 'RS256',
    });
  } catch (error) {
    return `\`\`\`text\n${error instanceof Error ? error.message : error}\n\`\`\``;
  }
  throw new Error('These settings have no mistake.');
}

/** The parameters of a template: what its descriptions say, and its defaults. */
function parametersTable(name: string): string {
  const { Parameters } = readTemplate(readFileSync(new URL(`scripts/deploy/${name}`, ROOT), 'utf8'));
  const body = Object.entries(Parameters).map(([parameter, { Default, Description = '' }]) => {
    const shown = Default === undefined ? '**needed**' : Default === '' ? 'none' : code(String(Default));
    return [code(parameter), shown, cell(Description.trim())];
  });
  return [code(name), table(['parameter', 'default', 'what it is for'], body)].join('\n\n');
}

const SAMPLE = readFileSync(new URL('.env.sample', ROOT), 'utf8');

/** The marked blocks of each page: `npm run docs` writes them, a test compares. */
export const BLOCKS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'docs/reference.md': { settings: settingsTable(SAMPLE), reasons: reasonsTable(), message: startMessage() },
  'docs/deploy.md': { parameters: ['template.yaml', 'extras.yaml'].map(parametersTable).join('\n\n') },
  'docs/on-call.md': { advice: adviceTable() },
};

/**
 * A page with its marked blocks written anew.
 *
 * @throws Error where a block has no place in the page
 */
export function withBlocks(page: string, blocks: Readonly<Record<string, string>>): string {
  return Object.entries(blocks).reduce((text, [name, content]) => {
    const [begin, end] = [`<!-- ${name}: written by npm run docs -->`, `<!-- ${name}: end -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`There is no place for the block ${name}.`);
    return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
  }, page);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, blocks] of Object.entries(BLOCKS)) {
    const page = new URL(path, ROOT);
    writeFileSync(page, withBlocks(readFileSync(page, 'utf8'), blocks));
  }
}
