import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ZIP } from '../../scripts/bundle/bundle.ts';
import { parameterOf } from '../../scripts/deploy/parameters.ts';
import { complaints, type Given, readTemplate, variablesOf } from '../../scripts/template.ts';
import { readConfig } from '../../src/config/config.ts';
import { settingNames } from '../../src/config/settings.ts';
import { embeddedMetrics } from '../../src/log/metrics.ts';
import { read } from '../pages.ts';

const templateIn = (name: string) => {
  const text = read(`scripts/deploy/${name}`);
  return { text, ...readTemplate(text) };
};
const [main, extras] = [templateIn('template.yaml'), templateIn('extras.yaml')];
const { Parameters, Resources } = main;
const properties = (name: string) => main.Resources[name]?.Properties ?? {};
const variables = variablesOf(main) as Readonly<Record<string, { Ref: string }>>;

const NEEDED = {
  TokenIssuer: 'https://issuer.example/',
  JwksUri: 'https://issuer.example/jwks',
  Audience: 'https://pets.example/',
  ApiKind: 'NONE',
};

/** A value for each parameter: the given one, else the default. */
const withDefaults = ({ Parameters: all }: typeof main, given: Given): Given =>
  Object.fromEntries(Object.entries(all).map(([name, { Default }]) => [name, given[name] ?? String(Default ?? '')]));
/** What CloudFormation says to these parameters before it does anything. */
const refusals = (given: Given) => complaints(main, withDefaults(main, { ...NEEDED, ...given }));

