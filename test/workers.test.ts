import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LOADING_ENDS } from './support/harness.ts';
import { LIMIT } from './support/sources.ts';
import { eventOf, METHOD, startWorld } from './support/suite.ts';
import { temporaryFolder, unpackInto } from './support/unpacked.ts';

const THREADS = 2;
const REQUESTS = 16;
const WORKERS = fileURLToPath(new URL('support/workers.mjs', import.meta.url));

interface Answer {
  readonly result?: { readonly principalId: string };
  readonly message?: string;
}

const world = await startWorld();
after(world.issuer.close);

/** Every third token is another's: to each its own answer. */
const isForeign = (index: number) => index % 3 === 2;
const idOf = (thread: number, index: number) => `request-${thread}-${index}`;

const invocation = (thread: number, index: number) => ({
  event: eventOf(world, { claims: { sub: idOf(thread, index) }, ...(isForeign(index) && { key: world.foreignKey }) }),
  context: { awsRequestId: idOf(thread, index) },
});

const inThreads = <T>(make: (thread: number, index: number) => T) =>
  Array.from({ length: THREADS }, (_, thread) => Array.from({ length: REQUESTS }, (_, index) => make(thread, index)));

describe('the zip in several worker threads of a process, each with several requests at once', () => {
  it('each request has its own answer and its own line; each thread asks for the keys', LIMIT, async (t) => {
    const folder = temporaryFolder();
    t.after(folder.remove);
    const file = await unpackInto(folder.path);
    const { env } = world;
    const child = spawn(process.execPath, [WORKERS, file], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    t.after(() => child.kill());
    const { stdout, stderr } = child;
    assert.ok(stdout && stderr, 'pipes');
    const told = { stdout: '', stderr: '' };
    stdout.on('data', (chunk) => {
      told.stdout += chunk;
    });
    stderr.on('data', (chunk) => {
      told.stderr += chunk;
    });
    const closed = once(child, 'close');
    child.send(inThreads(invocation));
    const [answers] = (await once(child, 'message')) as [readonly (readonly Answer[])[]];
    await closed;
    assert.equal(told.stderr, '');

    assert.deepEqual(
      answers.map((thread) => thread.map(({ result, message }) => message ?? result?.principalId)),
      inThreads((thread, index) => (isForeign(index) ? 'Unauthorized' : idOf(thread, index))),
    );
    const allowed = answers.flat().find(({ result }) => result);
    assert.ok(JSON.stringify(allowed).includes(METHOD), 'the method');

    const lines = told.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const decisions = lines.filter((line) => 'outcome' in line);
    const byRequest = (one: readonly unknown[], two: readonly unknown[]) => (String(one[0]) < String(two[0]) ? -1 : 1);
    assert.deepEqual(
      decisions.map(({ requestId, reason, principalId }) => [requestId, reason, principalId]).sort(byRequest),
      inThreads((thread, index) => {
        const id = idOf(thread, index);
        return isForeign(index) ? [id, 'invalid_signature', undefined] : [id, 'authorized', id];
      })
        .flat()
        .sort(byRequest),
    );
    const fetches = lines.filter((line) => 'fetch' in line);
    assert.equal(fetches.length + decisions.length, lines.length);
    // once at loading, and once more for all foreign tokens of a thread: they may be signed by a newer key
    // on a busy machine the keys may not come while a thread loads; its first request then asks again
    const isTooLate = fetches.some(({ detail }) => detail === LOADING_ENDS);
    if (!isTooLate) assert.equal(fetches.length, 2 * THREADS);
  });
});
