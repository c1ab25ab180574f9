import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { ConfigurationError, readConfig } from '../../src/config.ts';
import { Failure } from './failure.ts';
import { references, type Template, variablesOf } from './template.ts';
import type { Archive } from './upload.ts';

/** Values of parameters, by the name of the parameter. */
export type Values = ReadonlyMap<string, string>;

/** Parameters that the deployment itself fills in. */
const OWN = ['CodeBucket', 'CodeKey', 'Revision'];

/** The variables of `.env` in a folder; none without such a file. */
function readEnvFile(folder: string): Record<string, string> {
  try {
    return parse(readFileSync(join(folder, '.env'), 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Failure(`.env can't be read: ${(error as Error).message}`);
  }
}

function unknown(name: string, template: Template): Failure {
  const variables = variablesOf(template);
  const settings = new Set(variables.values());
  const others = Object.keys(template.Parameters).filter((key) => !settings.has(key) && !OWN.includes(key));
  const problem = OWN.includes(name) ? 'is filled in by the deployment itself' : 'is no parameter';
  return new Failure(
    `--param ${name}: that ${problem}. There are the settings\n  ${[...variables.keys()].join(' ')}\nand\n  ${others.join(' ')}`,
    2,
  );
}

/**
 * The values that the caller gives: those of `.env` that are settings and not blank, and over them `--param`.
 *
 * @param folder where `.env` is looked for
 * @throws Failure for a `--param` that names nothing
 */
export function givenValues(
  template: Template,
  params: readonly (readonly [name: string, value: string])[],
  folder: string,
): { readonly values: Values; readonly fromEnvFile: readonly string[] } {
  const variables = variablesOf(template);
  const named = params.map(([name, value]) => {
    const parameter = variables.get(name) ?? name;
    if (!Object.hasOwn(template.Parameters, parameter) || OWN.includes(parameter)) {
      throw unknown(name, template);
    }
    return [parameter, value] as const;
  });
  const values = new Map(named);
  const fromEnvFile: string[] = [];
  for (const [variable, value] of Object.entries(readEnvFile(folder))) {
    const parameter = variables.get(variable);
    if (parameter === undefined || !value.trim() || values.has(parameter)) continue;
    values.set(parameter, value);
    fromEnvFile.push(variable);
  }
  return { values, fromEnvFile };
}

/**
 * All values that the stack will have: the given ones, else those that it has, else the defaults.
 *
 * @param previous those that it has
 */
export function effectiveValues(template: Template, given: Values, previous: Values = new Map()): Values {
  return new Map(
    Object.entries(template.Parameters).flatMap(([name, { Default }]) => {
      const value = given.get(name) ?? previous.get(name) ?? Default;
      return value === undefined ? [] : [[name, String(value)] as const];
    }),
  );
}

/**
 * Reads the settings as the function will at its start, so that a mistake shows before anything is deployed.
 *
 * @throws Failure that lists every problem
 */
export function checkSettings(template: Template, effective: Values): void {
  const env = [...variablesOf(template)].map(([variable, name]) => [variable, effective.get(name)] as const);
  try {
    readConfig(Object.fromEntries(env));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new Failure(`${error.message}\nGive them with --param NAME=VALUE, or in .env.`);
  }
}

/**
 * A name for what the function is: its zip and all that is configured in it. With it the alias of provisioned
 * concurrency gets a new version exactly when there is something new.
 */
function revisionOf(template: Template, effective: Values, digest: string): string {
  const names = [...new Set(references(template.Resources.Function))]
    .filter((name) => Object.hasOwn(template.Parameters, name) && !OWN.includes(name))
    .sort();
  const parts = [digest, ...names.map((name) => `${name}=${effective.get(name)}`)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/**
 * The values to deploy: those that follow from the zip, and whatever is not the default anyway.
 *
 * @param effective all values that the stack will have
 */
export function valuesToDeploy(
  template: Template,
  effective: Values,
  bucket: string,
  { digest, key }: Archive,
): Values {
  const own = { CodeBucket: bucket, CodeKey: key, Revision: revisionOf(template, effective, digest) };
  const values = [...effective].filter(
    ([name, value]) => !(name in own) && value !== String(template.Parameters[name]?.Default),
  );
  return new Map([...values, ...Object.entries(own)]);
}
