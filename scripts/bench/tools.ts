import { execFileSync, execSync } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('./', import.meta.url));

export const RUNTIME_CLIENT = `${HERE}node_modules/aws-lambda-ric/index.mjs`;

/** Fetches a Node from npm, whose package of that name holds real binaries; npx keeps it. */
export function findNode(major: string) {
  const file = execSync(`npx -y node@${major} -p process.execPath`, { encoding: 'utf8' }).trim();
  return { major, file, version: execFileSync(file, ['--version'], { encoding: 'utf8' }).trim() };
}

export type Node = ReturnType<typeof findNode>;

/**
 * Installs the packages of the bench. AWS's runtime client needs Node 22, cmake and a C++ compiler for that. It uses
 * nothing but Node-API, so that what was built with one Node serves all.
 */
export function install(nodes: readonly Node[]): void {
  const path = [...nodes.map(({ file }) => dirname(file)), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH: path };
  execSync('npm install --no-audit --no-fund --loglevel=error', { cwd: HERE, env, stdio: 'inherit' });
}
