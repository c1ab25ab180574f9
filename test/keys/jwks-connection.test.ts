import assert from 'node:assert/strict';
import dns from 'node:dns';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { fetchJwks } from '../../src/keys/jwks.ts';
import {
  drip,
  failureOf,
  fetchFrom,
  GIVEN_UP,
  listen,
  listenRaw,
  MARKER,
  type Speaker,
  until,
} from '../support/fetching.ts';
import { followConnections, leftovers, NOTHING } from '../support/leftovers.ts';
import { LIMIT } from '../support/sources.ts';

describe('no HTTP answer', () => {
  interface Talk {
    readonly speak: Speaker;
    readonly message: RegExp;
    /** It never ends: the fetch is given up after so many bytes. */
    readonly givenUpAt?: number;
  }
  const head = 'HTTP/1.1 200 OK\r\n';
  const talks: Readonly<Record<string, Talk>> = {
    'another protocol': {
      speak: (socket) => socket.end(`220 ${MARKER} ESMTP\r\n`),
      message: /^Parse Error: Expected HTTP\//,
    },
    'hints without end': {
      speak: (socket) => {
        const timer = setInterval(() => {
          if (socket.destroyed) clearInterval(timer);
          else socket.write('HTTP/1.1 103 Early Hints\r\n\r\n');
        }, 5);
      },
      message: /^given up$/,
      givenUpAt: 300,
    },
    'headers, one byte after the other': {
      speak: (socket) => drip(socket, `${head}x: ${'x'.repeat(10_000)}\r\n\r\n{"keys":[]}`),
      message: /^given up$/,
      givenUpAt: 50,
    },
  };

  for (const [name, { speak, message, givenUpAt }] of Object.entries(talks)) {
    it(name, LIMIT, async (t) => {
      const left = leftovers(t);
      const sockets = followConnections(t);
      const { uri, connections } = await listenRaw(t, speak);
      const enough = givenUpAt && until(t, () => sockets.some(({ bytesRead }) => bytesRead >= givenUpAt));
      assert.match(await failureOf(uri, enough || undefined), message);
      assert.equal(connections(), 1, 'it is not tried again');
      assert.equal(left().connections, 0);
    });
  }

  it('no such host', async (t) => {
    const left = leftovers(t);
    // RFC 6761, 6.4: there never is one
    assert.match(await failureOf('https://jwks.invalid/keys'), /ENOTFOUND|EAI_AGAIN/);
    assert.equal(left().connections, 0);
  });
});

const good: Speaker = (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{"keys":[1]}');
const closed: Speaker = (socket) => socket.end();
const reset: Speaker = (socket) => socket.resetAndDestroy();
const silent: Speaker = () => undefined;

describe('a connection that fails before an answer', () => {
  for (const [name, fault] of Object.entries({ closed, reset })) {
    it(`${name}: it is tried once more`, LIMIT, async (t) => {
      const { uri, connections } = await listenRaw(t, fault, good);
      assert.deepEqual(await fetchFrom(uri), [1]);
      assert.equal(connections(), 2);
    });

    it(`${name} twice: that is a failed fetch`, LIMIT, async (t) => {
      const { uri, connections } = await listenRaw(t, fault, fault, good);
      assert.match(await failureOf(uri), /ECONNRESET|socket hang up/);
      assert.equal(connections(), 2);
    });

    it(`${name}, and the second hangs: both have one end`, LIMIT, async (t) => {
      const left = leftovers(t);
      const { uri, connections } = await listenRaw(t, fault, silent);
      assert.equal(
        await failureOf(
          uri,
          until(t, () => connections() === 2),
        ),
        GIVEN_UP,
      );
      assert.equal(connections(), 2);
      assert.equal(left().connections, 0);
    });
  }

  it('closed before it was asked anything', LIMIT, async (t) => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      if (connections === 1) socket.destroy();
      else socket.once('data', () => good(socket));
    });
    assert.deepEqual(await fetchFrom(`http://127.0.0.1:${await listen(t, server)}/jwks`), [1]);
    assert.equal(connections, 2);
  });

  for (const [failures, expected] of [
    [1, [1]],
    [2, 'getaddrinfo EAI_AGAIN keys.example'],
  ] as const) {
    it(`its name can't be resolved just now, ${failures} times`, LIMIT, async (t) => {
      const { port, connections } = await listenRaw(t, good);
      let lookups = 0;
      t.mock.method(dns, 'lookup', (host: string, _options: unknown, tell: (...args: unknown[]) => void) => {
        lookups += 1;
        const message = `getaddrinfo EAI_AGAIN ${host}`;
        if (lookups <= failures) tell(Object.assign(new Error(message), { code: 'EAI_AGAIN' }));
        else tell(null, [{ address: '127.0.0.1', family: 4 }]);
      });
      const uri = `http://keys.example:${port}/jwks`;
      assert.deepEqual(await fetchFrom(uri).catch(({ message }) => message), expected);
      assert.deepEqual([lookups, connections()], [2, 2 - failures]);
    });
  }

  for (const host of ['127.0.0.1', 'localhost']) {
    it(`refused on ${host}, twice`, LIMIT, async (t) => {
      const attempts = followConnections(t);
      const server = createServer();
      const port = await listen(t, server);
      await promisify(server.close.bind(server))();
      assert.match(await failureOf(`http://${host}:${port}/jwks`), /ECONNREFUSED/);
      assert.deepEqual(
        attempts.map((socket) => socket.destroyed),
        [true, true],
      );
    });
  }

  it('given up meanwhile: there is no second', LIMIT, async (t) => {
    const left = leftovers(t);
    const { uri, connections } = await listenRaw(t, silent, good);
    assert.equal(
      await failureOf(
        uri,
        until(t, () => connections() === 1),
      ),
      GIVEN_UP,
    );
    assert.deepEqual([connections(), left().connections], [1, 0]);
  });

  it('given up before: there is none', LIMIT, async (t) => {
    const { uri, connections } = await listenRaw(t, good);
    await assert.rejects(fetchJwks(uri, AbortSignal.abort(new Error(GIVEN_UP))), { message: GIVEN_UP });
    assert.equal(connections(), 0);
  });
});

