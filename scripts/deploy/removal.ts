import { shown } from './aws.ts';
import { WAITING } from './deployment.ts';
import type { Options } from './options.ts';
import * as stacks from './stack.ts';
import { awsOf, COMMANDS, introduce, type World } from './world.ts';

/**
 * Takes the stack away. The zip stays where it is: another stack may be made from it.
 *
 * @throws Failure with what went wrong and what is left
 */
export async function remove(options: Options, world: World): Promise<void> {
  const { stack: name } = options;
  const { print } = world;
  const aws = awsOf(options, world);
  await introduce(aws, options, world);
  const stack = await stacks.findStack(aws, name);
  if (!stack) {
    print(`There is no stack ${name}: nothing to delete.`);
    return;
  }
  stacks.checkOwnership(name, stack);
  await aws.ask(stacks.COMMANDS.delete(stack.id));
  print(`Deleting the stack, and the function's log with it, ${WAITING}`);
  await stacks.awaitOperation(aws, name, stack.id, 'delete');
  const { parameters } = stack;
  print(`Deleted. The zip is left: s3://${parameters.get('CodeBucket')}/${parameters.get('CodeKey')}`);
  const api = parameters.get('ApiId');
  if (api) {
    const command = shown(COMMANDS.stage(api, 'STAGE'));
    print(
      `A stage of the API goes on asking the deleted authorizer until its next deployment:\n  ${command}`,
    );
  }
}
