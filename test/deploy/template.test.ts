import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse, type ScalarTag, type YAMLMap, type YAMLSeq } from 'yaml';
import { ZIP } from '../../scripts/bundle/bundle.ts';
import { readConfig } from '../../src/config/config.ts';
import { settingNames } from '../../src/config/settings.ts';
import { embeddedMetrics } from '../../src/log/metrics.ts';

type Node = Readonly<Record<string, unknown>>;

interface Template {
  readonly Metadata: {
    readonly 'AWS::CloudFormation::Interface': { ParameterGroups: readonly { Parameters: string[] }[] };
  };
  readonly Parameters: Record<
    string,
    { Default?: unknown; AllowedPattern?: string; AllowedValues?: unknown[] }
  >;
  readonly Rules: Record<
    string,
    { RuleCondition?: unknown; Assertions: { Assert: unknown; AssertDescription: string }[] }
  >;
  readonly Resources: Record<
    string,
    { Type: string; DependsOn?: string; DeletionPolicy?: string; Properties: Node }
  >;
}

const TEXT = readFileSync(new URL('../../scripts/deploy/template.yaml', import.meta.url), 'utf8');

/** The short forms of functions, as the long ones. */
const customTags = [
  'Ref',
  'Condition',
  'GetAtt',
  'Sub',
  'If',
  'Join',
  'Split',
  'Equals',
  'Not',
  'And',
  'Or',
  'Contains',
]
  .map((name) => ({ name, key: name === 'Ref' || name === 'Condition' ? name : `Fn::${name}` }))
  .flatMap(({ name, key }) => [
    { tag: `!${name}`, resolve: (text: string) => ({ [key]: text }) },
    {
      tag: `!${name}`,
      collection: 'seq',
      resolve: (list: unknown) => ({ [key]: (list as YAMLSeq).toJSON() }),
    },
    { tag: `!${name}`, collection: 'map', resolve: (map: unknown) => ({ [key]: (map as YAMLMap).toJSON() }) },
  ]) as ScalarTag[]; // the library's type has no room for all three

const template = parse(TEXT, { customTags, strict: true }) as Template;
const { Parameters, Rules, Resources } = template;
const properties = (name: string): Node => Resources[name]?.Properties ?? {};
const variables = (properties('Function').Environment as { Variables: Record<string, { Ref: string }> })
  .Variables;

const NEEDED = {
  TokenIssuer: 'https://issuer.example/',
  JwksUri: 'https://issuer.example/jwks',
  Audience: 'https://pets.example/',
};
type Given = Readonly<Record<string, string>>;

/** Works out what a rule may hold: CloudFormation allows these functions there, and no others. */
function evaluate(part: unknown, given: Given): unknown {
  if (Array.isArray(part)) return part.map((item) => evaluate(item, given));
  if (typeof part !== 'object' || part === null) return part;
  const [[name = '', argument] = []] = Object.entries(part);
  if (name === 'Ref') return given[String(argument)] ?? String(Parameters[String(argument)]?.Default);
  const values = evaluate(argument, given) as unknown[];
  if (name === 'Fn::Equals') return values[0] === values[1];
  if (name === 'Fn::Contains') return (values[0] as unknown[]).includes(values[1]);
  if (name === 'Fn::Not') return values[0] === false;
  if (name === 'Fn::And') return values.every((value) => value === true);
  if (name === 'Fn::Or') return values.includes(true);
  throw new Error(`${name} is no function of rules`);
}

/** What CloudFormation says to these parameters before it does anything. */
const complaints = (given: Given): string[] =>
  Object.values(Rules)
    .filter(({ RuleCondition = true }) => evaluate(RuleCondition, { ...NEEDED, ...given }) === true)
    .flatMap(({ Assertions }) => Assertions)
    .filter(({ Assert }) => evaluate(Assert, { ...NEEDED, ...given }) !== true)
    .map(({ AssertDescription }) => AssertDescription);

