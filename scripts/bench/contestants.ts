import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, bundleModule, zip } from '../bundle/bundle.ts';

const EMPTY = 'empty handler';
export const FLOOR = 'hand-written floor';

/** Bundled as this zip is, but with all that its libraries bring. */
const peer = (file: string) => bundleModule(fileURLToPath(new URL('./', import.meta.url)), `peers/${file}.mjs`);

const lockFiles = ['../../package-lock.json', './package-lock.json'];
const locked: Readonly<Record<string, { readonly version: string }>> = Object.assign(
  {},
  ...lockFiles.map((file) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')).packages),
);
/** Packages with their versions, by the lock files of the bench and of this project. */
export const versions = (...names: string[]) =>
  names.map((name) => `${name} ${locked[`node_modules/${name}`]?.version}`).join(' + ');

/** Builds all contestants, in the order of the tables, each in a folder of its own, laid out as Lambda lays out a zip. */
export async function buildContestants(folder: string) {
  const bundles: readonly (readonly [name: string, code: Promise<Uint8Array>])[] = [
    [EMPTY, peer('empty')],
    [FLOOR, peer('floor')],
    [`${FLOOR}, keys awaited`, peer('floor-awaited')],
    ['this zip', bundle()],
    [versions('aws-jwt-verify'), peer('aws-jwt-verify')],
    [versions('jose'), peer('jose')],
    [versions('jsonwebtoken', 'jwks-rsa'), peer('jsonwebtoken')], // those that this zip is made of
  ];
  return Promise.all(
    bundles.map(async ([name, bundling], index) => {
      const code = await bundling;
      const taskRoot = join(folder, String(index));
      mkdirSync(taskRoot);
      writeFileSync(join(taskRoot, 'index.mjs'), code);
      // the empty handler allows everybody, and only shows what the rest costs; sizes are in bytes
      return { name, verifies: name !== EMPTY, taskRoot, raw: code.length, zipped: (await zip(code)).length };
    }),
  );
}

export type Contestant = Awaited<ReturnType<typeof buildContestants>>[number];
