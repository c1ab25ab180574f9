import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Case, type Folder, run, tryMistakes, useSite } from './world.ts';

const site = useSite();
const STAGE = { POLICY_RESOURCE: 'stage' };
const arn = (at: string) => `arn:aws:execute-api:us-east-1:1234567890:apiId/${at}`;

/** A map, tried with a request: the methodArn behind the stage `prod`. */
const tried = (ROUTE_SCOPES: string, at: string, env = {}): Folder => ({
  env: { ROUTE_SCOPES, ...env },
  event: (event) => ({ ...event, methodArn: arn(`prod/${at}`) }),
  token: { claims: { scope: 'read:pets' } },
});
const map = (text: string, at: string, ...words: readonly string[]): Case => [text, tried(text, at), ...words];
const READ = 'ROUTE_SCOPES=GET /pets read:pets';
const NESTED = 'GET /a/{x} A, GET /a/{x}/orders B, GET /a/{x}/orders/{o} A';
const LINES = '"GET /pets read:pets,\n  POST /pets write:pets"';

describe('ROUTE_SCOPES', () => {
  tryMistakes(site, [
    [
      NESTED,
      tried(NESTED, 'GET/a', STAGE),
      "can't be expressed",
      'IAM',
      'equire the same scopes',
      'POLICY_RESOURCE=method',
    ],
    map('post /pets write:pets, $default', 'GET/pets', 'small letters', 'ROUTE_SCOPES=POST /pets write:pets, $default'),
    map('GET pets read:pets', 'GET/pets', 'does not begin with /', READ),
    map('{"GET /pets":["read:pets"]}', 'GET/pets', 'ROUTE_SCOPES is JSON', READ),
    map('GET /pets read:pets; POST /pets a', 'GET/pets', 'semicolon', `${READ}, POST /pets a`),
    map('GET /pets read:pets|admin', 'POST/pets', 'read as one scope', `${READ}, GET /pets admin`),
    map('GET /pets read:pets write:pets', 'GET/pets', 'all of them', `${READ}, GET /pets write:pets`),
    map('GET /pets: read:pets', 'GET/pets', 'colon', READ),
    map('GET /pets/:id read:pets', 'GET/pets/7', 'literal', 'GET /pets/{id} read:pets'),
    map('GET /prod/pets read:pets', 'GET/pets', 'begins with the stage, prod', READ),
    map('GET /pets admin', 'method/resourcePath', 'still that of the sample', '--route'),
    map('POST /pets write:pets,admin', 'POST/pets', 'comma too many: "admin"', 'POST /pets write:pets admin'),
    map('GET,POST /pets read:pets', 'GET/pets', '"GET" has no path', `${READ}, POST /pets read:pets`, 'ANY'),
    map('GET /pets/* read:pets', 'GET/pets/7', 'wildcard', 'GET /pets/{id} read:pets'),
    map('GET /pets=read:pets', 'GET/pets', 'has = where a space must be', READ),
    map('* /pets read:pets', 'GET/pets', 'not a method', 'ROUTE_SCOPES=ANY /pets read:pets'),
    map('GET /pets => read:pets', 'GET/pets', 'arrow', READ),
    map('GET /pets [read:pets]', 'GET/pets', 'brackets', READ),
    map('GET /Pets read:pets', 'GET/pets', 'but "GET /Pets read:pets": upper and lower case', READ),
    map('GET https://a.example/pets read:pets', 'GET/pets', 'whole URL', READ),
    map('GET /pets/ read:pets', 'GET/pets', 'slash at the end', READ),
    map('GET /pets read:pets', 'GET/dogs', 'It is GET /dogs', 'Add an entry', 'slash'),
    map(
      'GET /pets admin',
      'GET/pets',
      'requires admin',
      'It has "read:pets"',
      'the requirement is right, grant the scope',
    ),
    map('GET /pets Read:Pets', 'GET/pets', 'ROUTE_SCOPES has "Read:Pets", the token "read:pets"', READ),
    map(LINES, 'GET/pets', 'line break', 'one line', `${READ}, POST /pets write:pets`),
    [
      'no place for the root',
      tried('ANY /{p+} read:pets', 'GET/', STAGE),
      'does not match the root',
      'ANY / read:pets',
    ],
    [
      'a spelling of a path that the policy denies',
      tried('GET /pets/{id} read:pets', 'GET/pets//7', STAGE),
      'ROUTE_SCOPES',
    ],
  ]);

  it('permits what is right, without a warning', async () => {
    const whole =
      'GET /pets read:pets, POST /pets write:pets, GET /pets/{id} read:pets, DELETE /pets/{id} admin, GET /me';
    for (const text of [whole, 'POST /pets write:pets, $default']) {
      const { isPermitted, output } = await run(site, tried(text, 'GET/pets/7', STAGE));
      assert.equal(isPermitted, true, output);
      assert.doesNotMatch(output, /Warning/);
      assert.match(output, /\n\nThe request was allowed\.$/);
    }
  });
});

/** Scopes that are required, and claims of the token. */
const scopes = (required: string, claims: object, ...words: readonly string[]): Case => [
  `says ${words[0]}`,
  { env: { REQUIRED_SCOPES: required }, token: { claims } },
  ...words,
];
const ENTRA = 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0';

describe('REQUIRED_SCOPES:', () =>
  tryMistakes(site, [
    scopes('read:pets;write:pets', {}, 'was read as one scope', 'REQUIRED_SCOPES=read:pets,write:pets'),
    scopes('a|b', {}, 'read as one scope', 'ROUTE_SCOPES=$default a, $default b'),
    scopes('admin', { permissions: ['admin'] }, 'is in permissions', 'SCOPE_CLAIM=permissions'),
    scopes('admin', { realm_access: { roles: ['admin'] } }, 'SCOPE_CLAIM=/realm_access/roles'),
    scopes('read', { scope: 'pets/read' }, 'has "read", the token "pets/read"', 'REQUIRED_SCOPES=pets/read'),
    scopes('api://x/Pets.Read', { scope: 'Pets.Read' }, 'REQUIRED_SCOPES=Pets.Read'),
    scopes('Read:pets', {}, 'compared exactly', 'REQUIRED_SCOPES=read:pets'),
    scopes('read:pet', { scope: 'read:pets' }, 'has "read:pet"', 'REQUIRED_SCOPES=read:pets'),
    scopes('a', { scope: 'a,b' }, 'scope contains "a,b"', 'list', 'spaces between the scopes'),
    scopes('a', { scope: ['a b'] }, 'contains "a b"', 'item of its own'),
    scopes('a', { scope: '["a","b"]' }, 'JSON in a text', 'write a list'),
    scopes('admin', { scope: undefined }, 'no claim scope', 'grant the scope'),
    scopes('read:pets admin', {}, 'lacks admin. It has "read:pets", "write:pets"', 'grant the scope'),
    [
      'an application of Entra ID',
      {
        env: { TOKEN_ISSUER: ENTRA, REQUIRED_SCOPES: 'Pets.Read' },
        token: { claims: { iss: ENTRA, roles: ['Pets.Read'], scope: undefined } },
      },
      'is in roles',
      'SCOPE_CLAIM=scp,roles',
    ],
    [
      'an ID token',
      {
        env: { REQUIRED_SCOPES: 'admin' },
        token: { header: { typ: 'JWT' }, claims: { email: 'a@b.example', scope: undefined } },
      },
      'looks like an ID token',
      'Take the "access_token"',
    ],
  ]));
