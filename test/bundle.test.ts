import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FILE, ZIP } from '../scripts/bundle/bundle.ts';
import { LOADER_ARGS } from '../scripts/loader.ts';
import { type Loaded, start } from './support/harness.ts';
import { startWorld } from './support/suite.ts';
import { projectZip, temporaryFolder, unpackedZip, unpackInto } from './support/unpacked.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('../scripts/bundle/bundle.ts', import.meta.url));
const ARCHIVE = fileURLToPath(new URL(`../${ZIP}`, import.meta.url));

/** The packages in the bundle. */
const PACKAGES = ['ecdsa-sig-formatter', 'jsonwebtoken', 'jwa', 'jwks-rsa', 'jws', 'safe-buffer'];

/** The file in the zip. */
const text = async () => Buffer.from((await unpackedZip())[FILE] ?? []).toString();

/** A text without its line breaks. */
const words = (licence: string) => licence.trim().replace(/\s+/g, ' ');

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

describe('the zip', () => {
  it('holds exactly index.mjs', async () => {
    assert.deepEqual(Object.keys(await unpackedZip()), ['index.mjs']);
  });

  it('holds no source map, no .env, no path of the machine that built it', async () => {
    const code = await text();
    for (const unwanted of ['sourceMappingURL', 'dotenv', '.env"', 'node_modules', ROOT]) {
      assert.ok(!code.includes(unwanted), unwanted);
    }
  });

  it('takes node:https before node:crypto, so that Node reads its root certificates meanwhile', async () => {
    const folder = temporaryFolder();
    after(folder.remove);
    await unpackInto(folder.path);
    const script = `
      const { getBuiltinModule } = process;
      process.getBuiltinModule = (name) => {
        console.error(name);
        return getBuiltinModule(name);
      };
      await import('./index.mjs');`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder.path,
      env: { TOKEN_ISSUER: 'issuer', JWKS_URI: 'http://127.0.0.1:9/', AUDIENCE: 'audience' },
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const taken = stderr.split('\n');
    assert.ok(taken.includes('https') && taken.includes('crypto'), stderr);
    assert.ok(taken.indexOf('https') < taken.indexOf('crypto'), stderr);
  });

  it('imports nothing: a namespace of a built-in module costs 20 ms of a cold start', async () => {
    assert.doesNotMatch(await text(), /^import\s|[;}]import\s*[{*"'\w]/m);
  });

  it('holds the whole licence of every package in it', async () => {
    const code = await text();
    const [, comment = ''] = code.split('/*!\nThis file holds code of other authors.\n');
    const packages = [...comment.matchAll(/^([\w@/.-]+):$/gm)].map(([, name]) => name);
    assert.deepEqual(packages, PACKAGES);
    for (const name of PACKAGES) {
      const folder = join(ROOT, 'node_modules', name);
      const file = readdirSync(folder).find((candidate) => /^licen[cs]e/i.test(candidate));
      assert.ok(file, name);
      const licence = words(readFileSync(join(folder, file), 'utf8'));
      assert.ok(words(comment).includes(licence), `the licence of ${name}`);
    }
  });

  it('is readable by every user of the machine it is unpacked on', async () => {
    const bytes = Buffer.from(await projectZip());
    // APPNOTE.TXT of PKWARE, 4.3.12 and 4.4.15: the entry of the central directory, Unix modes in the upper half
    const entry = bytes.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'));
    assert.equal(bytes.readUInt32LE(entry + 38) >>> 16, 0o100644);
    assert.equal(bytes.readUInt8(entry + 5), 3, 'not said to be from Unix');
  });
});

describe('npm run bundle', () => {
  const previous = existsSync(ARCHIVE) ? readFileSync(ARCHIVE) : undefined;
  after(() => (previous ? writeFileSync(ARCHIVE, previous) : rmSync(ARCHIVE)));

  it('writes the same bytes in any zone, and prints their digests', async () => {
    const expected = await projectZip();
    const { status, stdout, stderr } = spawnSync(process.execPath, [...LOADER_ARGS, SCRIPT], {
      cwd: ROOT,
      env: { ...process.env, TZ: 'Pacific/Kiritimati' },
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    assert.deepEqual(readFileSync(ARCHIVE), Buffer.from(expected));
    const { 'index.mjs': code } = await unpackedZip();
    assert.ok(stdout.includes(`${ZIP}: ${expected.length} bytes (index.mjs: ${code?.length} bytes)\n`), stdout);
    assert.ok(stdout.includes(`SHA-256: ${sha256(expected).toString('hex')}\n`), stdout);
    assert.ok(stdout.includes(`CodeSha256: ${sha256(expected).toString('base64')}\n`), stdout);
  });
});

describe('index.mjs, alone in an empty folder', async () => {
  const world = await startWorld();
  after(world.issuer.close);
  let fn: Loaded;
  before(async () => {
    fn = await start(world.env);
  });
  after(() => fn.stop());

  it('exports handler, an async function without the callback, and nothing else', () => {
    assert.equal(fn.loadError, undefined);
    assert.deepEqual(fn.loaded?.exports, ['handler']);
    assert.equal(fn.loaded.type, 'AsyncFunction');
    assert.ok(fn.loaded.parameters <= 2, 'no callback');
  });

  it('does not load with wrong settings, and lists them all', async () => {
    const wrong = await start({ JWKS_URI: 'http://keys.example', CLOCK_TOLERANCE: '-1', AUDIENCE: ' ' });
    assert.equal(wrong.output().stdout, '', 'a line of something that never ran');
    await wrong.stop();
    assert.equal(wrong.loadError?.name, 'ConfigurationError');
    // what the runtime would log beside the message
    assert.equal(wrong.loadError.stack, '');
    for (const problem of 'TOKEN_ISSUER JWKS_URI "http://keys.example" AUDIENCE CLOCK_TOLERANCE "-1"'.split(' ')) {
      assert.ok(wrong.loadError.message.includes(problem), problem);
    }
  });

  it('is what Node shows of such an error, and not what a minifier calls it', async () => {
    const folder = temporaryFolder();
    const file = await unpackInto(folder.path);
    const { status, stderr } = spawnSync(process.execPath, [file], { env: {}, encoding: 'utf8' });
    folder.remove();
    assert.equal(status, 1);
    const shown = stderr.split('\n').filter((line) => !/^\s*$/.test(line));
    assert.ok(
      shown.some((line) => /ConfigurationError: Settings are missing or wrong:$/.test(line)),
      stderr,
    );
    assert.doesNotMatch(stderr, /\bat .*index\.mjs/, 'a stack');
  });
});
