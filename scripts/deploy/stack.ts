import { readFileSync } from 'node:fs';
import { type Aws, explain } from './aws.ts';
import { Failure } from './failure.ts';
import type { Values } from './settings.ts';
import { readTemplate, TEMPLATE } from './template.ts';

/** A stack as CloudFormation describes it. */
export interface Stack {
  readonly id: string;
  readonly status: string;
  readonly parameters: Values;
  readonly outputs: Values;
}

interface Description {
  readonly StackId: string;
  readonly StackStatus: string;
  readonly Parameters?: readonly { readonly ParameterKey: string; readonly ParameterValue?: string }[];
  readonly Outputs?: readonly { readonly OutputKey: string; readonly OutputValue: string }[];
}

interface Event {
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceType: string;
  readonly ResourceStatus: string;
  readonly ResourceStatusReason?: string;
}

/** What is done with a stack. */
export type Operation = 'create' | 'update' | 'delete';

/** The commands, without what `Aws` adds to each. */
export const COMMANDS = {
  describe: (stack: string) => ['cloudformation', 'describe-stacks', '--stack-name', stack],
  events: (stack: string) => [
    'cloudformation',
    'describe-stack-events',
    '--stack-name',
    stack,
    '--max-items',
    '200',
  ],
  // what could not be created is taken away again: a stack in ROLLBACK_COMPLETE can't be updated
  create: (stack: string, parameters: string) => [
    ...['cloudformation', 'create-stack', '--stack-name', stack, '--template-body', `file://${TEMPLATE}`],
    ...['--capabilities', 'CAPABILITY_IAM', '--on-failure', 'DELETE', '--parameters', parameters],
  ],
  update: (stack: string, parameters: string) => [
    ...['cloudformation', 'update-stack', '--stack-name', stack, '--template-body', `file://${TEMPLATE}`],
    ...['--capabilities', 'CAPABILITY_IAM', '--parameters', parameters],
  ],
  template: (stack: string) => ['cloudformation', 'get-template', '--stack-name', stack],
  delete: (stack: string) => ['cloudformation', 'delete-stack', '--stack-name', stack],
  wait: (stack: string, operation: Operation) => [
    ...['cloudformation', 'wait', `stack-${operation}-complete`, '--stack-name', stack],
  ],
};

/** Parameters as `create-stack` and `update-stack` take them; the others have their default. */
export const parameterList = (values: Values): string =>
  JSON.stringify([...values].map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })));

/** The stack of that name, or of that ID even if it has been deleted; nothing where there is none. */
export async function findStack(aws: Aws, nameOrId: string): Promise<Stack | undefined> {
  const args = COMMANDS.describe(nameOrId);
  const run = await aws.run(args);
  if (run.status !== 0) {
    if (/does not exist/.test(run.stderr)) return undefined;
    throw new Failure(explain(aws.args(args), run));
  }
  const [description] = (JSON.parse(run.stdout) as { Stacks: Description[] }).Stacks;
  if (!description) return undefined;
  const { StackId, StackStatus, Parameters = [], Outputs = [] } = description;
  return {
    id: StackId,
    status: StackStatus,
    parameters: new Map(
      Parameters.map(({ ParameterKey, ParameterValue = '' }) => [ParameterKey, ParameterValue]),
    ),
    outputs: new Map(Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue])),
  };
}

/**
 * Checks that a stack was made from this template, whatever its version: an update would take away every resource
 * that the template does not have.
 *
 * @throws Failure for anybody else's stack
 */
export function checkOwnership(name: string, { parameters }: Stack): void {
  if (['CodeBucket', 'CodeKey', 'TokenIssuer', 'JwksUri'].every((parameter) => parameters.has(parameter)))
    return;
  throw new Failure(
    `The stack ${name} was not made from this template: it is left as it is. Choose another name with --stack.`,
  );
}

/** What a stack's status means to whoever wants to go on. `STACK` stands for its name. */
const MEANINGS: readonly (readonly [status: RegExp, meaning: string])[] = [
  [/^DELETE_COMPLETE$/, 'CloudFormation undid everything: no stack and no resource is left.'],
  [
    /^UPDATE_ROLLBACK_COMPLETE$/,
    'CloudFormation undid the update: the function and the API are as they were before it.',
  ],
  [
    /^ROLLBACK_COMPLETE$/,
    "Its creation failed and was undone: it holds nothing, and CloudFormation can't update it. Delete it (npm run deploy -- --delete --stack STACK), then deploy again.",
  ],
  [
    /^(CREATE|ROLLBACK)_FAILED$/,
    'Its creation failed, and resources of it may be left. Delete it (npm run deploy -- --delete --stack STACK), then deploy again.',
  ],
  [
    /^DELETE_FAILED$/,
    'Resources of it are left. Remove the cause, then delete it again (npm run deploy -- --delete --stack STACK).',
  ],
  [
    /^UPDATE(_ROLLBACK)?_FAILED$/,
    'An update failed, and so did the way back. Remove the cause, run "aws cloudformation continue-update-rollback --stack-name STACK", then deploy again.',
  ],
  [
    /^REVIEW_IN_PROGRESS$/,
    'It is a name without resources, from a change set that was never executed. Delete it ("aws cloudformation delete-stack --stack-name STACK"), then deploy again.',
  ],
  [/_IN_PROGRESS$/, 'An operation is under way: wait until it is over, then try again.'],
];

