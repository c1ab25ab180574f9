import { type Explanation, show, textOf, type Values } from '../facts/table.ts';

/** What is said of a mistake, its values filled in. */
export function say(reason: string, name: string, values: Values = {}): Explanation {
  const fill = (text: string) =>
    text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? show(values[key]) : whole));
  const { problem, remedy } = textOf(reason, name);
  return { problem: fill(problem), remedy: fill(remedy) };
}

/** Something that keeps the function from being run; its texts stand under `files`. */
export class Mistake extends Error {
  readonly explanation: Explanation;

  constructor(name: string, values: Values = {}) {
    const explanation = say('files', name, values);
    super(explanation.problem);
    this.explanation = explanation;
  }
}
