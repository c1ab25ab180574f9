/** A text, mostly an explanation: what is wrong, and behind an arrow at the head of a line what to do about it. */
export class Said {
  readonly text: string;
  readonly problem: string;
  readonly remedy: string;

  constructor(text: string) {
    this.text = text.trim();
    const [problem = '', remedy = ''] = text.split(/\n\s*→ /).map((part) => part.replace(/\s*\n\s*/g, ' ').trim());
    this.problem = problem;
    this.remedy = remedy;
  }
}

const LONGEST = 500;

/**
 * A value as texts show it: on one line, not too long; of a list the items in quotes. What was said already stays
 * whole, and what is not said, `condition && say`, is left out.
 */
function show(value: unknown): string {
  if (value instanceof Said) return value.text;
  if (value === false) return '';
  if (Array.isArray(value)) return value.map((item) => `"${show(item)}"`).join(', ') || 'none';
  const json = JSON.stringify(value) ?? 'missing';
  const line = typeof value === 'string' ? json.slice(1, -1).replaceAll('\\"', '"') : json;
  return line.length > LONGEST ? `${line.slice(0, LONGEST)} …` : line;
}

export const say = (words: readonly string[], ...values: readonly unknown[]) =>
  new Said(String.raw({ raw: words }, ...values.map(show)));

/**
 * A page of mistakes, each `- ${what recognizes it}: what is wrong`, and on a new line `→ what to do`, or what to do
 * alone, if the same is wrong with all of them. What recognizes it may be a text itself, and then nothing follows it.
 *
 * @returns what is said of each mistake that is recognized
 */
export function allOf(words: TemplateStringsArray, ...values: readonly unknown[]): readonly Said[] {
  const starts = values.flatMap((_, at) => (/(^|\n)\s*- $/.test(words[at] ?? '') ? [at] : []));
  return starts.flatMap((at, row) => {
    const [first = '', ...others] = words.slice(at + 1, (starts[row + 1] ?? values.length) + 1);
    const texts = [first.slice(2), ...others].map((each) => each.replace(/\n\s*- $/, ''));
    if (!values[at]) return [];
    return first.startsWith(': ') ? say(texts, ...values.slice(at + 1)) : (values[at] as Said);
  });
}

export const firstOf = (...page: Parameters<typeof allOf>): Said | undefined => allOf(...page)[0];

/** Something that keeps the function from being run. */
export class Mistake extends Error {
  readonly said: Said;

  constructor(said: Said) {
    super(said.problem);
    this.said = said;
  }
}

/** Makes a Mistake: for use as a tag, like `say`. */
export const mistake = (...text: Parameters<typeof say>) => new Mistake(say(...text));
