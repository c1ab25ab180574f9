import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('..', import.meta.url);
const at = (path: string) => fileURLToPath(new URL(path, ROOT));

/** A file's text, and whether one is there, by its path from the root. */
export const read = (path: string) => readFileSync(at(path), 'utf8');
export const exists = (path: string) => existsSync(at(path));

const markdownIn = (folder: string, recursive = false) =>
  readdirSync(at(folder), { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => normalize(`${folder}/${name.replaceAll('\\', '/')}`));

/** Every page of the documentation, by its path from the root. */
export const PAGES: ReadonlyMap<string, string> = new Map(
  [...markdownIn('.'), ...markdownIn('docs', true), ...markdownIn('.github'), 'scripts/bench/README.md'].map((path) => [
    path,
    read(path),
  ]),
);

export const page = (path: string): string => PAGES.get(path) ?? assert.fail(`There is no page ${path}.`);

/** What a page says beside its examples; the same without code in a line. */
export const prose = (text: string) => text.replace(/^```.*?^```$/gms, '');
export const words = (text: string) => prose(text).replace(/`[^`\n]*`/g, '');

/** The anchors of a page, as GitHub makes them: one that comes again gets a number. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose(text).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The targets of links, inline and by reference. */
export const linksOf = (text: string) =>
  [...words(text).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: +(\S+)$/gm)].map(([, inline, listed]) =>
    String(inline ?? listed),
  );

/** What is wrong with a link, if anything. */
export function problemOf(link: string, from: string): string | undefined {
  if (/^https:\/\//.test(link)) return undefined;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? from : normalize(join(dirname(from), path));
  if (!exists(target)) return `${from} links to ${link}, which is not there`;
  if (anchor === undefined || anchorsOf(page(target)).has(anchor)) return undefined;
  return `${from} links to ${link}, and ${target} has no such heading`;
}
