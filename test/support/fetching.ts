import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { fetchJwks } from '../../src/keys/jwks.ts';

export const GIVEN_UP = 'given up';
/** Stands for whatever an endpoint may say: none of it may get into the log. */
export const MARKER = 'said-by-the-endpoint';

/** Fetches keys, and gives up once something has happened. */
export function fetchFrom(uri: string, happened?: Promise<unknown>): Promise<readonly unknown[]> {
  const controller = new AbortController();
  happened?.then(
    () => controller.abort(new Error(GIVEN_UP)),
    () => undefined, // the test has ended
  );
  return fetchJwks(uri, controller.signal);
}

/** Looks in each turn of the event loop whether something has happened, as long as the test runs. */
export async function until({ signal }: Pick<TestContext, 'signal'>, hasHappened: () => boolean) {
  while (!hasHappened()) {
    signal.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The message of the error that a fetch ends with; it quotes nothing of the answer. */
export async function failureOf(uri: string, happened?: Promise<unknown>): Promise<string> {
  const error = await fetchFrom(uri, happened).catch((reason: unknown) => reason);
  assert.ok(error instanceof Error, 'the fetch failed');
  assert.ok(!error.message.includes(MARKER), error.message);
  return error.message;
}

/** Writes a text one byte at a time, faster than any idle time-out would notice. */
export function drip(stream: { write(text: string): unknown; readonly destroyed: boolean }, text: string): void {
  let position = 0;
  const timer = setInterval(() => {
    const byte = text[position++];
    if (stream.destroyed || byte === undefined) clearInterval(timer);
    else stream.write(byte);
  }, 5);
}

/** Starts a server that is closed, with all its connections, when the test is over. @returns its port */
export async function listen(t: Pick<TestContext, 'after'>, server: Server, host = '127.0.0.1') {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  await once(server.listen(0, host), 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port; // it listens on a port, not on a pipe
}

/** What a server says, HTTP or not, once it was asked something. */
export type Speaker = (socket: Socket) => unknown;

/** A server that speaks in another way on each connection, and on those after the last in the last way. */
export async function listenRaw(t: Pick<TestContext, 'after'>, ...speakers: readonly Speaker[]) {
  let connections = 0;
  const server = createServer((socket) => {
    const speak = speakers[connections] ?? speakers.at(-1);
    connections += 1;
    socket.once('data', () => speak?.(socket));
  });
  const port = await listen(t, server);
  return { uri: `http://127.0.0.1:${port}/jwks`, port, connections: () => connections };
}
