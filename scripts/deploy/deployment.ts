import { type Aws, shown } from './aws.ts';
import { checkCode, checkRefusal } from './check.ts';
import { Failure } from './failure.ts';
import type { Options } from './options.ts';
import { checkSettings, effectiveValues, givenValues, type Values, valuesToDeploy } from './settings.ts';
import * as stacks from './stack.ts';
import { readTemplate } from './template.ts';
import { buildArchive, checkBucket, upload } from './upload.ts';
import { apiToStage, awsOf, COMMANDS, introduce, type World } from './world.ts';

/** Said of every operation that is waited for. */
export const WAITING = 'which takes a minute or more. Ctrl-C ends the waiting, not the operation.';

/**
 * Deploys the function as it stands in this work tree, and checks that it does its work.
 *
 * @throws Failure with what went wrong and what is left
 */
export async function deploy(options: Options, world: World): Promise<void> {
  const { stack: name, bucket, stage } = options;
  const { print } = world;
  const template = readTemplate();
  const { values: given, fromEnvFile } = givenValues(template, options.params, world.folder);
  const aws = awsOf(options, world);
  const region = await introduce(aws, options, world);
  if (fromEnvFile.length > 0) print(`Settings from .env: ${fromEnvFile.join(', ')}`);

  const existing = await stacks.findStack(aws, name);
  if (existing) stacks.checkUpdatable(name, existing);
  const effective = effectiveValues(template, given, existing?.parameters);
  checkSettings(template, effective);
  const staged = apiToStage(options, effective);

  const archive = await buildArchive();
  print(`Zip: ${archive.bytes.length} bytes, SHA-256 ${archive.digest}`);
  await checkBucket(aws, bucket, region);
  const isNew = await upload(aws, bucket, archive);
  print(`${isNew ? 'Uploaded to' : 'Already at'} s3://${bucket}/${archive.key}`);

  const values = valuesToDeploy(template, effective, bucket, archive);
  const id = existing
    ? await update(aws, name, existing, values, world)
    : await create(aws, name, values, world);
  const deployed = await stacks.findStack(aws, id);
  if (!deployed) throw new Failure(`The stack ${name} is gone: somebody deleted it meanwhile.`);

  const functionArn = deployed.outputs.get('FunctionArn') ?? '';
  await checkCode(aws, functionArn, archive);
  print(`The function runs this zip: CodeSha256 ${archive.codeSha256}`);
  await checkRefusal(aws, functionArn, deployed.outputs.get('LogGroupName') ?? '');
  print('It refuses a request without a token.');
  if (staged && stage) {
    await aws.ask(COMMANDS.stage(staged, stage));
    print(`Deployed the API ${staged} to its stage ${stage}.`);
  }
  print(['', ...[...deployed.outputs].map(([key, value]) => `${key} = ${value}`), ''].join('\n'));
  for (const step of nextSteps(effective, deployed.outputs, staged !== undefined)) print(step);
}

/** @returns the stack's ID, once it is created */
async function create(aws: Aws, name: string, values: Values, { print }: World): Promise<string> {
  const id = await stacks.createStack(aws, name, values);
  print(`Creating the stack, ${WAITING}`);
  await stacks.awaitOperation(aws, name, id, 'create');
  print('Created.');
  return id;
}

/** @returns the stack's ID, once it is updated, if there was anything to update */
async function update(
  aws: Aws,
  name: string,
  stack: stacks.Stack,
  values: Values,
  { print }: World,
): Promise<string> {
  if (await stacks.updateStack(aws, name, stack, values)) {
    print(`Updating the stack, ${WAITING}`);
    await stacks.awaitOperation(aws, name, stack.id, 'update');
    print('Updated.');
  } else {
    print('Nothing has changed: the stack is left as it is.');
  }
  return stack.id;
}

/** What the stack can't do itself: methods name their authorizer, and stages are deployed. */
function nextSteps(values: Values, outputs: Values, isStaged: boolean): string[] {
  const api = values.get('ApiId');
  const authorizer = outputs.get('AuthorizerId');
  const steps: string[] = [];
  if (!api) {
    steps.push('No API is named: give authorizers the output AuthorizerUri, or deploy again with --api ID.');
    return steps;
  }
  if (authorizer) {
    const update = `aws apigateway update-method --rest-api-id ${api} --resource-id RESOURCE --http-method METHOD`;
    const patch = `op=replace,path=/authorizationType,value=CUSTOM op=replace,path=/authorizerId,value=${authorizer}`;
    steps.push(`A method asks the authorizer once it names it:\n  ${update} --patch-operations ${patch}`);
  }
  if (!isStaged && (authorizer || values.get('RefusalKit') === 'true')) {
    const command = shown(COMMANDS.stage(api, 'STAGE'));
    steps.push(`A stage takes over what was changed in its API with its next deployment:\n  ${command}`);
  }
  return steps;
}