describe('the template', () => {
  it('is plain CloudFormation for every partition, without what CloudFormation does not read', () => {
    assert.ok(!('Transform' in template));
    assert.doesNotMatch(TEXT, /arn:aws[:-]/);
    assert.doesNotMatch(TEXT, /: [&*][a-z]/); // aliases
    assert.ok(Buffer.byteLength(TEXT) <= 51_200); // the limit of a template that is not in S3
    assert.ok(Object.keys(Parameters).length <= 200);
  });

  it('asks for every parameter in a group', () => {
    const groups = template.Metadata['AWS::CloudFormation::Interface'].ParameterGroups;
    const asked = groups.flatMap((group) => group.Parameters);
    assert.deepEqual(asked.toSorted(), Object.keys(Parameters).toSorted());
  });

  it('hands every setting to the function, of three issuers, by a parameter of its name', () => {
    const isTaken = (name: string) => /[A-Z]$|_[23]$/.test(name); // the function takes numbers up to 9
    assert.deepEqual(Object.keys(variables).toSorted(), settingNames().filter(isTaken).toSorted());
    for (const [variable, { Ref }] of Object.entries(variables)) {
      const words = variable.split('_').map((word) => word.charAt(0) + word.slice(1).toLowerCase());
      assert.equal(Ref, words.join(''));
    }
  });

  it("has the function's own defaults", () => {
    const needed = new Map(Object.entries(NEEDED));
    const valueIn = ({ Ref }: { Ref: string }) => needed.get(Ref) ?? String(Parameters[Ref]?.Default);
    const env = Object.fromEntries(Object.entries(variables).map(([name, ref]) => [name, valueIn(ref)]));
    const { TOKEN_ISSUER, JWKS_URI, AUDIENCE } = env;
    assert.deepEqual(readConfig(env), readConfig({ TOKEN_ISSUER, JWKS_URI, AUDIENCE }));
  });

  it('runs what npm run bundle makes, and nothing by an alias', () => {
    const { Code, Handler, LoggingConfig } = properties('Function');
    assert.deepEqual({ Code, Handler }, { Code: `../../${ZIP}`, Handler: 'index.handler' });
    assert.equal((LoggingConfig as Node).LogFormat, 'JSON');
    assert.ok(!Object.values(Resources).some(({ Type }) => /Alias|Version$/.test(Type)));
  });

  it('takes the authorizer before the permission and the function, and keeps the log', () => {
    for (const name of ['RestAuthorizer', 'HttpAuthorizer', 'WebSocketAuthorizer']) {
      assert.equal(Resources[name]?.DependsOn, 'Permission');
      assert.match(JSON.stringify(properties(name).AuthorizerUri), /\$\{Function\.Arn\}/);
    }
    assert.equal(Resources.LogGroup?.DeletionPolicy, 'Retain');
    assert.match(JSON.stringify(properties('Permission').SourceArn), /:\$\{ApiId\}\/authorizers\/\*"/);
  });
});

/** The metrics in a part of the template, each with its namespace. */
function metricsIn(part: unknown): Node[] {
  if (typeof part !== 'object' || part === null) return [];
  return 'MetricName' in part && 'Namespace' in part
    ? [part as Node]
    : Object.values(part).flatMap(metricsIn);
}

describe("the template's alarms", () => {
  it('watch metrics that the function writes, of one function', () => {
    const counts = { keySetAge: 0, keyFetches: 0, keyFetchFailures: 0 };
    const written = embeddedMetrics('', 0, { functionName: '', outcome: 'allow', duration: 0, ...counts });
    const watched = metricsIn(Resources).filter(({ Namespace }) =>
      JSON.stringify(Namespace).includes('MetricsNamespace'),
    );
    assert.ok(watched.length > 5);
    for (const { MetricName, Dimensions } of watched) {
      assert.ok(String(MetricName) in written, String(MetricName));
      assert.deepEqual(Dimensions, [{ Name: 'FunctionName', Value: { Ref: 'Function' } }]);
    }
  });

  it('are told of what keeps the function from starting within a minute', () => {
    const { Period, EvaluationPeriods, MetricName } = properties('BreakdownAlarm');
    assert.deepEqual([Period, EvaluationPeriods], [60, 1]);
    const [counted] = properties('BreakdownFilter').MetricTransformations as Node[];
    assert.deepEqual(counted?.MetricName, MetricName);
  });
});

describe("the template's patterns", () => {
  const takes = (name: string, value: string) =>
    new RegExp(Parameters[name]?.AllowedPattern ?? '').test(value);

  it('take the defaults, and what is needed', () => {
    for (const [name, { Default, AllowedValues }] of Object.entries(Parameters)) {
      if (Default === undefined) continue;
      assert.ok(takes(name, String(Default)), name);
      if (AllowedValues) assert.ok(AllowedValues.includes(Default), name);
    }
    for (const [name, value] of Object.entries(NEEDED)) assert.ok(takes(name, value), name);
  });

  const uris: readonly (readonly [string, boolean])[] = [
    ['https://a.example/jwks, https://b.example/jwks', true],
    ['file:/opt/jwks.json', true],
    ['data:application/json;base64,eyJrZXlzIjpbXX0=', true],
    ['http://a.example/jwks', false],
    ['http://localhost:8080/jwks', false],
    ['https://localhost/jwks', false],
    ['https://a.example/jwks,https://127.0.0.1/jwks', false],
    ['"https://a.example/jwks"', false],
    ['https://login.example/{tenantid}/keys', false],
  ];
  for (const [uri, isTaken] of uris) {
    it(`${isTaken ? 'take' : 'refuse'} the JwksUri ${uri}`, () =>
      assert.equal(takes('JwksUri', uri), isTaken));
  }
});

describe("the template's rules", () => {
  const rest = { ApiKind: 'REST', ApiId: 'a1b2c3d4e5' };
  const cached = { ...rest, AuthorizerTtl: '300', PolicyResource: 'stage' };
  const sets: readonly (readonly [what: string, given: Given, complaint?: RegExp])[] = [
    ['no API yet', {}],
    ['a REST API', rest],
    ['a REST API with a cache', cached],
    ['simple responses', { ApiKind: 'HTTP', ApiId: 'a1b2c3d4e5', SimpleResponses: 'true' }],
    ['a VPC', { SubnetIds: 'subnet-1', SecurityGroupIds: 'sg-1' }],
    ['a second issuer', { TokenIssuer2: 'https://b.example/', JwksUri2: 'https://b.example/jwks' }],
    ['a placeholder', { Audience: 'https://api.example.com/' }, /placeholder/],
    ['a kind without an API', { ApiKind: 'REST' }, /Name the API/],
    ['a cache of single methods', { ...cached, PolicyResource: 'method' }, /PolicyResource stage/],
    ['a cache by another header', { ...cached, IdentitySource: 'header:X-Tenant' }, /to be equal/],
    [
      'a cache by one of two sources',
      { ...cached, TokenSource: 'header:Authorization,cookie:t' },
      /to be equal/,
    ],
    ['a cache for certificates', { ...cached, TokenBinding: 'mtls' }, /certificate/],
    ['a cache for WebSockets', { ...cached, ApiKind: 'WEBSOCKET' }, /WebSocket/],
    ['simple responses for REST', { ...rest, SimpleResponses: 'true' }, /for HTTP APIs/],
    ['gateway responses without an API', { GatewayResponses: 'replace' }, /ApiId/],
    [
      'gateway responses of an HTTP API',
      { ...rest, ApiKind: 'HTTP', GatewayResponses: 'replace' },
      /REST API/,
    ],
    ['credentials for everybody', { AllowCredentials: 'true' }, /one origin/],
    ['metrics that are filtered away', { MetricsNamespace: 'A', LogLevel: 'WARN' }, /LogLevel to INFO/],
    ['alarms without metrics', { Alarms: 'true' }, /MetricsNamespace/],
    ['half a VPC', { SubnetIds: 'subnet-1' }, /both/],
    ['half an issuer', { TokenIssuer3: 'https://b.example/' }, /go together/],
  ];
  for (const [what, given, complaint] of sets) {
    it(`${complaint ? 'refuse' : 'take'} ${what}`, () => {
      const found = complaints(given);
      assert.equal(found.length, complaint ? 1 : 0, found.join('\n'));
      if (complaint) assert.match(found.join(), complaint);
    });
  }

  it('want a time-out that is longer than a fetch by a second', () => {
    for (const JwksTimeout of Parameters.JwksTimeout?.AllowedValues ?? [])
      for (const Timeout of Parameters.Timeout?.AllowedValues ?? []) {
        const found = complaints({ JwksTimeout: String(JwksTimeout), Timeout: String(Timeout) });
        assert.equal(
          found.length === 0,
          Number(Timeout) > Number(JwksTimeout),
          `${JwksTimeout} and ${Timeout}`,
        );
      }
  });
});
