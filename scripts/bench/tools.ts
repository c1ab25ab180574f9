import { execFileSync, execSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { versions } from './contestants.ts';

const HERE = fileURLToPath(new URL('./', import.meta.url));

/** Fetches a Node from npm, whose package of that name holds real binaries; npx keeps it. */
export function findNode(major: string) {
  const file = execSync(`npx -y node@${major} -p process.execPath`, { encoding: 'utf8' }).trim();
  return { major, file, version: execFileSync(file, ['--version'], { encoding: 'utf8' }).trim() };
}

export type Node = ReturnType<typeof findNode>;

/**
 * Installs the packages of the bench. AWS's runtime client is one that may fail: it needs Node 22, cmake and a C++
 * compiler. It uses nothing but Node-API, so that what was built with one Node serves all.
 */
export function install(nodes: readonly Node[]): void {
  const path = [...nodes.map(({ file }) => dirname(file)), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH: path };
  execSync('npm install --no-audit --no-fund --loglevel=error', { cwd: HERE, env, stdio: 'inherit' });
}

/** Finds AWS's own client of Lambda's Runtime API where it could be built and is wanted, else the stand-in. */
export function findRuntimeClient(isStandIn: boolean) {
  const ric = `${HERE}node_modules/aws-lambda-ric/`;
  return existsSync(`${ric}rapid-client.node`) && !isStandIn
    ? { file: `${ric}index.mjs`, name: `AWS's runtime client (${versions('aws-lambda-ric')})` }
    : { file: `${HERE}runtime-client.mjs`, name: "a stand-in for AWS's runtime client" };
}
