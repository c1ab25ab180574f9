import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import type { SpecDatabase } from '@aws-cdk/service-spec-types';
import spawn from 'cross-spawn';
import { readTemplate, references, TEMPLATE, variablesOf } from '../scripts/deploy/template.ts';
import { settingNames } from '../scripts/invoke.ts';
import { ConfigurationError, readConfig } from '../src/config/config.ts';
import { embeddedMetrics } from '../src/log/log.ts';
import { render, type Whole } from './cloudformation.ts';
import { checkResource, resourceSchemas, schemaOf } from './resource-schema.ts';

const template = readTemplate() as Whole;
const text = readFileSync(TEMPLATE, 'utf8');
const { Parameters } = template;
const variables = variablesOf(template);

const NEEDED = {
  TOKEN_ISSUER: 'https://issuer.example/',
  JWKS_URI: 'https://issuer.example/jwks',
  AUDIENCE: 'https://api.example/',
};

const API = { ApiId: 'a1b2c3d4e5' };
const KIT = { ...API, RefusalKit: 'true' };
const WARM = { ProvisionedConcurrency: '3' };
const ALARMS = { Alarms: 'true', MetricsNamespace: 'Authorizer' };

/** Parameters that between them make every resource and take every branch. */
const VARIANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'nothing but what is needed': {},
  'an API': API,
  'an API that defines its authorizer itself': { ...API, CreateAuthorizer: 'false', IdentityValidation: '' },
  'the refusal kit': KIT,
  'the refusal kit with everything': {
    ...KIT,
    AllowOrigin: 'https://app.example.com',
    AllowCredentials: 'true',
    RequiredScopes: 'read:pets, write:pets',
    ResourceMetadata: 'https://api.example/.well-known/oauth-protected-resource',
  },
  'the refusal kit without CORS': { ...KIT, AllowOrigin: '' },
  concurrency: { ...API, ...WARM, ReservedConcurrency: '10' },
  alarms: { ...ALARMS, AlarmTopic: 'arn:aws:sns:eu-central-1:123456789012:alarms' },
};

/** A resource as CloudFormation would make it. */
function made(name: string, given?: Readonly<Record<string, string>>): Record<string, unknown> {
  const resource = render(template, given).resources[name];
  assert.ok(resource, `${name} is made`);
  return resource.Properties;
}

describe('the template', () => {
  it('is plain CloudFormation, short enough to be sent as it is', () => {
    assert.ok(!('Transform' in template));
    assert.ok(!JSON.stringify(template).includes('Fn::Transform'));
    // CloudFormation's limit for a template that is not in S3
    assert.ok(Buffer.byteLength(text) <= 51_200, `${Buffer.byteLength(text)} bytes`);
  });

  it('explains every parameter, and asks for each in the console once, settings by the name of their variable', () => {
    const { 'AWS::CloudFormation::Interface': console } = (
      template as unknown as {
        Metadata: Record<
          string,
          {
            ParameterGroups: { Parameters: string[] }[];
            ParameterLabels: Record<string, { default: string }>;
          }
        >;
      }
    ).Metadata;
    assert.ok(console);
    const shown = console.ParameterGroups.flatMap((group) => group.Parameters);
    assert.deepEqual(shown.sort(), Object.keys(Parameters).sort());
    const labels = Object.entries(console.ParameterLabels).map(([name, label]) => [label.default, name]);
    assert.deepEqual(new Map(labels as [string, string][]), variables);
    for (const [name, { Description }] of Object.entries(Parameters)) assert.ok(Description, name);
  });

  it('uses every parameter and every condition', () => {
    const used = new Set([
      ...references(template.Resources),
      ...references(template.Conditions),
      ...references(template.Rules),
      ...references(template.Outputs),
      ...[...JSON.stringify(template).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name),
    ]);
    assert.deepEqual(
      Object.keys(Parameters).filter((name) => !used.has(name)),
      [],
    );
    const all = JSON.stringify(template);
    for (const name of Object.keys(template.Conditions)) {
      assert.ok(all.includes(`:"${name}"`) || all.includes(`["${name}"`), name);
    }
  });
});

