import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { bundle, FILE, zip } from '../../scripts/bundle/bundle.ts';

/** A new folder of this test's own, with a way to take it away again. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'custom-authorizer-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

let unpacked: Promise<Readonly<Record<string, Uint8Array>>> | undefined;

/** The files of the zip, by name. */
export function unpackedZip(): Promise<Readonly<Record<string, Uint8Array>>> {
  unpacked ??= bundle().then((files) => unzipSync(zip(files)));
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
  return join(folder, FILE);
}
