import { fileURLToPath } from 'node:url';
import { deploy } from './deployment.ts';
import { Failure } from './failure.ts';
import { HELP, readOptions } from './options.ts';
import { rehearse } from './rehearsal.ts';
import { remove } from './removal.ts';
import type { World } from './world.ts';

/**
 * Does what a command line asks for.
 *
 * @param argv the arguments
 * @returns the exit code: 0, 1 for a failure, 2 for a command line that makes no sense
 */
export async function main(argv: readonly string[], world: World): Promise<0 | 1 | 2> {
  try {
    const options = readOptions(argv);
    if (options.help) world.print(HELP);
    else if (options.dryRun) await rehearse(options, world);
    else if (options.delete) await remove(options, world);
    else await deploy(options, world);
    return 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    world.complain(error.message);
    return error.exitCode;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2), {
    env: process.env,
    folder: process.cwd(),
    print: (text) => console.log(text),
    complain: (text) => console.error(text),
  });
}
