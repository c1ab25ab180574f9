import spawn from 'cross-spawn';
import { Failure } from './failure.ts';

/** How a run of `aws` ended. */
export interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `aws` says when it is not its task that failed, and what to do about it. */
const TROUBLES: readonly (readonly [RegExp, string])[] = [
  [
    /unable to locate credentials|no credentials|NoCredentials/i,
    'The aws command has no credentials: run "aws configure" or "aws sso login", or name a profile with --profile.',
  ],
  [
    /ExpiredToken|token (included in the request )?(is|has) expired|session (associated with this profile )?has expired|Error loading SSO Token/i,
    'The credentials of the aws command have expired: log in again, with "aws sso login" for example.',
  ],
  [
    /InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidAccessKeyId|AuthFailure/,
    'AWS does not accept the credentials of the aws command: check them with "aws sts get-caller-identity".',
  ],
  [/config profile \(.*\) could not be found/i, 'The aws command has no profile of that name.'],
  [
    /must specify a region|NoRegion/i,
    'No region is set: name one with --region, or run "aws configure set region NAME".',
  ],
  [/Could not connect to the endpoint URL|EndpointConnection|ConnectTimeout/i, 'AWS could not be reached.'],
  [
    /AccessDenied|not authorized to perform|UnauthorizedOperation/,
    'These credentials lack a permission that the deployment needs.',
  ],
  [/ValidationError/, 'CloudFormation does not accept that.'],
];

/** The command as it could be typed into a POSIX shell. */
export const shown = (args: readonly string[]): string =>
  ['aws', ...args]
    .map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`))
    .join(' ');

/** What to say of a run that failed: the trouble in words, the command, and the words of `aws`. */
export function explain(args: readonly string[], { status, stdout, stderr }: Run): string {
  const said = (stderr.trim() || stdout.trim() || `it ended with ${status}`).replace(/^/gm, '  ');
  const words = TROUBLES.find(([pattern]) => pattern.test(said))?.[1] ?? 'The aws command failed.';
  return `${words}\nThe command was\n  ${shown(args)}\nand said\n${said}`;
}

/** The `aws` command. */
export class Aws {
  readonly #globals: readonly string[];
  readonly #env: NodeJS.ProcessEnv;

  /**
   * @param globals arguments for every command, such as `--region R`
   * @param env the environment, with PATH
   */
  constructor(globals: readonly string[], env: NodeJS.ProcessEnv) {
    this.#globals = globals;
    this.#env = { ...env, AWS_PAGER: '' }; // version 2 would wait in a pager
  }

  /** The whole command line but for `aws`. */
  args(args: readonly string[]): string[] {
    return [...args, ...this.#globals, '--output', 'json'];
  }

  /**
   * Runs a command, whatever becomes of it. Without a shell; cross-spawn also finds an `aws.cmd` on Windows.
   *
   * @throws Failure where there is no `aws`
   */
  run(args: readonly string[]): Promise<Run> {
    return new Promise((resolve, reject) => {
      const child = spawn('aws', this.args(args), { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
      const output = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        child[name]?.setEncoding('utf8').on('data', (text: string) => {
          output[name] += text;
        });
      }
      child.on('error', (error: NodeJS.ErrnoException) => {
        reject(
          new Failure(
            error.code === 'ENOENT'
              ? 'There is no aws command on PATH. Install the AWS CLI, and run "aws configure" once.'
              : `The aws command can't be run: ${error.message}`,
          ),
        );
      });
      child.on('close', (status) => resolve({ status: status ?? 1, ...output }));
    });
  }

  /**
   * Runs a command that must succeed.
   *
   * @returns its answer; `{}` where it says nothing
   * @throws Failure with an explanation
   */
  async ask<T>(args: readonly string[]): Promise<Partial<T>> {
    const run = await this.run(args);
    if (run.status !== 0) throw new Failure(explain(this.args(args), run));
    try {
      return run.stdout.trim() ? JSON.parse(run.stdout) : {};
    } catch {
      throw new Failure(`The aws command answered no JSON.\n${explain(this.args(args), run)}`);
    }
  }
}
