import { parseArgs } from 'node:util';
import { openArena } from './arena.ts';
import { install, PEERS } from './install.ts';
import { readReadme, writeReadme } from './readme.ts';
import { measureAll } from './results.ts';
import { findRuntime } from './runtimes.ts';
import { FULL, QUICK } from './settings.ts';
import { caption, plainTable } from './table.ts';

const USAGE = `npm run bench -- [options]

  --quick         few runs, under two minutes
  --write         write the table into README.md, and (under Node 24) scripts/bench/chart.svg
  --runtime NAME  ric: AWS's own runtime client, built on its first use (Node 22 or newer, cmake, a C++ compiler)
                  stand-in: one in plain JavaScript
                  or the entry file of another. Without: ric where it is built already, else stand-in
  --help

Under another Node: npx -y node@24 --import tsx scripts/bench/bench.ts [options]
`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    runtime: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  if (values.write) readReadme();
  install(PEERS);
  const arena = await openArena(findRuntime(values.runtime));
  try {
    const results = await measureAll(arena, values.quick ? QUICK : FULL);
    console.log(`${plainTable(results)}\n\n${caption(results)}`);
    if (values.write) writeReadme(results);
  } finally {
    arena.close();
  }
}

if (values.help) console.log(USAGE);
else await main();
