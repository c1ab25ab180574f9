import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildContestants, type Contestant } from './contestants.ts';
import { live, spawnNode } from './lambda.ts';
import { startTlsIssuer } from './tls-issuer.ts';
import type { Node } from './tools.ts';

/** A contestant under a version of Node. */
export interface Pairing {
  readonly contestant: Contestant;
  readonly node: Node;
}

/** Tokens to decide, in batches, one after the other. */
export interface Job {
  readonly batches: readonly (readonly string[])[];
  /** Also verify the signatures of each batch with node:crypto alone, with this public key. */
  readonly jwk?: object;
}

/** What became of the tokens of a batch, one by one; times in microseconds, of bare verifications where asked for. */
export interface Decided {
  readonly allowed: readonly boolean[];
  readonly micros: readonly number[];
  readonly bareMicros: readonly number[];
}

/** Memory with which a Lambda function has a whole CPU, MB (Lambda Developer Guide, "Configure Lambda function memory"). */
export const WHOLE_CPU = 1769;

const methodArn = 'arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/GET/pets/42';
const WORKER = fileURLToPath(new URL('./worker.mjs', import.meta.url));

/** Builds the contestants, in a folder, and starts the issuer that they believe: what the measures share. */
export async function openArena(folder: string, runtimeClient: string) {
  const contestants = await buildContestants(folder);
  const issuer = await startTlsIssuer();
  const [ca, jobFile, reportFile, log] = ['ca.pem', 'job.json', 'report.json', 'output.log'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  writeFileSync(ca, issuer.ca);
  const [output, nowhere] = [openSync(log, 'w'), openSync(devNull, 'w')];
  const { SYSTEMROOT } = process.env; // Windows needs it to open a socket; nothing else of this process is passed on
  const settings = {
    ...(SYSTEMROOT !== undefined && { SYSTEMROOT }),
    TOKEN_ISSUER: issuer.issuer,
    JWKS_URI: issuer.jwksUri,
    AUDIENCE: issuer.audience,
    NODE_EXTRA_CA_CERTS: ca,
  };
  return {
    contestants,
    issuer,
    /** Starts a contestant under the runtime client, with so much memory, and gives it so many good tokens. */
    live: async ({ contestant, node }: Pairing, memorySize: number, count: number) => {
      const env = {
        ...settings,
        _HANDLER: 'index.handler',
        LAMBDA_TASK_ROOT: contestant.taskRoot,
        AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${node.major}.x`,
        AWS_LAMBDA_FUNCTION_NAME: 'bench',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/bench',
        AWS_LAMBDA_LOG_STREAM_NAME: 'bench',
      };
      const start = { node: node.file, args: [runtimeClient], env, output };
      const tokens = Array.from({ length: count }, () => issuer.token(issuer.keys[0]));
      const events = tokens.map((token) => ({
        type: 'TOKEN',
        authorizationToken: `Bearer ${token}`,
        methodArn,
      }));
      return live(start, memorySize / WHOLE_CPU, events).catch((cause) => {
        throw new Error(`${contestant.name} failed`, { cause });
      });
    },
    /**
     * Has a contestant, in a process of its own without runtime client, decide tokens.
     *
     * @param isQuiet its standard output goes to the null device instead of a file
     */
    decide: async ({ contestant, node }: Pairing, job: Job, isQuiet = false): Promise<readonly Decided[]> => {
      writeFileSync(jobFile, JSON.stringify({ ...job, methodArn }));
      const args = [WORKER, join(contestant.taskRoot, 'index.mjs'), jobFile, reportFile];
      const start = { node: node.file, args, env: settings, output: isQuiet ? nowhere : output };
      const { isOk, why } = await spawnNode(start).ended;
      if (!isOk) throw new Error(`the worker of ${contestant.name} ended: ${why}`);
      return JSON.parse(readFileSync(reportFile, 'utf8'));
    },
  };
}

export type Arena = Awaited<ReturnType<typeof openArena>> & { readonly nodes: readonly Node[] };
