import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generateKey } from '../scripts/issuer.ts';
import { page } from './pages.ts';
import { composeHere } from './support/in-process.ts';
import { seconds, tokenFactory } from './support/tokens.ts';

const keys = await Promise.all((['RS256', 'ES256', 'EdDSA'] as const).map((alg) => generateKey(alg, alg)));
const [strange] = await Promise.all([generateKey('RS256', 'RS256')]);

type Claims = Readonly<Record<string, unknown>>;

/** Tokens of the form that an issuer gives them, and what the block of the page makes of each. */
interface Form {
  /** The claims of a token that is accepted, without `iss`, `exp` and `iat`. */
  readonly claims: Claims;
  /** What differs in other tokens, and the reason for which they are refused. */
  readonly refused: readonly (readonly [changes: Claims, reason: string])[];
  readonly alg?: 'RS256' | 'ES256' | 'EdDSA';
  readonly typ?: string | undefined;
  /** Instead of the first issuer of the block. */
  readonly iss?: string;
  readonly principalId?: string;
  readonly scope?: string;
}

const API = 'https://api.example.com/';
const CLIENT = { aud: 'CLIENT_ID', azp: 'CLIENT_ID' };
const google = { azp: '1', sub: '1178', email_verified: true };
const firebase = { aud: 'PROJECT_ID', sub: 'uid', user_id: 'uid', email: 'me@example.com', email_verified: true };
const entra = { aud: 'API_CLIENT_ID', sub: 'me', tid: 'TENANT_ID', ver: '2.0', scp: 'Pets.Read' };
const noScope = [{ scp: undefined }, 'insufficient_scope'] as const;

