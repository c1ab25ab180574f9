import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertEnd, assertNothingChanged, DEPLOY, expectedZip, ID, place, WHERE } from './deploying.ts';
import { type Answers, environment } from './fake-aws.ts';
import { temporaryFolder } from './unpacked.ts';

const { codeSha256 } = await expectedZip();

const event = (id: string, type: string, status: string, reason?: string) => ({
  LogicalResourceId: id,
  PhysicalResourceId: type === 'AWS::CloudFormation::Stack' ? ID : id,
  ResourceType: type,
  ResourceStatus: status,
  ...(reason !== undefined && { ResourceStatusReason: reason }),
});

describe('npm run deploy: what keeps it from starting', () => {
  it('no aws command', async (t) => {
    const { path, remove } = temporaryFolder();
    t.after(remove);
    const result = await place(t).run(DEPLOY, {}, environment(path));
    assertEnd(result, 1, /There is no aws command on PATH\. Install the AWS CLI/);
  });

  const credentials: Readonly<Record<string, readonly [said: string, words: RegExp]>> = {
    none: [
      'Unable to locate credentials. You can configure credentials by running "aws login".',
      /has no credentials: run "aws configure"/,
    ],
    expired: [
      'An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security token included in the request is expired',
      /have expired: log in again/,
    ],
    'an expired session': [
      'Error loading SSO Token: Token for x does not exist',
      /have expired: log in again/,
    ],
    wrong: [
      'An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token included in the request is invalid.',
      /does not accept the credentials/,
    ],
    'no such profile': ['The config profile (x) could not be found', /has no profile of that name/],
    'no region': [
      'You must specify a region. You can also configure your region by running "aws configure".',
      /No region is set: name one with --region/,
    ],
    'no network': [
      'Could not connect to the endpoint URL: "https://sts.amazonaws.com/"',
      /AWS could not be reached/,
    ],
    'no permission': [
      'An error occurred (AccessDenied) when calling the GetCallerIdentity operation: no',
      /lack a permission/,
    ],
    'anything else': ['Segmentation fault', /The aws command failed/],
  };
  for (const [name, [said, words]] of Object.entries(credentials)) {
    it(`credentials: ${name}`, async (t) => {
      const result = await place(t).run(DEPLOY, { 'sts get-caller-identity': { status: 255, stderr: said } });
      assertEnd(result, 1, words, /aws sts get-caller-identity/);
      assert.ok(result.output.includes(said));
      assert.equal(result.calls.length, 1);
    });
  }

  const buckets: Readonly<Record<string, readonly [Answers[string], RegExp]>> = {
    'that is not there': [
      { status: 254, stderr: 'An error occurred (404) when calling the HeadBucket operation: Not Found' },
      /There is no bucket zips\. Make it \("aws s3 mb s3:\/\/zips"\)/,
    ],
    "of somebody else's": [
      { status: 254, stderr: 'An error occurred (403) when calling the HeadBucket operation: Forbidden' },
      /The bucket zips is somebody else's/,
    ],
    'in another region': [
      { stdout: { BucketRegion: 'us-east-1' } },
      /The bucket zips is in us-east-1, the stack would be in eu-central-1/,
    ],
  };
  for (const [name, [answer, words]] of Object.entries(buckets)) {
    it(`a bucket ${name}`, async (t) => {
      const result = await place(t).run(DEPLOY, { 's3api head-bucket': answer });
      assertEnd(result, 1, words);
      assertNothingChanged(result);
    });
  }

  it('a bucket that may not be written to', async (t) => {
    const stderr = 'An error occurred (AccessDenied) when calling the PutObject operation: Access Denied';
    const result = await place(t).run(DEPLOY, { 's3api put-object': { status: 254, stderr } });
    assertEnd(result, 1, /lack a permission/, /aws s3api put-object --bucket zips/);
    assert.ok(!result.commands.includes('cloudformation create-stack'));
  });

  it("somebody else's stack", async (t) => {
    const { run } = place(t);
    const foreign = {
      'cloudformation describe-stacks': {
        stdout: { Stacks: [{ StackId: ID, StackStatus: 'CREATE_COMPLETE', Parameters: [] }] },
      },
    };
    for (const argv of [DEPLOY, ['--delete', '--stack', 'pets']]) {
      const result = await run(argv, foreign);
      assertEnd(result, 1, /The stack pets was not made from this template: it is left as it is/);
      assertNothingChanged(result);
    }
  });

  const states: Readonly<Record<string, RegExp>> = {
    ROLLBACK_COMPLETE:
      /holds nothing, and CloudFormation can't update it\. Delete it \(npm run deploy -- --delete --stack pets\)/,
    ROLLBACK_FAILED: /resources of it may be left\. Delete it/,
    DELETE_FAILED: /Resources of it are left\. Remove the cause, then delete it again/,
    UPDATE_ROLLBACK_FAILED: /aws cloudformation continue-update-rollback --stack-name pets/,
    UPDATE_IN_PROGRESS: /An operation is under way: wait/,
    DELETE_IN_PROGRESS: /An operation is under way: wait/,
    REVIEW_IN_PROGRESS:
      /from a change set that was never executed\. Delete it \("aws cloudformation delete-stack --stack-name pets"\)/,
  };
  for (const [status, words] of Object.entries(states)) {
    it(`a stack in ${status}`, async (t) => {
      const result = await place(t).run(DEPLOY, {
        'cloudformation describe-stacks': { stdout: { Stacks: [{ StackId: ID, StackStatus: status }] } },
      });
      assertEnd(result, 1, new RegExp(`The stack pets is in ${status}\\.`), words);
      assertNothingChanged(result);
    });
  }
});

