import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type BuildFailure, build } from 'esbuild';
import { trim } from '../../scripts/bundle/trim.ts';

const resolveDir = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles a program as the function is bundled. */
async function bundle(contents: string, sourcefile = 'src/program.js'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir, sourcefile },
    absWorkingDir: resolveDir,
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
const complaints = (contents: string, sourcefile?: string) =>
  bundle(contents, sourcefile).then(
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
    assert.ok(texts.includes('jwks-rsa/src/utils.js is to be left out, but nothing asks for it'), String(texts));
    assert.ok(!texts.some((text) => text.startsWith('jws ')));
  });

  it('fails the build where a package is new', async () => {
    const texts = await complaints(`${BOTH} import fc from 'fast-check'; console.log(jwt, jwksRsa, fc);`);
    assert.ok(
      texts.some((text) => text.startsWith('node_modules/fast-check/lib/fast-check.js is new in the bundle')),
      String(texts),
    );
  });

  it('fails the build where something comes from neither src nor a published package', async () => {
    const program = `${BOTH} import { startIssuer } from './scripts/issuer.ts'; console.log(jwt, jwksRsa, startIssuer);`;
    const [text, ...others] = await complaints(program);
    assert.equal(text, 'scripts/issuer.ts is new in the bundle; scripts/bundle/trim.ts lists what may be there');
    assert.deepEqual(others, []);
    const stray = await complaints(`${BOTH} console.log(jwt, jwksRsa);`, 'test/program.js');
    assert.deepEqual(stray, ['test/program.js is new in the bundle; scripts/bundle/trim.ts lists what may be there']);
  });

  it('is loud when it is used', async () => {
    const { sign, cache, getSigningKeys, maxAge } = run(
      await bundle(`${BOTH}
        const client = new jwksRsa.JwksClient({ cache: false, fetcher: async () => ({ keys: [{}] }) });
        export const sign = () => jwt.sign({}, 'secret');
        export const cache = () => new jwksRsa.JwksClient({ cache: true });
        export const getSigningKeys = () => client.getSigningKeys();
        export const maxAge = () => require('jsonwebtoken/lib/timespan')('1s');`),
    ) as Record<string, () => unknown>;
    for (const [use, module] of [
      [sign, 'jsonwebtoken/index.js'],
      [cache, 'jwks-rsa/src/wrappers/index.js'],
      [getSigningKeys, 'jwks-rsa/src/utils.js'],
      [maxAge, 'jsonwebtoken/lib/timespan.js'],
    ] as const) {
      assert.ok(use);
      await assert.rejects(async () => use(), { message: new RegExp(`^${module} was left out of the bundle: `) });
    }
  });
});
