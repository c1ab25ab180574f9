import { FLOOR, THIS } from './contestants.ts';
import { DELAY, type Figures, type Results } from './results.ts';
import { median } from './stats.ts';

interface Column {
  readonly title: string;
  readonly cell: (figures: Figures, floor: Figures) => string;
}

const ABSENT = '–';
const KIB = 1024;
const MIB = KIB * KIB;

const times = (ratio: number) => `${ratio.toFixed(2)}×`;
const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;

const COLUMNS: readonly Column[] = [
  {
    title: 'cold start, ms',
    cell: ({ cold }, floor) => `${cold.toFixed(1)} (${times(cold / floor.cold)})`,
  },
  {
    title: `the same, keys after ${DELAY} ms`,
    cell: ({ coldDelayed }, floor) => `${coldDelayed.toFixed(1)} (${times(coldDelayed / floor.coldDelayed)})`,
  },
  {
    title: 'warm decision, µs',
    cell: ({ warm }) => (warm ? `${warm.micros.toFixed(1)} (${times(warm.ratio)})` : ABSENT),
  },
  { title: 'bundle, KB', cell: ({ size }) => (size.raw / KIB).toFixed(1) },
  { title: 'zipped, KB', cell: ({ size }) => (size.zipped / KIB).toFixed(1) },
  {
    title: 'peak memory, MB',
    cell: ({ memory }, floor) => `${(memory / MIB).toFixed(1)} (${signed((memory - floor.memory) / MIB)})`,
  },
  {
    title: 'good tokens allowed in a flood',
    cell: ({ flood }) => (flood ? `${(flood.allowed * 100).toFixed(1)} %` : ABSENT),
  },
  {
    title: 'requests for keys',
    cell: ({ flood }) => (flood ? String(flood.requests) : ABSENT),
  },
];

function rows({ contestants }: Results, label: (figures: Figures) => string): string[][] {
  const floor = contestants.find(({ name }) => name === FLOOR.name);
  if (!floor) throw new Error('the floor is missing');
  return [
    ['', ...COLUMNS.map(({ title }) => title)],
    ...contestants.map((figures) => [label(figures), ...COLUMNS.map(({ cell }) => cell(figures, floor))]),
  ];
}

/** What the figures are, in one paragraph. */
export function caption({ contestants, settings, machine, node, runtime }: Results): string {
  const bare = median(contestants.flatMap(({ warm }) => (warm ? [warm.bareMicros] : [])));
  const { coldRuns, inventedKids } = settings;
  return [
    `Measured with Node ${node} under ${runtime}, on ${machine}.`,
    `Medians; cold starts of ${coldRuns} fresh processes each, from process start to the first Allow,`,
    'with the keys fetched over TLS on loopback, and as a multiple of the hand-written floor.',
    'Warm: a fresh token for each decision, and as a multiple of a bare RSA-2048 verification by node:crypto',
    `in the same process (${bare.toFixed(1)} µs here); only this zip writes a log line for each, to a file here.`,
    'Memory: resident at most after the first Allow, and the difference to the floor.',
    `Flood: ${inventedKids} tokens with invented kids, a good token before every ten of them.`,
  ].join(' ');
}

const versioned = ({ name, packages }: Figures) => (packages.length > 0 ? packages.join(' + ') : name);

/** The table for a terminal. */
export function plainTable(results: Results): string {
  const table = rows(results, versioned);
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
  return table.map((row) => line(row).join('  ')).join('\n');
}

/** The table for the README. */
export function markdownTable(results: Results): string {
  const [head = [], ...body] = rows(results, (figures) =>
    figures.name === THIS.name ? `**${THIS.name}**` : versioned(figures),
  );
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [head, rule, ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
