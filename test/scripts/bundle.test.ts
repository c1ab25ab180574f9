import assert from 'node:assert/strict';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BuildFailure } from 'esbuild';
import { bundle, bundleModule } from '../../scripts/bundle/bundle.ts';
import { temporaryFolder } from '../support/unpacked.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MODULES = 'node_modules';
/** The packages in the bundle: copied, and not linked to. */
const COPIED = ['ecdsa-sig-formatter', 'jsonwebtoken', 'jwa', 'jwks-rsa', 'jws', 'safe-buffer'];

/** A copy of this project in a folder of its own, which the test may change. */
function copyProject(t: Pick<TestContext, 'after'>) {
  const { path, remove } = temporaryFolder();
  t.after(remove);
  const root = join(path, 'packages', 'authorizer');
  for (const name of ['src', 'package.json']) cpSync(join(ROOT, name), join(root, name), { recursive: true });
  const modules = join(root, MODULES);
  mkdirSync(modules);
  for (const name of readdirSync(join(ROOT, MODULES))) {
    const [from, to] = [join(ROOT, MODULES, name), join(modules, name)];
    if (COPIED.includes(name)) cpSync(from, to, { recursive: true });
    else symlinkSync(from, to);
  }
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  return { path, root, modules, write };
}

const failure = (root: string) =>
  bundle(root).then(
    () => assert.fail('it was built'),
    ({ errors }: BuildFailure) => errors.map(({ text }) => text).join('\n'),
  );

describe('the bundle has the same bytes', () => {
  let expected: Uint8Array;
  before(async () => {
    expected = await bundle();
  });

  it('where node_modules is a symbolic link', async (t) => {
    const { path, root, modules } = copyProject(t);
    // of that name: Node itself resolves what a package needs from the real folder
    const elsewhere = join(path, 'elsewhere', MODULES);
    mkdirSync(dirname(elsewhere));
    renameSync(modules, elsewhere);
    symlinkSync(elsewhere, modules);
    assert.deepEqual(await bundle(root), expected);
  });

  it('where node_modules is in a folder above, as in a workspace', async (t) => {
    const { path, root, modules } = copyProject(t);
    renameSync(modules, join(path, MODULES));
    assert.deepEqual(await bundle(root), expected);
  });

  it('where every package is a link, as pnpm makes them', async (t) => {
    const { root, modules } = copyProject(t);
    const store = join(modules, '.pnpm');
    for (const name of COPIED) {
      const installed = join(store, `${name}@1.0.0`, MODULES);
      mkdirSync(installed, { recursive: true });
      renameSync(join(modules, name), join(installed, name));
      symlinkSync(join(installed, name), join(modules, name));
    }
    assert.deepEqual(await bundle(root), expected);
  });
});

describe('a package that npm nested below another', () => {
  it('has its licence in the notices, beside that of the other copy', async (t) => {
    const { root, modules, write } = copyProject(t);
    const nested = join(MODULES, 'jws', MODULES, 'safe-buffer');
    cpSync(join(modules, 'safe-buffer'), join(root, nested), { recursive: true });
    write(join(nested, 'LICENSE'), 'The licence of the nested copy.');
    appendFileSync(join(root, nested, 'index.js'), '\nmodule.exports.isNested = true;');
    const code = Buffer.from(await bundle(root)).toString();
    assert.ok(code.includes('\nsafe-buffer:\n\nThe licence of the nested copy.\n'), 'no nested licence');
    // jwa has another copy than jws now
    const [heading] = readFileSync(join(ROOT, MODULES, 'safe-buffer', 'LICENSE'), 'utf8').split('\n');
    assert.ok(code.includes(`\nsafe-buffer:\n\n${heading}\n`), heading);
  });

  it('fails the build where it is new, whatever it calls itself', async (t) => {
    const { root, modules, write } = copyProject(t);
    const nested = join(MODULES, 'jws', MODULES, 'new-one');
    write(join(nested, 'index.js'), 'module.exports = 1;');
    write(join(nested, 'package.json'), '{ "name": "jws", "version": "1.0.0" }');
    appendFileSync(join(modules, 'jws', 'index.js'), "\nexports.added = require('new-one');");
    assert.match(await failure(root), /jws\/node_modules\/new-one\/index\.js is new in the bundle/);
  });
});

