import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { bundle, ZIP, zip } from '../scripts/bundle.ts';
import { LOADER_ARGS } from '../scripts/loader.ts';
import { check, checkOutput } from './support/expectations.ts';
import { type Fn, start } from './support/harness.ts';
import { eventOf, METHOD, startWorld } from './support/suite.ts';
import { seconds } from './support/tokens.ts';
import { temporaryFolder, unpackedZip, unpackInto } from './support/unpacked.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('../scripts/bundle.ts', import.meta.url));
const ARCHIVE = fileURLToPath(new URL(`../${ZIP}`, import.meta.url));

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

describe('the zip', () => {
  it('holds exactly index.js', async () => {
    assert.deepEqual(Object.keys(await unpackedZip()), ['index.js']);
  });

  it('holds no source map, no .env, no path of the machine that built it', async () => {
    const text = Buffer.from((await unpackedZip())['index.js'] ?? []).toString();
    for (const unwanted of ['sourceMappingURL', 'dotenv', '.env"', 'node_modules', ROOT]) {
      assert.ok(!text.includes(unwanted), unwanted);
    }
  });

  it('has the same bytes each time', async () => {
    assert.deepEqual(zip(await bundle()), zip(await bundle()));
  });

  it('loads node:https before node:crypto, so that Node reads its root certificates meanwhile', async () => {
    const folder = temporaryFolder();
    after(folder.remove);
    await unpackInto(folder.path);
    const script = `const Module = require('node:module');
      const load = Module._load;
      Module._load = function (name) { console.error(name); return load.apply(this, arguments); };
      require('./index.js');`;
    const { status, stderr } = spawnSync(process.execPath, ['-e', script], {
      cwd: folder.path,
      env: { TOKEN_ISSUER: 'issuer', JWKS_URI: 'http://127.0.0.1:9/', AUDIENCE: 'audience' },
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const loaded = stderr.split('\n');
    assert.ok(loaded.includes('node:https') && loaded.includes('node:crypto'), stderr);
    assert.ok(loaded.indexOf('node:https') < loaded.indexOf('node:crypto'), stderr);
  });

  it('is readable by every user of the machine it is unpacked on', async () => {
    const bytes = Buffer.from(zip(await bundle()));
    // APPNOTE.TXT of PKWARE, 4.3.12 and 4.4.15: the entry of the central directory, Unix modes in the upper half
    const entry = bytes.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'));
    assert.equal(bytes.readUInt32LE(entry + 38) >>> 16, 0o100644);
    assert.equal(bytes.readUInt8(entry + 5), 3, 'not said to be from Unix');
  });
});

describe('the rehearsal, while the keys are waited for', () => {
  // nobody reads what this one is asked, so that it never answers
  const silent = createServer((socket) => socket.pause().on('error', () => undefined));
  before(() => once(silent.listen(0, '127.0.0.1'), 'listening'));
  after(() => silent.close());

  /** Loads the function from a bundle, and lets it wait for keys that don't come. */
  async function load(code: string) {
    const folder = temporaryFolder();
    after(folder.remove);
    writeFileSync(join(folder.path, 'index.js'), code);
    const { port } = silent.address() as AddressInfo; // it listens on a port, not on a pipe
    const env = {
      TOKEN_ISSUER: 'issuer',
      JWKS_URI: `http://127.0.0.1:${port}/`,
      AUDIENCE: 'audience',
      JWKS_TIMEOUT: '1',
    };
    const child = spawn(process.execPath, ['index.js'], { cwd: folder.path, env });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const [status] = await once(child, 'close');
    return { status, stderr };
  }

  it('finds the example of RFC 7515, A.2, right', async () => {
    const code = Buffer.from(await bundle()).toString();
    assert.deepEqual(await load(code), { status: 0, stderr: '' });
  });

  it('ends the process where the example is found wrong', async () => {
    const code = Buffer.from(await bundle()).toString();
    const wrong = code.replace('cC4hiUPoj9Eetdgtv3hF80', 'cC4hiUPoj9Eetdgtv3hF81');
    assert.notEqual(wrong, code);
    const { status, stderr } = await load(wrong);
    assert.equal(status, 1);
    assert.match(stderr, /The signature does not match/);
  });
});

describe('npm run bundle', () => {
  const previous = existsSync(ARCHIVE) ? readFileSync(ARCHIVE) : undefined;
  after(() => (previous ? writeFileSync(ARCHIVE, previous) : rmSync(ARCHIVE)));

  // 25 hours apart: the one or the other has not the date of the machine's own zone
  for (const TZ of ['Pacific/Kiritimati', 'Pacific/Midway']) {
    it(`writes the same bytes in the zone ${TZ}, and prints their digests`, async () => {
      const expected = zip(await bundle());
      const env = { ...process.env, TZ };
      const { status, stdout, stderr } = spawnSync(process.execPath, [...LOADER_ARGS, SCRIPT], {
        cwd: ROOT,
        env,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      assert.deepEqual(new Uint8Array(readFileSync(ARCHIVE)), expected);
      const { 'index.js': code } = unzipSync(expected);
      assert.ok(
        stdout.includes(`${ZIP}: ${expected.length} bytes (index.js: ${code?.length} bytes)\n`),
        stdout,
      );
      assert.ok(stdout.includes(`SHA-256: ${sha256(expected).toString('hex')}\n`), stdout);
      assert.ok(stdout.includes(`CodeSha256: ${sha256(expected).toString('base64')}\n`), stdout);
    });
  }
});

describe('index.js, alone in an empty folder', async () => {
  const world = await startWorld();
  after(world.issuer.close);
  let fn: Fn;
  before(async () => {
    fn = await start('zip', world.env);
  });
  after(() => fn.stop());

  it('is all there is', async () => {
    const folder = temporaryFolder();
    await unpackInto(folder.path);
    assert.deepEqual(readdirSync(folder.path), ['index.js']);
    folder.remove();
  });

  it('exports handler, an async function without the callback, and nothing else', () => {
    assert.equal(fn.loadError, undefined);
    assert.deepEqual(fn.loaded?.exports, ['handler']);
    assert.equal(fn.loaded.handler.type, 'AsyncFunction');
    assert.ok(Number(fn.loaded.handler.parameters) <= 2);
  });

  for (const [reason, asked] of [
    ['authorized', {}],
    ['invalid_signature', { key: world.foreignKey }],
    ['token_expired', { claims: { exp: seconds() - 60 } }],
    ['invalid_audience', { claims: { aud: 'https://other.example' } }],
    ['unsupported_event', { event: [{}] }],
  ] as const) {
    it(`decides: ${reason}`, async () => {
      check(await fn.call(eventOf(world, asked)), world.env, { reason, resource: METHOD });
    });
  }

  it('wrote nothing else, and no part of a token', () => checkOutput(fn));

  it('does not load with wrong settings, and lists them all', async () => {
    const wrong = await start('zip', {
      JWKS_URI: 'http://keys.example',
      CLOCK_TOLERANCE: '-1',
      AUDIENCE: ' ',
    });
    await wrong.stop();
    assert.equal(wrong.loadError?.name, 'ConfigurationError');
    for (const problem of [
      'TOKEN_ISSUER',
      'JWKS_URI',
      '"http://keys.example"',
      'AUDIENCE',
      'CLOCK_TOLERANCE',
      '"-1"',
    ]) {
      assert.ok(wrong.loadError.message.includes(problem), problem);
    }
  });
});
