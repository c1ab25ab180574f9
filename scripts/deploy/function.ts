import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FunctionConfiguration } from '@aws-sdk/client-lambda';
import { type Config, ConfigurationError, type Environment, readConfig } from '../../src/config/config.ts';
import { LOOPBACK } from '../../src/config/jwks-uri.ts';
import { nearest, strangers } from '../nearest.ts';
import RELEASES from './releases.json' with { type: 'json' };
import { type Row, row } from './row.ts';

/** Variables that put other code before the function's. */
const WRAPPERS = ['AWS_LAMBDA_EXEC_WRAPPER', 'NODE_OPTIONS'];

function checkCode(zip: string, { CodeSha256: sha, Layers = [] }: FunctionConfiguration): Row {
  const layers = Layers.length > 0 ? `, with the layers ${Layers.map(({ Arn }) => Arn).join(', ')}` : '';
  const [version] = Object.entries<string>(RELEASES).find(([, codeSha256]) => codeSha256 === sha) ?? [];
  const release = version && `release ${version}`;
  try {
    const isSame = createHash('sha256').update(readFileSync(zip)).digest('base64') === sha;
    const code = release ?? (isSame ? 'this zip' : 'another zip');
    return row('code', isSame ? 'code' : 'otherCode', { zip, sha, layers, code });
  } catch {
    return row('code', release ? 'code' : 'noZip', { zip, sha, layers, code: release });
  }
}

function checkRuntime(found: FunctionConfiguration): Row {
  const { Runtime = '', Handler, State = 'Active', LastUpdateStatus = 'Successful' } = found;
  const isRight = /^nodejs2[246]\.x$/.test(Runtime) && Handler === 'index.handler';
  const isReady = /^(Active|Inactive)$/.test(State) && LastUpdateStatus === 'Successful';
  const seen = [Runtime, Handler, `state ${State}`, `last update ${LastUpdateStatus}`];
  return row('runtime', isRight ? (isReady ? 'runtime' : 'notReady') : 'wrongRuntime', { seen });
}

/**
 * Reads variables by the rules of the function itself.
 *
 * @param timeout of the function, in seconds
 * @returns the rows, and the settings if they can be read
 */
export function checkSettings(env: Environment, timeout: number): { rows: Row[]; config?: Config } {
  try {
    const config = readConfig(env);
    const { issuers, jwksTimeout } = config;
    const accepted = issuers.map(({ issuer, audience }) => `${issuer} for ${[...audience].join(' or ')}`);
    const rows = [row('settings', 'settings', { accepted })];
    if (issuers.some(({ jwksUri }) => LOOPBACK.test(new URL(jwksUri).hostname))) rows.push(row('settings', 'loopback'));
    if (timeout < jwksTimeout + 1) rows.push(row('settings', 'shortTimeout', { timeout, jwksTimeout }));
    return { rows, config };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { rows: [row('settings', 'wrongSettings', { message: error.message })] };
  }
}

/**
 * Looks at a function's configuration.
 *
 * @param zip the path of the zip that should run
 * @returns the rows, and the settings if they can be read
 */
export function checkFunction(found: FunctionConfiguration, zip: string) {
  const env: Environment = found.Environment?.Variables ?? {};
  const set = Object.keys(env).filter((name) => env[name]?.trim());
  const wrappers = WRAPPERS.filter((name) => set.includes(name));
  const { rows, config } = checkSettings(env, found.Timeout ?? 3);
  for (const name of strangers(set)) {
    const near = nearest(name);
    if (near !== undefined) rows.push(row('settings', 'misspelt', { name, near }));
  }
  rows.push(...wrappers.map((name) => row(name, 'wrapper', { value: env[name] })));
  return { rows: [checkCode(zip, found), checkRuntime(found), ...rows], config };
}
