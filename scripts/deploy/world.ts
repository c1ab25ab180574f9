import { Aws } from './aws.ts';
import { Failure } from './failure.ts';
import type { Options } from './options.ts';
import type { Values } from './settings.ts';

/** What the commands are run with. */
export interface World {
  readonly env: NodeJS.ProcessEnv;
  /** Where `.env` is looked for. */
  readonly folder: string;
  readonly print: (text: string) => void;
  /** For what went wrong. */
  readonly complain: (text: string) => void;
}

/** The commands, without what `Aws` adds to each. */
export const COMMANDS = {
  identity: () => ['sts', 'get-caller-identity'],
  region: () => ['configure', 'get', 'region'],
  stage: (api: string, stage: string) => [
    ...['apigateway', 'create-deployment', '--rest-api-id', api, '--stage-name', stage],
  ],
};

/** The `aws` command, with the region and the profile of the command line. */
export const awsOf = ({ region, profile }: Options, { env }: World): Aws =>
  new Aws([...(region ? ['--region', region] : []), ...(profile ? ['--profile', profile] : [])], env);

/**
 * Says who acts where.
 *
 * @returns the region that `aws` will use, as far as it can be told
 * @throws Failure without credentials
 */
export async function introduce(
  aws: Aws,
  { stack, region: chosen }: Options,
  { env, print }: World,
): Promise<string | undefined> {
  const { Account } = await aws.ask<{ Account: string }>(COMMANDS.identity());
  const set = chosen || env.AWS_REGION || env.AWS_DEFAULT_REGION;
  const region = set || (await aws.run(COMMANDS.region())).stdout.trim() || undefined;
  print(`Account ${Account}, ${region ? `region ${region}` : 'the default region'}, stack ${stack}`);
  return region;
}

/**
 * The API to deploy to the stage of the command line; nothing without one.
 *
 * @param values of the parameters
 * @throws Failure for a stage without an API
 */
export function apiToStage({ stage }: Options, values: Values): string | undefined {
  if (!stage) return undefined;
  const api = values.get('ApiId');
  if (api) return api;
  throw new Failure('--stage needs the API that the stage is of: name it with --api.', 2);
}
