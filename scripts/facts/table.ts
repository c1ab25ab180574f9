import { readFileSync } from 'node:fs';

/** What is wrong, in words, and what to do about it. */
export interface Explanation {
  readonly problem: string;
  readonly remedy: string;
}

/** What stands for `{name}` in a text. */
export type Values = Readonly<Record<string, unknown>>;

/** Recognizes a mistake. Falsy where the facts are not of it; values for its text, if it has any of its own. */
export type Sees<F> = (facts: F) => Values | boolean | '' | undefined;

/** Mistakes by name, in the order in which they are tried; what to say of each stands in `docs/mistakes.md`. */
export type Table<F> = Readonly<Record<string, Sees<F>>>;

const LINES = readFileSync(new URL('../../docs/mistakes.md', import.meta.url), 'utf8').split('\n');
const ROWS = LINES.map((line) => line.split(/ ?(?<!\\)\| ?/).map((cell) => cell.replaceAll('\\|', '|')));
const TEXTS = new Map(
  ROWS.map(([, reason, name, problem = '', remedy = '']) => [`${reason} ${name}`, { problem, remedy }]),
);

/** What `docs/mistakes.md` says of a mistake. @throws Error where it says nothing */
export function textOf(reason: string, name: string): Explanation {
  const text = TEXTS.get(`${reason} ${name}`) ?? TEXTS.get(`any ${name}`);
  if (text) return text;
  throw new Error(`docs/mistakes.md has no text for ${reason}, ${name}`);
}

const LONGEST = 300;

/** A value as texts show it: on one line, not too long; of a list the items in quotes. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `"${show(item)}"`).join(', ') || 'none';
  const json = JSON.stringify(value) ?? 'missing';
  const line = typeof value === 'string' ? json.slice(1, -1).replaceAll('\\"', '"') : json;
  return line.length > LONGEST ? `${line.slice(0, LONGEST)} …` : line;
}

/**
 * What to say of the first mistake of a table that is recognized, with its values filled in.
 *
 * @param common values for every mistake
 * @param mask takes what is secret out of a value; the texts themselves hold nothing of the kind
 */
export function explainBy<F>(
  reason: string,
  table: Table<F>,
  facts: F,
  common: Values,
  mask: (text: string) => string,
): Explanation | undefined {
  for (const [name, sees] of Object.entries(table)) {
    const seen = sees(facts);
    if (!seen) continue;
    const values: Values = { ...common, ...(seen === true ? {} : seen) };
    const fill = (text: string) =>
      text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? mask(show(values[key])) : whole));
    const { problem, remedy } = textOf(reason, name);
    return { problem: fill(problem), remedy: fill(remedy) };
  }
  return undefined;
}
