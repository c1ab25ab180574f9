import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Aws } from './aws.ts';
import { Failure } from './failure.ts';
import type { Archive } from './upload.ts';

/** A request without a token. */
const NO_TOKEN = fileURLToPath(new URL('no-token.json', import.meta.url));

/** The commands, without what `Aws` adds to each. */
export const COMMANDS = {
  configuration: (functionArn: string) => [
    ...['lambda', 'get-function-configuration', '--function-name', functionArn],
  ],
  // fileb: both versions of the aws command send such a file as it is
  invoke: (functionArn: string, answer: string) => [
    ...['lambda', 'invoke', '--function-name', functionArn, '--payload', `fileb://${NO_TOKEN}`, answer],
  ],
};

/**
 * Checks that the function runs this very zip.
 *
 * @throws Failure where it runs another
 */
export async function checkCode(aws: Aws, functionArn: string, { codeSha256 }: Archive): Promise<void> {
  const { CodeSha256 } = await aws.ask<{ CodeSha256: string }>(COMMANDS.configuration(functionArn));
  if (CodeSha256 === codeSha256) return;
  throw new Failure(
    `The stack is up, but its function does not run this zip: Lambda reports the CodeSha256 ${CodeSha256}, the zip has ${codeSha256}. Somebody changed the function beside CloudFormation, or the zip in the bucket. Deploy again under another --stack, or set the function's code by hand, before you trust it.`,
  );
}

/** What the function gave for an answer: JSON where it could be read. */
function readAnswer(file: string): { readonly text: string; readonly errorMessage: unknown } {
  const text = readFileSync(file, 'utf8');
  try {
    const answer: unknown = JSON.parse(text);
    const isError = typeof answer === 'object' && answer !== null && 'errorMessage' in answer;
    return { text, errorMessage: isError ? answer.errorMessage : undefined };
  } catch {
    return { text, errorMessage: undefined };
  }
}

/**
 * Invokes the function once, without a token, and checks that it refuses.
 *
 * @param logGroup where to look for the reason
 * @throws Failure where it does anything else
 */
export async function checkRefusal(aws: Aws, functionArn: string, logGroup: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'custom-authorizer-'));
  try {
    const file = join(folder, 'answer.json');
    const { FunctionError } = await aws.ask<{ FunctionError: string }>(COMMANDS.invoke(functionArn, file));
    const { text, errorMessage } = readAnswer(file);
    // API Gateway makes a 401 of this very error
    if (FunctionError !== undefined && errorMessage === 'Unauthorized') return;
    const problem = FunctionError
      ? 'failed, but not with "Unauthorized". Asked without a token, it failed with'
      : "did not refuse a request without a token. Don't use it before you know why: it returned";
    throw new Failure(`The stack is up, but its function ${problem}
  ${text.trim().slice(0, 2000) || '(nothing)'}
Its log may tell more: aws logs tail ${logGroup} --since 10m`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
