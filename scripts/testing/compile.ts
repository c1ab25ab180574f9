import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { bundle, ZIP, zip } from '../bundle.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['src', 'scripts', 'test'];

/** Where the compiled files are, in the same folders as their sources; `hooks.mjs` looks there. */
const OUTPUT = '.compiled';

/** The zip of the compiled files: made once, for all tests that try what ships. */
export const COMPILED_ZIP = join(ROOT, OUTPUT, ZIP);

/** The loader of the compiled files: the value of Node's option `--import`. */
export const LOADER = new URL('loader.mjs', import.meta.url).href;

async function compileZip(): Promise<void> {
  const archive = zip(await bundle());
  mkdirSync(dirname(COMPILED_ZIP), { recursive: true });
  writeFileSync(COMPILED_ZIP, archive);
}

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
 * Compiles every TypeScript file once, and makes the zip, so that no process has to that runs it. With `LOADER`, a process that loads a
 * source by its own path gets what was compiled here.
 */
export async function compile(): Promise<void> {
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
      .map((name) => join(folder, name)),
  );
  await Promise.all([compileZip(), ...paths.map(compileFile)]);
}