describe('the template', () => {
  it('is plain CloudFormation for every partition, without what CloudFormation does not read', () => {
    for (const { text, ...template } of [main, extras]) {
      assert.equal('Transform' in template, false);
      assert.doesNotMatch(text, /arn:aws[:-]/);
      assert.doesNotMatch(text, /: [&*][a-z]/); // aliases
      assert.ok(Object.keys(template.Parameters).length <= 40, 'too many parameters');
      // CloudFormation takes 51,200 bytes without a bucket; aws cloudformation package makes it longer
      assert.ok(Buffer.byteLength(text) * 1.2 <= 51_200, 'too long');
    }
  });

  it('asks for every parameter in a group', () => {
    for (const { text, Parameters: all } of [main, extras]) {
      const [, groups = ''] = /ParameterGroups:(.*?)\n(?=[#\n\w])/s.exec(text) ?? [];
      const asked = [...groups.replace(/default: .*/g, '').matchAll(/\b[A-Z]\w+(?=[\],\n])/g)].flat();
      assert.deepEqual(asked.toSorted(), Object.keys(all).toSorted());
    }
  });

  it('passes settings to the function, each by the parameter of its name', () => {
    const passed = Object.entries(variables).map(([variable, { Ref }]) => [variable, Ref]);
    const named = settingNames().map((name) => [name, parameterOf(name)] as const);
    assert.deepEqual(passed.toSorted(), named.filter(([, parameter]) => parameter in Parameters).toSorted());
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
    assert.equal((LoggingConfig as { LogFormat: string }).LogFormat, 'JSON');
    assert.equal(
      Object.values(Resources).some(({ Type }) => /Alias|Version$/.test(Type)),
      false,
    );
  });

  it('takes the authorizer before the permission and the function, and keeps the log', () => {
    for (const name of ['RestAuthorizer', 'HttpAuthorizer', 'WebSocketAuthorizer']) {
      assert.match(JSON.stringify(Resources[name]), /"DependsOn":"Permission"/);
      assert.match(JSON.stringify(properties(name).AuthorizerUri), /\$\{Function\.Arn\}/);
    }
    assert.match(JSON.stringify(Resources.LogGroup), /"DeletionPolicy":"Retain"/);
    assert.match(JSON.stringify(properties('Permission').SourceArn), /:\$\{ApiId\}\/authorizers\/\*"/);
  });
});

/** The metrics in a part of a template, each with its namespace. */
function metricsIn(part: unknown): Readonly<Record<string, unknown>>[] {
  if (typeof part !== 'object' || part === null) return [];
  return 'MetricName' in part && 'Namespace' in part ? [{ ...part }] : Object.values(part).flatMap(metricsIn);
}

describe('the extras', () => {
  it('import what the template exports', () => {
    const imported = [...extras.text.matchAll(/\$\{AuthorizerStack\}-(\w+)" \}/g)].map(([, name]) => name);
    const exports = main.text.matchAll(/Export: \{ Name: !Sub "\$\{AWS::StackName\}-(\w+)" \}/g);
    const exported = new Set([...exports].map(([, name]) => name));
    assert.ok(new Set(imported).size >= 4, imported.join());
    for (const name of imported) assert.ok(exported.has(name), name);
  });

  it('watch metrics that the function writes, of one function', () => {
    const counts = { keySetAge: 0, keyFetches: 0, keyFetchFailures: 0 };
    const written = embeddedMetrics('', 0, { functionName: '', outcome: 'allow', duration: 0, ...counts });
    const watched = metricsIn(extras.Resources).filter(({ Namespace }) =>
      JSON.stringify(Namespace).includes('MetricsNamespace'),
    );
    assert.ok(watched.length > 5, watched.join());
    for (const { MetricName, Dimensions } of watched) {
      assert.ok(String(MetricName) in written, String(MetricName));
      assert.match(
        JSON.stringify(Dimensions),
        /^\[\{"Name":"FunctionName","Value":\{"Fn::ImportValue".*-FunctionName"/,
      );
    }
  });

  it('report what keeps the function from starting within a minute', () => {
    const { Period, EvaluationPeriods, MetricName } = extras.Resources.BreakdownAlarm?.Properties ?? {};
    assert.deepEqual([Period, EvaluationPeriods], [60, 1]);
    const { MetricTransformations } = extras.Resources.BreakdownFilter?.Properties ?? {};
    assert.ok(
      JSON.stringify(MetricTransformations).includes(`"MetricName":${JSON.stringify(MetricName)}`),
      String(MetricName),
    );
  });

  it('refuse what makes nothing, and credentials for everybody', () => {
    const said = (given: Given) =>
      complaints(extras, withDefaults(extras, { AuthorizerStack: 'authorizer', ...given }));
    assert.match(said({}).join(), /Say what to make/);
    assert.deepEqual(said({ Alarms: 'true' }), []);
    assert.match(said({ GatewayResponses: 'replace', AllowCredentials: 'true' }).join(), /one origin/);
  });
});

describe("the template's patterns", () => {
  const takes = (name: string, value: string) => new RegExp(Parameters[name]?.AllowedPattern ?? '').test(value);

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
    ['data:application/jwk-set+json;base64,eyJrZXlzIjpbXX0=', true],
  ];
  for (const [uri, isTaken] of uris) {
    it(`${isTaken ? 'take' : 'refuse'} the JwksUri ${uri}`, () => assert.equal(takes('JwksUri', uri), isTaken));
  }
});

describe("the template's rules", () => {
  const rest = { ApiKind: 'REST', ApiId: 'a1b2c3d4e5' };
  const http = { ...rest, ApiKind: 'HTTP' };
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
    ['a cache by one of two sources', { ...cached, TokenSource: 'header:Authorization,cookie:t' }, /to be equal/],
    ['a cache for certificates', { ...cached, TokenBinding: 'mtls' }, /certificate/],
    ['a cache for WebSockets', { ...cached, ApiKind: 'WEBSOCKET' }, /WebSocket/],
    ['simple responses for REST', { ...rest, SimpleResponses: 'true' }, /for HTTP APIs/],
    ['metrics that are filtered away', { MetricsNamespace: 'A', LogLevel: 'WARN' }, /LogLevel to INFO/],
    ['half a VPC', { SubnetIds: 'subnet-1' }, /both/],
    ['half an issuer', { TokenIssuer2: 'https://b.example/' }, /go together/],
    ['an audience of no issuer', { Audience2: 'b' }, /second issuer/],
    ['a cookie on an HTTP API', { ...http, TokenSource: 'cookie:t', IdentitySource: 'header:Cookie' }],
    ['a cookie on a REST API', { ...rest, TokenSource: 'cookie:t' }],
    ['a cookie that an HTTP API does not look for', { ...http, TokenSource: 'cookie:t' }, /header:Cookie/],
    [
      'a query that a WebSocket API does not look for',
      { ...http, ApiKind: 'WEBSOCKET', TokenSource: 'query:t' },
      /Set IdentitySource/,
    ],
    ['two places on an HTTP API', { ...http, TokenSource: 'header:Authorization,cookie:t' }, /or to nothing/],
    ['proofs', { ...rest, TokenBinding: 'dpop', DpopUrls: 'https://api.example/v1' }],
    ['proofs without URLs', { ...rest, TokenBinding: 'dpop-only' }, /need DpopUrls/],
    ['URLs without proofs', { ...rest, DpopUrls: 'https://api.example/v1' }, /need DpopUrls/],
    ['a cache for proofs', { ...cached, TokenBinding: 'dpop', DpopUrls: 'https://api.example/v1' }, /proof/],
    ['certificates on a WebSocket API', { ...http, ApiKind: 'WEBSOCKET', TokenBinding: 'mtls' }, /pass neither/],
    ['layers', { Layers: 'arn:aws:lambda:eu-central-1:123456789012:layer:keys:3' }],
    ['what is no layer', { Layers: 'keys:3' }, /ARNs of layer versions/],
    ['a short timeout', { Timeout: '3' }, /a number from 4 to 29/],
    ['an unknown runtime', { Runtime: 'nodejs18.x' }, /nodejs24.x, nodejs22.x/],
  ];
  for (const [what, given, complaint] of sets) {
    it(`${complaint ? 'refuse' : 'take'} ${what}`, () => {
      const found = refusals(given);
      assert.equal(found.length, complaint ? 1 : 0, found.join('\n'));
      if (complaint) assert.match(found.join(), complaint);
    });
  }
});
