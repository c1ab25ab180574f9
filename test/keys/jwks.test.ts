import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { generateKey, type LocalIssuer, type SigningKey, startIssuer } from '../../scripts/issuer.ts';
import { LOADER_ARGS } from '../../scripts/loader.ts';
import { fetchJwks } from '../../src/keys/jwks.ts';
import { selfSignedCertificate } from '../support/certificate.ts';

/** For an answer that is to be waited for; far more than any takes. */
const PATIENT = 10_000;
/** For one that is not, in milliseconds. */
const SHORT = 100;
const TIMED_OUT = 'it did not answer in 0.1 s';
const NOT_JSON = 'its answer is not JSON';
const NO_SET = 'its answer is no JWK Set: no array "keys" in it';
const BROKE_OFF = 'its answer broke off';
const TOO_LONG = 'its answer is longer than 1048576 bytes';
const MEBIBYTE = 1024 * 1024;
/** Stands for whatever an endpoint may say: none of it may get into the log. */
const MARKER = 'said-by-the-endpoint';

let key: SigningKey;
let endpoint: LocalIssuer;

before(async () => {
  key = await generateKey('one', 'ES256');
  endpoint = await startIssuer([key]);
});
after(() => endpoint.close());

const body =
  (
    text: string | Uint8Array,
    status = 200,
    headers: Readonly<Record<string, string>> = {},
  ): RequestListener =>
  (_request, response) => {
    response.writeHead(status, MARKER, { 'x-marker': MARKER, ...headers }).end(text);
  };

/** Starts a server that is closed when the test is over. */
async function listen(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port; // it listens on a port, not on a pipe
}

/** A server that says what it likes, HTTP or not. */
async function listenRaw(t: TestContext, speak: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => socket.once('data', () => speak(socket)));
  return `http://127.0.0.1:${await listen(t, server)}/jwks`;
}

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

/** The message of the error that a fetch ends with. */
async function failure(uri: string, timeout = PATIENT): Promise<string> {
  const error: unknown = await fetchJwks(uri, timeout).then(
    () => undefined,
    (reason) => reason,
  );
  assert.ok(error instanceof Error, 'the fetch failed');
  assert.ok(!error.message.includes(MARKER), error.message);
  return error.message;
}

/** Writes a text one byte at a time, faster than any idle time-out would notice. */
function drip(stream: { write: (text: string) => unknown; destroyed: boolean }, text: string): void {
  let position = 0;
  const timer = setInterval(() => {
    const byte = text[position++];
    if (stream.destroyed || byte === undefined) clearInterval(timer);
    else stream.write(byte);
  }, 5);
}

