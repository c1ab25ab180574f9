import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import JSZip from 'jszip';

/** A new folder of this test's own, with a way to take it away again. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'custom-authorizer-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The zip of this project. The first process of a run that needs it builds it, in the folder that `npm test` made. */
export async function projectZip(): Promise<Uint8Array> {
  const { TEST_RUN_FOLDER: folder } = process.env;
  const path = folder && join(folder, 'custom-authorizer.zip');
  if (path && existsSync(path)) return readFileSync(path);
  const { bundle, zip } = await import('../../scripts/bundle/bundle.ts');
  const bytes = await zip(await bundle());
  if (path) {
    writeFileSync(`${path}.${process.pid}`, bytes);
    renameSync(`${path}.${process.pid}`, path); // another process finds all of it, or nothing
  }
  return bytes;
}

let unpacked: Promise<Readonly<Record<string, Uint8Array>>> | undefined;

async function unpack(): Promise<Readonly<Record<string, Uint8Array>>> {
  const { files } = await JSZip.loadAsync(await projectZip());
  const contents = Object.values(files).map(async (file) => [file.name, await file.async('uint8array')] as const);
  return Object.fromEntries(await Promise.all(contents));
}

/** The files of the zip of this project, by name. */
export function unpackedZip(): ReturnType<typeof unpack> {
  unpacked ??= unpack();
  return unpacked;
}

/**
 * Unpacks the zip into a folder.
 *
 * @returns the path of the file that Lambda loads
 */
export async function unpackInto(folder: string): Promise<string> {
  for (const [name, content] of Object.entries(await unpackedZip())) {
    writeFileSync(join(folder, name), content);
  }
  return join(folder, 'index.mjs');
}
