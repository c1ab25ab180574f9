import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { failureOf, fetchFrom, MARKER } from '../support/fetching.ts';
import { alice, bob, MAX_AGE, MAX_STALE, PATIENCE, setUp } from '../support/sources.ts';
import { temporaryFolder } from '../support/unpacked.ts';

const jwks = (...keys: readonly unknown[]) => JSON.stringify({ keys });
const dataUri = (text: string | Uint8Array) => `data:application/json;base64,${Buffer.from(text).toString('base64')}`;

/** A file that a test writes, and the URI of it. */
function makeFile(t: TestContext, content?: string | Uint8Array) {
  const folder = temporaryFolder();
  t.after(folder.remove);
  const path = join(folder.path, 'key set #1.json');
  if (content !== undefined) writeFileSync(path, content);
  return { path, uri: pathToFileURL(path).href };
}

const NOT_JSON = 'its answer is not JSON';

describe('a file', () => {
  it('is read, with or without a byte order mark', async (t) => {
    for (const mark of ['', '\uFEFF']) {
      assert.deepEqual(await fetchFrom(makeFile(t, mark + jwks(alice.jwk)).uri), [alice.jwk]);
    }
  });

  it('that is not JSON', async (t) => assert.equal(await failureOf(makeFile(t, MARKER).uri), NOT_JSON));

  it('that is not there', async (t) => assert.equal(await failureOf(makeFile(t).uri), 'there is no such file'));

  it('that is a folder', async (t) => {
    const { path, uri } = makeFile(t);
    mkdirSync(path);
    assert.equal(await failureOf(uri), 'it is not a file');
  });

  it('of 1 MiB, and of a byte more', async (t) => {
    const text = jwks(1).padEnd(1024 * 1024);
    assert.deepEqual(await fetchFrom(makeFile(t, text).uri), [1]);
    assert.equal(await failureOf(makeFile(t, `${text} `).uri), 'it is longer than 1048576 bytes');
  });

  it('that is not one of this machine', async () =>
    assert.match(await failureOf('file://elsewhere.example/jwks'), /ERR_INVALID_FILE_URL_HOST|no such file/));

  it('whose name is too long for any', async () =>
    assert.equal(await failureOf(`file:///${'x'.repeat(10_000)}`), 'ENAMETOOLONG'));
});

describe('the age of a file', () => {
  /** A source whose keys are in a file. */
  async function setUpFile(t: TestContext) {
    const file = makeFile(t, jwks(alice.jwk));
    return { ...file, ...(await setUp(t, { env: { JWKS_URI: file.uri } })) };
  }

  it('one that is gone, or broken, is a failed fetch: the keys are used up to JWKS_MAX_STALE more', async (t) => {
    const { find, ask, pass, path, uri, endpoint, lines } = await setUpFile(t);
    await ask('alice');
    rmSync(path);
    pass(MAX_AGE);
    assert.equal(await ask('alice'), 'found');
    writeFileSync(path, '{');
    pass(MAX_STALE);
    await assert.rejects(find('alice', 'ES256', PATIENCE), {
      message: `The keys of ${endpoint.issuer} are unavailable from ${uri}: its answer is not JSON.`,
    });
    assert.deepEqual(
      lines.map((line) => [line.fetch, line.detail]),
      [
        ['succeeded', undefined],
        ['failed', 'there is no such file'],
        ['failed', 'its answer is not JSON'],
      ],
    );
    writeFileSync(path, jwks(alice.jwk));
    assert.equal(await ask('alice'), 'found');
  });
});

describe('a data: URI', () => {
  it('holds the set itself', async () => assert.deepEqual(await fetchFrom(dataUri(jwks(alice.jwk))), [alice.jwk]));

  it('that is not JSON', async () => assert.equal(await failureOf(dataUri(MARKER)), NOT_JSON));

  it('of several issuers, in a list among other URIs', async (t) => {
    const file = makeFile(t, jwks(bob.jwk));
    const uris = [dataUri(jwks(alice.jwk)), file.uri, dataUri(jwks(bob.jwk, alice.jwk))];
    const { sources } = await setUp(t, { env: { TOKEN_ISSUER: 'one, two, three', JWKS_URI: uris.join(' , ') } });
    const kids = sources.map((source) => source.use((set) => set.keys.map(({ kid }) => kid), PATIENCE));
    assert.deepEqual(await Promise.all(kids), [['alice'], ['bob'], ['bob', 'alice']]);
  });

  it('ages as any other: what is in it stays', async (t) => {
    const { ask, pass, lines } = await setUp(t, { env: { JWKS_URI: dataUri(jwks(alice.jwk)) } });
    await ask('alice');
    pass(MAX_AGE + MAX_STALE);
    assert.equal(await ask('alice'), 'found');
    assert.equal(await ask('invented'), 'unknown_key');
    assert.deepEqual(
      lines.map(({ fetch, jwksUri }) => [fetch, jwksUri]),
      Array(3).fill(['succeeded', 'data:application/json,…']),
    );
  });
});
