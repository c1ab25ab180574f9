import { readFileSync, writeFileSync } from 'node:fs';
import { chart } from './chart.ts';
import type { Results } from './results.ts';
import { caption, markdownTable } from './table.ts';

const README = new URL('../../README.md', import.meta.url);
const CHART = new URL('./chart.svg', import.meta.url);
const BETWEEN_MARKS = /(<!-- bench:begin -->\n).*?(<!-- bench:end -->)/s;

/**
 * Reads the README.
 *
 * @throws Error where it lacks the marks between which the table belongs; better known before than after measuring
 */
export function readReadme(): string {
  const readme = readFileSync(README, 'utf8');
  if (BETWEEN_MARKS.test(readme)) return readme;
  throw new Error('README.md lacks <!-- bench:begin --> and <!-- bench:end -->');
}

/** Writes the chart; and table, chart and caption into the README, between its two marks. */
export function writeReadme(results: Results): void {
  const picture = '![Cold start and warm decision of each contestant](scripts/bench/chart.svg)';
  const block = [markdownTable(results), picture, caption(results)].join('\n\n');
  writeFileSync(CHART, chart(results));
  writeFileSync(
    README,
    readReadme().replace(BETWEEN_MARKS, (_, begin, end) => `${begin}\n${block}\n\n${end}`),
  );
}
