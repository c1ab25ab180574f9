import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** An installed package, wherever it is: npm nests packages, workspaces share them, and pnpm links to them. */
export interface Package {
  readonly name: string;
  /** The folder that its files are in. */
  readonly folder: string;
}

function nameIn(folder: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name;
  } catch {
    return undefined;
  }
}

/** The package that a file belongs to: the nearest folder above it that is in `node_modules`, or says its name. */
export function packageOf(file: string): Package {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const [parent, grandparent] = [dirname(folder), dirname(dirname(folder))].map((path) => basename(path));
    if (parent === 'node_modules' && !basename(folder).startsWith('@')) return { name: basename(folder), folder };
    if (grandparent === 'node_modules' && parent?.startsWith('@')) {
      return { name: `${parent}/${basename(folder)}`, folder };
    }
    const name = nameIn(folder);
    if (typeof name === 'string') return { name, folder };
  }
  throw new Error(`${file} belongs to no package`);
}