describe("the template's settings", () => {
  it('are those of the function, each from a parameter of its own', () => {
    assert.deepEqual([...variables.keys()].sort(), [...settingNames()].sort());
    assert.equal(new Set(variables.values()).size, variables.size);
    for (const [variable, parameter] of variables) {
      const words = variable.toLowerCase().split('_');
      const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
      assert.equal(parameter, name);
    }
  });

  it('have the defaults of the function', () => {
    const defaults = [...variables].map(([variable, name]) => [
      variable,
      String(Parameters[name]?.Default ?? ''),
    ]);
    assert.deepEqual(readConfig({ ...Object.fromEntries(defaults), ...NEEDED }), readConfig(NEEDED));
    const without = [...variables].filter(([, name]) => Parameters[name]?.Default === undefined);
    assert.deepEqual(without.map(([variable]) => variable).sort(), Object.keys(NEEDED).sort());
  });

  it('reach the function as they are given', () => {
    const given = Object.fromEntries([...variables.values()].map((name) => [name, `<${name}>`]));
    const { Variables } = made('Function', given).Environment as { Variables: Record<string, string> };
    for (const [variable, name] of variables) assert.equal(Variables[variable], `<${name}>`);
  });

  /** Values that the function takes, and values that it doesn't. */
  const VALUES: Readonly<Record<string, readonly [right: readonly string[], wrong: readonly string[]]>> = {
    TOKEN_ISSUER: [
      ['https://a.example/', 'accounts.example', 'https://a.example , b'],
      ['', ' ', ',', 'a,', '/'],
    ],
    JWKS_URI: [
      [
        'https://a.example/jwks?x=1#y',
        ' https://a.example/x ',
        'http://127.0.0.1:8080/x',
        'http://localhost',
        'http://[::1]:1/',
      ],
      [
        '',
        'http://a.example/',
        'http://localhost.example/',
        'http://127.0.0.1.example/',
        'ftp://a.example',
        'x',
      ],
    ],
    AUDIENCE: [
      ['a', 'a, b', 'https://a.example/'],
      ['', ' ', 'a,,b', ',a', 'a, '],
    ],
    ALGORITHMS: [
      ['RS256', 'ES512 , PS384', ''],
      ['none', 'HS256', 'rs256', 'RS256,', 'RS256 ES256'],
    ],
    CLOCK_TOLERANCE: [
      ['0', '300', '2.5', '007', ''],
      ['301', '-1', '1e2', '.5', '5s', '300.5'],
    ],
    POLICY_RESOURCE: [
      ['method', 'stage'],
      ['Stage', 'all'],
    ],
    INVALID_TOKEN: [
      ['unauthorized', 'deny'],
      ['Deny', 'x'],
    ],
    SIMPLE_RESPONSES: [
      ['true', 'false'],
      ['yes', 'TRUE'],
    ],
    CONTEXT_CLAIMS: [
      ['', 'email', 'a, b', 'scopes'],
      ['scope', 'a,scope', 'a, error ,b', 'principalId'],
    ],
    METRICS_NAMESPACE: [
      ['', 'My/App.x_y-z #1'],
      ['a:b', 'ü', 'x'.repeat(256)],
    ],
    JWKS_MAX_AGE: [
      ['600', '0.5', ''],
      ['0', '0.0', '-1', 'x'],
    ],
    JWKS_MAX_STALE: [
      ['0', '3600', '1.5', ''],
      ['-1', '1h'],
    ],
    JWKS_COOLDOWN: [
      ['0', '30', ''],
      ['-1', '1,5'],
    ],
    JWKS_TIMEOUT: [
      ['3', '30', '0.1', '30.0', ''],
      ['0', '31', '30.1', '300'],
    ],
  };

  function isTakenByTemplate(variable: string, value: string): boolean {
    const { AllowedPattern = '', AllowedValues = [value] } = Parameters[variables.get(variable) ?? ''] ?? {};
    return new RegExp(AllowedPattern).test(value) && AllowedValues.map(String).includes(value);
  }

  function isTakenByFunction(variable: string, value: string): boolean {
    try {
      const issuers = variable === 'JWKS_URI' ? { TOKEN_ISSUER: NEEDED.TOKEN_ISSUER } : {};
      const uris =
        variable === 'TOKEN_ISSUER' && value.includes(',') ? { JWKS_URI: 'https://a,https://b' } : {};
      readConfig({ ...NEEDED, ...issuers, ...uris, [variable]: value });
      return true;
    } catch (error) {
      assert.ok(error instanceof ConfigurationError);
      return false;
    }
  }

  for (const [variable, [right, wrong]] of Object.entries(VALUES)) {
    it(`${variable}: is checked as the function checks it`, () => {
      for (const value of right) {
        assert.ok(isTakenByTemplate(variable, value), `the template takes ${JSON.stringify(value)}`);
        assert.ok(isTakenByFunction(variable, value), `the function takes ${JSON.stringify(value)}`);
      }
      for (const value of wrong) {
        assert.ok(!isTakenByTemplate(variable, value), `the template refuses ${JSON.stringify(value)}`);
        assert.ok(!isTakenByFunction(variable, value), `the function refuses ${JSON.stringify(value)}`);
      }
    });
  }
});

