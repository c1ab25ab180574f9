// Plays the aws command: keeps a bucket and a stack in a folder, writes down how it was called, and fails where the
// test's script says so. It knows just what a deployment asks.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = process.env.FAKE_AWS ?? '.';
const args = process.argv.slice(2);
appendFileSync(join(FOLDER, 'calls.jsonl'), `${JSON.stringify(args)}\n`);

const read = (name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8'));
const option = (name) => args[args.indexOf(name) + 1];

const state = existsSync(join(FOLDER, 'state.json')) ? read('state.json') : { objects: {} };
const { defaults, answers } = read('script.json');

/** Ends like the aws command: with JSON on standard output, or with its words for an error. */
function end({ status = 0, stdout = '', stderr = '' }) {
  writeFileSync(join(FOLDER, 'state.json'), JSON.stringify(state));
  if (stderr) process.stderr.write(`\n${stderr}\n`);
  if (stdout) process.stdout.write(typeof stdout === 'string' ? stdout : JSON.stringify(stdout, null, 4));
  process.exitCode = status;
}

const failure = (code, operation, message) => ({
  status: 254,
  stderr: `An error occurred (${code}) when calling the ${operation} operation: ${message}`,
});

const ID = 'arn:aws:cloudformation:eu-central-1:123456789012:stack/pets/0001';
const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:pets-Function-1';

/** Takes over the parameters and the template of the call. */
function fill(status) {
  const given = JSON.parse(option('--parameters')).map(({ ParameterKey, ParameterValue }) => [
    ParameterKey,
    ParameterValue,
  ]);
  state.stack = {
    status,
    name: option('--stack-name'),
    parameters: { ...defaults, ...Object.fromEntries(given) },
    template: readFileSync(option('--template-body').replace('file://', ''), 'utf8'),
  };
  return { stdout: { StackId: ID } };
}

const isThere = () => {
  const name = option('--stack-name');
  return (
    state.stack !== undefined &&
    (name === ID || (name === state.stack.name && state.stack.status !== 'DELETE_COMPLETE'))
  );
};
const noStack = (operation) =>
  failure('ValidationError', operation, `Stack with id ${option('--stack-name')} does not exist`);

const COMMANDS = {
  'sts get-caller-identity': () => ({ stdout: { Account: '123456789012' } }),
  'configure get': () => ({ stdout: 'eu-central-1\n' }),
  's3api head-bucket': () => ({ stdout: { BucketRegion: 'eu-central-1' } }),
  's3api head-object': () =>
    option('--key') in state.objects ? { stdout: {} } : failure('404', 'HeadObject', 'Not Found'),
  's3api put-object': () => {
    const hash = createHash('sha256').update(readFileSync(option('--body')));
    state.objects[option('--key')] = hash.digest('base64');
    return { stdout: { ETag: '"x"' } };
  },
  'cloudformation describe-stacks': () => {
    if (!isThere()) return noStack('DescribeStacks');
    const { status, name, parameters } = state.stack;
    const outputs = {
      FunctionArn: FUNCTION,
      LogGroupName: `${name}-LogGroup-1`,
      ...(parameters.ApiId && parameters.CreateAuthorizer === 'true' && { AuthorizerId: 'abc123' }),
    };
    const Stack = {
      StackId: ID,
      StackName: name,
      StackStatus: status,
      Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
      Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
    };
    return { stdout: { Stacks: [Stack] } };
  },
  'cloudformation create-stack': () => fill('CREATE_COMPLETE'),
  'cloudformation update-stack': () => fill('UPDATE_COMPLETE'),
  'cloudformation get-template': () => ({ stdout: { TemplateBody: state.stack.template } }),
  'cloudformation delete-stack': () => {
    state.stack.status = 'DELETE_COMPLETE';
    return {};
  },
  'cloudformation wait': () => ({}),
  'lambda get-function-configuration': () => ({
    stdout: { CodeSha256: state.objects[state.stack.parameters.CodeKey] },
  }),
  'lambda invoke': () => {
    JSON.parse(readFileSync(option('--payload').replace('fileb://', ''), 'utf8'));
    return {
      stdout: { StatusCode: 200, FunctionError: 'Unhandled' },
      answer: '{"errorType":"Error","errorMessage":"Unauthorized","trace":[]}',
    };
  },
  'apigateway create-deployment': () => ({ stdout: { id: 'd1' } }),
};

const name = args.slice(0, 2).join(' ');
const command = COMMANDS[name];
const scripted = answers[name];
if (scripted?.stack) state.stack = { ...state.stack, ...scripted.stack };
const result = scripted ?? command?.() ?? { status: 252, stderr: `fake aws: it does not know ${name}` };
// the answer goes to the file that is the last of invoke's own arguments
if (result.answer !== undefined) writeFileSync(args[args.indexOf('--payload') + 2] ?? '', result.answer);
end(result);
