import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { start } from './support/harness.ts';
import { NOTHING } from './support/leftovers.ts';
import { hang, LIMIT, publish } from './support/sources.ts';
import { eventOf, startWorld } from './support/suite.ts';

interface Fault {
  readonly answer: (jwk: unknown) => RequestListener;
  readonly reason: string;
  /** Milliseconds until the invocation ends; a wait for keys ends 250 ms before. */
  readonly remaining?: number;
}

const faults: Readonly<Record<string, Fault>> = {
  hangs: { answer: () => hang, reason: 'keys_unavailable', remaining: 300 },
  'closes the connection': {
    answer:
      () =>
      ({ socket }) =>
        socket.destroy(),
    reason: 'keys_unavailable',
  },
  'says that it keeps the connection': {
    answer: (jwk) => (request, response) => {
      response.setHeader('connection', 'keep-alive');
      response.shouldKeepAlive = true;
      publish(jwk)(request, response);
    },
    reason: 'authorized',
  },
};

// Windows can't freeze a process
const skip = process.platform === 'win32';

describe('the zip, frozen between invocations', { skip }, () => {
  for (const [name, { answer, reason, remaining }] of Object.entries(faults)) {
    it(`after the endpoint ${name}: the next request finds nothing of that`, LIMIT, async (t) => {
      const world = await startWorld();
      t.after(world.issuer.close);
      const { jwk } = world.key;
      const sockets: Socket[] = [];
      const answerWith = (listener: RequestListener) =>
        world.issuer.answer((request, response) => {
          sockets.push(request.socket);
          listener(request, response);
        });
      answerWith(answer(jwk));
      // each request asks for the keys
      const fn = await start({ ...world.env, JWKS_MAX_AGE: '0.001', JWKS_MAX_STALE: '0' });
      t.after(fn.stop);
      const ask = async (remaining?: number) => {
        const { line, left } = await fn.call(eventOf(world, {}), remaining);
        assert.deepEqual(left, NOTHING);
        return line.reason;
      };
      /** Freezes the process. Its connections were closed before, or the test hangs here. */
      const freeze = async () => {
        fn.signal('SIGSTOP');
        await Promise.all(sockets.map((socket) => socket.destroyed || once(socket, 'close')));
        fn.signal('SIGCONT');
      };

      assert.deepEqual(fn.loaded?.left, NOTHING);
      await freeze();
      answerWith(publish(jwk));
      assert.equal(await ask(), 'authorized');
      answerWith(answer(jwk));
      assert.equal(await ask(remaining), reason);
      await freeze();
      answerWith(publish(jwk));
      assert.equal(await ask(), 'authorized');
      assert.equal(fn.lines().filter((line) => 'outcome' in line).length, 3);
    });
  }
});
