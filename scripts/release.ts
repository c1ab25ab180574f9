import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle, bundleModule, ZIP, zip } from './bundle/bundle.ts';

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

/**
 * The version of this release, which several files say.
 *
 * @param tag the tag, if there is one: the version after a `v`
 * @throws Error if they differ
 */
function versionOf(tag: string | undefined): string {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const said: Readonly<Record<string, string | undefined>> = {
    'package.json': version,
    'docs/changelog.md, its newest heading': /^## (.*)$/m.exec(read('docs/changelog.md'))?.[1],
    'template.yaml, SemanticVersion': /^ +SemanticVersion: (.*)$/m.exec(read(`${TEMPLATES}/template.yaml`))?.[1],
    ...(tag !== undefined && { 'the tag': /^v(.*)$/.exec(tag)?.[1] }),
  };
  if (Object.values(said).some((own) => own !== version)) {
    const rows = Object.entries(said).map(([place, own = 'nothing']) => `  ${own.padEnd(12)} ${place}`);
    throw new Error(`These must say the same version, and a tag is vX.Y.Z:\n${rows.join('\n')}`);
  }
  return version;
}

/** The command. @throws Error if something does not fit together */
async function main(): Promise<void> {
  const { tag, out, record } = parseArgs({ options: OPTIONS }).values;
  const version = versionOf(tag);
  const archive = await zip(await bundle());
  const codeSha256 = sha256(archive, 'base64');
  const releases: Readonly<Record<string, string>> = JSON.parse(read(RELEASES));
  if (record) {
    writeFileSync(join(ROOT, RELEASES), `${JSON.stringify({ ...releases, [version]: codeSha256 }, null, 2)}\n`);
  } else if (tag && releases[version] !== codeSha256) {
    throw new Error(
      `${RELEASES} has another CodeSha256 for ${version} than the zip, ${codeSha256}. Run npm run release -- --record, and commit what it writes, before you tag.`,
    );
  }
  const templates = readdirSync(join(ROOT, TEMPLATES))
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  const assets = new Map<string, Uint8Array>([
    [ZIP, archive],
    // all assets are in one folder
    ...templates.map((name) => [name, Buffer.from(read(join(TEMPLATES, name)).replaceAll('../../', './'))] as const),
    // the template names both
    ...['LICENSE', 'README.md'].map((name) => [name, Buffer.from(read(name))] as const),
    // Node runs it by itself
    ['check.mjs', await bundleModule(ROOT, 'scripts/deploy/check.ts')],
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
  console.log(`${version}, in ${out}/:\n${text}`);
}

try {
  await main();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  process.exitCode = 1;
}
