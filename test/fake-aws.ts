import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { readTemplate } from '../scripts/deploy/template.ts';

/** What the fake `aws` says to one of its commands, such as `sts get-caller-identity`, in the place of success. */
export interface Answer {
  readonly status?: number;
  readonly stdout?: string | object;
  readonly stderr?: string;
  /** What a function answers: for `lambda invoke`. */
  readonly answer?: string;
  /** What becomes of the stack. */
  readonly stack?: { readonly status?: string; readonly parameters?: Readonly<Record<string, string>> };
}

export type Answers = Readonly<Record<string, Answer>>;

/** The fake `aws` command, in a folder of its own. */
export interface FakeAws {
  /** An environment in which it is the only `aws`. */
  readonly env: NodeJS.ProcessEnv;
  /** Sets what it says from now on. */
  readonly script: (answers: Answers) => void;
  /** How it was called since it was last asked for that, without what every call has. */
  readonly calls: () => string[][];
}

/** The command under the name that it has on this system. */
function install(folder: string): void {
  const program = new URL('fake-aws.mjs', import.meta.url);
  if (process.platform === 'win32') {
    writeFileSync(
      join(folder, 'aws.cmd'),
      `@"${process.execPath}" "${program.pathname.slice(1).replaceAll('/', '\\')}" %*\r\n`,
    );
    return;
  }
  writeFileSync(join(folder, 'aws'), `#!${process.execPath}\nimport(${JSON.stringify(program.href)});\n`);
  chmodSync(join(folder, 'aws'), 0o755);
}

/** This process's environment, without `aws`, anything that is set for it, and what would slow down the fake one. */
export function environment(path: string, own: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !/^(path$|aws_|node_)/i.test(name));
  return { ...Object.fromEntries(others), PATH: [path].join(delimiter), ...own };
}

/** Installs a fake `aws` in a folder. */
export function fakeAws(folder: string): FakeAws {
  const bin = join(folder, 'bin');
  const log = join(folder, 'calls.jsonl');
  mkdirSync(bin, { recursive: true });
  install(bin);
  const defaults = Object.entries(readTemplate().Parameters).flatMap(([name, { Default }]) =>
    Default === undefined ? [] : [[name, String(Default)]],
  );
  const script = (answers: Answers) =>
    writeFileSync(
      join(folder, 'script.json'),
      JSON.stringify({ defaults: Object.fromEntries(defaults), answers }),
    );
  script({});
  let seen = 0;
  return {
    env: environment(bin, { FAKE_AWS: folder }),
    script,
    calls: () => {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
      const fresh = lines.slice(seen).map((line) => JSON.parse(line) as string[]);
      seen = lines.length;
      return fresh;
    },
  };
}
