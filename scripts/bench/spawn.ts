import { spawn } from 'node:child_process';

/** A Node process of the bench. */
export interface NodeProcess {
  /** Settles once it is gone, with what there is to say about that. */
  readonly ended: Promise<string>;
  /** Settles with the first message that it sends; never without one. */
  readonly message: Promise<unknown>;
  readonly kill: () => void;
}

/** Windows needs it to open a socket. */
const { SYSTEMROOT } = process.env;

/**
 * Starts this very Node, with nothing of this process in its environment.
 *
 * @param args the file to run, and its arguments
 * @param output the open file that its standard output is written to: whoever read a pipe would take time from it
 * @param hasChannel whether it can send messages; that costs it time at the start
 */
export function spawnNode(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  output: number,
  hasChannel = false,
): NodeProcess {
  const child = spawn(process.execPath, args, {
    env: { ...(SYSTEMROOT !== undefined && { SYSTEMROOT }), ...env },
    stdio: ['ignore', output, 'pipe', ...(hasChannel ? (['ipc'] as const) : [])],
  });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return {
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(`${signal ?? `exit code ${code}`}\n${errors}`));
    }),
    message: new Promise((resolve) => child.on('message', resolve)),
    kill: () => child.kill('SIGKILL'),
  };
}
