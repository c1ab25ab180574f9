import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { bundle, ZIP, zip } from './bundle/bundle.ts';

const USAGE = `npm run release [-- --record] [--tag vX.Y.Z] [--out FOLDER]

Makes the folder of a release's assets: the zip, the templates that deploy it, the check as one file, and SHA256SUMS.
--record writes the zip's CodeSha256 to scripts/deploy/releases.json, where the check looks for it: commit that before
you tag. With --tag it refuses what does not fit the tag.`;

const OPTIONS = {
  tag: { type: 'string' },
  record: { type: 'boolean', default: false },
  out: { type: 'string', default: 'release' },
} as const;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TEMPLATES = 'scripts/deploy';
/** The zips of all releases, by version: `npm run check` tells by them which release is deployed. */
const RELEASES = 'scripts/deploy/releases.json';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const sha256 = (bytes: Uint8Array, encoding: 'hex' | 'base64') => createHash('sha256').update(bytes).digest(encoding);

/** The templates of the repository, by file name. */
const templates = (): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(join(ROOT, TEMPLATES))
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => [name, read(join(TEMPLATES, name))]),
  );

/**
 * The version of this release, which several files say.
 *
 * @param tag the tag, if there is one: the version after a `v`
 * @throws Error if they differ
 */
function versionOf(tag: string | undefined): string {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const said: [place: string, version: string | undefined][] = [
    ['package.json', version],
    ['docs/changelog.md, its newest heading', /^## (.*)$/m.exec(read('docs/changelog.md'))?.[1]],
    ...[...templates()].flatMap(([name, text]): [string, string | undefined][] => {
      const own = /^ +SemanticVersion: (.*)$/m.exec(text)?.[1];
      return own === undefined ? [] : [[`${name}, SemanticVersion`, own]];
    }),
    ...(tag === undefined ? [] : [['the tag', tag.replace(/^v/, '')] as [string, string]]),
  ];
  if (said.some((row) => row[1] !== version) || (tag !== undefined && !tag.startsWith('v'))) {
    const rows = said.map(([place, own = 'nothing']) => `  ${own.padEnd(12)} ${place}`);
    throw new Error(`These must say the same version, and a tag is vX.Y.Z:\n${rows.join('\n')}`);
  }
  return version;
}

/** The check as one file that Node runs by itself. */
async function bundledCheck(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['scripts/deploy/check.ts'],
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    // the SDK has CommonJS in it, which asks for built-in modules by require
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    write: false,
  });
  const [file] = outputFiles;
  if (!file) throw new Error('esbuild made no file');
  return file.contents;
}

/** A file of the repository as it is among the assets, which are all in one folder. */
const inOneFolder = (template: string) => Buffer.from(template.replaceAll('../../', './'));

/** The zips of all releases, by version. */
const readReleases = () => JSON.parse(read(RELEASES)) as Readonly<Record<string, string>>;

/**
 * The command.
 *
 * @throws Error if something does not fit together
 */
export async function main(args: readonly string[], print: (line: string) => void): Promise<void> {
  const { tag, out, record } = parseArgs({ args: [...args], options: OPTIONS }).values;
  const version = versionOf(tag);
  const archive = await zip(await bundle());
  const codeSha256 = sha256(archive, 'base64');
  if (record) {
    const releases = { ...readReleases(), [version]: codeSha256 };
    writeFileSync(join(ROOT, RELEASES), `${JSON.stringify(releases, null, 2)}\n`);
  }
  if (tag && readReleases()[version] !== codeSha256) {
    throw new Error(
      `${RELEASES} has another CodeSha256 for ${version} than the zip, ${codeSha256}. Run npm run release -- --record, and commit what it writes, before you tag.`,
    );
  }
  const assets = new Map<string, Uint8Array>([
    [ZIP, archive],
    ...[...templates()].map(([name, text]) => [name, inOneFolder(text)] as const),
    // the template names both
    ...['LICENSE', 'README.md'].map((name) => [name, Buffer.from(read(name))] as const),
    ['check.mjs', await bundledCheck()],
  ]);
  const sums = [...assets].map(([name, bytes]) => `${sha256(bytes, 'hex')}  ${name}`);
  // sha256sum -c passes over a comment
  const text = [`# CodeSha256 of ${ZIP}: ${codeSha256}`, ...sums, ''].join('\n');
  const folder = resolve(ROOT, out);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of [...assets, ['SHA256SUMS', Buffer.from(text)] as const]) {
    writeFileSync(join(folder, name), bytes);
  }
  print(`${version}, in ${out}/:\n${text}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main(process.argv.slice(2), console.log);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exitCode = 1;
  }
}
