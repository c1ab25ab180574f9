import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AUDIENCE, type Case, folderOf, type Given, now, run, says, tryMistakes, useSite } from './world.ts';

const site = useSite();
const CLIENT = 'C8npTEMVnBrILsBTI91MOh6dfuZbPVAU';
const GUID = '11111111-aaaa-bbbb-cccc-555555555555';
const ENTRA = 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0';

/** A token of an issuer with the path of a Keycloak realm: its own discovery document is not there. */
const keycloak = (given: Given, ...words: readonly string[]): Case =>
  says(
    ({ origin }) => {
      const iss = `${origin}/realms/pets`;
      return { TOKEN_ISSUER: iss, iss, typ: 'Bearer', ...given };
    },
    ...words,
  );
/** The first of two issuers. */
const FIRST = { TOKEN_ISSUER: 'https://a.example/', JWKS_URI: 'data:application/json;base64,e30=' };
const ID_TOKEN = { aud: CLIENT, email: 'a@b.example', name: 'A', sid: 's', scope: undefined };
const ROLES = { realm_access: { roles: ['admin', 'user'] } };

describe('claims that are of no use:', () =>
  tryMistakes(site, [
    says({ exp: undefined }, 'The claim exp is missing', 'times as numbers'),
    says({ exp: '1' }, 'The claim exp is not a finite number. It is "1"', 'as numbers'),
    says({ scope: [{}] }, 'The claim scope is not', 'a list of names'),
    says({ sub: undefined, appid: 'x' }, 'does not name its subject', 'It has appid', 'PRINCIPAL_CLAIM=appid'),
    says({ PRINCIPAL_CLAIM: 'email' }, 'It has sub', 'Delete PRINCIPAL_CLAIM, or: PRINCIPAL_CLAIM=email,sub'),
    says({ upn: 'a', PRINCIPAL_CLAIM: 'upm' }, 'PRINCIPAL_CLAIM=upn'),
    says({ iat: 1e9, exp: now() - 3 * 3600 }, 'expired 3 hours ago (20', 'Get a new access token'),
    says({ iat: 1e9, exp: now() - 90 * 86_400 }, 'expired 90 days ago'),
    says({ exp: 3600 }, 'exp 3600', 'a duration', 'seconds since 1970'),
    says({ iat: now() * 1000 }, 'in milliseconds', 'seconds since 1970'),
    says({ nbf: now() + 7260, exp: now() + 9000 }, 'it will be in 2 hours', 'clock right'),
  ]));

describe('audiences:', () =>
  tryMistakes(site, [
    says({ aud: CLIENT, nonce: 'n', scope: undefined }, 'it has nonce and no scope'),
    says({ aud: CLIENT, at_hash: 'x' }, 'ID token (it has at_hash)', 'Take the'),
    says({ ...ID_TOKEN }, 'it has email, name, sid and no scope', 'Take the "access_token"'),
    says({ aud: CLIENT, azp: CLIENT, scope: undefined }, 'aud is the client itself'),
    says({ aud: 'client', token_use: 'id' }, 'ID token (token_use is id)'),
    says(
      { aud: undefined, client_id: '4abc', token_use: 'access', AUDIENCE: '4abc' },
      'Add AUDIENCE_CLAIM=client_id',
      'tokens of Cognito have no aud',
    ),
    says(
      { aud: undefined, client_id: '4abc', AUDIENCE: '5abc', AUDIENCE_CLAIM: 'client_id' },
      'AUDIENCE is "5abc"',
      'get a token of an app client that is listed',
      'client_id, 4abc',
    ),
    says({ AUDIENCE_CLAIM: 'client_id' }, 'delete AUDIENCE_CLAIM, which is "client_id"'),
    says({ AUDIENCE: AUDIENCE.slice(0, -1) }, `AUDIENCE=${AUDIENCE} `, 'compared exactly'),
    says({ aud: GUID, AUDIENCE: `api://${GUID}` }, `AUDIENCE=${GUID} `, 'a GUID in v2.0'),
    says({ aud: `pos,${AUDIENCE}` }, 'a list, not one text with commas', `"pos", "${AUDIENCE}"`),
    says(
      { aud: 'https://t.eu.auth0.com/userinfo' },
      'userinfo',
      'Request a token',
      '"audience" in Auth0',
      "issuer's own",
    ),
    says({ aud: 'https://b.example/' }, 'its aud is "https://b', 'AUDIENCE=https://b', 'request a token'),
    says({ aud: CLIENT }, 'its aud is "C8np', "A client's ID", 'never go there'),
    says({ aud: '00000003-0000-0000-c000-000000000000' }, 'token for Microsoft Graph', 'api://CLIENT_ID/.default'),
    says({ iss: ENTRA, aud: 'x', TOKEN_ISSUER: ENTRA }, 'another audience'),
    keycloak({ aud: 'account' }, 'its aud is "account"', 'Audience mapper', 'Never set AUDIENCE=account'),
    keycloak({ aud: undefined }, 'its aud is none', 'Add an Audience mapper'),
    keycloak({ typ: 'Refresh', aud: 'x' }, 'a refresh token (claim typ "Refresh")', '"access_token"'),
    says(({ issuer }) => ({ aud: issuer.issuer, email: 'a' }), '"audience"', 'the issuer itself'),
    says(
      ({ issuer }) => ({ ...FIRST, TOKEN_ISSUER_2: issuer.issuer, JWKS_URI_2: issuer.jwksUri, AUDIENCE_2: 'b:c' }),
      'AUDIENCE_2 is "b:c"',
      `AUDIENCE_2=${AUDIENCE}`,
    ),
  ]));