/** By heading, for each block below it. */
const FORMS: Readonly<Record<string, readonly Form[]>> = {
  Auth0: [
    {
      claims: { aud: [API, 'https://TENANT.eu.auth0.com/userinfo'], azp: 'app', sub: 'auth0|1', scope: 'read:pets' },
      refused: [[CLIENT, 'invalid_audience']],
    },
  ],
  Cognito: [
    {
      claims: { client_id: 'APP_CLIENT_ID', token_use: 'access', sub: 'me', 'cognito:groups': ['a'] },
      refused: [
        [{ token_use: 'id' }, 'unaccepted_claim'],
        [{ client_id: undefined, aud: 'APP_CLIENT_ID', token_use: 'id' }, 'invalid_audience'],
      ],
    },
  ],
  Okta: [
    {
      claims: { aud: 'api://default', cid: 'app', sub: 'me@example.com', scp: ['pets'] },
      refused: [[CLIENT, 'invalid_audience']],
      typ: undefined,
      scope: 'pets',
    },
  ],
  'Entra ID': [
    {
      claims: entra,
      scope: 'Pets.Read',
      refused: [noScope, [{ aud: '00000003-0000-0000-c000-000000000000' }, 'invalid_audience']],
    },
  ],
  'Many tenants': [
    {
      iss: 'https://login.microsoftonline.com/TENANT_ID_2/v2.0',
      claims: { ...entra, tid: 'TENANT_ID_2' },
      scope: 'Pets.Read',
      refused: [
        noScope,
        [{ tid: 'TENANT_ID_1' }, 'unknown_issuer'],
        [{ tid: 'TENANT_ID_3', iss: 'https://login.microsoftonline.com/TENANT_ID_3/v2.0' }, 'unaccepted_claim'],
        [{ iss: 'https://sts.windows.net/TENANT_ID_2/' }, 'unknown_issuer'],
      ],
    },
  ],
  'External ID and Azure AD B2C': [
    { claims: entra, scope: 'Pets.Read', refused: [noScope] },
    {
      claims: { aud: 'API_CLIENT_ID', azp: 'app', sub: 'me', tfp: 'B2C_1_FLOW', scp: 'Pets.Read', ver: '1.0' },
      scope: 'Pets.Read',
      refused: [noScope, [{ tfp: 'B2C_1_OTHER' }, 'unaccepted_claim']],
    },
  ],
  Keycloak: [
    {
      claims: { aud: ['pets-api', 'account'], azp: 'app', sub: 'me', typ: 'Bearer', realm_access: { roles: ['pets'] } },
      scope: 'pets',
      refused: [[{ aud: 'account' }, 'invalid_audience']],
    },
  ],
  Google: [
    {
      claims: { ...google, aud: 'OAUTH_CLIENT_ID', email: 'me@example.com', hd: 'example.com' },
      refused: [
        [{ hd: undefined, email: 'me@gmail.com' }, 'unaccepted_claim'],
        [{ hd: undefined, email: 'x@other.iam.gserviceaccount.com' }, 'unaccepted_claim'],
      ],
    },
    {
      claims: { ...google, aud: API, email: 'NAME@PROJECT.iam.gserviceaccount.com' },
      refused: [
        [{ email: 'NAME@OTHER-PROJECT.iam.gserviceaccount.com' }, 'unaccepted_claim'],
        [{ email_verified: false }, 'unaccepted_claim'],
        [{ email: undefined }, 'unaccepted_claim'],
      ],
    },
  ],
  Firebase: ['', 'session.'].map(() => ({
    claims: firebase,
    refused: [
      [{ email_verified: false }, 'unaccepted_claim'],
      [{ email: 'me@example.com.evil.example' }, 'unaccepted_claim'],
      [{ email: undefined, email_verified: undefined, provider_id: 'anonymous' }, 'unaccepted_claim'],
      [{ aud: 'OTHER_PROJECT' }, 'invalid_audience'],
    ],
  })),
  'GitHub Actions and GitLab CI': [
    {
      claims: { aud: API, sub: 'repo:octo-org/pets:ref:refs/heads/main', repository_owner: 'octo-org' },
      refused: [[{ sub: 'repo:octo-org-2/pets:ref:refs/heads/main' }, 'unaccepted_claim']],
    },
    {
      claims: { aud: API, sub: 'project_path:octo-group/pets:ref_type:branch:ref:main', project_id: '20' },
      refused: [
        [{ sub: 'project_path:octo-groups/pets:ref_type:branch:ref:main' }, 'unaccepted_claim'],
        // somebody who signed in with GitLab
        [{ sub: '4711' }, 'unaccepted_claim'],
      ],
    },
  ],
  Descope: [
    {
      claims: { aud: ['PROJECT_ID'], sub: 'U2', dct: 'TENANT_ID', drn: 'DS', permissions: ['pets'], tenants: {} },
      scope: 'pets',
      refused: [
        [{ dct: 'OTHER' }, 'unaccepted_claim'],
        [{ dct: undefined }, 'unaccepted_claim'],
      ],
    },
  ],
  'better-auth': [
    {
      claims: {
        aud: [API, 'https://HOST/api/auth/oauth2/userinfo'],
        azp: 'app',
        client_id: 'app',
        sub: 'me',
        sid: '1',
      },
      alg: 'EdDSA',
      typ: 'at+jwt',
      refused: [
        [CLIENT, 'invalid_audience'],
        [{ iss: 'https://HOST', aud: 'https://HOST' }, 'unknown_issuer'],
      ],
    },
  ],
  OpenAuth: [
    {
      claims: {
        mode: 'access',
        type: 'user',
        properties: { userID: 'u1', roles: ['admin'] },
        aud: 'CLIENT_ID',
        sub: 'user:1',
      },
      alg: 'ES256',
      scope: 'admin',
      refused: [[{ mode: 'refresh' }, 'unaccepted_claim']],
    },
  ],
  'LemonLDAP::NG': [
    {
      claims: { aud: ['app', API], sub: null, client_id: 'app', scope: 'openid pets' },
      principalId: 'app',
      scope: 'openid pets',
      refused: [
        // an ID token
        [{ sub: 'dwho', client_id: undefined, azp: 'app', at_hash: 'x', scope: undefined }, 'unaccepted_claim'],
      ],
    },
  ],
  'Zitadel, AD FS, Cloudflare Access': [
    {
      claims: { aud: ['PROJECT_ID'], sub: '1', 'urn:zitadel:iam:org:project:roles': { admin: { 1: 'x.example' } } },
      scope: 'admin',
      refused: [[{ aud: 'app' }, 'invalid_audience']],
    },
    {
      claims: { aud: 'microsoft:identityserver:API_CLIENT_ID', appid: 'app' },
      principalId: 'app',
      refused: [[{ aud: 'app' }, 'invalid_audience']],
    },
    {
      claims: { aud: ['APPLICATION_AUD_TAG'], sub: '', common_name: 'x.access', type: 'app' },
      principalId: 'x.access',
      refused: [[{ aud: ['OTHER_TAG'] }, 'invalid_audience']],
    },
  ],
  'oauth2-mock-server': [{ claims: { aud: API, sub: 'test' }, refused: [[{ aud: undefined }, 'invalid_audience']] }],
  'Several issuers': [
    {
      iss: 'https://sts.windows.net/TENANT_ID/',
      claims: { aud: 'api://API_CLIENT_ID', sub: 'me', scp: 'Pets.Read', ver: '1.0' },
      scope: 'Pets.Read',
      refused: [[{ iss: 'https://sts.windows.net/OTHER/' }, 'unknown_issuer']],
    },
    {
      iss: 'https://cognito-idp.REGION.amazonaws.com/POOL_ID',
      claims: { client_id: 'APP_CLIENT_ID', token_use: 'access', sub: 'me' },
      refused: [
        [{ client_id: undefined, aud: API }, 'invalid_audience'],
        [{ token_use: 'id' }, 'unaccepted_claim'],
        [{ iss: 'https://TENANT.eu.auth0.com/' }, 'invalid_audience'],
      ],
    },
  ],
};