describe('the build fails', () => {
  it('where a library begins to call what is left out, while it verifies', async (t) => {
    const { root, modules } = copyProject(t);
    const file = join(modules, 'jsonwebtoken', 'verify.js');
    const code = readFileSync(file, 'utf8');
    const start = 'module.exports = function (jwtString, secretOrPublicKey, options, callback) {';
    assert.ok(code.includes(start), start);
    writeFileSync(file, code.replace(start, `${start} timespan('1s');`));
    assert.match(
      await failure(root),
      /does not decide as it should: RS256: .*jsonwebtoken\/lib\/timespan\.js was left out/s,
    );
  });

  it('where a library begins to call what is left out, while it gets the keys', async (t) => {
    const { root, modules } = copyProject(t);
    const file = join(modules, 'jwks-rsa', 'src', 'JwksClient.js');
    const code = readFileSync(file, 'utf8');
    assert.ok(code.includes('async getKeys() {'), 'minified');
    writeFileSync(
      file,
      code.replace('async getKeys() {', "async getKeys() { require('./utils').retrieveSigningKeys([]);"),
    );
    assert.match(await failure(root), /jwks-rsa\/src\/utils\.js was left out/);
  });

  it('where nothing asks for a module that is to be left out', async (t) => {
    const { root, write } = copyProject(t);
    write('src/index.ts', "import 'jsonwebtoken';");
    const said = await failure(root);
    assert.match(said, /^jwks-rsa\/src\/utils\.js is to be left out, but nothing asks for it$/m);
    assert.doesNotMatch(said, /^jws/m);
  });

  it('where something comes from neither src nor a published package', async (t) => {
    const { root, write } = copyProject(t);
    write('scripts/stray.ts', 'console.log(1);');
    appendFileSync(join(root, 'src', 'index.ts'), "import '../scripts/stray.ts';");
    assert.match(await failure(root), /^scripts\/stray\.ts is new in the bundle; .* lists what may be there$/);
  });

  it('where a module is true no longer', async (t) => {
    const { root, write } = copyProject(t);
    write(join(MODULES, 'jsonwebtoken', 'lib', 'psSupported.js'), 'module.exports = false;');
    assert.match(await failure(root), /jsonwebtoken\/lib\/psSupported\.js is to become true, and is not true/);
  });
});

describe('a built-in module', () => {
  const { path, remove } = temporaryFolder();
  after(remove);

  const take = async (source: string) => {
    writeFileSync(join(path, 'source.ts'), source);
    return Buffer.from(await bundleModule(path, 'source.ts')).toString();
  };

  it('is taken by process.getBuiltinModule, its types not at all', async () => {
    const code = await take(`import { type Stats, statSync as stat } from 'node:fs';
import type { Server } from 'node:net';
import { type Socket } from 'node:tls';
console.log(stat);`);
    assert.match(code, /\{statSync:\w+\}=process\.getBuiltinModule\("node:fs"\)/);
    assert.doesNotMatch(code, /\bimport\b|Server|Socket|Stats/);
  });

  for (const source of [
    "import fs from 'node:fs'; console.log(fs);",
    "import * as fs from 'node:fs'; console.log(fs);",
    'import { statSync } from "node:fs";\nconsole.log(statSync);',
    "import { statSync } from 'node:fs'; // a comment\nconsole.log(statSync);",
    "import { statSync } from 'fs';\nconsole.log(statSync);",
    "export { statSync } from 'node:fs';",
    "import 'node:fs';",
    "console.log(await import('node:fs'));",
  ]) {
    it(`fails the build as ${source.split('\n')[0]}`, async () => {
      await assert.rejects(take(source), /is taken without a namespace/);
    });
  }
});
