import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['src', 'scripts', 'test'];

/** Where the compiled files are, in the same folders as their sources; `hooks.mjs` looks there. */
const OUTPUT = '.compiled';

/** The loader of the compiled files: the value of Node's option `--import`. */
export const LOADER = new URL('loader.mjs', import.meta.url).href;

/** Compiles one file. Its source map names the source as seen from the source, whose URL the loader keeps. */
async function compileFile(path: string): Promise<void> {
  const source = readFileSync(join(ROOT, path), 'utf8');
  const { code } = await transform(source, {
    loader: 'ts',
    target: 'node20',
    sourcefile: basename(path),
    sourcemap: 'inline',
  });
  const output = join(ROOT, OUTPUT, path.replace(/ts$/, 'js'));
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, code);
}

/**
 * Compiles every TypeScript file once, so that no process has to that runs it. With `LOADER`, a process that loads a
 * source by its own path gets what was compiled here.
 */
export async function compile(): Promise<void> {
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
      .map((name) => join(folder, name)),
  );
  await Promise.all(paths.map(compileFile));
}