describe("CloudFormation's resource schemas", () => {
  let db: SpecDatabase;
  before(async () => {
    db = await resourceSchemas();
  });

  for (const [name, given] of Object.entries(VARIANTS)) {
    it(`are kept with ${name}`, () => {
      const { resources, broken } = render(template, given);
      assert.deepEqual(broken, []);
      const problems = Object.entries(resources).flatMap(([id, { Type, Properties }]) =>
        checkResource(db, Type, Properties).map((problem) => `${id}: ${problem}`),
      );
      assert.deepEqual(problems, []);
    });
  }

  it('are seen for every resource', () => {
    const seen = new Set(
      Object.values(VARIANTS).flatMap((given) => Object.keys(render(template, given).resources)),
    );
    assert.deepEqual([...seen].sort(), Object.keys(template.Resources).sort());
  });

  it('have every attribute that is asked for', () => {
    for (const [, id = '', attribute = ''] of JSON.stringify(template).matchAll(
      /"Fn::GetAtt":\["(\w+)","(\w+)"\]/g,
    )) {
      const schema = schemaOf(db, template.Resources[id]?.Type ?? '');
      assert.ok(schema && attribute in schema.attributes, `${id}.${attribute}`);
    }
  });

  it('are not kept by what is wrong', () => {
    const right = made('Function');
    const wrong = {
      'has no': { ...right, Colour: 'red' },
      lacks: Object.fromEntries(Object.entries(right).filter(([key]) => key !== 'Role')),
      'is no integer': { ...right, MemorySize: 'much' },
      'is none of': { ...right, PackageType: 'Box' },
      'is no object': { ...right, Environment: 'x' },
    };
    for (const [words, properties] of Object.entries(wrong)) {
      const [problem = ''] = checkResource(db, 'AWS::Lambda::Function', properties);
      assert.ok(problem.includes(words), `${words}: ${problem}`);
    }
    assert.equal(checkResource(db, 'AWS::Lambda::Funktion', right).length, 1);
  });
});

