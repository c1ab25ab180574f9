import { readFileSync, writeFileSync } from 'node:fs';
import { chart } from './chart.ts';
import type { Results } from './results.ts';
import { caption, markdownTable } from './table.ts';

const README = new URL('../../README.md', import.meta.url);
const CHART = new URL('./chart.svg', import.meta.url);

const MAJOR = Number.parseInt(process.versions.node, 10);
/** Lambda's newest runtime: the chart is of it, the tables are of each. */
const CHARTED = 24;

const BEGIN = `<!-- bench, Node ${MAJOR}:begin -->`;
const END = `<!-- bench, Node ${MAJOR}:end -->`;
const BETWEEN_MARKS = new RegExp(`(${BEGIN}\n).*?(${END})`, 's');

/**
 * Reads the README.
 *
 * @throws Error where it lacks the marks between which the table belongs; better known before than after measuring
 */
export function readReadme(): string {
  const readme = readFileSync(README, 'utf8');
  if (BETWEEN_MARKS.test(readme)) return readme;
  throw new Error(`README.md lacks ${BEGIN} and ${END}`);
}

/** Writes table and caption into the README, between the marks of this Node, and the chart where it is of this Node. */
export function writeReadme(results: Results): void {
  const block = [markdownTable(results), caption(results)].join('\n\n');
  if (MAJOR === CHARTED) writeFileSync(CHART, chart(results));
  writeFileSync(
    README,
    readReadme().replace(BETWEEN_MARKS, (_, begin, end) => `${begin}\n${block}\n\n${end}`),
  );
}
