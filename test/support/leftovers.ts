import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** What nobody waits for, and a frozen process keeps. */
export interface Leftovers {
  /** Connections that this process opened and has not closed. */
  readonly connections: number;
  readonly timers: number;
}

export const NOTHING: Leftovers = { connections: 0, timers: 0 };

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

/** Follows the connections that this process opens. */
export function followConnections(t: Pick<TestContext, 'after'>): readonly Socket[] {
  const sockets: Socket[] = [];
  const listener = (message: unknown) => sockets.push((message as { socket: Socket }).socket);
  subscribe('net.client.socket', listener);
  t.after(() => unsubscribe('net.client.socket', listener));
  return sockets;
}

/** Tells what is left of all that this process began since. */
export function leftovers(t: Pick<TestContext, 'after'>): () => Leftovers {
  const before = timers();
  const sockets = followConnections(t);
  return () => ({ connections: sockets.filter((socket) => !socket.destroyed).length, timers: timers() - before });
}
