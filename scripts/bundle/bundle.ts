import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import JSZip from 'jszip';
import { builtIns } from './built-ins.ts';
import { notices } from './notices.ts';
import { trial } from './trial.ts';
import { trim } from './trim.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const ZIP = 'custom-authorizer.zip';
export const FILE = 'index.mjs';

/**
 * Bundles a module and all that it imports into one ES module, minified.
 *
 * @param root the folder that the entry point, and the packages that it imports, are in
 * @throws Error where esbuild can't
 */
export async function bundleModule(root: string, entryPoint: string, plugins: Plugin[] = []): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entryPoint],
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    plugins: [builtIns, ...plugins],
    metafile: true,
    write: false,
  });
  const [file] = outputFiles;
  if (!file || outputFiles.length !== 1) throw new Error('esbuild did not make exactly one file');
  return file.contents;
}

/** The function, as it is in the zip. @param root the folder of this project, or of a copy */
export const bundle = (root = ROOT): Promise<Uint8Array> => bundleModule(root, 'src/index.ts', [trim, trial, notices]);

/**
 * The zip for Lambda: the same bytes for the same source. The compression is zlib's in plain JavaScript, for zlib's own
 * output differs between versions and processors; the time is the first that a zip can hold, in whatever zone.
 */
export const zip = (code: Uint8Array): Promise<Uint8Array> =>
  new JSZip()
    .file(FILE, code, {
      date: new Date(Date.UTC(1980, 0, 1)),
      unixPermissions: 0o100644, // a plain file that Lambda's user may read
    })
    .generateAsync({ type: 'uint8array', platform: 'UNIX', compression: 'DEFLATE', compressionOptions: { level: 9 } });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const code = await bundle();
  const archive = await zip(code);
  writeFileSync(new URL(`../../${ZIP}`, import.meta.url), archive);
  const digest = createHash('sha256').update(archive).digest();
  console.log(`${ZIP}: ${archive.length} bytes (${FILE}: ${code.length} bytes)`);
  console.log(`SHA-256: ${digest.toString('hex')}`);
  console.log(`CodeSha256: ${digest.toString('base64')}`);
}
