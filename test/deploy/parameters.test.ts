import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parse } from 'smol-toml';
import { main } from '../../scripts/deploy/parameters.ts';
import { temporaryFolder } from '../support/unpacked.ts';

const folder = temporaryFolder();
after(() => folder.remove());

const NEEDED = [
  'TOKEN_ISSUER=https://issuer.example/',
  'JWKS_URI=https://issuer.example/jwks',
  'AUDIENCE=https://pets.example/',
];
const API = ['ApiKind=REST', 'ApiId=a1b2c3d4e5'];

/** Runs the command with a `.env` of these lines. */
function run(lines: readonly string[], args: readonly string[] = API) {
  const file = join(folder.path, '.env');
  writeFileSync(file, lines.join('\n'));
  const [printed, said]: [string[], string[]] = [[], []];
  const code = main(
    [...args, '--env', file],
    (text) => printed.push(text),
    (text) => said.push(text),
  );
  return { code, printed: printed.join('\n'), said: said.join('\n') };
}

/** The values of the parameters that it prints as JSON. */
function valuesOf({ printed }: { readonly printed: string }): Readonly<Record<string, string>> {
  const list: readonly string[] = JSON.parse(printed);
  return Object.fromEntries(list.map((pair) => /^(\w+)=(.*)$/s.exec(pair)?.slice(1) ?? []));
}

describe('npm run parameters', () => {
  const routes = 'GET /pets read:pets, POST /pets write:pets';

  it('prints a value for every parameter: the settings, the command line, the defaults', () => {
    const run1 = run([...NEEDED, `ROUTE_SCOPES=${routes}`], [...API, 'MemorySize=512']);
    assert.deepEqual([run1.code, run1.said], [0, '']);
    const { TokenIssuer, RouteScopes, ApiKind, MemorySize, Timeout, RequiredScopes } = valuesOf(run1);
    assert.deepEqual([TokenIssuer, RouteScopes], ['https://issuer.example/', routes]);
    assert.deepEqual([ApiKind, MemorySize, Timeout, RequiredScopes], ['REST', '512', '10', '']);
  });

  it('prints a samconfig.toml, whose values SAM reads back', () => {
    const lines = [...NEEDED, `ROUTE_SCOPES=${routes}`];
    const { printed } = run(lines, [...API, '--samconfig', 'authorizer']);
    const read = parse(printed) as { default: { deploy: { parameters: Record<string, string> } } };
    const { stack_name, capabilities, parameter_overrides = '' } = read.default.deploy.parameters;
    assert.deepEqual([stack_name, capabilities], ['authorizer', 'CAPABILITY_IAM']);
    // samcli/cli/types.py: a value in double quotes
    const pairs = [...` ${parameter_overrides}`.matchAll(/ (\w+)="((?:\\.|[^"\\]+)*)"/g)];
    const values = new Map(pairs.map(([, name, value]) => [name, value?.replaceAll('\\"', '"')]));
    assert.equal(values.get('RouteScopes'), routes);
    assert.equal(values.get('RequiredScopes'), '');
    assert.match(values.get('IdentityValidation') ?? '', /^\^.* \+\[-0-9a-zA-Z\._\]\+\$$/);
  });

  it('takes the values for the extras from the same settings', () => {
    const args = ['AuthorizerStack=authorizer', 'Alarms=true', '--template', 'scripts/deploy/extras.yaml'];
    const values = valuesOf(run([...NEEDED, 'REQUIRED_SCOPES=read:pets', 'JWKS_MAX_AGE=60'], args));
    assert.deepEqual([values.RequiredScopes, values.Alarms, values.Realm], ['read:pets', 'true', 'api']);
  });

  const refused: readonly (readonly [what: string, said: RegExp, lines: readonly string[], args?: string[]])[] = [
    ['a setting that the function refuses', /ROUTE_SCOPES.*small letters/, ['ROUTE_SCOPES=get /pets read:pets']],
    ['a misspelt setting', /REQUIRED_SCOPE/, ['REQUIRED_SCOPE=a']],
    ['a setting without a parameter', /Variables of the function there: JWKS_MAX_AGE: "300"/, ['JWKS_MAX_AGE=300']],
    [
      'a third issuer',
      /TOKEN_ISSUER_3: "https:\/\/c.example\/"\n.*JWKS_URI_3/,
      ['TOKEN_ISSUER_3=https://c.example/', 'JWKS_URI_3=https://c.example/k'],
    ],
    ['a setting on the command line', /Audience is the setting AUDIENCE. Write it into/, [], [...API, 'Audience=a']],
    ['a parameter that is not one', /ApiKin isn't a parameter/, [], [...API, 'ApiKin=REST']],
    ['no kind of API', /ApiKind is missing. The kind of the API/, [], ['ApiId=a1b2c3d4e5']],
    ['a kind without an API', /Name the API with ApiId/, [], ['ApiKind=REST']],
    ['an issuer on a laptop', /loopback/, ['TOKEN_ISSUER_2=b', 'JWKS_URI_2=http://localhost:8080/jwks']],
    ['what is too large for Lambda', /Lambda permits 4,096/, [`REQUIRED_CLAIMS=${'a=b,'.repeat(1000)}a=b`]],
  ];
  for (const [what, said, lines, args] of refused) {
    it(`refuses ${what}`, () => {
      const seen = run([...NEEDED, ...lines], args);
      assert.deepEqual([seen.code, seen.printed], [1, '']);
      assert.match(seen.said, said);
    });
  }

  it('says what is wrong with the command line', () => {
    assert.equal(run(NEEDED, ['--nothing']).code, 2);
    assert.match(run(NEEDED, ['--template', 'nothing.yaml']).said, /nothing\.yaml[\s\S]*npm run -s parameters/);
  });
});
