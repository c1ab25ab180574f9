import { arch, cpus, platform } from 'node:os';
import type { Arena, Sample } from './arena.ts';
import { FLOOR, versions } from './contestants.ts';
import { MEMORY, median, type Settings } from './measures.ts';

type Row = readonly string[];

const kilobytes = (bytes: number) => (bytes / 1024).toFixed(1);

/** A table in Markdown, its columns of one width each, so that it can be read in a terminal as well. */
function table(head: Row, body: readonly Row[]): string {
  const rows = [head, ...body.map((row) => row.map((cell) => (cell.includes('NaN') ? '–' : cell)))];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const rule = widths.map((width, column) => '-'.repeat(width - 1) + (column ? ':' : '-'));
  const pad = (cell: string, column: number) => cell[column ? 'padStart' : 'padEnd'](widths[column] ?? 0);
  return rows
    .toSpliced(1, 0, rule)
    .map((row) => `| ${row.map(pad).join(' | ')} |`)
    .join('\n');
}

export function report({ contestants, nodes, samples }: Arena, settings: Settings): string {
  const { coldRuns, warmRuns } = settings;
  const figure = (measure: string, of: string, node = nodes[0]) => {
    const isMeant = ({ contestant, ...sample }: Sample) =>
      sample.measure === measure && contestant.name === of && sample.node === node;
    return median(samples.filter(isMeant).map(({ value }) => value));
  };
  const columns = [
    ...['cold', 'first'].flatMap((what) => Object.keys(MEMORY).map((size) => `${what}, ${size}`)),
    'warm',
    'memory',
  ];
  const tableOf = (node: Arena['nodes'][number]) =>
    table(
      ['', ...columns],
      contestants.map(({ name }) => [
        name,
        ...columns.map((column) => {
          const value = figure(column, name, node);
          const isWarm = column === 'warm';
          const ratio = isWarm ? figure('warm, ratio', name, node) : value / figure(column, FLOOR, node);
          return `${value.toFixed(1)} (${ratio.toFixed(2)}×)`;
        }),
      ]),
    );
  const [cpu, ...others] = cpus();
  return [
    `Measured on ${new Date().toISOString().slice(0, 10)} with Node ${nodes.map(({ version }) => version).join(', ')},
under AWS's runtime client (${versions('aws-lambda-ric')}), on ${cpu?.model.trim()}, ${others.length + 1} cores, ${platform()} ${arch()}.
Medians of ${coldRuns} processes for each cold start, ${warmRuns} for warm decisions. 256 MB and 128 MB imitate Lambda, and
are not Lambda: from its first event on, a process is stopped and continued by signals.

Cold starts and first requests in ms, warm decisions in µs, peak memory in MB; in parentheses as a multiple of the
${FLOOR}, and warm decisions of a bare RSA-2048 verification by node:crypto in the same process.`,
    ...nodes.flatMap((node) => [`### Node ${node.major}`, tableOf(node)]),
    '### Size',
    table(
      ['', 'bundle, KB', 'zipped, KB'],
      contestants.map(({ name, raw, zipped }) => [name, ...[raw, zipped].map(kilobytes)]),
    ),
  ].join('\n\n');
}