/** The blocks of settings on the page, by heading. */
const blocks: readonly (readonly [heading: string, env: Record<string, string>])[] = page('docs/issuers.md')
  .split(/^##+ /m)
  .slice(1)
  .flatMap((section) =>
    [...section.matchAll(/^```ini\n(.*?)^```$/gms)].map(([, block = '']) => {
      const pairs = block
        .trim()
        .split('\n')
        .map((line) => /^([^=]+)=(.*)$/.exec(line)?.slice(1) ?? [line, '']);
      return [section.split('\n')[0] ?? '', Object.fromEntries(pairs)] as const;
    }),
  );

/** The request that carries the token where the settings say. */
function eventOf(token: string, source = 'header:Authorization'): unknown {
  const methodArn = 'arn:aws:execute-api:eu-central-1:123456789012:api/stage/GET/pets';
  const [kind, name = ''] = source.split(':');
  const headers = kind === 'cookie' ? { Cookie: `a=b; ${name}=${token}` } : { [name]: `Bearer ${token}` };
  return { type: 'REQUEST', methodArn, headers };
}

describe('each block of settings on the page about issuers', () => {
  it('has a form of its tokens here', () => {
    const found = blocks.map(([heading]) => heading);
    assert.deepEqual([...new Set(found)].sort(), Object.keys(FORMS).sort());
    for (const [heading, forms] of Object.entries(FORMS))
      assert.equal(found.filter((other) => other === heading).length, forms.length, heading);
  });

  for (const [at, [heading, env]] of blocks.entries()) {
    const place = blocks.slice(0, at).filter(([other]) => other === heading).length;
    const form = FORMS[heading]?.[place];
    if (!form) continue;
    const issuer = form.iss ?? String(env.TOKEN_ISSUER?.split(',')[0]?.trim());
    it(`${heading}: ${issuer}`, async () => {
      const publish = async () => keys.map(({ jwk }) => jwk);
      const { handler, lines } = composeHere(env, publish, Date.now);
      const key = keys.find(({ alg }) => alg === (form.alg ?? 'RS256'));
      assert.ok(key, 'a key');
      const forge = tokenFactory(issuer, key);
      const bare = { client_id: undefined, scope: undefined, aud: undefined, sub: undefined };
      async function ask(changes: Claims, signer = key) {
        const claims = { ...bare, iat: seconds(), ...form?.claims, ...changes };
        const header = { typ: form && 'typ' in form ? form.typ : 'JWT' };
        const token = forge({ header, claims, ...(signer && { key: signer }) });
        lines.length = 0;
        const result = await handler(eventOf(token, env.TOKEN_SOURCE)).catch(() => undefined);
        return { reason: lines.find(({ outcome }) => outcome)?.reason, result };
      }
      const { reason, result } = await ask({});
      assert.equal(reason, 'authorized');
      assert.ok(result && 'principalId' in result, 'a policy');
      assert.equal(result.principalId, form.principalId ?? form.claims.sub);
      assert.equal(result.context.scope, form.scope ?? form.claims.scope ?? '');
      for (const [changes, expected] of form.refused)
        assert.equal((await ask(changes)).reason, expected, JSON.stringify(changes));
      if (key.alg === 'RS256') assert.equal((await ask({}, strange)).reason, 'invalid_signature');
    });
  }
});
