import assert from 'node:assert/strict';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { generateKey, type LocalIssuer, type SigningKey, startIssuer } from '../../scripts/issuer.ts';
import { drip, failureOf, fetchFrom, GIVEN_UP, MARKER, until } from '../support/fetching.ts';
import { followConnections } from '../support/leftovers.ts';
import { LIMIT } from '../support/sources.ts';

const NOT_JSON = 'its answer is not JSON';
const GZIP = 'its answer is compressed (gzip), which was not asked for';
const UTF_16 = 'its answer is in UTF-16; JSON is in UTF-8';
const PAGE = 'its answer is not JSON but a web page or XML';
const TOO_DEEP = 'its answer is nested deeper than 100 levels';
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const NO_SET = 'its answer isn\'t a JWK Set: it has no array "keys"';
const BROKE_OFF = 'its answer broke off';
const TOO_LONG = 'its answer is longer than 1048576 bytes';
const MEBIBYTE = 1024 * 1024;

let key: SigningKey;
let endpoint: LocalIssuer;

before(async () => {
  key = await generateKey('one', 'ES256');
  endpoint = await startIssuer([key]);
});
after(() => endpoint.close());

const body =
  (text: string | Uint8Array, status = 200, headers: Readonly<Record<string, string>> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, MARKER, { 'x-marker': MARKER, ...headers }).end(text);
  };

/** Makes the endpoint answer so, and tells when the connection was given up. */
function answerWith(listener: RequestListener): Promise<Socket> {
  return new Promise((resolve) => {
    endpoint.answer((request: IncomingMessage, response) => {
      const { socket } = request;
      socket.once('close', () => resolve(socket));
      listener(request, response);
    });
  });
}

describe('answers that are taken', () => {
  it('the keys as published, whatever else the set holds', async () => {
    const published = [{ ...key.jwk, x5c: ['AA=='] }, null, 'no key', { kty: 'unheard of' }];
    endpoint.answer(body(JSON.stringify({ issuer: 'x', keys: published })));
    assert.deepEqual(await fetchFrom(endpoint.jwksUri), published);
  });

  it('an empty set: that it is of no use is for others to say', async () => {
    endpoint.answer(body('{"keys":[]}', 200, { 'content-type': 'text/plain' }));
    assert.deepEqual(await fetchFrom(endpoint.jwksUri), []);
  });

  it('one that begins with a byte order mark', async () => {
    endpoint.answer(body('\uFEFF{"keys":[1]}'));
    assert.deepEqual(await fetchFrom(endpoint.jwksUri), [1]);
  });

  it('one that holds a byte order mark elsewhere, which stays', async () => {
    endpoint.answer(body('{"keys":["\uFEFF"]}'));
    assert.deepEqual(await fetchFrom(endpoint.jwksUri), ['\uFEFF']);
  });

  // object stores hand on what a client once said
  for (const coding of ['identity', 'Identity', '', 'aws-chunked', 'utf-8', 'aws-chunked, utf-8', 'brotli']) {
    it(`plain JSON with the Content-Encoding "${coding}"`, async () => {
      endpoint.answer(body('{"keys":[1]}', 200, { 'content-encoding': coding }));
      assert.deepEqual(await fetchFrom(endpoint.jwksUri), [1]);
    });
  }

  it('brackets in strings, and 100 levels of others', async () => {
    const text = '[{'.repeat(200);
    const set = `{"${text}":"\\"${text}\\\\","keys":[${nested(98)},"${text}"]}`;
    endpoint.answer(body(set));
    assert.deepEqual(await fetchFrom(endpoint.jwksUri), JSON.parse(set).keys);
  });

  it('exactly 1 MiB', async () => {
    const text = JSON.stringify({ keys: [key.jwk], padding: '' });
    endpoint.answer(body(text.replace('""', `"${'x'.repeat(MEBIBYTE - text.length)}"`)));
    assert.deepEqual(await fetchFrom(endpoint.jwksUri), [key.jwk]);
  });

  it('one that comes in pieces, in time', async () => {
    endpoint.answer((_request, response) => {
      const [...bytes] = JSON.stringify({ keys: [] });
      const next = () => response.write(bytes.shift() ?? '', () => (bytes.length > 0 ? next() : response.end()));
      next();
    });
    assert.deepEqual(await fetchFrom(endpoint.jwksUri), []);
  });

  it('asks for JSON, once, on a connection that it does not keep', async () => {
    const before = endpoint.requests();
    const requests: IncomingMessage[] = [];
    const closed = answerWith((request, response) => {
      requests.push(request);
      body('{"keys":[]}')(request, response);
    });
    await fetchFrom(endpoint.jwksUri);
    await closed;
    assert.equal(endpoint.requests() - before, 1);
    const [{ method, url, headers } = {}] = requests;
    assert.deepEqual([method, url], ['GET', '/.well-known/jwks.json']);
    assert.equal(headers?.accept, 'application/jwk-set+json, application/json');
    assert.equal(headers?.connection, 'close');
    assert.equal(headers?.['accept-encoding'], 'identity');
    assert.equal(headers?.['user-agent'], 'custom-authorizer');
  });
});

