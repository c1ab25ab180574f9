import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  assertEnd,
  assertNothingChanged,
  DEPLOY,
  expectedZip,
  parametersOf,
  place,
  WHERE,
} from './deploying.ts';
import { environment } from './fake-aws.ts';
import { temporaryFolder } from './unpacked.ts';

const SCRIPT = fileURLToPath(new URL('../scripts/deploy/deploy.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('..', import.meta.url));

const { key, codeSha256 } = await expectedZip();

describe('npm run deploy', () => {
  it('goes from nothing to a function that refuses, and says where it is', async (t) => {
    const { run } = place(t);
    const result = await run(DEPLOY);
    assertEnd(
      result,
      0,
      /Account 123456789012, region eu-central-1, stack pets/,
      /Uploaded to s3:\/\/zips\/custom-authorizer\//,
      /Created\./,
      /It refuses a request without a token\./,
      /FunctionArn = arn:aws:lambda:/,
      /No API is named/,
    );
    assert.deepEqual(result.commands, [
      'sts get-caller-identity',
      'configure get region',
      'cloudformation describe-stacks',
      's3api head-bucket',
      's3api head-object',
      's3api put-object',
      'cloudformation create-stack',
      'cloudformation wait stack-create-complete',
      'cloudformation describe-stacks',
      'lambda get-function-configuration',
      'lambda invoke',
    ]);
    const { Revision = '', ...parameters } = parametersOf(result);
    assert.match(Revision, /^[0-9a-f]{16}$/);
    assert.deepEqual(parameters, {
      TokenIssuer: 'https://issuer.example/',
      JwksUri: 'https://issuer.example/jwks',
      Audience: 'https://api.example/',
      CodeBucket: 'zips',
      CodeKey: key,
    });
    assert.ok(result.output.includes(codeSha256));
  });

  it('changes nothing when nothing has changed', async (t) => {
    const { run } = place(t);
    await run(DEPLOY);
    for (const argv of [DEPLOY, WHERE]) {
      const result = await run(argv);
      assertEnd(result, 0, /Already at s3:/, /Nothing has changed/, /It refuses a request without a token/);
      assertNothingChanged(result);
    }
  });

  it('updates what has changed, and keeps the rest', async (t) => {
    const { run } = place(t);
    const created = parametersOf(await run([...DEPLOY, '--param', 'REQUIRED_SCOPES=read:pets']));
    const result = await run([...WHERE, '--param', 'AuthorizerTtl=300', '--param', 'POLICY_RESOURCE=stage']);
    assertEnd(result, 0, /Updated\./);
    assert.ok(result.commands.includes('cloudformation wait stack-update-complete'));
    assert.ok(!result.commands.includes('s3api put-object'));
    const { Revision, ...updated } = parametersOf(result);
    const { Revision: before, ...others } = created;
    assert.deepEqual(updated, { ...others, AuthorizerTtl: '300', PolicyResource: 'stage' });
    assert.notEqual(Revision, before);
    const emptied = await run([
      ...WHERE,
      '--param',
      'REQUIRED_SCOPES=',
      '--param',
      'PolicyResource=method',
      '--param',
      'AuthorizerTtl=0',
    ]);
    assertEnd(emptied, 0, /Updated\./);
    assert.ok(!('RequiredScopes' in parametersOf(emptied)));
  });

  it('publishes a new version for what the function is, and for nothing else', async (t) => {
    const { run } = place(t);
    const revision = async (...params: string[]) => {
      const options = params.flatMap((param) => ['--param', param]);
      const { output } = await run([...DEPLOY, ...options, '--dry-run']);
      return /"Revision","ParameterValue":"([0-9a-f]{16})"/.exec(output)?.[1];
    };
    const first = await revision();
    assert.ok(first);
    assert.notEqual(await revision('MemorySize=512'), first);
    assert.notEqual(await revision('CLOCK_TOLERANCE=9'), first);
    assert.equal(await revision('MemorySize=256', 'CLOCK_TOLERANCE=5', 'LogRetentionDays=30'), first);
  });

  it('takes it well when CloudFormation finds nothing to update', async (t) => {
    const { run } = place(t);
    await run(DEPLOY);
    const stderr =
      'An error occurred (ValidationError) when calling the UpdateStack operation: No updates are to be performed.';
    const result = await run([...DEPLOY, '--param', 'Realm=other'], {
      'cloudformation update-stack': { status: 254, stderr },
    });
    assertEnd(result, 0, /Nothing has changed/);
    assert.ok(!result.commands.includes('cloudformation wait stack-update-complete'));
  });

  // a .cmd, unlike AWS's own aws.exe, can't be handed every character
  it('hands every value on as it stands', { skip: process.platform === 'win32' }, async (t) => {
    const { run } = place(t);
    const audience = `a b"c'd$HOME%PATH%&|;\`x\`,https://x.example/?y=1\\`;
    const result = await run([...DEPLOY, '--param', `AUDIENCE=${audience}`]);
    assertEnd(result, 0);
    assert.equal(parametersOf(result).Audience, audience);
  });

  it('passes the region and the profile on to every command', async (t) => {
    const { run } = place(t);
    const { code, calls } = await run([...DEPLOY, '--region', 'eu-central-1', '--profile', 'my pets']);
    assert.equal(code, 0);
    for (const call of calls) {
      assert.equal(call[call.indexOf('--region') + 1], 'eu-central-1');
      assert.equal(call[call.indexOf('--profile') + 1], 'my pets');
    }
  });
});

describe('npm run deploy: an API', () => {
  it('is named, and its stage deployed after the function has been checked', async (t) => {
    const { run } = place(t);
    const result = await run([...DEPLOY, '--api', 'a1b2c3', '--stage', 'v1']);
    assertEnd(result, 0, /Deployed the API a1b2c3 to its stage v1/, /authorizerId,value=abc123/);
    assert.equal(parametersOf(result).ApiId, 'a1b2c3');
    assert.deepEqual(result.commands.slice(-2), ['lambda invoke', 'apigateway create-deployment']);
    const call = result.calls.at(-1) ?? [];
    assert.deepEqual(call.slice(2, 6), ['--rest-api-id', 'a1b2c3', '--stage-name', 'v1']);
  });

  it('is told what is left to do', async (t) => {
    const { run } = place(t);
    assertEnd(
      await run([...DEPLOY, '--api', 'a1b2c3']),
      0,
      /aws apigateway update-method --rest-api-id a1b2c3 .*authorizerId,value=abc123/,
      /aws apigateway create-deployment --rest-api-id a1b2c3 --stage-name STAGE/,
    );
    const own = await run([...WHERE, '--param', 'CreateAuthorizer=false']);
    assertEnd(own, 0);
    assert.doesNotMatch(own.output, /update-method|create-deployment/);
  });

  it('keeps its stage as it is while the function does not refuse', async (t) => {
    const { run } = place(t);
    const result = await run([...DEPLOY, '--api', 'a1b2c3', '--stage', 'v1'], {
      'lambda invoke': { stdout: { StatusCode: 200 }, answer: '{"principalId":"x"}' },
    });
    assertEnd(result, 1);
    assert.ok(!result.commands.includes('apigateway create-deployment'));
  });

  it('is needed for a stage', async (t) => {
    const { run } = place(t);
    const result = await run([...DEPLOY, '--stage', 'v1']);
    assertEnd(result, 2, /--stage needs the API/);
    assertNothingChanged(result);
  });
});

describe('npm run deploy: settings', () => {
  const ENV_FILE = `# settings
TOKEN_ISSUER=https://env.example/
JWKS_URI=https://env.example/jwks
AUDIENCE='env audience'
REQUIRED_SCOPES=
CLOCK_TOLERANCE="  "
AWS_PROFILE=other
SOMETHING_ELSE=x
`;

  it('come from .env where --param does not name them', async (t) => {
    const { run, writeEnvFile } = place(t);
    writeEnvFile(ENV_FILE);
    const result = await run([
      ...WHERE,
      '--param',
      'TokenIssuer=https://param.example/',
      '--param',
      'AUDIENCE=p',
    ]);
    assertEnd(result, 0, /Settings from \.env: JWKS_URI$/m);
    const { TokenIssuer, JwksUri, Audience, RequiredScopes } = parametersOf(result);
    assert.deepEqual(
      [TokenIssuer, JwksUri, Audience, RequiredScopes],
      ['https://param.example/', 'https://env.example/jwks', 'p', undefined],
    );
  });

  it('of a stack give way to .env, and that to --param', async (t) => {
    const { run, writeEnvFile } = place(t);
    await run([...DEPLOY, '--param', 'CLOCK_TOLERANCE=9']);
    writeEnvFile(ENV_FILE);
    const { TokenIssuer, Audience, ClockTolerance } = parametersOf(
      await run([...WHERE, '--param', 'AUDIENCE=p']),
    );
    assert.deepEqual([TokenIssuer, Audience, ClockTolerance], ['https://env.example/', 'p', '9']);
  });

  it('that are missing or wrong are told, all of them, before anything is done', async (t) => {
    const { run } = place(t);
    const result = await run([
      ...WHERE,
      '--param',
      'JWKS_URI=http://a.example',
      '--param',
      'JWKS_TIMEOUT=99',
    ]);
    assertEnd(
      result,
      1,
      /TOKEN_ISSUER is not set/,
      /JWKS_URI holds/,
      /AUDIENCE is not set/,
      /JWKS_TIMEOUT holds/,
      /--param/,
    );
    assertNothingChanged(result);
  });

  it('that do not exist are told, with those that do', async (t) => {
    const { run } = place(t);
    for (const name of ['AUDIENCES', 'audience', 'toString', 'CodeKey', 'Revision', 'CodeBucket']) {
      const result = await run([...DEPLOY, '--param', `${name}=x`]);
      assertEnd(
        result,
        2,
        new RegExp(`--param ${name}: that is`),
        /TOKEN_ISSUER .*JWKS_TIMEOUT/,
        /RefusalKit/,
      );
      assert.deepEqual(result.calls, []);
    }
  });
});

describe('npm run deploy: a command line that makes no sense', () => {
  const LINES: readonly (readonly [RegExp, readonly string[]])[] = [
    [/--stack is missing/, ['--bucket', 'zips']],
    [/--stack is missing/, ['--delete']],
    [/--bucket is missing/, ['--stack', 'pets']],
    [/--param AUDIENCE: it should be NAME=VALUE/, [...WHERE, '--param', 'AUDIENCE']],
    [/--param =x: it should be NAME=VALUE/, [...WHERE, '--param', '=x']],
    [/--colour/, [...WHERE, '--colour', 'red']],
    [/pets2/, [...WHERE, 'pets2']],
    [/--stack 1pets: it should be/, ['--bucket', 'zips', '--stack', '1pets']],
    [/--stack --x: it should be/, ['--bucket', 'zips', '--stack=--x']],
    [/--bucket s3:\/\/zips: it should be/, ['--bucket', 's3://zips', '--stack', 'pets']],
    [/--api a\/b: it should be/, [...WHERE, '--api', 'a/b']],
    [/--stage -x: it should be/, [...WHERE, '--stage=-x']],
    [/--region -x: it should be/, [...WHERE, '--region=-x']],
    [/--profile -x: it should be/, [...WHERE, '--profile=-x']],
  ];
  for (const [words, argv] of LINES) {
    it(argv.join(' '), async (t) => {
      const result = await place(t).run(argv);
      assertEnd(result, 2, words, /--help/);
      assert.deepEqual(result.calls, []);
    });
  }
});

describe('npm run deploy -- --delete', () => {
  const DELETE = ['--delete', '--stack', 'pets'];

  it('takes the stack away, and says what is left', async (t) => {
    const { run } = place(t);
    await run([...DEPLOY, '--api', 'a1b2c3']);
    const result = await run(DELETE);
    assertEnd(
      result,
      0,
      /Deleting the stack, and the function's log with it/,
      /Deleted\. The zip is left: s3:\/\/zips\/custom-authorizer\//,
      /aws apigateway create-deployment --rest-api-id a1b2c3/,
    );
    assert.deepEqual(result.commands.slice(-2), [
      'cloudformation delete-stack',
      'cloudformation wait stack-delete-complete',
    ]);
    assertEnd(await run(DELETE), 0, /There is no stack pets: nothing to delete/);
    assertEnd(await run(DEPLOY), 0, /Created\./);
  });
});

describe('npm run deploy -- --dry-run', () => {
  it('prints the commands of a deployment, and runs none', async (t) => {
    const { run } = place(t);
    const { code, output, calls } = await run([
      ...DEPLOY,
      '--api',
      'a1b2c3',
      '--stage',
      'v1',
      '--region',
      'eu-west-1',
      '--dry-run',
    ]);
    assert.equal(code, 0);
    assert.deepEqual(calls, []);
    const lines = output.split('\n').filter((line) => !line.startsWith('#'));
    const commands = [
      'sts get-caller-identity',
      'cloudformation describe-stacks',
      's3api head-bucket',
      's3api head-object',
      's3api put-object',
      'cloudformation create-stack',
      'cloudformation wait stack-create-complete',
      'cloudformation describe-stacks',
      'lambda get-function-configuration',
      'lambda invoke',
      'apigateway create-deployment',
    ];
    assert.equal(lines.length, commands.length);
    for (const [at, command] of commands.entries()) {
      assert.ok(lines[at]?.startsWith(`aws ${command}`), lines[at]);
      assert.ok(lines[at]?.endsWith(' --region eu-west-1 --output json'));
    }
    assert.ok(output.includes(key));
    assert.match(
      output,
      /'\[\{"ParameterKey":"TokenIssuer","ParameterValue":"https:\/\/issuer\.example\/"\}/,
    );
  });

  it('prints the commands of a deletion, and runs none', async (t) => {
    const { code, output, calls } = await place(t).run(['--delete', '--stack', 'pets', '--dry-run']);
    assert.equal(code, 0);
    assert.deepEqual(calls, []);
    assert.match(output, /^aws cloudformation delete-stack --stack-name pets/m);
  });

  it('needs no aws command', async (t) => {
    const { path, remove } = temporaryFolder();
    t.after(remove);
    assertEnd(await place(t).run([...DEPLOY, '--dry-run'], {}, environment(path)), 0);
  });
});

describe('scripts/deploy/deploy.ts', () => {
  /** Runs it as npm does. */
  const start = (...argv: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      execFile(
        process.execPath,
        ['--import', 'tsx', SCRIPT, ...argv],
        { cwd: ROOT },
        (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });

  it('explains itself', async () => {
    const { code, stdout } = await start('--help');
    assert.equal(code, 0);
    for (const word of [
      '--bucket',
      '--stack',
      '--api',
      '--stage',
      '--param',
      '--delete',
      '--dry-run',
      '.env',
    ]) {
      assert.ok(stdout.includes(word), word);
    }
  });

  it('ends with its exit code, and complains on standard error', async () => {
    const { code, stdout, stderr } = await start('--colour');
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /--colour/);
  });
});
