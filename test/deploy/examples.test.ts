import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import { parseAllDocuments, parse as parseYaml } from 'yaml';
import { customTags, readTemplate } from '../../scripts/template.ts';
import { read } from '../pages.ts';

// What needs an account, or a tool that npm does not have (terraform, sam), is not tried here: docs/tried.md.

const PAGES = ['docs/deploy.md', 'docs/deploy-by-hand.md', 'docs/apis.md'];

/** The blocks of a page in a language. */
const blocks = (page: string, language: string) =>
  [...read(page).matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text);

describe('each snippet of the pages on deployment', () => {
  for (const page of PAGES) {
    it(`can be read: ${page}`, () => {
      for (const text of blocks(page, 'json')) assert.doesNotThrow(() => JSON.parse(text), text);
      for (const text of blocks(page, 'yaml'))
        for (const { errors } of parseAllDocuments(text)) assert.deepEqual(errors, [], text);
      for (const text of blocks(page, 'bash')) {
        const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' });
        assert.equal(status, 0, stderr);
      }
    });
  }
});

const example = (name: string) => read(`docs/examples/${name}`);
const EXPORTS = new Set(
  [...read('scripts/deploy/template.yaml').matchAll(/StackName\}-(\w+)"/g)].map(([, name]) => name),
);

describe('the example for', () => {
  it('SAM has no cache, leaves OPTIONS open, and imports what the template exports', () => {
    const { Resources } = parseYaml(example('sam.yaml'), { customTags });
    for (const api of [Resources.RestApi, Resources.HttpApi]) {
      assert.equal(api.Properties.Auth.Authorizers.Jwt.Identity.ReauthorizeEvery, 0);
      const { FunctionArn } = api.Properties.Auth.Authorizers.Jwt;
      const [, name] = /\}-(\w+)$/.exec(FunctionArn['Fn::ImportValue']['Fn::Sub']) ?? [];
      assert.ok(EXPORTS.has(name), name);
    }
    assert.equal(Resources.RestApi.Properties.Auth.AddDefaultAuthorizerToCorsPreflight, false);
    assert.equal(Resources.HttpApi.Properties.Auth.Authorizers.Jwt.EnableFunctionDefaultPermissions, true);
  });

  it('the Serverless Framework has no cache', () => {
    const { provider, functions } = parseYaml(example('serverless.yml'));
    const { jwt } = provider.httpApi.authorizers;
    assert.deepEqual([jwt.resultTtlInSeconds, jwt.payloadVersion], [0, '2.0']);
    assert.equal(functions.pets.events[0].httpApi.authorizer.name, 'jwt');
  });

  it('OpenAPI has no cache, and a mock that answers JSON', () => {
    const { paths, components } = parseYaml(example('openapi.yaml'));
    const { get } = paths['/pets'];
    const scheme = components.securitySchemes[Object.keys(get.security[0]).join()];
    assert.equal(scheme['x-amazon-apigateway-authorizer'].authorizerResultTtlInSeconds, 0);
    const { responses, requestTemplates } = get['x-amazon-apigateway-integration'];
    for (const text of [requestTemplates, responses.default.responseTemplates])
      assert.doesNotThrow(() => JSON.parse(text['application/json']));
  });

  it('CDK is TypeScript, without a cache', async () => {
    const { warnings } = await transform(example('cdk.ts'), { loader: 'ts' });
    assert.deepEqual(warnings, []);
    assert.match(example('cdk.ts'), /resultsCacheTtl: Duration\.seconds\(0\)/);
  });

  it('Terraform names parameters and outputs that the template has', () => {
    const { Parameters } = readTemplate(read('scripts/deploy/template.yaml'));
    const [, block = ''] = /parameters = merge\((.*?)\}\)/s.exec(example('main.tf')) ?? [];
    const names = [...block.matchAll(/^ +(\w+) += /gm), ...example('main.tf').matchAll(/[{,](\w+)="/g)];
    assert.ok(names.length >= 5, `${names.length} names`);
    for (const [, name = ''] of names) assert.ok(name in Parameters, name);
    assert.match(read('scripts/deploy/template.yaml'), /^ {2}AuthorizerId:$/m);
  });

  it('the back end answers with who called, for every kind of API', async () => {
    const { handler } = await import(pathToFileURL('docs/examples/back-end.mjs').href);
    const seen = { principalId: 'me', scope: 'read:pets' };
    for (const authorizer of [seen, { lambda: seen }]) {
      const { body } = await handler({ requestContext: { authorizer } });
      assert.deepEqual(JSON.parse(body), { caller: 'me', scope: 'read:pets' });
    }
  });
});
