import { arch, cpus, platform } from 'node:os';
import type { Arena } from './arena.ts';
import { FLOOR, THIS } from './contestants.ts';
import { median, REQUESTS, type Sample, SCENARIOS, type Settings } from './measures.ts';

/** Of a contestant under a version of Node. */
type Figure = (measure: string, name: string, node: string) => number;
type Row = readonly string[];

const kilobytes = (bytes: number) => (bytes / 1024).toFixed(1);
const times = (value: number) => `${value.toFixed(2)}×`;

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

/** What is promised: a figure of this zip that is to be at most so much. */
function goals(figure: Figure): readonly (readonly [what: string, most: number, found: (node: string) => number])[] {
  const ratio = (measure: string, node: string, to: string, other = THIS) =>
    figure(measure, THIS, node) / figure(to, other, node);
  return [
    ...SCENARIOS.map(({ name, goal }) => {
      const cold = `cold, ${name}`;
      return [`${cold}, to the ${FLOOR}`, goal, (node: string) => ratio(cold, node, cold, FLOOR)] as const;
    }),
    ...SCENARIOS.map(({ name }) => {
      const found = (node: string) => ratio(`first, ${name}`, node, `last, ${name}`);
      return [`first request to ${REQUESTS}th, ${name}`, 3, found] as const;
    }),
    ['warm, with its log line, to a bare verification', 2.1, (node) => figure('warm, ratio', THIS, node)],
  ];
}

/** Everything that was measured, as text in Markdown. */
export function report(
  { contestants, nodes }: Arena,
  samples: readonly Sample[],
  { coldRuns, warmRuns, inventedKids }: Settings,
  runtimeClient: string,
): string {
  const [cpu, ...others] = cpus();
  const majors = nodes.map(({ major }) => major);
  const [floodNode = ''] = majors;
  const heads = majors.map((major) => `Node ${major}`);
  const names = contestants.map(({ name }) => name);
  const figure: Figure = (measure, name, node) => {
    const isMeant = (sample: Sample) =>
      sample.measure === measure && sample.contestant.name === name && sample.node.major === node;
    return median(samples.filter(isMeant).map(({ value }) => value));
  };

  const ahead = ['warm', ...SCENARIOS.map(({ name }) => `cold, ${name}`)].flatMap((measure) =>
    majors.map((node) => {
      const isAhead = (name: string) => figure(measure, name, node) < figure(measure, THIS, node);
      const found = contestants.filter(({ verifies, name }) => verifies && isAhead(name));
      return `- ${measure}, Node ${node}: ${found.map(({ name }) => name).join('; ') || 'nothing'}`;
    }),
  );
  const byScenario = (cell: (scenario: string, name: string) => string) =>
    table(
      ['', ...SCENARIOS.map(({ name }) => name)],
      names.map((name) => [name, ...SCENARIOS.map((scenario) => cell(scenario.name, name))]),
    );
  const coldCell = (node: string) => (scenario: string, name: string) => {
    const [cold, floor] = [name, FLOOR].map((of) => figure(`cold, ${scenario}`, of, node)) as [number, number];
    return `${cold.toFixed(1)} (${times(cold / floor)})`;
  };
  const firstCell = (node: string) => (scenario: string, name: string) => {
    const [first, last] = ['first', 'last'].map((of) => figure(`${of}, ${scenario}`, name, node)) as [number, number];
    return `${first.toFixed(1)} / ${last.toFixed(1)} (${times(first / last)})`;
  };
  const warmRow = (measure: string, name: string, title = name) => [
    title,
    ...majors.map((node) => {
      const ratio = figure(`${measure}, ratio`, name, node);
      return `${figure(measure, name, node).toFixed(1)} (${times(ratio)})`;
    }),
  ];

  return [
    `Measured on ${new Date().toISOString().slice(0, 10)} with Node ${nodes.map(({ version }) => version).join(', ')},
under ${runtimeClient}, on ${cpu?.model.trim()}, ${others.length + 1} cores, ${platform()} ${arch()}.
Medians of ${coldRuns} processes for each cold start, ${warmRuns} for warm decisions. 256 MB and 128 MB imitate Lambda, and
are not Lambda: from its first event on, a process is stopped and continued by signals.`,
    '### This zip and its goals',
    table(
      ['', ...heads, 'goal'],
      goals(figure).map(([what, most, found]) => [
        what,
        ...majors.map(found).map((value) => `${times(value)}${value > most ? ' (missed)' : ''}`),
        `≤ ${times(most)}`,
      ]),
    ),
    '### Ahead of this zip',
    ahead.join('\n'),
    ...majors.flatMap((node) => [
      `### Cold start, Node ${node}`,
      `From process start to the first Allow, ms, and as a multiple of the ${FLOOR}.`,
      byScenario(coldCell(node)),
      `### First request after loading and ${REQUESTS}th, Node ${node}`,
      'From the event handed out to the answer, ms, and the first as a multiple of the other.',
      byScenario(firstCell(node)),
    ]),
    '### Warm decisions',
    'µs, and as a multiple of a bare RSA-2048 verification by node:crypto in the same process.',
    table(
      ['', ...heads],
      [...names.map((name) => warmRow('warm', name)), warmRow('quiet', THIS, `${THIS}, log to the null device`)],
    ),
    '### Size, memory, flood',
    `Peak memory, MB. Flood: ${inventedKids} tokens with invented kids, a valid token before every ten, Node ${floodNode}.`,
    table(
      ['', 'bundle, KB', 'zipped, KB', ...heads.map((head) => `memory, ${head}`), 'valid allowed', 'key requests'],
      contestants.map(({ name, raw, zipped }) => [
        name,
        ...[raw, zipped].map(kilobytes),
        ...majors.map((node) => figure('memory', name, node).toFixed(1)),
        `${figure('allowed', name, floodNode).toFixed(1)} %`,
        String(figure('requests', name, floodNode)),
      ]),
    ),
  ].join('\n\n');
}
