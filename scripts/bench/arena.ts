import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateKey, startIssuer } from '../issuer.ts';
import { buildContestants, type Contestant } from './contestants.ts';
import { live, spawnNode } from './lambda.ts';
import { type Node, RUNTIME_CLIENT } from './tools.ts';

export interface Pairing {
  readonly contestant: Contestant;
  readonly node: Node;
}

/** One figure; of several of the same measure the median counts. */
export interface Sample extends Pairing {
  readonly measure: string;
  readonly value: number;
}

/** What became of a token; microseconds of that, and of verifying its signature with node:crypto alone right after. */
export interface Decided {
  readonly isAllowed: boolean;
  readonly micros: number;
  readonly bareMicros: number;
}

/** Memory with which a Lambda function has a whole CPU, MB (Lambda Developer Guide, "Configure Lambda function memory"). */
export const WHOLE_CPU = 1769;
export const AUDIENCE = 'https://api.example/';

const methodArn = 'arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/GET/pets/42';
const eventOf = (token: string) => ({ type: 'TOKEN', authorizationToken: `Bearer ${token}`, methodArn });
const WORKER = fileURLToPath(new URL('./worker.mjs', import.meta.url));

/** Makes a certificate for 127.0.0.1, which is its own authority, and its key; PEM. */
function makeCertificate(): Promise<{ private: string; cert: string }> {
  const { generate } = createRequire(import.meta.url)('selfsigned'); // only there once the bench has installed it
  return generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
}

/** Builds the contestants, in a folder, and starts the issuer that they believe, over TLS: what the measures share. */
export async function openArena(folder: string, nodes: readonly Node[]) {
  const contestants = await buildContestants(folder);
  const { cert, private: key } = await makeCertificate();
  // two keys, as around a rotation: both are published, and both sign
  const keys = [await generateKey('key-1'), await generateKey('key-2')] as const;
  const issuer = await startIssuer([...keys], { cert, key });
  const file = (name: string) => join(folder, name);
  writeFileSync(file('ca.pem'), cert);
  const output = openSync(file('output.log'), 'w');
  const settings = {
    TOKEN_ISSUER: issuer.issuer,
    JWKS_URI: issuer.jwksUri,
    AUDIENCE,
    NODE_EXTRA_CA_CERTS: file('ca.pem'),
  };
  const samples: Sample[] = [];
  return {
    contestants,
    nodes,
    issuer,
    keys,
    samples,
    record: (pairing: Pairing, figures: Readonly<Record<string, number>>): void => {
      for (const [measure, value] of Object.entries(figures)) samples.push({ ...pairing, measure, value });
    },
    /** Starts a contestant under AWS's runtime client, with so much memory, and gives it a token. */
    live: async ({ contestant, node }: Pairing, memorySize: number, token: string) => {
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
      const start = { node: node.file, args: [RUNTIME_CLIENT], env, output };
      return live(start, memorySize / WHOLE_CPU, eventOf(token)).catch((cause) => {
        throw new Error(`${contestant.name} failed`, { cause });
      });
    },
    /** Has a contestant, in a process of its own without runtime client, decide tokens, one after the other. */
    decide: async ({ contestant, node }: Pairing, tokens: readonly string[]): Promise<readonly Decided[]> => {
      writeFileSync(file('job.json'), JSON.stringify({ events: tokens.map(eventOf), jwk: keys[0].jwk }));
      const args = [WORKER, join(contestant.taskRoot, 'index.mjs'), file('job.json'), file('report.json')];
      const { isOk, why } = await spawnNode({ node: node.file, args, env: settings, output }).ended;
      if (!isOk) throw new Error(`the worker of ${contestant.name} ended: ${why}`);
      return JSON.parse(readFileSync(file('report.json'), 'utf8'));
    },
  };
}

export type Arena = Awaited<ReturnType<typeof openArena>>;