describe('the function', () => {
  it('runs index.handler of the zip, on the processor, runtime, memory and time that are asked for', () => {
    const given = { Architecture: 'x86_64', Runtime: 'nodejs22.x', MemorySize: '512', Timeout: '7' };
    const { Handler, Code, Architectures, Runtime, MemorySize, Timeout } = made('Function', {
      ...given,
      CodeBucket: 'zips',
      CodeKey: 'a.zip',
    });
    assert.deepEqual(
      { Handler, Code, Architectures, Runtime, MemorySize, Timeout },
      {
        Handler: 'index.handler',
        Code: { S3Bucket: 'zips', S3Key: 'a.zip' },
        Architectures: ['x86_64'],
        Runtime: 'nodejs22.x',
        MemorySize: '512',
        Timeout: '7',
      },
    );
    assert.equal(made('Function').Runtime, 'nodejs24.x');
  });

  it('may write to its own log group, and do nothing else', () => {
    const { Policies, ManagedPolicyArns, AssumeRolePolicyDocument } = made('Role');
    assert.equal(ManagedPolicyArns, undefined);
    assert.deepEqual(Policies, [
      {
        PolicyName: 'WriteOwnLog',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
              Resource: 'arn:aws:logs:eu-central-1:123456789012:log-group:stack-LogGroup-X:*',
            },
          ],
        },
      },
    ]);
    assert.deepEqual(AssumeRolePolicyDocument, {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
      ],
    });
    assert.deepEqual(made('Function').LoggingConfig, { LogFormat: 'Text', LogGroup: 'stack-LogGroup-X' });
    assert.equal(made('LogGroup', { LogRetentionDays: '30' }).RetentionInDays, '30');
  });

  it('may be invoked by the authorizers of the given API, or of this account and region', () => {
    const from = (api: string) => `arn:aws:execute-api:eu-central-1:123456789012:${api}/authorizers/*`;
    for (const [given, api] of [
      [API, 'a1b2c3d4e5'],
      [{}, '*'],
    ] as const) {
      const { Action, Principal, FunctionName, SourceArn } = made('Permission', given);
      assert.equal(SourceArn, from(api));
      assert.equal(Action, 'lambda:InvokeFunction');
      assert.equal(Principal, 'apigateway.amazonaws.com');
      assert.equal(
        FunctionName,
        made('Function') && 'arn:aws:lambda:eu-central-1:123456789012:function:stack-Function-X',
      );
    }
  });

  it('has reserved concurrency only where that is asked for', () => {
    assert.equal(made('Function').ReservedConcurrentExecutions, undefined);
    assert.equal(made('Function', { ReservedConcurrency: '5' }).ReservedConcurrentExecutions, '5');
  });

  it('is invoked through its alias, by everyone, with provisioned concurrency', () => {
    const alias = 'arn:aws:lambda:eu-central-1:123456789012:function:stack-Function-X:live';
    const given = { ...API, ...WARM, Revision: 'r2' };
    assert.equal(made('Permission', given).FunctionName, alias);
    const uri = `arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/${alias}/invocations`;
    assert.equal(made('Authorizer', given).AuthorizerUri, uri);
    const { outputs } = render(template, given);
    assert.equal(outputs.AuthorizerUri, uri);
    assert.equal(outputs.FunctionArn, alias);
    assert.deepEqual(made('Alias', given).ProvisionedConcurrencyConfig, {
      ProvisionedConcurrentExecutions: '3',
    });
  });

  it('gets a new version with each revision: function and version both change with it', () => {
    const given = (Revision: string) => ({ ...WARM, Revision });
    assert.notDeepEqual(made('Version', given('1')), made('Version', given('2')));
    assert.notDeepEqual(made('Function', given('1')), made('Function', given('2')));
  });
});

describe('the authorizer', () => {
  it('is a TOKEN authorizer of the API', () => {
    assert.deepEqual(made('Authorizer', API), {
      RestApiId: 'a1b2c3d4e5',
      Name: 'stack',
      Type: 'TOKEN',
      IdentitySource: 'method.request.header.Authorization',
      IdentityValidationExpression: '^[Bb][Ee][Aa][Rr][Ee][Rr] +[-0-9a-zA-Z._]+$',
      AuthorizerResultTtlInSeconds: '0',
      AuthorizerUri: render(template, API).outputs.AuthorizerUri,
    });
    assert.equal(render(template, API).outputs.AuthorizerId, 'abc123');
  });

  it('lets through what the function may accept, and stops what it never does', () => {
    const pattern = new RegExp(String(Parameters.IdentityValidation?.Default));
    for (const right of ['Bearer eyJ.eyJ.a-_', 'bearer a.b.c', 'BEARER  a.b.c']) assert.match(right, pattern);
    for (const wrong of ['', 'Bearer', 'Bearer ', 'Basic abc', 'Bearer a b', 'Bearera.b.c', 'Bearer a+b=']) {
      assert.doesNotMatch(wrong, pattern);
    }
  });

  it('is not made without an API, nor where the API brings its own', () => {
    for (const given of [{}, { CreateAuthorizer: 'true' }, { ...API, CreateAuthorizer: 'false' }]) {
      const { resources, outputs } = render(template, given);
      assert.ok(!('Authorizer' in resources));
      assert.ok(!('AuthorizerId' in outputs));
    }
  });
});

