import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { zipSync } from 'fflate';
import { trim } from './trim.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const ZIP = 'custom-authorizer.zip';

/** The function in one CommonJS file, as it stands in the zip. */
export async function bundle(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/index.ts'],
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    legalComments: 'none',
    plugins: [trim],
    write: false,
  });
  const [file] = outputFiles;
  if (!file || outputFiles.length !== 1) throw new Error('esbuild did not make exactly one file');
  return file.contents;
}

/**
 * The zip for Lambda: the same bytes for the same source. The compression is plain JavaScript, for zlib's output
 * differs between versions and processors; the time is the first that a zip can hold, in whatever zone.
 */
export function zip(code: Uint8Array): Uint8Array {
  const attrs = 0o100644 << 16; // a plain file that Lambda's user may read
  return zipSync({ 'index.js': [code, { level: 9, mtime: new Date(1980, 0, 1), os: 3, attrs }] });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const code = await bundle();
  const archive = zip(code);
  writeFileSync(new URL(`../${ZIP}`, import.meta.url), archive);
  const digest = createHash('sha256').update(archive).digest();
  console.log(`${ZIP}: ${archive.length} bytes (index.js: ${code.length} bytes)`);
  console.log(`SHA-256: ${digest.toString('hex')}`);
  console.log(`CodeSha256: ${digest.toString('base64')}`);
}
