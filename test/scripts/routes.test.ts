import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { LOADER_ARGS } from '../../scripts/loader.ts';
import { page } from '../pages.ts';
import { temporaryFolder } from '../support/unpacked.ts';

const folder = temporaryFolder();
after(folder.remove);

/** Runs the script. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const all = [...LOADER_ARGS, 'scripts/routes.ts', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8', env });
  return { status, stdout, remarks: stderr.split('\n').filter((line) => line !== '') };
}

/** Runs it for a document, which may be of YAML or JSON. */
function run(document: string) {
  const file = join(folder.path, 'openapi.yaml');
  writeFileSync(file, document);
  return start([file]);
}

const SCHEMES = `
components:
  securitySchemes:
    pets: { type: oauth2, flows: {} }
    login: { type: openIdConnect, openIdConnectUrl: https://issuer.example/.well-known/openid-configuration }
    bearer: { type: http, scheme: Bearer }
    basic: { type: http, scheme: basic }
    key: { type: apiKey, in: header, name: x-api-key }
`;

describe('npm run routes', () => {
  it('prints an entry for each operation and alternative, and says what is left out', () => {
    const { status, stdout, remarks } = run(`
openapi: 3.0.3
security: [{ pets: [read:pets] }]
paths:
  /pets:
    summary: all of them
    parameters: []
    get: { responses: {} }
    post: { security: [{ pets: [write:pets, read:pets] }, { login: [admin] }, { key: [] }] }
  /pets/{id}:
    get: { security: [{ pets: [read:pets], key: [], login: [email] }] }
    delete: { security: [{ basic: [] }] }
    trace: {}
  /health:
    get: { security: [] }
  /me:
    get: { security: [{ bearer: [] }] }
    put: { security: [{ pets: [write:pets] }, {}] }
  /admin/{proxy+}:
    x-amazon-apigateway-any-method: { security: [{ pets: [admin] }, { pets: [admin] }] }
${SCHEMES}`);
    assert.equal(
      stdout,
      'ROUTE_SCOPES=GET /pets read:pets, POST /pets write:pets read:pets, POST /pets admin, GET /pets/{id} read:pets email, ' +
        'GET /health, GET /me, PUT /me write:pets, PUT /me, ANY /admin/{proxy+} admin\n',
    );
    assert.match(String(remarks.pop()), /^The largest policy has \d+ bytes, for a token with the scopes /);
    assert.deepEqual(remarks, [
      "- POST /pets: the scheme key isn't an access token, so it is ignored.",
      "- GET /pets/{id}: the scheme key isn't an access token, so it is ignored.",
      "- DELETE /pets/{id}: the scheme basic isn't an access token, so it is ignored.",
      '- DELETE /pets/{id} has no entry: it accepts no access token.',
      '- TRACE /pets/{id} has no entry: API Gateway has no such method.',
      '- GET /health is open to all in the document; its entry permits every accepted token, but no call without one.',
      '- PUT /me is open to all in the document; its entry permits every accepted token, but no call without one.',
    ]);
    assert.equal(status, 0);
  });

  it('reads JSON, and says which map is none for a whole stage', () => {
    const get = (scope: string) => ({ get: { security: [{ oauth: [scope] }] } });
    const { status, stdout, remarks } = run(
      JSON.stringify({
        openapi: '3.1.0',
        paths: { '/a/{x}': get('A'), '/a/{x}/b': get('B'), '/a/{x}/b/{y}': get('A') },
        components: { securitySchemes: { oauth: { type: 'oauth2' } } },
      }),
    );
    assert.equal(stdout, 'ROUTE_SCOPES=GET /a/{x} A, GET /a/{x}/b B, GET /a/{x}/b/{y} A\n');
    assert.match(remarks.join(), /^- With POLICY_RESOURCE=stage: "GET \/a\/\{x\}", "GET \/a\/\{x\}\/b" and /);
    assert.equal(status, 0);
  });

  it('prints nothing where a path is none that an entry can have', () => {
    const { status, stdout, remarks } = run('paths: { /pets/: { get: {} }, "/{id}.json": { get: {} } }');
    assert.equal(stdout, '');
    assert.match(remarks.join('\n'), /^- "GET \/pets\/" has an empty segment/m);
    assert.match(remarks.join('\n'), /^- "GET \/\{id\}\.json" has "\{id\}\.json" for a segment/m);
    assert.equal(status, 1);
  });

  it('says that a document has no operation', () => {
    const { status, remarks } = run('openapi: 3.0.3');
    assert.deepEqual(remarks, ['- The document has no operation.']);
    assert.equal(status, 1);
    assert.match(start(['none.yaml']).remarks.join('\n'), /^ENOENT: no such file .*\nUsage: /);
  });

  it('says which entry decides on a request, as its page shows', () => {
    const env = { ...process.env, ROUTE_SCOPES: 'GET /pets/{id} read:pets, GET /pets/{id}/owner admin' };
    const said = (request: string) => start(['--try', request, '--scopes', 'read:pets'], env).stdout;
    const [, shown = 'nothing'] = /^```text\n(The plain spelling .*?)^```$/ms.exec(page('docs/routes.md')) ?? [];
    assert.equal(said('GET /pets/1/owner/').slice(0, shown.length), shown);
    assert.match(said('GET /pets/1'), /is permitted/);
    assert.match(said('GET /pets/1/owner'), /^insufficient_scope: .*GET \/pets\/\{id\}\/owner/m);
  });
});