describe('answers that are taken', () => {
  it('the keys as published, whatever else the set holds', async () => {
    const published = [{ ...key.jwk, x5c: ['AA=='] }, null, 'no key', { kty: 'unheard of' }];
    endpoint.answer(body(JSON.stringify({ issuer: 'x', keys: published })));
    assert.deepEqual(await fetchJwks(endpoint.jwksUri, PATIENT), published);
  });

  it('an empty set: that it is of no use is for others to say', async () => {
    endpoint.answer(body('{"keys":[]}', 200, { 'content-type': 'text/plain' }));
    assert.deepEqual(await fetchJwks(endpoint.jwksUri, PATIENT), []);
  });

  it('exactly 1 MiB', async () => {
    const text = JSON.stringify({ keys: [key.jwk], padding: '' });
    endpoint.answer(body(text.replace('""', `"${'x'.repeat(MEBIBYTE - text.length)}"`)));
    assert.deepEqual(await fetchJwks(endpoint.jwksUri, PATIENT), [key.jwk]);
  });

  it('one that comes in pieces, in time', async () => {
    endpoint.answer((_request, response) => {
      const [...bytes] = JSON.stringify({ keys: [] });
      const next = () =>
        response.write(bytes.shift() ?? '', () => (bytes.length > 0 ? next() : response.end()));
      next();
    });
    assert.deepEqual(await fetchJwks(endpoint.jwksUri, PATIENT), []);
  });

  it('one that begins with hints', async (t) => {
    const uri = await listenRaw(t, (socket) =>
      socket.end('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{"keys":[1]}'),
    );
    assert.deepEqual(await fetchJwks(uri, PATIENT), [1]);
  });

  it('asks for JSON, once, on a connection that it does not keep', async () => {
    const before = endpoint.requests();
    const requests: IncomingMessage[] = [];
    const closed = answerWith((request, response) => {
      requests.push(request);
      body('{"keys":[]}')(request, response);
    });
    await fetchJwks(endpoint.jwksUri, PATIENT);
    await closed;
    assert.equal(endpoint.requests() - before, 1);
    const [{ method, url, headers } = {}] = requests;
    assert.deepEqual([method, url], ['GET', '/.well-known/jwks.json']);
    assert.equal(headers?.accept, 'application/json');
    assert.equal(headers?.connection, 'close');
    assert.equal(headers?.['accept-encoding'], undefined);
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
    readonly timeout?: number;
  }
  const status = (code: number): Fault => ({
    answer: body(good, code),
    message: `it answered with status ${code}, not 200`,
  });
  const faults: Readonly<Record<string, Fault>> = {
    HTML: { answer: body(HTML, 200, { 'content-type': 'text/html' }), message: NOT_JSON },
    nothing: { answer: body(''), message: NOT_JSON },
    'a word': { answer: body(MARKER), message: NOT_JSON },
    'JSON that is cut off, though HTTP is not': { answer: body('{"keys":['), message: NOT_JSON },
    'JSON, and something after it': { answer: body(`${good}${MARKER}`), message: NOT_JSON },
    'JSON nested a hundred thousand times': { answer: body('['.repeat(100_000)), message: NOT_JSON },
    'gzip, which nobody asked for': {
      answer: body(gzipSync(good), 200, { 'content-encoding': 'gzip' }),
      message: NOT_JSON,
    },
    'bytes that only claim to be gzip': {
      answer: body(Buffer.from([0x1f, 0x8b, 0xff, 0xff]), 200, { 'content-encoding': 'gzip' }),
      message: NOT_JSON,
    },
    'no keys': { answer: body(`{"error":"${MARKER}"}`), message: NO_SET },
    'keys that are an object': { answer: body(`{"keys":{"${MARKER}":{}}}`), message: NO_SET },
    'keys that are a string': { answer: body(`{"keys":"${MARKER}"}`), message: NO_SET },
    'keys that are null': { answer: body('{"keys":null}'), message: NO_SET },
    'an array': { answer: body(`[{"keys":[]}]`), message: NO_SET },
    null: { answer: body('null'), message: NO_SET },
    'a string': { answer: body(`"${MARKER}"`), message: NO_SET },
    'a number': { answer: body('1'), message: NO_SET },
    '201': status(201),
    '203': status(203),
    '204': status(204),
    '206': status(206),
    '304': status(304),
    '400': status(400),
    '404': status(404),
    '429': status(429),
    '500': status(500),
    '503': status(503),
    '1 MiB and a byte': {
      answer: body(`${good}${' '.repeat(MEBIBYTE + 1 - good.length)}`),
      message: TOO_LONG,
    },
    '10 MB': { answer: body(`${good}${' '.repeat(10_000_000)}`), message: TOO_LONG },
    'a connection closed before an answer': {
      answer: ({ socket }) => socket.destroy(),
      message: 'socket hang up',
    },
    'a connection reset before an answer': {
      answer: ({ socket }) => socket.resetAndDestroy(),
      message: RESET,
    },
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
    none: { answer: () => undefined, message: TIMED_OUT, timeout: SHORT },
    'headers, and then nothing': {
      answer: (_request, response) => response.flushHeaders(),
      message: TIMED_OUT,
      timeout: SHORT,
    },
    'a part, and then nothing': {
      answer: (_request, response) => response.write('{"keys":['),
      message: TIMED_OUT,
      timeout: SHORT,
    },
    'a whole set, and no end': {
      answer: (_request, response) => response.write(good),
      message: TIMED_OUT,
      timeout: SHORT,
    },
    'one byte after the other': {
      answer: (_request, response) => drip(response, `{"keys":[${' '.repeat(10_000)}]}`),
      message: TIMED_OUT,
      timeout: SHORT,
    },
  };

  for (const [name, { answer, message, timeout }] of Object.entries(faults)) {
    it(name, { timeout: PATIENT }, async () => {
      const closed = answerWith(answer);
      const startedAt = performance.now();
      const told = await failure(endpoint.jwksUri, timeout);
      if (typeof message === 'string') assert.equal(told, message);
      else assert.match(told, message);
      const took = performance.now() - startedAt;
      // a timer may be a moment early by this clock
      if (timeout !== undefined) assert.ok(took > timeout - 2, `after ${took} ms`);
      await closed;
    });
  }

  it('an endless one, of which no more is read than the bound', { timeout: PATIENT }, async () => {
    const chunk = Buffer.alloc(64 * 1024, MARKER);
    const closed = answerWith((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    assert.equal(await failure(endpoint.jwksUri), TOO_LONG);
    const { bytesWritten } = await closed;
    // what the two ends of the connection hold back comes on top
    assert.ok(bytesWritten < 16 * MEBIBYTE, `the server could send ${bytesWritten} bytes`);
  });

  for (const code of [301, 302, 303, 307, 308]) {
    it(`a redirect (${code}), whose target is never asked`, async (t) => {
      const target = await startIssuer([key]);
      t.after(target.close);
      endpoint.answer(body('{"keys":[]}', code, { location: target.jwksUri }));
      assert.equal(await failure(endpoint.jwksUri), `it answered with status ${code}, not 200`);
      assert.equal(target.requests(), 0);
    });
  }
});

describe('no HTTP answer', () => {
  interface Talk {
    readonly speak: (socket: Socket) => void;
    readonly message: RegExp;
    readonly timeout?: number;
  }
  const head = 'HTTP/1.1 200 OK\r\n';
  const talks: Readonly<Record<string, Talk>> = {
    'another protocol': {
      speak: (socket) => socket.end(`220 ${MARKER} ESMTP\r\n`),
      message: /^Parse Error: Expected HTTP\//,
    },
    'a header with a control character': {
      speak: (socket) => socket.end(`${head}x: ${MARKER}\u0001\r\n\r\n{"keys":[]}`),
      message: /^Parse Error: Invalid header value char/,
    },
    'headers of a megabyte': {
      speak: (socket) => socket.end(`${head}${`x: ${MARKER}\r\n`.repeat(40_000)}\r\n{"keys":[]}`),
      message: /^Parse Error: Header overflow/,
    },
    'two lengths': {
      speak: (socket) =>
        socket.end(`${head}content-length: 11\r\ncontent-length: 12\r\n\r\n{"keys":[]} ${MARKER}`),
      message: /^Parse Error/,
    },
    'a chunk of no size': {
      speak: (socket) => socket.end(`${head}transfer-encoding: chunked\r\n\r\n${MARKER}\r\n`),
      message: /^(Parse Error: Invalid character in chunk size|its answer broke off)$/,
    },
    'another protocol from here on': {
      speak: (socket) =>
        socket.end(`HTTP/1.1 101 Switching Protocols\r\nupgrade: ${MARKER}\r\nconnection: upgrade\r\n\r\n`),
      message: /^it answered with status 101, not 200$/,
    },
    'hints without end': {
      speak: (socket) => {
        const timer = setInterval(() => {
          if (socket.destroyed) clearInterval(timer);
          else socket.write('HTTP/1.1 103 Early Hints\r\n\r\n');
        }, 5);
      },
      message: /^it did not answer in 0.1 s$/,
      timeout: SHORT,
    },
    'headers, one byte after the other': {
      speak: (socket) => drip(socket, `${head}x: ${'x'.repeat(10_000)}\r\n\r\n{"keys":[]}`),
      message: /^it did not answer in 0.1 s$/,
      timeout: SHORT,
    },
  };

  for (const [name, { speak, message, timeout }] of Object.entries(talks)) {
    it(name, { timeout: PATIENT }, async (t) => {
      assert.match(await failure(await listenRaw(t, speak), timeout), message);
    });
  }

  for (const host of ['127.0.0.1', 'localhost']) {
    it(`no server on ${host}`, async (t) => {
      const server = createServer();
      const port = await listen(t, server);
      await promisify(server.close.bind(server))();
      assert.match(await failure(`http://${host}:${port}/jwks`), /ECONNREFUSED/);
    });
  }

  it('no such host', async () => {
    // RFC 6761, 6.4: there never is one
    assert.match(await failure('https://jwks.invalid/keys', 1000), /ENOTFOUND|EAI_AGAIN|it did not answer/);
  });
});

describe('TLS', () => {
  const CALL = `
    const [file, uri] = process.argv.slice(1);
    const { fetchJwks } = await import(file);
    const outcome = await fetchJwks(uri, ${PATIENT}).then((keys) => ({ keys }), ({ message }) => ({ message }));
    process.stdout.write(JSON.stringify(outcome));`;

  /** Fetches in a process that trusts one certificate more than this one does. */
  async function fetchTrusting(t: TestContext, cert: string, uri: string): Promise<unknown> {
    const file = join(tmpdir(), `custom-authorizer-${process.pid}-${performance.now()}.pem`);
    writeFileSync(file, cert);
    t.after(() => rmSync(file));
    const endpointModule = new URL('../../src/keys/jwks.ts', import.meta.url).href;
    const args = [...LOADER_ARGS, '--input-type=module', '-e', CALL];
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: file };
    const { stdout } = await promisify(execFile)(process.execPath, [...args, endpointModule, uri], { env });
    return JSON.parse(stdout);
  }

  /** An endpoint with a certificate for `localhost`. */
  async function startTls(t: TestContext) {
    const certificate = selfSignedCertificate('localhost');
    let requests = 0;
    const server = createTlsServer(certificate, (_request, response) => {
      requests += 1;
      response.end('{"keys":[1]}');
    });
    const port = await listen(t, server);
    return { ...certificate, port, requests: () => requests };
  }

  it('a certificate that nobody vouches for: the endpoint is told nothing', async (t) => {
    const { port, requests } = await startTls(t);
    assert.match(await failure(`https://localhost:${port}/jwks`), /^self-signed certificate/);
    assert.equal(requests(), 0);
  });

  it('a certificate that is trusted', async (t) => {
    const { cert, port, requests } = await startTls(t);
    assert.deepEqual(await fetchTrusting(t, cert, `https://localhost:${port}/jwks`), { keys: [1] });
    assert.equal(requests(), 1);
  });

  it('a certificate that is trusted, but for another host', async (t) => {
    const { cert, port, requests } = await startTls(t);
    const { message } = (await fetchTrusting(t, cert, `https://127.0.0.1:${port}/jwks`)) as {
      message: string;
    };
    assert.match(message, /does not match certificate/);
    assert.equal(requests(), 0);
  });

  it('a server that does not speak it', async (t) => {
    const uri = await listenRaw(t, (socket) => socket.end(`HTTP/1.1 400 ${MARKER}\r\n\r\n`));
    for (const scheme of ['https:', 'HTTPS:']) {
      const message = await failure(uri.replace('http:', scheme));
      assert.match(message, /wrong version number|packet length too long|EPROTO/);
      assert.doesNotMatch(message, /[\r\n]/);
    }
  });
});

describe('what is to be done while the endpoint takes its time', () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

  it('is done once, after the request is out and before the answer', async () => {
    let answer: () => void = () => assert.fail('there was no request yet');
    let calls = 0;
    endpoint.answer((_request, response) => {
      answer = () => response.end(JSON.stringify({ keys: [key.jwk] }));
    });
    // nothing is answered until it is called
    const keys = await fetchJwks(endpoint.jwksUri, PATIENT, () => {
      calls += 1;
      setImmediate(() => answer());
    });
    assert.deepEqual(keys, [key.jwk]);
    assert.equal(calls, 1);
  });

  it('is left alone where the answer, or the refusal of one, comes at once', async () => {
    const before = timers();
    const hangUp: RequestListener = (request) => request.socket.destroy();
    for (const listener of [body(JSON.stringify({ keys: [key.jwk] })), body('', 500), hangUp]) {
      endpoint.answer(listener);
      await fetchJwks(endpoint.jwksUri, PATIENT, () => undefined).catch(() => undefined);
      assert.equal(timers(), before, 'a timer is left');
    }
  });
});
