import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { install, RIC } from './install.ts';

/** A client of Lambda's Runtime API, which loads a handler and feeds it. */
export interface Runtime {
  /** As the caption of the table names it. */
  readonly name: string;
  readonly file: string;
}

const STAND_IN: Runtime = {
  name: "a plain JavaScript stand-in for AWS's runtime client",
  file: fileURLToPath(new URL('./runtime-client.mjs', import.meta.url)),
};
const RIC_FILE = fileURLToPath(new URL('node_modules/aws-lambda-ric/index.mjs', RIC));
/** So its package.json says. */
const RIC_NEEDS_NODE = 22;

/** Names a runtime client by the package.json next to it, and not by where it happens to be. */
function runtimeIn(file: string): Runtime {
  const description = new URL('./package.json', pathToFileURL(file));
  if (!existsSync(description)) return { name: 'another runtime client', file };
  const { name, version } = JSON.parse(readFileSync(description, 'utf8'));
  return { name: `${name === 'aws-lambda-ric' ? "AWS's runtime client, " : ''}${name} ${version}`, file };
}

/**
 * Finds the runtime client to measure under.
 *
 * @param wanted `ric`: AWS's own, built if need be. `stand-in`. Or the entry file of another. Without: AWS's own
 * where it is built already, else the stand-in
 * @throws Error where what is wanted can't be had
 */
export function findRuntime(wanted?: string): Runtime {
  const isRicFit = Number.parseInt(process.versions.node, 10) >= RIC_NEEDS_NODE;
  if (wanted === undefined) return isRicFit && existsSync(RIC_FILE) ? runtimeIn(RIC_FILE) : STAND_IN;
  if (wanted === 'stand-in') return STAND_IN;
  if (wanted === 'ric') {
    if (!isRicFit) throw new Error(`AWS's runtime client needs Node ${RIC_NEEDS_NODE} or newer`);
    install(RIC);
    return runtimeIn(RIC_FILE);
  }
  if (!existsSync(wanted)) throw new Error(`--runtime: not ric, not stand-in, and no such file: ${wanted}`);
  return runtimeIn(resolve(wanted));
}
