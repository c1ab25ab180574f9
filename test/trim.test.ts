import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type BuildFailure, build } from 'esbuild';
import { trim } from '../scripts/trim.ts';

const resolveDir = fileURLToPath(new URL('..', import.meta.url));

/** Bundles a program as the function is bundled. */
async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    plugins: [trim],
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

/** What the build says of a program that it refuses. */
const complaints = (contents: string) =>
  bundle(contents).then(
    () => assert.fail('it was built'),
    ({ errors }: BuildFailure) => errors.map(({ text }) => text),
  );

/** Runs a bundled program, and gives what it exports. */
function run(code: string): Record<string, unknown> {
  const module = { exports: {} };
  new Function('require', 'module', 'exports', code)(createRequire(import.meta.url), module, module.exports);
  return module.exports;
}

const BOTH = "import jwt from 'jsonwebtoken'; import * as jwksRsa from 'jwks-rsa';";

describe('what is left out of the bundle', () => {
  it('fails the build where a listed module is nowhere to be found', async () => {
    const texts = await complaints("import 'jsonwebtoken';");
    assert.ok(
      texts.includes('jwks-rsa/src/utils.js is to be left out, but nothing asks for it'),
      String(texts),
    );
    assert.ok(!texts.some((text) => text.startsWith('ms ')));
  });

  it('fails the build where a package is new', async () => {
    const texts = await complaints(`${BOTH} import fc from 'fast-check'; console.log(jwt, jwksRsa, fc);`);
    assert.ok(
      texts.some((text) => text.startsWith('fast-check is new in the bundle')),
      String(texts),
    );
  });

  it('is loud when it is used', async () => {
    const { sign, getSigningKeys, seconds } = run(
      await bundle(`${BOTH}
        export const sign = () => jwt.sign({}, 'secret');
        export const getSigningKeys = () =>
          new jwksRsa.JwksClient({ cache: true, fetcher: async () => ({ keys: [{}] }) });
        export const seconds = () => require('ms')('1s');`),
    ) as Record<string, () => unknown>;
    for (const [use, module] of [
      [sign, 'jsonwebtoken/sign.js'],
      [getSigningKeys, 'jwks-rsa/src/wrappers/cache.js'],
      [seconds, 'ms'],
    ] as const) {
      assert.ok(use);
      assert.throws(use, { message: new RegExp(`^${module} was left out of the bundle`) });
    }
  });

  it('answers what is asked of semver, and nothing else', async () => {
    const { old, other } = run(
      await bundle(`${BOTH} import semver from 'semver'; console.assert(jwt, jwksRsa);
        export const old = semver.satisfies('', '>=15.7.0');
        export const other = () => semver.satisfies('', '>=99');`),
    );
    assert.equal(old, true);
    assert.throws(other as () => unknown, /semver was left out of the bundle/);
  });
});
