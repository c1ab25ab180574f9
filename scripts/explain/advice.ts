import { REASONS, type Reason } from '../../src/decision.ts';
import { type Explanation, textOf } from '../facts/table.ts';

export const isReason = (reason: string): reason is Reason => Object.hasOwn(REASONS, reason);

/** What each reason means, and what helps, in general. */
export const REASON_ADVICE = Object.fromEntries(
  Object.keys(REASONS).map((reason) => [reason, textOf(reason, 'general')]),
) as Readonly<Record<Reason, Explanation>>;

const cell = (text: string) => text.replaceAll('|', '\\|');

/** The rows of a table in Markdown: reason, what is wrong, what to do. */
export const adviceRows = (): readonly string[] =>
  Object.entries(REASON_ADVICE).map(
    ([reason, { problem, remedy }]) => `| \`${reason}\` | ${cell(problem)} | ${cell(remedy)} |`,
  );
