import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { bundle, zip } from '../scripts/bundle.ts';
import { main } from '../scripts/deploy/deploy.ts';
import { type Answers, fakeAws } from './fake-aws.ts';
import { temporaryFolder } from './unpacked.ts';

/** The stack's ID in the fake. */
export const ID = 'arn:aws:cloudformation:eu-central-1:123456789012:stack/pets/0001';
const NEEDED = [
  ...['--param', 'TOKEN_ISSUER=https://issuer.example/'],
  ...['--param', 'JWKS_URI=https://issuer.example/jwks'],
  ...['--param', 'AUDIENCE=https://api.example/'],
];
export const WHERE = ['--bucket', 'zips', '--stack', 'pets'];
export const DEPLOY = [...WHERE, ...NEEDED];

/** The zip: its key in the bucket, and its digest as Lambda reports it. */
export async function expectedZip(): Promise<{ readonly key: string; readonly codeSha256: string }> {
  const hash = createHash('sha256')
    .update(zip(await bundle()))
    .digest();
  return { key: `custom-authorizer/${hash.toString('hex')}.zip`, codeSha256: hash.toString('base64') };
}

/** What a command line came to. */
export interface Run {
  readonly code: number;
  readonly output: string;
  /** The commands, such as `sts get-caller-identity`; of `wait` and `configure` three words. */
  readonly commands: string[];
  readonly calls: string[][];
}

/** A place to deploy from: a folder for `.env`, and an `aws` that remembers. */
export function place(t: TestContext) {
  const { path, remove } = temporaryFolder();
  t.after(remove);
  const aws = fakeAws(join(path));
  const folder = join(path, 'work');
  mkdirSync(folder);
  return {
    writeEnvFile: (text: string) => writeFileSync(join(folder, '.env'), text),
    run: async (argv: readonly string[], answers: Answers = {}, env = aws.env): Promise<Run> => {
      aws.script(answers);
      const lines: string[] = [];
      const print = (text: string) => lines.push(text);
      const code = await main(argv, { env, folder, print, complain: print });
      const calls = aws.calls();
      const words = (call: readonly string[]) =>
        call.slice(0, /^(wait|get)$/.test(call[1] ?? '') ? 3 : 2).join(' ');
      return { code, output: lines.join('\n'), commands: calls.map(words), calls };
    },
  };
}

/** The parameters of the call that creates or updates the stack. */
export function parametersOf({ calls }: Run): Record<string, string> {
  const call = calls.find(([, command]) => command === 'create-stack' || command === 'update-stack');
  assert.ok(call, 'a stack is created or updated');
  const list: { ParameterKey: string; ParameterValue: string }[] = JSON.parse(
    call[call.indexOf('--parameters') + 1] ?? '',
  );
  return Object.fromEntries(list.map(({ ParameterKey, ParameterValue }) => [ParameterKey, ParameterValue]));
}

/** Checks how a run ended, and that it says so. */
export function assertEnd({ code, output }: Run, expected: number, ...patterns: RegExp[]): void {
  assert.equal(code, expected, output);
  for (const pattern of patterns) assert.match(output, pattern);
}

const CHANGING = /create-stack|update-stack|delete-stack|put-object|create-deployment/;
/** Checks that nothing was made, changed or deleted. */
export const assertNothingChanged = ({ commands }: Run) =>
  assert.deepEqual(
    commands.filter((command) => CHANGING.test(command)),
    [],
  );