const meaningOf = (name: string, status: string) =>
  (MEANINGS.find(([pattern]) => pattern.test(status))?.[1] ?? '').replaceAll('STACK', name);

/**
 * Checks that a stack can be updated from this template.
 *
 * @throws Failure that says what to do first
 */
export function checkUpdatable(name: string, stack: Stack): void {
  const { status } = stack;
  if (!/^(CREATE_COMPLETE|UPDATE_COMPLETE|UPDATE_ROLLBACK_COMPLETE|IMPORT_COMPLETE)$/.test(status)) {
    throw new Failure(`The stack ${name} is in ${status}. ${meaningOf(name, status)}`);
  }
  checkOwnership(name, stack);
}

/** Why an operation failed: what CloudFormation says of each resource that did, in order. */
async function reasons(aws: Aws, id: string, operation: Operation): Promise<string[]> {
  const { StackEvents = [] } = await aws.ask<{ StackEvents: readonly Event[] }>(COMMANDS.events(id));
  const start = StackEvents.findIndex(
    ({ PhysicalResourceId, ResourceStatus }) =>
      PhysicalResourceId === id && ResourceStatus === `${operation.toUpperCase()}_IN_PROGRESS`,
  );
  return StackEvents.slice(0, start < 0 ? undefined : start + 1) // newest first
    .filter(({ ResourceStatus, ResourceStatusReason = '' }) => {
      return /_FAILED$/.test(ResourceStatus) && !/cancelled/i.test(ResourceStatusReason);
    })
    .map(
      ({ LogicalResourceId, ResourceType, ResourceStatus, ResourceStatusReason = 'no reason given' }) =>
        `  ${LogicalResourceId} (${ResourceType}) ${ResourceStatus}: ${ResourceStatusReason}`,
    )
    .reverse();
}

/**
 * Waits for the end of an operation.
 *
 * @param id the stack's ID, which is known even after a deletion
 * @throws Failure with the reasons, and with what is left
 */
export async function awaitOperation(
  aws: Aws,
  name: string,
  id: string,
  operation: Operation,
): Promise<void> {
  // a deleted stack is not there by its name; a stack whose creation failed is there by its ID only
  const args = COMMANDS.wait(operation === 'delete' ? name : id, operation);
  const run = await aws.run(args);
  if (run.status === 0) return;
  const stack = await findStack(aws, id);
  const status = stack?.status ?? 'DELETE_COMPLETE';
  const list = await reasons(aws, id, operation);
  const why = list.length > 0 ? list.join('\n') : explain(aws.args(args), run);
  throw new Failure(
    `The stack ${name} could not be ${operation}d:\n${why}\nIt is in ${status}. ${meaningOf(name, status)}`,
  );
}

/**
 * Starts to create a stack.
 *
 * @returns its ID
 */
export async function createStack(aws: Aws, name: string, values: Values): Promise<string> {
  const { StackId = name } = await aws.ask<{ StackId: string }>(COMMANDS.create(name, parameterList(values)));
  return StackId;
}

/** Whether the stack has this very template and these very values. */
async function isUpToDate(aws: Aws, { id, parameters }: Stack, values: Values): Promise<boolean> {
  const { Parameters } = readTemplate();
  const isSame = Object.entries(Parameters).every(
    ([name, { Default }]) => (values.get(name) ?? String(Default)) === parameters.get(name),
  );
  if (!isSame) return false;
  const { status, stdout } = await aws.run(COMMANDS.template(id));
  // where that can't be told, CloudFormation will
  return status === 0 && JSON.parse(stdout).TemplateBody === readFileSync(TEMPLATE, 'utf8');
}

/**
 * Starts to update a stack, if there is anything to update.
 *
 * @returns whether there is
 */
export async function updateStack(aws: Aws, name: string, stack: Stack, values: Values): Promise<boolean> {
  if (await isUpToDate(aws, stack, values)) return false;
  const args = COMMANDS.update(name, parameterList(values));
  const run = await aws.run(args);
  if (run.status === 0) return true;
  if (/No updates are to be performed/.test(run.stderr)) return false; // only comments differ
  throw new Failure(explain(aws.args(args), run));
}
