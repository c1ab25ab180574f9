import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/** The text of the licence of a package, in `folder`. */
function licenceIn(folder: string): string {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (!file) throw new Error(`${folder} has no licence file`);
  return readFileSync(join(folder, file), 'utf8').replaceAll('*/', '* /').trim();
}

/** An esbuild plugin that ends a bundle with the licences of the packages in it: each asks for its text in every copy. */
export const notices: Plugin = {
  name: 'notices',
  setup({ initialOptions: { absWorkingDir = '' }, onEnd }) {
    onEnd(({ metafile, outputFiles: [file] = [] }) => {
      const inputs = Object.keys(metafile?.inputs ?? {});
      const folders = inputs.flatMap((input) => /^node_modules\/(@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []);
      const texts = [...new Set(folders)].sort().map((folder) => {
        const name = folder.replace('node_modules/', '');
        return `${name}:\n\n${licenceIn(join(absWorkingDir, folder))}\n`;
      });
      const comment = `\n/*!\nThis file holds code of other authors.\n\n${texts.join('\n')}*/\n`;
      if (file) file.contents = Buffer.concat([file.contents, Buffer.from(comment)]);
    });
  },
};
