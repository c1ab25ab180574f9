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

  const long = 'k'.repeat(300);
  const NOT_FOR_SIGNATURES = 'it is not for signatures (use)';
  const EMPTY = 'its answer holds no keys: the issuer signs with a shared secret, or has published none yet';
  const NONE = 'its answer holds no usable key: the log says why each was skipped, the first because';
  const FETCHED = ['info', 'fetched 1 verification keys in 0 ms', 'succeeded', undefined];
  /** What is published, and the lines; entries that are for something else are no warning. */
  const sets: Readonly<Record<string, readonly [published: readonly unknown[], lines: readonly unknown[][]]>> = {
    'an empty set says what that means': [[], [['warn', 'could not fetch the JWK Set', 'failed', EMPTY]]],
    'a set without a usable key says so, and why the first is none': [
      [{ ...alice.jwk, use: 'enc' }],
      [
        ['info', 'skipped 1 entries of the JWK Set', undefined, `alice: ${NOT_FOR_SIGNATURES}`],
        ['warn', 'could not fetch the JWK Set', 'failed', `${NONE} ${NOT_FOR_SIGNATURES}`],
      ],
    ],
    'one line tells of all entries that are skipped, a warning where something is wrong with one': [
      [{ ...alice.jwk, kid: long, x: '' }, { ...bob.jwk, use: 'enc' }, 'nothing', 'nothing', carol.jwk],
      [
        [
          ...['warn', 'skipped 4 entries of the JWK Set', undefined],
          `${long.slice(0, 128)}: it is not a readable public key; bob: ${NOT_FOR_SIGNATURES}; (no kid): it is not a JSON object`,
        ],
        FETCHED,
      ],
    ],
    'entries that are for something else are no warning': [
      [alice.jwk, { ...bob.jwk, use: 'enc' }],
      [['info', 'skipped 1 entries of the JWK Set', undefined, `bob: ${NOT_FOR_SIGNATURES}`], FETCHED],
    ],
  };
  for (const [name, [published, expected]] of Object.entries(sets)) {
    it(name, async (t) => {
      const { ask, lines, endpoint } = await setUp(t);
      endpoint.answer(publish(...published));
      await ask();
      assert.deepEqual(
        lines.map((line) => [line.level, line.message, line.fetch, line.detail]),
        expected,
      );
      assert.ok(!lines.some((line) => 'outcome' in line), 'no decision');
    });
  }
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
});