describe('the rules', () => {
  const RULES: readonly (readonly [
    string,
    Readonly<Record<string, string>>,
    Readonly<Record<string, string>>,
  ])[] = [
    ['CachedPolicyNamesTheStage', { AuthorizerTtl: '300' }, { PolicyResource: 'stage' }],
    ['CachedPolicyNamesTheStage', { ...API, AuthorizerTtl: '1' }, { AuthorizerTtl: '0' }],
    ['RefusalKitHasAnApi', { RefusalKit: 'true' }, API],
    ['CredentialsHaveOneOrigin', { AllowCredentials: 'true' }, { AllowOrigin: 'https://app.example' }],
    [
      'CredentialsHaveOneOrigin',
      { AllowCredentials: 'true', AllowOrigin: '' },
      { AllowCredentials: 'false' },
    ],
    ['AlarmsHaveMetrics', { Alarms: 'true' }, { MetricsNamespace: 'Authorizer' }],
  ];
  for (const [rule, wrong, remedy] of RULES) {
    it(`${rule}: ${JSON.stringify(wrong)}`, () => {
      assert.deepEqual(render(template, wrong).broken, [rule]);
      assert.deepEqual(render(template, { ...wrong, ...remedy }).broken, []);
    });
  }
});

describe('the refusal kit', () => {
  const RESPONSES = {
    UnauthorizedResponse: ['UNAUTHORIZED', '401'],
    AccessDeniedResponse: ['ACCESS_DENIED', '403'],
    MissingTokenResponse: ['MISSING_AUTHENTICATION_TOKEN', '403'],
    AuthorizerConfigurationErrorResponse: ['AUTHORIZER_CONFIGURATION_ERROR', '500'],
    AuthorizerFailureResponse: ['AUTHORIZER_FAILURE', '500'],
  } as const;
  const names = Object.keys(RESPONSES) as (keyof typeof RESPONSES)[];

  /** Its headers, by name, each a constant: quotes off. */
  function headers(name: string, given: Readonly<Record<string, string>>): Record<string, string> {
    const parameters = made(name, given).ResponseParameters as Record<string, string>;
    return Object.fromEntries(
      Object.entries(parameters).map(([key, value]) => {
        // a quote inside would end the constant
        assert.match(value, /^'[^'\\]+'$/);
        return [key.replace(/^gatewayresponse\.header\./, ''), value.slice(1, -1)];
      }),
    );
  }

  /** Its body, once API Gateway has put in its variables. */
  function body(name: string, context: Readonly<Record<string, string>>): unknown {
    const { 'application/json': text = '' } = made(name, KIT).ResponseTemplates as Record<string, string>;
    return JSON.parse(text.replace(/\$context(\.\w+)+/g, (variable) => context[variable] ?? ''));
  }

  it('answers for each of the five, and only where it is asked for', () => {
    const { resources } = render(template, API);
    for (const name of names) {
      assert.ok(!(name in resources));
      const { RestApiId, ResponseType, StatusCode } = made(name, KIT);
      assert.deepEqual([RestApiId, ResponseType, StatusCode], ['a1b2c3d4e5', ...RESPONSES[name]]);
    }
  });

  it('has a challenge as RFC 6750 has it', () => {
    const challenge = (name: string, given = {}) => headers(name, { ...KIT, ...given })['WWW-Authenticate'];
    const scoped = { RequiredScopes: 'read:pets, write:pets' };
    const ResourceMetadata = 'https://api.example/.well-known/oauth-protected-resource';
    const rows: readonly (readonly [string, Record<string, string>, string])[] = [
      // no error code: API Gateway can't tell a request without a token from one with a bad one
      ['UnauthorizedResponse', {}, 'Bearer realm="api"'],
      ['UnauthorizedResponse', { Realm: 'My pets' }, 'Bearer realm="My pets"'],
      ['UnauthorizedResponse', scoped, 'Bearer realm="api", scope="read:pets write:pets"'],
      [
        'UnauthorizedResponse',
        { ResourceMetadata },
        `Bearer realm="api", resource_metadata="${ResourceMetadata}"`,
      ],
      [
        'UnauthorizedResponse',
        { ...scoped, ResourceMetadata },
        `Bearer realm="api", scope="read:pets write:pets", resource_metadata="${ResourceMetadata}"`,
      ],
      ['AccessDeniedResponse', {}, 'Bearer realm="api"'],
      [
        'AccessDeniedResponse',
        scoped,
        'Bearer realm="api", error="insufficient_scope", scope="read:pets write:pets"',
      ],
      [
        'AccessDeniedResponse',
        { ...scoped, ResourceMetadata },
        `Bearer realm="api", error="insufficient_scope", scope="read:pets write:pets", resource_metadata="${ResourceMetadata}"`,
      ],
      // a Deny may then be for any reason
      [
        'AccessDeniedResponse',
        { ...scoped, InvalidToken: 'deny' },
        'Bearer realm="api", scope="read:pets write:pets"',
      ],
      ['MissingTokenResponse', scoped, 'Bearer realm="api"'],
    ];
    for (const [name, given, expected] of rows) assert.equal(challenge(name, given), expected);
    for (const scopes of ['a b', 'a,b', 'a, b']) {
      assert.equal(
        challenge('UnauthorizedResponse', { RequiredScopes: scopes }),
        'Bearer realm="api", scope="a b"',
      );
    }
    for (const name of ['AuthorizerFailureResponse', 'AuthorizerConfigurationErrorResponse']) {
      assert.equal(challenge(name), undefined);
    }
  });

  it('has CORS headers by parameter', () => {
    for (const name of names) {
      const cors = (given: Record<string, string>) =>
        Object.fromEntries(
          Object.entries(headers(name, { ...KIT, ...given })).filter(([key]) => /^(Access|Vary)/.test(key)),
        );
      const challenged = RESPONSES[name][1] !== '500';
      const exposed = challenged ? { 'Access-Control-Expose-Headers': 'WWW-Authenticate' } : {};
      const AllowOrigin = 'https://app.example';
      assert.deepEqual(cors({}), { 'Access-Control-Allow-Origin': '*', ...exposed });
      assert.deepEqual(cors({ AllowOrigin: '' }), {});
      const one = { 'Access-Control-Allow-Origin': AllowOrigin, ...exposed, Vary: 'Origin' };
      assert.deepEqual(cors({ AllowOrigin }), one);
      assert.deepEqual(cors({ AllowOrigin, AllowCredentials: 'true' }), {
        ...one,
        'Access-Control-Allow-Credentials': 'true',
      });
    }
  });

  it("hands on a Deny's error, and is JSON whatever the cause", () => {
    const message = { '$context.error.messageString': '"explicit deny"' };
    const deny = {
      ...message,
      '$context.authorizer.error': 'insufficient_scope',
      '$context.authorizer.error_description': 'The access token lacks a scope that this API requires',
    };
    assert.deepEqual(body('AccessDeniedResponse', deny), {
      message: 'explicit deny',
      error: 'insufficient_scope',
      error_description: 'The access token lacks a scope that this API requires',
    });
    // a resource policy denies without an authorizer
    assert.deepEqual(body('AccessDeniedResponse', message), {
      message: 'explicit deny',
      error: '',
      error_description: '',
    });
    for (const name of names.filter((other) => other !== 'AccessDeniedResponse')) {
      const { message: said, error_description } = body(name, message) as Record<string, string>;
      assert.equal(said, 'explicit deny');
      // RFC 6750, 3: the characters of an error_description
      assert.match(error_description ?? '', /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
    }
  });

  it('takes no parameter that would break out of a header', () => {
    for (const name of ['Realm', 'AllowOrigin', 'ResourceMetadata', 'RequiredScopes']) {
      const pattern = new RegExp(Parameters[name]?.AllowedPattern ?? '');
      for (const character of ["'", '"', '\\', '\n', '\r']) {
        assert.doesNotMatch(`https://a${character}b`, pattern, name);
      }
    }
  });
});

describe('the alarms', () => {
  const measures = {
    functionName: 'f',
    outcome: 'deny',
    duration: 1,
    keySetAge: 1,
    keyFetches: 0,
    keyFetchFailures: 0,
  };
  const written = Object.keys(embeddedMetrics('n', 0, measures as Parameters<typeof embeddedMetrics>[2]));
  const all = Object.entries(render(template, ALARMS).resources).filter(([, { Type }]) =>
    /Alarm$/.test(Type),
  );

  it('are made only where they are asked for', () => {
    assert.deepEqual(all.map(([name]) => name).sort(), ['CrashAlarm', 'ErrorAlarm', 'RefusalAlarm']);
    const { resources } = render(template, { MetricsNamespace: 'Authorizer' });
    for (const [name] of all) assert.ok(!(name in resources));
  });

  it("watch metrics that the function writes, under its name; of AWS's own only Errors", () => {
    const watched = all.flatMap(([, { Properties }]) => [
      ...JSON.stringify(Properties).matchAll(
        /"Namespace":"([^"]+)","MetricName":"(\w+)","Dimensions":(\[[^\]]+\])/g,
      ),
    ]);
    assert.ok(watched.length >= 5);
    for (const [, namespace, metric = '', dimensions = ''] of watched) {
      assert.deepEqual(JSON.parse(dimensions), [{ Name: 'FunctionName', Value: 'stack-Function-X' }]);
      if (namespace === 'AWS/Lambda') assert.equal(metric, 'Errors');
      else assert.deepEqual([namespace, written.includes(metric)], ['Authorizer', true], metric);
    }
  });

  it('count refusals as Deny and Unauthorized together, and no refusal as an error', () => {
    const expressionOf = (name: string) =>
      (made(name, ALARMS).Metrics as { Expression?: string; ReturnData: boolean }[]).find(
        ({ ReturnData }) => ReturnData,
      )?.Expression;
    assert.equal(expressionOf('RefusalAlarm'), 'denied + unauthorized');
    assert.equal(expressionOf('CrashAlarm'), 'FILL(failures, 0) - FILL(unauthorized, 0) - FILL(errors, 0)');
    assert.equal(made('ErrorAlarm', ALARMS).MetricName, 'Error');
  });

  it('tell the topic, where there is one', () => {
    const AlarmTopic = 'arn:aws:sns:eu-central-1:123456789012:alarms';
    for (const [name] of all) {
      assert.equal(made(name, ALARMS).AlarmActions, undefined);
      assert.deepEqual(made(name, { ...ALARMS, AlarmTopic }).AlarmActions, [AlarmTopic]);
    }
  });
});

describe('cfn-lint', () => {
  const version = spawn.sync('cfn-lint', ['--version']);
  const skip = version.error || version.status !== 0 ? 'there is no cfn-lint on this machine' : false;
  it('has nothing to say', { skip }, () => {
    const { status, stdout, stderr } = spawn.sync('cfn-lint', ['--include-checks', 'I', '--', TEMPLATE], {
      encoding: 'utf8',
    });
    assert.equal(`${stdout}${stderr}`, '');
    assert.equal(status, 0);
  });
});
