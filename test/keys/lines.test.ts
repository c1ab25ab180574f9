import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alice, bob, carol, down, publish, setUp } from '../support/sources.ts';

describe('the log', () => {
  it('a fetch writes one line', async (t) => {
    const { ask, lines, endpoint } = await setUp(t, { keys: [alice, bob] });
    await ask();
    const { issuer, jwksUri } = endpoint;
    const message = 'fetched 2 verification keys in 0 ms';
    assert.deepEqual(lines, [{ level: 'info', message, fetch: 'succeeded', issuer, jwksUri }]);
  });

  it('a fetch that fails says why', async (t) => {
    const { find, lines, endpoint } = await setUp(t);
    endpoint.answer(down);
    const { issuer, jwksUri } = endpoint;
    const detail = 'it answered with status 503, not 200';
    await assert.rejects(async () => find('alice'), {
      message: `The keys of ${issuer} are unavailable from ${jwksUri}: ${detail}.`,
    });
    const message = 'could not fetch the JWK Set';
    assert.deepEqual(lines, [{ level: 'warn', message, fetch: 'failed', detail, issuer, jwksUri }]);
  });

  it('an empty set says what that means', async (t) => {
    const { ask, lines, endpoint } = await setUp(t);
    endpoint.answer(publish());
    await ask();
    const detail = 'its answer holds no keys: the issuer signs with a shared secret, or has published none yet';
    assert.deepEqual(
      lines.map((line) => [line.level, line.fetch, line.detail]),
      [['warn', 'failed', detail]],
    );
  });

  it('a set without a usable key says so, and why the first is none', async (t) => {
    const { ask, lines, endpoint } = await setUp(t);
    endpoint.answer(publish({ ...alice.jwk, use: 'enc' }));
    await ask();
    assert.deepEqual(
      lines.map((line) => [line.level, line.fetch, line.detail]),
      [
        ['info', undefined, 'alice: it is not for signatures (use)'],
        [
          'warn',
          'failed',
          'its answer holds no usable key: the log says why each was skipped, the first because it is not for signatures (use)',
        ],
      ],
    );
  });

  it('one line tells of all entries that are skipped, a warning where something is wrong with one', async (t) => {
    const { ask, lines, endpoint } = await setUp(t);
    const long = 'k'.repeat(300);
    endpoint.answer(
      publish({ ...alice.jwk, kid: long, x: '' }, { ...bob.jwk, use: 'enc' }, 'nothing', 'nothing', carol.jwk),
    );
    assert.equal(await ask('carol'), 'found');
    const detail = [
      `${'k'.repeat(128)}: it is not a readable public key`,
      'bob: it is not for signatures (use)',
      '(no kid): it is not a JSON object',
    ].join('; ');
    assert.deepEqual(
      lines.map((line) => [line.level, line.message, line.fetch, line.detail]),
      [
        ['warn', 'skipped 4 entries of the JWK Set', undefined, detail],
        ['info', 'fetched 1 verification keys in 0 ms', 'succeeded', undefined],
      ],
    );
    assert.ok(!lines.some((line) => 'outcome' in line));
  });

  it('entries that are for something else are no warning', async (t) => {
    const { ask, lines, endpoint } = await setUp(t);
    endpoint.answer(publish(alice.jwk, { ...bob.jwk, use: 'enc' }));
    await ask();
    assert.deepEqual(
      lines.map((line) => line.level),
      ['info', 'info'],
    );
  });
});

describe('the query of a JWKS_URI, which may hold a key', () => {
  const QUERY = 'apikey=s3cr3t';

  it('is sent, and stands in no line and no message', async (t) => {
    const uris: (string | undefined)[] = [];
    const { find, lines, endpoint } = await setUp(t, { suffix: `?${QUERY}#fragment` });
    endpoint.answer(({ url }, response) => {
      uris.push(url);
      response.writeHead(500).end();
    });
    await assert.rejects(
      async () => find('alice'),
      ({ message }: Error) => !message.includes('s3cr3t') && message.includes(endpoint.jwksUri),
    );
    assert.deepEqual(uris, [`/.well-known/jwks.json?${QUERY}`]);
    endpoint.answer(publish(null, alice.jwk));
    await find('alice');
    assert.deepEqual(
      lines.map(({ jwksUri }) => jwksUri),
      Array(3).fill(endpoint.jwksUri),
    );
    assert.doesNotMatch(JSON.stringify(lines), /s3cr3t|apikey|fragment/);
  });

  it('nor where there is nobody, or no such host', async (t) => {
    for (const host of ['127.0.0.1:9', 'localhost:9', 'jwks.invalid']) {
      const scheme = host.includes(':') ? 'http' : 'https';
      const uri = `${scheme}://${host}/jwks?${QUERY}`;
      const { find, lines } = await setUp(t, { env: { JWKS_URI: uri, JWKS_TIMEOUT: '1' } });
      await assert.rejects(
        async () => find('alice'),
        ({ message }: Error) => !message.includes('s3cr3t'),
      );
      assert.doesNotMatch(JSON.stringify(lines), /s3cr3t|apikey/);
    }
  });
});
