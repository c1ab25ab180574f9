import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Plugin } from 'esbuild';

/** A package in the last `node_modules` of a path: packages are nested, shared by workspaces, and linked to. */
const PACKAGE = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/;

/** The licence of a package, in `folder`: each paragraph in one line, so that what licences share takes no space twice. */
function licenceIn(folder: string): string {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (!file) throw new Error(`${folder} has no licence file`);
  const text = readFileSync(join(folder, file), 'utf8').replaceAll('*/', '* /').trim();
  const paragraphs = text.split(/\n\s*\n/).map((paragraph) => paragraph.trim().replace(/\s+/g, ' '));
  return paragraphs.join('\n\n');
}

/** An esbuild plugin that ends a bundle with the licences of the packages in it: each asks for its text in every copy. */
export const notices: Plugin = {
  name: 'notices',
  setup({ initialOptions, onEnd }) {
    const { absWorkingDir = '' } = initialOptions;
    initialOptions.legalComments = 'none'; // the licences are there as a whole
    onEnd(({ metafile, outputFiles: [file] = [] }) => {
      const texts = Object.keys(metafile?.inputs ?? {}).flatMap((input) => {
        const [folder, name] = PACKAGE.exec(resolve(absWorkingDir, input)) ?? [];
        return folder ? [`${name}:\n\n${licenceIn(folder)}\n`] : [];
      });
      const comment = `\n/*!\nThis file holds code of other authors.\n\n${[...new Set(texts)].sort().join('\n')}*/\n`;
      if (file) file.contents = Buffer.concat([file.contents, Buffer.from(comment)]);
    });
  },
};
