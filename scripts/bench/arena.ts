import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CONTESTANTS, type Contestant } from './contestants.ts';
import { type FirstInvocation, invokeOnce } from './runtime-api.ts';
import type { Runtime } from './runtimes.ts';
import { spawnNode } from './spawn.ts';
import { startTlsIssuer, type TlsIssuer } from './tls-issuer.ts';

/** A contestant, built and laid out as Lambda lays out a zip. */
export interface Entrant extends Contestant {
  readonly code: Uint8Array;
  /** The folder that holds its index.js. */
  readonly taskRoot: string;
}

/** Tokens to decide, in batches, one after the other. */
export interface Job {
  readonly batches: readonly (readonly string[])[];
  /** Also verify the signatures of each batch with node:crypto alone, with this public key. */
  readonly jwk?: object;
}

/** What became of the tokens of a batch, one by one. */
export interface Decided {
  readonly allowed: readonly boolean[];
  /** Microseconds. */
  readonly micros: readonly number[];
  /** Microseconds of a bare verification; empty without a `jwk`. */
  readonly bareMicros: readonly number[];
}

/** Everything that measures share. */
export interface Arena {
  readonly entrants: readonly Entrant[];
  readonly issuer: TlsIssuer;
  readonly runtime: Runtime;
  /** Starts an entrant under the runtime client and gives it one good token. */
  readonly start: (entrant: Entrant, handler?: string) => Promise<FirstInvocation>;
  /** Has an entrant, in a process of its own without runtime client, decide tokens. */
  readonly decide: (entrant: Entrant, job: Job) => Promise<readonly Decided[]>;
  readonly close: () => void;
}

const METHOD_ARN = 'arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/GET/pets/42';
const WORKER = fileURLToPath(new URL('./worker.mjs', import.meta.url));

/** A handler around the handler, that also tells how much memory the process has needed at most (kilobytes). */
export const MEMORY_HANDLER = 'memory.handler';
const MEMORY_FILE = `const { handler } = require('./index.js');
exports.handler = async (event, context) => {
  const answer = await handler(event, context);
  return { ...answer, maxRSS: process.resourceUsage().maxRSS };
};
`;

async function lay(contestant: Contestant, folder: string): Promise<Entrant> {
  const code = await contestant.build();
  mkdirSync(folder);
  writeFileSync(join(folder, 'index.js'), code);
  writeFileSync(join(folder, 'memory.js'), MEMORY_FILE);
  return { ...contestant, code, taskRoot: folder };
}

const blame = (name: string) => (cause: unknown) => {
  throw new Error(`${name} failed`, { cause });
};

/** Builds the contestants and starts the issuer that they believe. */
export async function openArena(runtime: Runtime): Promise<Arena> {
  const folder = mkdtempSync(join(tmpdir(), 'authorizer-bench-'));
  const entrants: Entrant[] = [];
  for (const [index, contestant] of CONTESTANTS.entries()) {
    entrants.push(await lay(contestant, join(folder, String(index))));
  }
  const issuer = await startTlsIssuer();
  const caFile = join(folder, 'ca.pem');
  const jobFile = join(folder, 'job.json');
  writeFileSync(caFile, issuer.ca);
  const output = openSync(join(folder, 'output.log'), 'w');
  const env = {
    TOKEN_ISSUER: issuer.issuer,
    JWKS_URI: issuer.jwksUri,
    AUDIENCE: issuer.audience,
    NODE_EXTRA_CA_CERTS: caFile,
  };
  return {
    entrants,
    issuer,
    runtime,
    start: ({ name, taskRoot }, handler = 'index.handler') => {
      const lambda = {
        _HANDLER: handler,
        LAMBDA_TASK_ROOT: taskRoot,
        AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${Number.parseInt(process.versions.node, 10)}.x`,
        AWS_LAMBDA_FUNCTION_NAME: 'bench',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/bench',
        AWS_LAMBDA_LOG_STREAM_NAME: 'bench',
      };
      const authorizationToken = `Bearer ${issuer.token(issuer.keys[0])}`;
      const event = { type: 'TOKEN', authorizationToken, methodArn: METHOD_ARN };
      return invokeOnce(runtime.file, { ...env, ...lambda }, output, event).catch(blame(name));
    },
    decide: async ({ name, taskRoot }, job) => {
      writeFileSync(jobFile, JSON.stringify({ ...job, methodArn: METHOD_ARN }));
      const child = spawnNode([WORKER, join(taskRoot, 'index.js'), jobFile], env, output, true);
      const ended = child.ended.then((why) => Promise.reject(new Error(`the worker ended: ${why}`)));
      try {
        return (await Promise.race([child.message, ended]).catch(blame(name))) as readonly Decided[];
      } finally {
        child.kill();
        await ended.catch(() => undefined); // it must not take time from the next one
      }
    },
    close: () => {
      issuer.close();
      closeSync(output);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
