import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openArena } from './arena.ts';
import { checkCorrect, measureCold, measureWarm, type Settings } from './measures.ts';
import { report } from './report.ts';
import { findNode, install } from './tools.ts';

const USAGE = `npm run bench -- [options]

  --quick       few runs, and of Node 24 alone unless --node is given: under two minutes
  --node MAJOR  a version of Node, fetched from npm; can be repeated (without: 22, 24, 26)

The first run builds AWS's runtime client, which needs cmake and a C++ compiler.`;

const FULL: Settings = { coldRuns: 25, warmRuns: 5, warmUp: 15_000, warmTokens: 6_000 };
const QUICK: Settings = { coldRuns: 5, warmRuns: 1, warmUp: 6_000, warmTokens: 2_000 };

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    node: { type: 'string', multiple: true },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const nodes = (values.node ?? (values.quick ? ['24'] : ['22', '24', '26'])).map(findNode);
  install(nodes);
  const settings = values.quick ? QUICK : FULL;
  const folder = mkdtempSync(join(tmpdir(), 'authorizer-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

  const arena = await openArena(folder, nodes);
  await checkCorrect(arena);
  await measureCold(arena, settings);
  await measureWarm(arena, settings);
  await arena.issuer.close();
  console.log(report(arena, settings));
}

if (values.help) console.log(USAGE);
else await main();
