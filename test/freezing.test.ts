import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { start, targets } from './support/harness.ts';
import { hang, LIMIT, publish } from './support/sources.ts';
import { eventOf, startWorld } from './support/suite.ts';

/** Milliseconds: JWKS_TIMEOUT, and how long the process is frozen, so that a timer that it left would be due. */
const TIMEOUT = 400;
const FROZEN = 500;

const faults: Readonly<Record<string, (jwk: unknown) => RequestListener>> = {
  hangs: () => hang,
  'closes the connection': () => (request) => request.socket.destroy(),
  'answers when nobody waits any more': (jwk) => async (request, response) => {
    await sleep(TIMEOUT + 50);
    publish(jwk)(request, response);
  },
  'says that it keeps the connection': (jwk) => (_request, response) => {
    response.setHeader('connection', 'keep-alive');
    response.shouldKeepAlive = true;
    publish(jwk)(_request, response);
  },
};

// Windows can't freeze a process
const skip = process.platform === 'win32';

for (const target of targets) {
  describe(`${target}: frozen between invocations`, { skip, concurrency: true }, () => {
    for (const [name, fault] of Object.entries(faults)) {
      it(`after the endpoint ${name}: the next request finds nothing of that`, LIMIT, async (t) => {
        const world = await startWorld();
        t.after(world.issuer.close);
        const sockets: Socket[] = [];
        const answer = (listener: RequestListener) =>
          world.issuer.answer((request, response) => {
            sockets.push(request.socket);
            listener(request, response);
          });
        /** Every connection is closed by the time that the process is frozen. */
        const freeze = async () => {
          fn.signal('SIGSTOP');
          await Promise.all(sockets.map((socket) => socket.destroyed || once(socket, 'close')));
          await sleep(FROZEN);
          answer(publish(world.key.jwk));
          fn.signal('SIGCONT');
        };
        const ask = async () => (await fn.call(eventOf(world, {}))).line.reason;

        answer(fault(world.key.jwk));
        // so that every request asks for the keys, and nothing but what it gets counts
        const ages = { JWKS_MAX_AGE: '0.001', JWKS_MAX_STALE: '0' };
        const fn = await start(target, { ...world.env, ...ages, JWKS_TIMEOUT: String(TIMEOUT / 1000) });
        t.after(fn.stop);
        await freeze();
        assert.equal(await ask(), 'authorized');
        answer(fault(world.key.jwk));
        const reason = await ask();
        assert.equal(reason, name.includes('keeps') ? 'authorized' : 'keys_unavailable');
        await freeze();
        assert.equal(await ask(), 'authorized');
        assert.equal(fn.lines().filter((line) => 'outcome' in line).length, 3);
      });
    }
  });
}