describe('answers that are a failed fetch', () => {
  const HTML = `<!doctype html><title>${MARKER}</title>`;
  const good = '{"keys":[]}';

  /** A reset may overtake what was sent before it: systems tell it in their own ways. */
  const RESET = /^(read ECONNRESET|socket hang up|its answer broke off)$/;

  interface Fault {
    readonly answer: RequestListener;
    readonly message: string | RegExp;
    /** It never ends: the fetch is given up after so many bytes. */
    readonly givenUpAt?: number;
  }
  const status = (code: number): Fault => ({
    answer: body(good, code),
    message: `it answered with status ${code}, not 200`,
  });
  const faults: Readonly<Record<string, Fault>> = {
    HTML: { answer: body(HTML, 200, { 'content-type': 'text/html' }), message: PAGE },
    nothing: { answer: body(''), message: NOT_JSON },
    'a word': { answer: body(MARKER), message: NOT_JSON },
    'JSON that is cut off, though HTTP is not': { answer: body('{"keys":['), message: NOT_JSON },
    'JSON, and something after it': { answer: body(`${good}${MARKER}`), message: NOT_JSON },
    ...Object.fromEntries(
      [
        '['.repeat(100_000),
        '{"":'.repeat(100_000),
        `{"keys":[${nested(99)}]}`,
        // a quotation mark within a string, and a backslash at the end of one
        `{"\\"":"\\\\","keys":[${nested(99)}]}`,
      ].map((json) => [`nested too deep: ${json.slice(0, 20)}`, { answer: body(json), message: TOO_DEEP }]),
    ),
    'half a million arrays': {
      answer: body(`{"keys":[${'[],'.repeat(300_000)}0]}`),
      message: 'its answer has more than 30000 arrays and objects',
    },
    'gzip, which nobody asked for': {
      answer: body(gzipSync(good), 200, { 'content-encoding': 'gzip' }),
      message: GZIP,
    },
    'gzip that does not say so': { answer: body(gzipSync(good)), message: GZIP },
    ...Object.fromEntries(
      Object.entries({
        ...{ 'X-GZIP': 'x-gzip', deflate: 'deflate', compress: 'compress', zstd: 'zstd' },
        ...{ 'aws-chunked, gzip': 'gzip', 'br,identity': 'br', 'utf-8 , BR ,x': 'br' },
      }).map(([coding, named]) => [
        `the Content-Encoding ${coding}`,
        {
          answer: body(good, 200, { 'content-encoding': coding }),
          message: `its answer is compressed (${named}), which was not asked for`,
        },
      ]),
    ),
    'UTF-16 with its mark': { answer: body(Buffer.from(`\uFEFF${good}`, 'utf16le')), message: UTF_16 },
    'UTF-16, the higher byte first, with its mark': {
      answer: body(Buffer.from(`\uFEFF${good}`, 'utf16le').swap16()),
      message: UTF_16,
    },
    'UTF-16 without a mark': { answer: body(Buffer.from(good, 'utf16le')), message: UTF_16 },
    'UTF-16, the higher byte first': { answer: body(Buffer.from(good, 'utf16le').swap16()), message: UTF_16 },
    ...Object.fromEntries(
      [
        ...[`{"error":"${MARKER}"}`, `{"keys":{"${MARKER}":{}}}`, `{"keys":"${MARKER}"}`, '{"keys":null}'],
        ...['[{"keys":[]}]', 'null', `"${MARKER}"`, '1'],
      ].map((json) => [`no set: ${json}`, { answer: body(json), message: NO_SET }]),
    ),
    ...Object.fromEntries([201, 204, 304, 404, 503].map((code) => [code, status(code)])),
    '1 MiB and a byte': { answer: body(`${good}${' '.repeat(MEBIBYTE + 1 - good.length)}`), message: TOO_LONG },
    '10 MB': { answer: body(`${good}${' '.repeat(10_000_000)}`), message: TOO_LONG },
    'a connection closed within an answer': {
      answer: (_request, response) => response.write('{"keys":[]', () => response.socket?.destroy()),
      message: BROKE_OFF,
    },
    'a connection reset within an answer': {
      answer: (_request, response) => response.write('{"keys":[]', () => response.socket?.resetAndDestroy()),
      message: RESET,
    },
    'a whole set, and the connection closed before the end that was announced': {
      answer: (_request, response) => {
        response.setHeader('content-length', 1000);
        response.write(good, () => response.socket?.destroy());
      },
      message: BROKE_OFF,
    },
    none: { answer: () => undefined, message: GIVEN_UP, givenUpAt: 0 },
    'a whole set, and no end': {
      answer: (_request, response) => response.write(good),
      message: GIVEN_UP,
      givenUpAt: 1,
    },
    'one byte after the other': {
      answer: (_request, response) => drip(response, `{"keys":[${' '.repeat(10_000)}]}`),
      message: GIVEN_UP,
      givenUpAt: 300,
    },
  };

  for (const [name, fault] of Object.entries(faults)) {
    it(name, LIMIT, async (t) => {
      const { answer, message, givenUpAt = Number.POSITIVE_INFINITY } = fault;
      const sockets = followConnections(t);
      const before = endpoint.requests();
      const closed = answerWith(answer);
      const isEnough = () => endpoint.requests() > before && sockets.some(({ bytesRead }) => bytesRead >= givenUpAt);
      const told = await failureOf(endpoint.jwksUri, until(t, isEnough));
      if (typeof message === 'string') assert.equal(told, message);
      else assert.match(told, message);
      await closed;
    });
  }

  it('an endless one, of which no more is read than the bound', LIMIT, async () => {
    const chunk = Buffer.alloc(64 * 1024, MARKER);
    const closed = answerWith((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    assert.equal(await failureOf(endpoint.jwksUri), TOO_LONG);
    const { bytesWritten } = await closed;
    // what the two ends of the connection hold back comes on top
    assert.ok(bytesWritten < 16 * MEBIBYTE, `the server could send ${bytesWritten} bytes`);
  });

  for (const code of [301, 302, 303, 307, 308]) {
    it(`a redirect (${code}), whose target is never asked`, async (t) => {
      const target = await startIssuer([key]);
      t.after(target.close);
      endpoint.answer(body('{"keys":[]}', code, { location: target.jwksUri }));
      assert.equal(await failureOf(endpoint.jwksUri), `it answered with status ${code}, not 200`);
      assert.equal(target.requests(), 0);
    });
  }
});
