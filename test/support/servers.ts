import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

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
