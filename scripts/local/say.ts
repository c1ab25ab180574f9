/** What is wrong, in words, and what to do about it. */
export interface Explanation {
  readonly problem: string;
  readonly remedy: string;
}

/** A text whose values are still apart from its words: what is secret in a value is left out when it is filled in. */
export interface Said {
  readonly words: readonly string[];
  readonly values: readonly unknown[];
}

/** Writes a text, mostly an explanation: what is wrong, a line break, what to do. */
export const say = (words: TemplateStringsArray, ...values: readonly unknown[]): Said => ({ words, values });

/** A value that the reader copies: it is never shortened. */
export class Whole {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What is said of a mistake, and nothing of what isn't one. */
export type Maybe = Said | undefined;

const LONGEST = 300;

/** A value as texts show it: on one line, not too long; of a list the items in quotes. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `"${show(item)}"`).join(', ') || 'none';
  const json = JSON.stringify(value) ?? 'missing';
  const line = typeof value === 'string' ? json.slice(1, -1).replaceAll('\\"', '"') : json;
  return line.length > LONGEST ? `${line.slice(0, LONGEST)} …` : line;
}

const isSaid = (value: unknown): value is Said => typeof value === 'object' && value !== null && 'words' in value;

/** Fills the values in. @param mask takes what is secret out of a value */
export function fill({ words, values }: Said, mask: (text: string) => string): string {
  const shown = values.map((value) => {
    if (isSaid(value)) return fill(value, mask);
    return mask(value instanceof Whole ? value.text : show(value));
  });
  return words.map((word, at) => word + (shown[at] ?? '')).join('');
}

/** An explanation with its values filled in. */
export function explained(said: Said, mask = (text: string) => text): Explanation {
  const [problem = '', ...remedy] = fill(said, mask).split('\n');
  return { problem: problem.trim(), remedy: remedy.join(' ').trim() };
}

/** Something that keeps the function from being run. */
export class Mistake extends Error {
  readonly said: Said;

  constructor(words: TemplateStringsArray, ...values: readonly unknown[]) {
    const said = { words, values };
    super(explained(said).problem);
    this.said = said;
  }
}

/** Makes a Mistake: for use as a tag, like `say`. */
export const mistake = (words: TemplateStringsArray, ...values: readonly unknown[]) => new Mistake(words, ...values);

/** Words that are no value: they are shown as they are. */
export const plain = (text: string): Said => ({ words: [text], values: [] });

/** Patterns, and words for what fits them. */
export type Words = readonly (readonly [pattern: RegExp, words: string])[];

/** The words of the first pattern that a text fits. */
export const wordsFor = (words: Words, text: string): string | undefined =>
  words.find(([pattern]) => pattern.test(text))?.[1];
