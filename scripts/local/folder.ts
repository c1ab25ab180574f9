import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Mistake } from './mistake.ts';

/** Names that editors and people give the two files, in small letters. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  '.env': ['.env.txt', 'env', 'env.txt', '.env.local', '.env.json', 'dotenv', '.env.env', '.envrc', '.env.development'],
  'event.json': ['event.json.txt', 'event', 'event.txt', 'events.json', 'event.json.json', 'event.js', '.event.json'],
};

/** Bytes as text. A mark at the beginning is left out; what is in UTF-16, with or without a mark, is named. */
function decode(bytes: Buffer, name: string): string {
  const [first, second] = bytes;
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const isWide = bytes.length > 3 && (first === 0) !== (second === 0);
  if (hasMark || isWide) throw new Mistake('utf16', { name });
  return bytes.toString().replace(/^\uFEFF/, '');
}

/** The name of a file that is probably meant for another. */
function otherName(folder: string, name: string): string | undefined {
  const names = [name, ...(OTHER_NAMES[name] ?? [])];
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => entry.name).find((entry) => entry !== name && names.includes(entry.toLowerCase()));
}

/**
 * The text of a file.
 *
 * @returns nothing where there is no such file, and none with a name that is like it
 * @throws Mistake
 */
export function readFile(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) {
    const other = otherName(folder, name);
    if (other !== undefined) throw new Mistake('otherName', { name, other, folder });
    if (name !== '.env' || !readdirSync(folder).includes('environment.json')) return undefined;
    throw new Mistake('environmentJson', { folder });
  }
  if (stat.isDirectory())
    throw new Mistake('isFolder', { name, sample: name === '.env' ? '.env.sample' : 'event.json.sample' });
  try {
    return decode(readFileSync(path), name);
  } catch (error) {
    if (error instanceof Mistake) throw error;
    throw new Mistake('unreadable', { name, code: (error as NodeJS.ErrnoException).code });
  }
}

/** Checks that a folder was named. @throws Mistake */
export function checkFolder(folder: string): void {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (!stat) throw new Mistake('noSuchFolder', { folder });
  if (!stat.isDirectory()) throw new Mistake('noFolder', { folder });
}
