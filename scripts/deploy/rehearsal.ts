import { ZIP } from '../bundle.ts';
import { shown } from './aws.ts';
import { COMMANDS as CHECK } from './check.ts';
import type { Options } from './options.ts';
import { effectiveValues, givenValues, valuesToDeploy } from './settings.ts';
import { parameterList, COMMANDS as STACK } from './stack.ts';
import { readTemplate } from './template.ts';
import { buildArchive, COMMANDS as S3 } from './upload.ts';
import { apiToStage, awsOf, COMMANDS, type World } from './world.ts';

/** The commands of a deletion. */
const removal = ({ stack }: Options): string[][] => [
  COMMANDS.identity(),
  STACK.describe(stack),
  STACK.delete(stack),
  STACK.wait(stack, 'delete'),
];

/** The commands of a deployment, with a zip that is not in the bucket and a stack that does not exist. */
async function deployment(options: Options, { folder, print }: World): Promise<string[][]> {
  const { stack, bucket, stage } = options;
  const template = readTemplate();
  const { values: given } = givenValues(template, options.params, folder);
  const effective = effectiveValues(template, given);
  const staged = apiToStage(options, effective);
  const archive = await buildArchive();
  const values = valuesToDeploy(template, effective, bucket, archive);
  print(`# ${ZIP}, ${archive.bytes.length} bytes, is what npm run bundle makes. Where the stack exists,
# update-stack and stack-update-complete take the place of create-stack and stack-create-complete.`);
  return [
    COMMANDS.identity(),
    STACK.describe(stack),
    S3.bucket(bucket),
    S3.find(bucket, archive.key),
    S3.put(bucket, archive.key, ZIP),
    STACK.create(stack, parameterList(values)),
    STACK.wait(stack, 'create'),
    STACK.describe(stack),
    CHECK.configuration('FUNCTION_ARN'),
    CHECK.invoke('FUNCTION_ARN', 'answer.json'),
    ...(staged && stage ? [COMMANDS.stage(staged, stage)] : []),
  ];
}

/**
 * Prints the commands that would be run, without running any.
 *
 * @throws Failure for what can be told without asking AWS
 */
export async function rehearse(options: Options, world: World): Promise<void> {
  const aws = awsOf(options, world);
  const commands = options.delete ? removal(options) : await deployment(options, world);
  for (const args of commands) world.print(shown(aws.args(args)));
}
