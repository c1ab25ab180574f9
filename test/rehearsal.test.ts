import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { KEY_TYPES } from '../src/algorithms.ts';
import { type Environment, readConfig } from '../src/config/config.ts';
import { rehearse } from '../src/rehearsal.ts';
import { leftovers, NOTHING } from './support/leftovers.ts';
import { temporaryFolder, unpackInto } from './support/unpacked.ts';

const NEEDED: Environment = { TOKEN_ISSUER: 'issuer', JWKS_URI: 'https://issuer.example/', AUDIENCE: 'api' };
const rehearsed = (env: Environment) => rehearse(readConfig({ ...NEEDED, ...env }));

describe('the rehearsal', () => {
  it('allows a token, and refuses one of each algorithm that is configured for its signature', async () => {
    const algorithms = Object.keys(KEY_TYPES);
    const ALGORITHMS = algorithms.join(',');
    const signatures = algorithms.map(() => 'invalid_signature');
    assert.deepEqual(await rehearsed({ ALGORITHMS }), ['authorized', ...signatures]);
  });

  const settings: Readonly<Record<string, Environment>> = {
    'several issuers': {
      TOKEN_ISSUER: 'one,two',
      JWKS_URI: 'https://one.example/,https://two.example/',
      TOKEN_ISSUER_2: 'three',
      JWKS_URI_2: 'https://three.example/',
    },
    'claims of other names': {
      AUDIENCE_CLAIM: 'client_id',
      PRINCIPAL_CLAIM: 'appid',
      SCOPE_CLAIM: '/realm_access/roles',
      CONTEXT_CLAIMS: 'email,roles=/realm_access/roles',
      USAGE_KEY_CLAIM: 'key',
    },
    requirements: { REQUIRED_SCOPES: 'read write', REQUIRED_CLAIMS: 'token_use=access', TOKEN_TYPES: 'x' },
    'a binding': { TOKEN_BINDING: 'mtls-only' },
    DPoP: { TOKEN_BINDING: 'dpop-only', DPOP_URLS: 'https://api.example' },
    'other answers': { INVALID_TOKEN: 'deny', POLICY_RESOURCE: 'stage', SIMPLE_RESPONSES: 'true' },
    'no tolerance': { CLOCK_TOLERANCE: '0', JWKS_TIMEOUT: '0.001', JWKS_MAX_AGE: '0.001', JWKS_MAX_STALE: '0' },
    metrics: { METRICS_NAMESPACE: 'Authorizer' },
  };
  for (const [name, env] of Object.entries(settings)) {
    it(`decides the same with ${name}`, async () =>
      assert.deepEqual(await rehearsed(env), ['authorized', 'invalid_signature']));
  }

  for (const POLICY_RESOURCE of ['method', 'stage']) {
    it(`goes through the routes as well (${POLICY_RESOURCE}), whatever they say`, async () => {
      const [allowed, ...others] = await rehearsed({ ROUTE_SCOPES: 'GET /a, POST /a b', POLICY_RESOURCE });
      assert.ok(allowed === 'authorized' || allowed === 'unlisted_route', allowed);
      assert.deepEqual(others, ['invalid_signature']);
    });
  }

  it('verifies signatures wherever tokens are taken from', async () =>
    assert.deepEqual(await rehearsed({ TOKEN_SOURCE: 'cookie:access_token' }), ['authorized', 'invalid_signature']));

  it('leaves nothing behind, and asks nobody', async (t) => {
    const left = leftovers(t);
    await rehearsed({});
    assert.deepEqual(left(), NOTHING);
  });
});

describe('a rehearsal that fails', () => {
  const folder = temporaryFolder();
  after(folder.remove);

  const faults = {
    'without Ed25519': `
      const crypto = process.getBuiltinModule('crypto');
      const { createPublicKey, generateKeyPairSync } = crypto;
      crypto.createPublicKey = (options) => {
        if (options.key.kty === 'OKP') throw new Error('unsupported');
        return createPublicKey(options);
      };
      crypto.generateKeyPairSync = (type, options) => {
        if (type === 'ed25519') throw new Error('unsupported');
        return generateKeyPairSync(type, options);
      };`,
    'with a clock after 2100': 'Date.now = () => 5_000_000_000_000;',
    'without random bytes': `
      process.getBuiltinModule('crypto').randomBytes = () => {
        throw new Error('no entropy');
      };`,
  };
  for (const [name, fault] of Object.entries(faults)) {
    it(`keeps no function from loading: ${name}`, async () => {
      const file = await unpackInto(folder.path);
      const script = `
        ${fault}
        const { handler } = await import(${JSON.stringify(pathToFileURL(file))});
        const event = { type: 'TOKEN', authorizationToken: 'Bearer x', methodArn: 'arn:aws:execute-api:r:1:a/s/GET/' };
        await handler(event).catch(({ message }) => console.error(message));`;
      const set = Buffer.from('{"keys":[]}').toString('base64');
      const env = { ...NEEDED, JWKS_URI: `data:application/json;base64,${set}`, ALGORITHMS: 'RS256,EdDSA' };
      const args = ['--input-type=module', '-e', script];
      const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
      assert.deepEqual([status, stderr], [0, 'Unauthorized\n']);
    });
  }
});
