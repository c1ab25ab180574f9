import { FLOOR, THIS } from './contestants.ts';
import { DELAY, type Figures, type Results } from './results.ts';
import { median } from './stats.ts';

// Drawn on a ground of its own, so that it can be read whatever the page around it looks like.
const STYLE = `
  .ground { fill: #ffffff; stroke: #d0d7de }
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .head { font-weight: 600 }
  .small { font-size: 11px; fill: #59636e }
  .value { stroke: #ffffff; stroke-width: 3px; paint-order: stroke }
  .own { fill: #0969da } .own.pale { fill: #80b8f5 }
  .peer { fill: #818b98 } .peer.pale { fill: #c8cfd6 }
  .mark { stroke: #d1242f; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    .value { stroke: #0d1117 }
    .own { fill: #4493f8 } .own.pale { fill: #1f4f8f }
    .peer { fill: #9198a1 } .peer.pale { fill: #4a525c }
    .mark { stroke: #f85149 }
  }`;

interface Bar {
  readonly value: number | undefined;
  readonly isPale?: true;
}

/** One measure of every contestant, side by side. */
interface Panel {
  readonly title: string;
  readonly note: string;
  readonly left: number;
  readonly width: number;
  readonly bars: (figures: Figures) => readonly Bar[];
  /** What nobody can be faster than. */
  readonly mark: number;
}

const WIDTH = 820;
const LABELS = 176;
const TOP = 66;
const ROW = 40;
/** Room for a value behind the longest bar. */
const VALUE = 48;

const escapeText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const at = (value: number) => value.toFixed(1);

function panels({ contestants }: Results): Panel[] {
  const floor = contestants.find(({ name }) => name === FLOOR.name);
  return [
    {
      title: 'Cold start to first Allow, ms',
      note: `keys at once; pale: after ${DELAY} ms; dashed: the floor`,
      left: LABELS,
      width: 370,
      bars: ({ cold, coldDelayed }) => [{ value: cold }, { value: coldDelayed, isPale: true }],
      mark: floor?.cold ?? 0,
    },
    {
      title: 'Warm decision, µs',
      note: 'dashed: a bare RSA verification',
      left: LABELS + 390,
      width: WIDTH - LABELS - 390 - 14,
      bars: ({ warm }) => [{ value: warm?.micros }],
      mark: median(contestants.flatMap(({ warm }) => (warm ? [warm.bareMicros] : []))),
    },
  ];
}

function drawPanel(
  { title, note, left, width, bars, mark }: Panel,
  contestants: readonly Figures[],
): string[] {
  const largest = Math.max(...contestants.flatMap((figures) => bars(figures).map(({ value = 0 }) => value)));
  const scale = (width - VALUE) / largest;
  const drawn = contestants.flatMap((figures, row) => {
    const all = bars(figures);
    const height = (ROW - 12) / all.length;
    return all.flatMap(({ value, isPale }, index) => {
      if (value === undefined) return [];
      const top = TOP + row * ROW + 6 + index * height;
      const kind = `${figures.name === THIS.name ? 'own' : 'peer'}${isPale ? ' pale' : ''}`;
      return [
        `<rect class="${kind}" x="${left}" y="${at(top)}" width="${at(value * scale)}" height="${at(height - 1)}"/>`,
        `<text class="small value" x="${at(left + value * scale + 5)}" y="${at(top + height / 2 + 3.5)}">${at(value)}</text>`,
      ];
    });
  });
  const line = at(left + mark * scale);
  return [
    `<text class="head" x="${left}" y="26">${escapeText(title)}</text>`,
    `<text class="small" x="${left}" y="44">${escapeText(note)}</text>`,
    `<line class="mark" x1="${line}" x2="${line}" y1="${TOP}" y2="${TOP + contestants.length * ROW}"/>`,
    ...drawn,
  ];
}

/** The chart, as SVG: cold starts and warm decisions, every contestant a row. */
export function chart(results: Results): string {
  const { contestants, node } = results;
  const height = TOP + contestants.length * ROW + 12;
  const title = `Cold start and warm decision of each contestant, Node ${node}`;
  const labels = contestants.map(({ name }, row) => {
    const weight = name === THIS.name ? ' class="head"' : '';
    return `<text${weight} x="14" y="${TOP + row * ROW + ROW / 2 + 4}">${escapeText(name)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escapeText(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>`,
    ...labels,
    ...panels(results).flatMap((panel) => drawPanel(panel, contestants)),
    '</svg>',
    '',
  ].join('\n');
}
