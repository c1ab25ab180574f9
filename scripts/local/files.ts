import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mistake } from './say.ts';

/** Names that editors and people give the two files, in lower case. */
const OTHER_NAMES: Readonly<Record<string, RegExp>> = {
  '.env': /^(\.env\.(txt|local|json|env|development)|env(\.txt)?|dotenv|\.envrc)$/,
  'event.json': /^(event(\.txt|\.js)?|event\.json\.(txt|json)|events\.json|\.event\.json)$/,
};

/** Bytes as text. A mark at the beginning is left out; a file in UTF-16, with or without a mark, is named. */
function decode(bytes: Buffer, name: string): string {
  const [first, second] = bytes;
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const isWide = bytes.length > 3 && (first === 0) !== (second === 0);
  if (hasMark || isWide)
    throw mistake`${name} is in UTF-16, as Windows PowerShell's > writes it; it must be UTF-8.\nSave it as UTF-8: Set-Content -Encoding utf8 ${name}, or the editor's "Save with Encoding".`;
  return bytes.toString().replace(/^\uFEFF/, '');
}

/**
 * The text of a file.
 *
 * @returns nothing if there is no such file, and none with a name that is like it
 * @throws Mistake
 */
export function readFile(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) {
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    const names = files.map((file) => file.name);
    const other = names.find((each) => OTHER_NAMES[name]?.test(each.toLowerCase()) || each.toLowerCase() === name);
    if (other !== undefined)
      throw mistake`There is no ${name} in ${folder}, but there is ${other}: an editor added to the name, or it was mistyped.\nmv ${other} ${name}`;
    return undefined;
  }
  if (stat.isDirectory())
    throw mistake`${name} is a folder, not a file.\nDelete it, and copy ${name === '.env' ? '.env.sample' : 'event.json.sample'} to ${name}.`;
  return decode(readFileSync(path), name);
}

/** Checks that a folder was named. @throws Mistake */
export function checkFolder(folder: string): void {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (!stat) throw mistake`There is no folder ${folder}.\nName another, or none for the project's own.`;
  if (!stat.isDirectory()) throw mistake`${folder} is a file, not a folder.\nName the folder that it is in.`;
}
