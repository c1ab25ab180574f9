import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import dns from 'node:dns';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { LOADER_ARGS } from '../../scripts/loader.ts';
import { selfSignedCertificate } from '../support/certificate.ts';
import { failureOf, fetchFrom, listen, listenRaw, MARKER } from '../support/fetching.ts';
import { LIMIT } from '../support/sources.ts';
import { temporaryFolder } from '../support/unpacked.ts';

/** Fetches in a process with an environment of its own, as Node reads it when it starts. */
async function fetchWith(env: Readonly<Record<string, string>>, uri: string, preload = ''): Promise<unknown> {
  const script = `${preload}
    const [file, uri] = process.argv.slice(1);
    const { fetchJwks } = await import(file);
    const outcome = await fetchJwks(uri, new AbortController().signal).catch(({ message }) => message);
    process.stdout.write(JSON.stringify(outcome));`;
  const module = new URL('../../src/keys/jwks.ts', import.meta.url).href;
  const args = [...LOADER_ARGS, '--input-type=module', '-e', script, module, uri];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
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
  const folder = temporaryFolder();
  t.after(folder.remove);
  const file = join(folder.path, 'certificate.pem');
  writeFileSync(file, certificate.cert);
  const trusting = { NODE_EXTRA_CA_CERTS: file };
  return { port: await listen(t, server), requests: () => requests, trusting };
}

describe('TLS', () => {
  it('a certificate that nobody vouches for: the endpoint is told nothing', async (t) => {
    const { port, requests } = await startTls(t);
    assert.match(await failureOf(`https://localhost:${port}/jwks`), /^self-signed certificate/);
    assert.equal(requests(), 0);
  });

  it('whatever NODE_TLS_REJECT_UNAUTHORIZED says', async (t) => {
    const { port, requests } = await startTls(t);
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const outcome = await fetchWith(env, `https://localhost:${port}/jwks`);
    assert.match(String(outcome), /^self-signed certificate/);
    assert.equal(requests(), 0);
  });

  it('a certificate that is trusted', async (t) => {
    const { port, requests, trusting } = await startTls(t);
    assert.deepEqual(await fetchWith(trusting, `https://localhost:${port}/jwks`), [1]);
    assert.equal(requests(), 1);
  });

  it('a certificate that is trusted, but for another host', async (t) => {
    const { port, requests, trusting } = await startTls(t);
    const outcome = await fetchWith(trusting, `https://127.0.0.1:${port}/jwks`);
    assert.match(String(outcome), /does not match certificate/);
    assert.equal(requests(), 0);
  });

  it('a server that does not speak it', async (t) => {
    const { uri, connections } = await listenRaw(t, (socket) => socket.end(`HTTP/1.1 400 ${MARKER}\r\n\r\n`));
    for (const scheme of ['https:', 'HTTPS:']) {
      const message = await failureOf(uri.replace('http:', scheme));
      assert.match(message, /wrong version number|packet length too long|EPROTO/);
      assert.doesNotMatch(message, /[\r\n]/);
    }
    assert.equal(connections(), 2, 'it is not tried again');
  });
});

describe('a host with several addresses', () => {
  /** Has a host resolve to these. */
  function resolveTo(t: TestContext, addresses: readonly string[]): void {
    const found = addresses.map((address) => ({ address, family: 4 }));
    t.mock.method(dns, 'lookup', (_host: string, _options: object, callback: (...args: unknown[]) => void) =>
      callback(null, found),
    );
  }

  it('is this machine if it is below localhost, even if a resolver says otherwise (RFC 6761, 6.3)', async (t) => {
    const { port } = await listenRaw(t, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{"keys":[1]}'));
    resolveTo(t, ['127.0.0.2']);
    assert.deepEqual(await fetchFrom(`http://keys.localhost:${port}/jwks`), [1]);
  });

  it('is asked at the next where one refuses', async (t) => {
    const { port } = await listenRaw(t, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{"keys":[1]}'));
    resolveTo(t, ['127.0.0.2', '127.0.0.1']);
    assert.deepEqual(await fetchFrom(`http://localhost:${port}/jwks`), [1]);
  });

  // Node's own time for each address but the last is 250 ms, which no issuer on another continent keeps
  it('that takes 300 ms for a handshake is waited for', LIMIT, async (t) => {
    const { port } = await listenRaw(t, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{"keys":[1]}'));
    const slow = `
      import dns from 'node:dns';
      const found = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
      dns.lookup = (host, options, callback) => callback(null, found);
      const { TCP } = process.binding('tcp_wrap');
      const { connect } = TCP.prototype;
      TCP.prototype.connect = function (...args) {
        setTimeout(() => connect.apply(this, args), 300);
        return 0;
      };`;
    const env = { NODE_OPTIONS: '--no-deprecation' };
    assert.deepEqual(await fetchWith(env, `http://localhost:${port}/jwks`, slow), [1]);
  });
});

describe("Node's proxy variables", () => {
  const [major = 0] = process.versions.node.split('.').map(Number);
  const skip = major < 24 && 'Node has them from version 24 on';

  it('http: the proxy is asked for the whole URI', { skip }, async (t) => {
    const asked: unknown[] = [];
    const proxy = createServer(({ url }, response) => {
      asked.push(url);
      response.end('{"keys":["by the proxy"]}');
    });
    const port = await listen(t, proxy);
    const env = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: '', no_proxy: '' };
    assert.deepEqual(await fetchWith(env, 'http://localhost:9/jwks'), ['by the proxy']);
    assert.deepEqual(asked, ['http://localhost:9/jwks']);
  });

  it('https: the proxy hands the bytes on, and the certificate is still looked at', { skip }, async (t) => {
    const { port, requests, trusting } = await startTls(t);
    const asked: unknown[] = [];
    const proxy = createServer().on('connect', ({ url }, socket) => {
      asked.push(url);
      const upstream = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      for (const end of [upstream, socket]) end.on('error', () => undefined);
    });
    const env = {
      NODE_USE_ENV_PROXY: '1',
      HTTPS_PROXY: `http://127.0.0.1:${await listen(t, proxy)}`,
      NO_PROXY: '',
      no_proxy: '',
    };
    const uri = `https://localhost:${port}/jwks`;
    assert.deepEqual(await fetchWith({ ...env, ...trusting }, uri), [1]);
    assert.match(String(await fetchWith(env, uri)), /^self-signed certificate/);
    assert.deepEqual(asked, Array(2).fill(`localhost:${port}`));
    assert.equal(requests(), 1);
  });
});