describe('npm run deploy: a stack that fails', () => {
  const waiter = (name: string) => `Waiter ${name} failed: Waiter encountered a terminal failure state`;

  it('to be created: each reason, and that nothing is left', async (t) => {
    const STACK = 'AWS::CloudFormation::Stack';
    const StackEvents = [
      event('pets', STACK, 'DELETE_COMPLETE'),
      event('Role', 'AWS::IAM::Role', 'DELETE_COMPLETE'),
      event('pets', STACK, 'DELETE_IN_PROGRESS'),
      event('pets', STACK, 'CREATE_FAILED', 'The following resource(s) failed to create: [Function].'),
      event('LogGroup', 'AWS::Logs::LogGroup', 'CREATE_FAILED', 'Resource creation cancelled'),
      event('Function', 'AWS::Lambda::Function', 'CREATE_FAILED', 'Error occurred while GetObject.'),
      event('pets', STACK, 'CREATE_IN_PROGRESS', 'User Initiated'),
      event('Old', 'AWS::X::Y', 'CREATE_FAILED', 'of another time'),
    ];
    const result = await place(t).run(DEPLOY, {
      'cloudformation wait': {
        status: 255,
        stderr: waiter('StackCreateComplete'),
        stack: { status: 'DELETE_COMPLETE' },
      },
      'cloudformation describe-stack-events': { stdout: { StackEvents } },
    });
    assertEnd(
      result,
      1,
      /The stack pets could not be created:\n {2}Function \(AWS::Lambda::Function\) CREATE_FAILED: Error occurred while GetObject\.\n {2}pets /,
      /It is in DELETE_COMPLETE\. CloudFormation undid everything: no stack and no resource is left\./,
    );
    assert.doesNotMatch(result.output, /cancelled|of another time/);
    assert.ok(!result.commands.includes('lambda invoke'));
  });

  it('to be updated: each reason, and that all is as before', async (t) => {
    const { run } = place(t);
    await run(DEPLOY);
    const StackEvents = [
      event('Authorizer', 'AWS::ApiGateway::Authorizer', 'CREATE_FAILED', 'Invalid API identifier specified'),
      event('pets', 'AWS::CloudFormation::Stack', 'UPDATE_IN_PROGRESS', 'User Initiated'),
      event('pets', 'AWS::CloudFormation::Stack', 'CREATE_COMPLETE'),
    ];
    const result = await run([...WHERE, '--api', 'zzz'], {
      'cloudformation wait': {
        status: 255,
        stderr: waiter('StackUpdateComplete'),
        stack: { status: 'UPDATE_ROLLBACK_COMPLETE' },
      },
      'cloudformation describe-stack-events': { stdout: { StackEvents } },
    });
    assertEnd(
      result,
      1,
      /The stack pets could not be updated:\n {2}Authorizer .*Invalid API identifier specified/,
      /UPDATE_ROLLBACK_COMPLETE\. CloudFormation undid the update/,
    );
    assertEnd(await run([...WHERE, '--api', 'a1b2c3']), 0, /Updated\./);
  });

  it('for no reason that CloudFormation gives: what the aws command said', async (t) => {
    const result = await place(t).run(DEPLOY, {
      'cloudformation wait': {
        status: 255,
        stderr: 'Waiter StackCreateComplete failed: Max attempts exceeded',
        stack: { status: 'CREATE_IN_PROGRESS' },
      },
      'cloudformation describe-stack-events': { stdout: { StackEvents: [] } },
    });
    assertEnd(result, 1, /Max attempts exceeded/, /It is in CREATE_IN_PROGRESS\. An operation is under way/);
  });

  it('before it starts: a parameter that the template does not take', async (t) => {
    const stderr =
      'An error occurred (ValidationError) when calling the CreateStack operation: AuthorizerTtl above 0 needs PolicyResource stage';
    const result = await place(t).run([...DEPLOY, '--param', 'AuthorizerTtl=300'], {
      'cloudformation create-stack': { status: 254, stderr },
    });
    assertEnd(
      result,
      1,
      /CloudFormation does not accept that/,
      /AuthorizerTtl above 0 needs PolicyResource stage/,
    );
    assert.ok(!result.commands.some((command) => command.startsWith('cloudformation wait')));
  });

  it('to be deleted: each reason, and that something is left', async (t) => {
    const { run } = place(t);
    await run(DEPLOY);
    const StackEvents = [
      event('Authorizer', 'AWS::ApiGateway::Authorizer', 'DELETE_FAILED', 'it is in use'),
      event('pets', 'AWS::CloudFormation::Stack', 'DELETE_IN_PROGRESS', 'User Initiated'),
    ];
    const result = await run(['--delete', '--stack', 'pets'], {
      'cloudformation delete-stack': { stdout: '' },
      'cloudformation wait': { status: 255, stderr: 'x', stack: { status: 'DELETE_FAILED' } },
      'cloudformation describe-stack-events': { stdout: { StackEvents } },
    });
    assertEnd(
      result,
      1,
      /could not be deleted:\n {2}Authorizer .*it is in use/,
      /DELETE_FAILED\. Resources of it are left/,
    );
  });
});

