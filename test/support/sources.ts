import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import type { TestContext } from 'node:test';
import { generateKey, type SigningKey, startIssuer } from '../../scripts/issuer.ts';
import type { Algorithm } from '../../src/algorithms.ts';
import { compose } from '../../src/compose.ts';
import { type Environment, readConfig } from '../../src/config/config.ts';
import { KeysUnavailable, type Reason, Refusal } from '../../src/decision.ts';
import { fetchJwks } from '../../src/keys/jwks.ts';
import { selectKeys } from '../../src/keys/key-set.ts';
import type { KeyLine } from '../../src/keys/key-source.ts';
import type { Deadline } from '../../src/keys/shared-fetch.ts';

/** Waits as long as the fetch itself. */
export const PATIENCE: Deadline = { remaining: () => Number.POSITIVE_INFINITY, reason: 'never' };

/** Waits so many milliseconds. */
export const patience = (milliseconds: number, reason = 'its patience ends'): Deadline => ({
  remaining: () => milliseconds,
  reason,
});

export const MAX_AGE = 600;
export const MAX_STALE = 3600;
export const COOLDOWN = 30;
/** Ends a test that hangs. No other test takes so long, however busy the machine is. */
export const LIMIT = { timeout: 600_000 };

/** Keys that an issuer may publish; quickly made. */
export const [alice, bob, carol] = await Promise.all([
  generateKey('alice', 'ES256'),
  generateKey('bob', 'ES256'),
  generateKey('carol', 'ES256'),
]);

/** What is special about a source: its keys, its settings, and what is behind the URI of the endpoint. */
interface Setting {
  readonly keys?: readonly [SigningKey, ...SigningKey[]];
  readonly env?: Environment;
  readonly suffix?: string;
}

/** Makes sources of keys, as many as the settings say, the first at an issuer of its own; only the test moves the clock. */
export async function setUp(t: TestContext, { keys = [alice], env = {}, suffix = '' }: Setting = {}) {
  const endpoint = await startIssuer(keys);
  t.after(endpoint.close);
  const names = { TOKEN_ISSUER: endpoint.issuer, JWKS_URI: endpoint.jwksUri + suffix, AUDIENCE: 'api' };
  // an endpoint on a busy machine takes its time
  const config = readConfig({ ...names, JWKS_TIMEOUT: '30', ...env });
  let time = Date.UTC(2026, 0, 1);
  const lines: KeyLine[] = [];
  const { keySources: sources } = compose({
    config,
    fetchJwks,
    now: () => time,
    write: (line) => {
      const { timestamp, ...told } = JSON.parse(line);
      lines.push(told);
    },
  });
  const [source] = sources;
  assert.ok(source, 'a source');

  /** The keys that may have signed a token, as the function asks for them. */
  const find = (kid: string | undefined, alg: Algorithm = 'ES256', patience: Deadline = PATIENCE) =>
    source.use((set) => selectKeys(set, kid, alg), patience);

  /** What the source says to a token: a key was found, or the reason of the refusal. */
  async function ask(
    kid = 'alice',
    alg?: Algorithm,
    patience?: Deadline,
  ): Promise<'found' | 'keys_unavailable' | Reason> {
    try {
      const found = await find(kid, alg, patience);
      assert.notEqual(found.length, 0);
      assert.deepEqual(new Set(found.map((key) => key.kid)), new Set([kid]));
      return 'found';
    } catch (error) {
      if (error instanceof Refusal) return error.cause.reason;
      if (error instanceof KeysUnavailable) return 'keys_unavailable';
      throw error;
    }
  }
  return {
    ...{ endpoint, source, sources, lines, find, ask },
    asked: endpoint.requests,
    /** Lets so many seconds pass. */
    pass: (seconds: number) => {
      time += Math.round(seconds * 1000);
    },
  };
}

/** The endpoint is in trouble, and says so. */
export const down: RequestListener = (_request, response) => response.writeHead(503).end();
/** It takes the request, and that is the last that is heard of it. */
export const hang: RequestListener = () => undefined;
/** It publishes a set of whatever entries. */
export const publish =
  (...jwks: readonly unknown[]): RequestListener =>
  (_request, response) =>
    response.end(JSON.stringify({ keys: jwks }));

/** Holds answers back until they are let go, to see what happens meanwhile. */
export function heldBack(answer: RequestListener) {
  let [release, arrive] = [() => {}, () => {}];
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const listener: RequestListener = async (request, response) => {
    arrive();
    await released;
    answer(request, response);
  };
  return { listener, arrived, release };
}

/** Stops the timers of `src/`. @returns a way to let so many milliseconds pass, once all who wait have begun to */
export function stopTimers(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return async (milliseconds: number) => {
    await new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.tick(milliseconds);
  };
}

/** So many requests at once. */
export const all = <T>(count: number, make: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
