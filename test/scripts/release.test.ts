import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { generateKey } from '../../scripts/issuer.ts';
import { LOADER_ARGS } from '../../scripts/loader.ts';
import { healthyAccount, startFakeAws } from '../deploy/fake-aws.ts';
import { temporaryFolder } from '../support/unpacked.ts';

const folder = temporaryFolder();
after(folder.remove);

/** Runs the script. */
const release = (...args: string[]) =>
  spawnSync(process.execPath, [...LOADER_ARGS, 'scripts/release.ts', ...args], { encoding: 'utf8' });

/** The files of a folder, by name. */
const filesIn = (path: string) =>
  Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name))]));

describe('npm run release', () => {
  const [first, second] = [join(folder.path, 'first'), join(folder.path, 'second')];
  before(() => {
    for (const out of [first, second]) assert.equal(release('--out', out).status, 0);
  });

  it('makes the same assets twice', () => assert.deepEqual(filesIn(first), filesIn(second)));

  it('names each asset in SHA256SUMS, as sha256sum writes it, and CodeSha256 as Lambda does', () => {
    const { SHA256SUMS, ...assets } = filesIn(first);
    const [comment, ...lines] = String(SHA256SUMS).trimEnd().split('\n');
    const digest = (bytes = Buffer.alloc(0)) => createHash('sha256').update(bytes).digest();
    const sums = Object.entries(assets).map(([name, bytes]) => `${digest(bytes).toString('hex')}  ${name}`);
    assert.deepEqual(lines.toSorted(), sums.toSorted());
    const codeSha256 = digest(assets['custom-authorizer.zip']).toString('base64');
    assert.equal(comment, `# CodeSha256 of custom-authorizer.zip: ${codeSha256}`);
  });

  it('has every file that a template names', () => {
    const names = readdirSync(first);
    for (const template of names.filter((name) => name.endsWith('.yaml'))) {
      const text = readFileSync(join(first, template), 'utf8');
      assert.doesNotMatch(text, /\.\.\//);
      for (const [, name = ''] of text.matchAll(/ \.\/(\S+)/g)) assert.ok(names.includes(name), name);
    }
    assert.match(readFileSync(join(first, 'template.yaml'), 'utf8'), /Code: \.\/custom-authorizer\.zip/);
  });

  for (const [what, tag, says] of [
    ['another version', 'v1.0.0', /These must say the same version[\s\S]*1\.0\.0 +the tag/],
    ['no v', JSON.parse(readFileSync('package.json', 'utf8')).version, /a tag is vX\.Y\.Z/],
  ] as const) {
    it(`refuses a tag with ${what}`, () => {
      const { status, stderr } = release('--tag', tag, '--out', join(folder.path, 'none'));
      assert.equal(status, 1);
      assert.match(stderr, says);
    });
  }

  it('has a check that runs from an empty folder by itself, and finds what is wrong', async (t) => {
    const keys = [(await generateKey('k', 'ES256')).jwk];
    const jwks = Buffer.from(JSON.stringify({ keys })).toString('base64');
    const env = {
      TOKEN_ISSUER: 'https://issuer.example/',
      JWKS_URI: `data:application/json;base64,${jwks}`,
      AUDIENCE: 'https://pets.example/',
      ALGORITHMS: 'ES256',
    };
    const securitySchemes = { ours: { 'x-amazon-apigateway-authorizer': {} } };
    const aws = await startFakeAws(t, healthyAccount(env, { components: { securitySchemes } }));
    const cwd = mkdtempSync(join(folder.path, 'empty-'));
    const zip = join(first, 'custom-authorizer.zip');
    const args = [join(first, 'check.mjs'), '--function', 'authorizer', '--zip', zip];
    const options = { cwd, env: { PATH: process.env.PATH, ...aws.environment } };
    const { stdout } = await promisify(execFile)(process.execPath, args, options).catch((error) => error);
    assert.match(stdout, /^NOT ok {2}code +The function runs another zip, not /m);
    assert.match(stdout, /^ok {6}forged token /m);
    assert.match(stdout, /^NOT ok {2}stage .*\n +-> Add --api/m);
    assert.deepEqual(readdirSync(cwd), []);
  });
});