describe('a connection that fails after an answer began is not tried again', () => {
  const begin = 'HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n';
  const faults: Readonly<Record<string, Speaker>> = {
    'closed after the headers': (socket) => socket.end(begin),
    'closed within the answer': (socket) => socket.end(`${begin}{"keys":`),
    'closed in a chunk': (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nc\r\n{"keys":'),
  };
  for (const [name, fault] of Object.entries(faults)) {
    it(name, LIMIT, async (t) => {
      const { uri, connections } = await listenRaw(t, fault, good);
      assert.equal(await failureOf(uri), 'its answer broke off');
      assert.equal(connections(), 1);
    });
  }

  it('nor is an answer that is no good', LIMIT, async (t) => {
    const { uri, connections } = await listenRaw(t, (socket) => socket.end('HTTP/1.1 500 No\r\n\r\n'), good);
    assert.equal(await failureOf(uri), 'it answered with status 500, not 200');
    assert.equal(connections(), 1);
  });
});

describe('nothing is left when a fetch ends', () => {
  const head = 'HTTP/1.1 200 OK\r\nconnection: keep-alive\r\nkeep-alive: timeout=60\r\n';
  const answers: Readonly<Record<string, readonly [Speaker, outcome: unknown]>> = {
    'the server would keep the connection': [
      (socket) => socket.write(`${head}content-length: 12\r\n\r\n{"keys":[1]}`),
      [1],
    ],
    'it says more than it announced': [
      (socket) => socket.write(`${head}content-length: 12\r\n\r\n{"keys":[1]}HTTP/1.1 200 OK\r\n\r\n`),
      [1],
    ],
    'it would keep it after a refusal': [
      (socket) => socket.write(head.replace('200', '503').concat('content-length: 0\r\n\r\n')),
      'it answered with status 503, not 200',
    ],
    'it switches to another protocol': [
      (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nmore'),
      'it answered with status 101, not 200',
    ],
    'it is too much': [
      (socket) => socket.write(`${head}content-length: 9999999\r\n\r\n${' '.repeat(1024 * 1024 + 1)}`),
      'its answer is longer than 1048576 bytes',
    ],
  };
  for (const [name, [speak, expected]] of Object.entries(answers)) {
    it(name, LIMIT, async (t) => {
      const left = leftovers(t);
      const { uri } = await listenRaw(t, speak);
      const outcome = await fetchJwks(uri, new AbortController().signal).catch(({ message }: Error) => message);
      assert.deepEqual(outcome, expected);
      assert.deepEqual(left(), NOTHING);
    });
  }
});
