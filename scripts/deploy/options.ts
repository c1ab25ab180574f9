import { parseArgs } from 'node:util';
import { Failure } from './failure.ts';

/** What the command line asks for. */
export interface Options {
  readonly help: boolean;
  readonly delete: boolean;
  readonly dryRun: boolean;
  readonly stack: string;
  /** Where the zip goes; needed to deploy, and only then. */
  readonly bucket: string;
  /** The stage to deploy the API to afterwards. */
  readonly stage: string | undefined;
  /** By parameter, or by environment variable; in the order given. */
  readonly params: readonly (readonly [name: string, value: string])[];
  readonly region: string | undefined;
  readonly profile: string | undefined;
}

export const HELP = `Deploys the authorizer with CloudFormation, through the aws command on PATH and its credentials.

  npm run deploy -- --bucket B --stack S [--api ID] [--stage NAME] [--param K=V ...]
  npm run deploy -- --delete --stack S

  --bucket B     S3 bucket for the zip, in the stack's region; the zip is named after its SHA-256
  --stack S      the CloudFormation stack to create or to update
  --api ID       the API that may invoke the function; a TOKEN authorizer is created on it (a REST API; for
                 others add --param CreateAuthorizer=false). The same as --param ApiId=ID
  --stage NAME   afterwards deploy that API to this stage, with all else that was changed in it: until then a
                 stage goes on with the authorizer and the gateway responses that it has
  --param K=V    a parameter of scripts/deploy/template.yaml, or a setting by the name of its variable, such as
                 REQUIRED_SCOPES=read:pets; as often as needed
  --delete       take the stack away: function, role, log, authorizer, gateway responses, alarms
  --dry-run      print the commands, and run none of them
  --region R, --profile P   as the aws command has them

Settings that --param does not name are taken from the file .env, where there is one in the current folder. What
neither names keeps its value in an existing stack; in a new one it has its default. K= (nothing) empties one.

It ends with 0 when the function runs that very zip and refuses a request without a token; with 2 for a command
line that makes no sense; and with 1 for whatever else went wrong, which it says.`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  delete: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  stack: { type: 'string', default: '' },
  bucket: { type: 'string', default: '' },
  api: { type: 'string' },
  stage: { type: 'string' },
  param: { type: 'string', multiple: true, default: [] as string[] },
  region: { type: 'string' },
  profile: { type: 'string' },
} as const;

/** CloudFormation's, S3's and API Gateway's rules for names; with them no name can pass for an option of `aws`. */
const NAMES = {
  stack: {
    pattern: /^[a-zA-Z][a-zA-Z0-9-]{0,127}$/,
    should: 'letters, digits and -, starting with a letter',
  },
  bucket: { pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, should: 'the name of an S3 bucket' },
  stage: { pattern: /^[a-zA-Z0-9_][a-zA-Z0-9_-]{0,127}$/, should: 'letters, digits, - and _' },
  api: { pattern: /^[a-z0-9]+$/, should: 'the ID of an API, such as a1b2c3d4e5' },
  region: { pattern: /^[a-z][a-z0-9-]+$/, should: 'a region, such as eu-central-1' },
  profile: { pattern: /^[^-\s][^\r\n]*$/, should: "a profile of the aws command's configuration" },
};

const nonsense = (what: string) => new Failure(`${what}\nSee npm run deploy -- --help`, 2);

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS }).values;
  } catch (error) {
    throw nonsense(error instanceof Error ? error.message : String(error));
  }
}

function pair(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw nonsense(`--param ${text}: it should be NAME=VALUE.`);
  return [text.slice(0, at).trim(), text.slice(at + 1)];
}

/**
 * Reads the command line.
 *
 * @throws Failure for one that makes no sense
 */
export function readOptions(argv: readonly string[]): Options {
  const { 'dry-run': dryRun, param, api, ...values } = parse(argv);
  const options = { ...values, stage: values.stage, region: values.region, profile: values.profile };
  const params = [...param.map(pair), ...(api === undefined ? [] : [['ApiId', api] as const])];
  if (options.help) return { ...options, dryRun, params };
  if (!options.stack) throw nonsense('--stack is missing: the name of the CloudFormation stack.');
  if (!options.bucket && !options.delete) throw nonsense('--bucket is missing: the S3 bucket for the zip.');
  for (const [name, { pattern, should }] of Object.entries(NAMES)) {
    const value = { ...options, api }[name as keyof typeof NAMES];
    if (value && !pattern.test(value)) throw nonsense(`--${name} ${value}: it should be ${should}.`);
  }
  return { ...options, dryRun, params };
}