describe('npm run deploy: a function that is not as it should be', () => {
  it('runs another zip', async (t) => {
    const result = await place(t).run(DEPLOY, {
      'lambda get-function-configuration': { stdout: { CodeSha256: 'another=' } },
    });
    assertEnd(result, 1, /does not run this zip: Lambda reports the CodeSha256 another=, the zip has /);
    assert.ok(result.output.includes(codeSha256));
    assert.ok(!result.commands.includes('lambda invoke'));
  });

  const ALLOW = '{"principalId":"x","policyDocument":{"Statement":[{"Effect":"Allow"}]}}';
  const invocations: Readonly<Record<string, readonly [Answers[string], RegExp]>> = {
    'lets everybody in': [
      { stdout: { StatusCode: 200 }, answer: ALLOW },
      /did not refuse a request without a token[\s\S]*it returned[\s\S]*"Allow"/,
    ],
    'only returns the words': [
      { stdout: { StatusCode: 200 }, answer: '{"errorMessage":"Unauthorized"}' },
      /did not refuse a request without a token/,
    ],
    'fails at its start': [
      {
        stdout: { StatusCode: 200, FunctionError: 'Unhandled' },
        answer: '{"errorType":"ConfigurationError","errorMessage":"Settings are missing or wrong:"}',
      },
      /failed, but not with "Unauthorized"[\s\S]*Settings are missing or wrong:[\s\S]*aws logs tail pets-LogGroup-1/,
    ],
    'can not be run': [
      { stdout: { StatusCode: 200, FunctionError: 'Unhandled' }, answer: 'no engine' },
      /failed, but not with "Unauthorized"[\s\S]*no engine/,
    ],
    'may not be invoked': [
      {
        status: 254,
        stderr: 'An error occurred (AccessDeniedException) when calling the Invoke operation: no',
      },
      /lack a permission/,
    ],
  };
  for (const [name, [answer, words]] of Object.entries(invocations)) {
    it(name, async (t) => {
      const result = await place(t).run(DEPLOY, { 'lambda invoke': answer });
      assertEnd(result, 1, words);
      assert.doesNotMatch(result.output, /It refuses/);
    });
  }
});