const required = (text: string, given: Given, ...words: readonly string[]): Case => [
  text,
  folderOf({ REQUIRED_CLAIMS: text, ...given }),
  ...words,
];

describe('REQUIRED_CLAIMS', () =>
  tryMistakes(site, [
    required(
      '["token_use=access"]',
      { token_use: 'access' },
      'REQUIRED_CLAIMS=token_use=access',
      'the form is name=value',
    ),
    required('verified:true', { verified: true }, 'REQUIRED_CLAIMS=verified=true', 'a colon'),
    required('{"verified":[true,"x"]}', { verified: 1 }, 'REQUIRED_CLAIMS=verified=true|x', 'JSON'),
    required('hd=a.com,b.com', { hd: 'b.com' }, 'REQUIRED_CLAIMS=hd=a.com|b.com', 'another requirement'),
    required('scope=read:pets', {}, '"read:pets write:pets"', 'REQUIRED_SCOPES=read:pets', 'compares whole claims'),
    required('realm_access.roles=admin', ROLES, '=/realm_access/roles=admin', 'no claim "realm_access.roles"'),
    required('sub=auth0|u1', { sub: 'auth0|u1' }, '"|" can\'t be required', 'separates alternatives'),
    required('verified==true', { verified: true }, 'REQUIRED_CLAIMS=verified=true', '= twice'),
    required('token_use!=id', { token_use: 'access' }, 'REQUIRED_CLAIMS=token_use=access', 'no "!="'),
    required('token_use=Access', { token_use: 'access' }, 'REQUIRED_CLAIMS=token_use=access', 'capitals'),
    required('tier=gold|silver', { tier: 'free' }, 'is "free"', 'requires tier=gold|silver', 'correct REQUIRED_CLAIMS'),
    required('emial', { email: 'a@b.example' }, 'REQUIRED_CLAIMS=email', 'has email, and no claim "emial"'),
    required('tid', {}, 'claim tid is missing', 'requires tid', 'correct REQUIRED_CLAIMS'),
    says({ ...ID_TOKEN, aud: AUDIENCE, REQUIRED_CLAIMS: 'client_id' }, 'an ID token', 'Take the'),
  ]));

describe('a binding that was not proved:', () =>
  tryMistakes(site, [
    says({ cnf: { jkt: 'x' } }, 'bound to a key of its holder', 'TOKEN_BINDING=dpop'),
    says({ cnf: { 'x5t#S256': 'x' }, TOKEN_BINDING: 'mtls' }, 'the event has none', 'certificate'),
    says({ TOKEN_BINDING: 'mtls-only' }, 'not bound to a certificate', 'TOKEN_BINDING=mtls'),
  ]));

describe('permitted with a warning:', () => {
  tryMistakes(
    site,
    [
      says({ ...ID_TOKEN, AUDIENCE: CLIENT }, 'an ID token (it has email', "a client's ID, set it to the API's"),
      says(
        { aud: '4abc', token_use: 'id', AUDIENCE: '4abc' },
        'everybody who signs in',
        'Send access tokens',
        'AUDIENCE_CLAIM=client_id and REQUIRED_CLAIMS=token_use=access',
      ),
      says({ aud: ['app', AUDIENCE], at_hash: 'x' }, 'ID token (it has at_hash)', 'REQUIRED_CLAIMS=client_id'),
      says({ exp: (now() + 300) * 1000 }, 'exp is in milliseconds', 'divide by 1000'),
      says({ cnf: { jkt: 'x' }, TOKEN_BINDING: 'ignore' }, 'a thief can use it', 'dpop'),
      keycloak({ azp: 'web', AUDIENCE: 'web', AUDIENCE_CLAIM: 'azp' }, 'azp is the client', 'delete'),
      keycloak({ aud: 'account', AUDIENCE: 'account' }, 'every token of a Keycloak realm', 'mapper'),
      says({ ...ROLES, CONTEXT_CLAIMS: 'realm_access.roles' }, '=roles=/realm_access/roles'),
      says({ email: 'a', CONTEXT_CLAIMS: 'emial' }, '"emial"', 'CONTEXT_CLAIMS=email'),
      says({ CONTEXT_CLAIMS: 'department' }, '"department"', 'let the issuer write'),
      says({ USAGE_KEY_CLAIM: 'department' }, 'USAGE_KEY_CLAIM', 'Correct the name'),
      says({ TOKEN_SOURCE: 'cookie:token' }, 'TOKEN_SOURCE was not used', '--event rest'),
      says({ SIMPLE_RESPONSES: 'true' }, 'payload 2.0', '--event http'),
    ],
    'Warning',
  );

  it('and without one: access tokens of several issuers', async () => {
    const tokens = [
      { azp: CLIENT, aud: [AUDIENCE, 'https://t.eu.auth0.com/userinfo'], scope: 'openid profile' },
      { email: 'a@b.example', typ: 'Bearer', azp: 'client' },
      { scope: undefined, azp: AUDIENCE, azpacr: '1', name: 'An app' },
      { scope: undefined, permissions: [], email: 'a@b.example' },
      { token_use: 'access', email: 'a@b.example', scope: undefined },
    ];
    for (const changed of tokens) {
      const { output } = await run(site, { token: { claims: changed } });
      assert.doesNotMatch(output, /Warning/);
    }
  });
});
