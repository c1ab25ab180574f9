import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { ARN, AUDIENCE, type Case, now, run, tryMistakes, twoLinesOf, useSite } from './world.ts';

const site = useSite();
const DAY = 86_400;
const CLIENT = 'C8npTEMVnBrILsBTI91MOh6dfuZbPVAU';

/** A token with other claims. */
const claims = (name: string, changed: () => object, problem: RegExp, remedy: RegExp, env = {}): Case => [name, () => ({ env, token: { claims: changed() } }), problem, remedy];

describe('claims that are of no use:', () =>
  tryMistakes(site, [
    claims('no exp', () => ({ exp: undefined }), /The claim exp is missing/, /RFC 9068/),
    claims('exp as a text', () => ({ exp: String(now()) }), /The claim exp is not a finite number/, /NumericDate/),
    claims('aud as a number', () => ({ aud: 7 }), /The claim aud is not a string .* It is 7/, /RFC 7519/),
    claims('sub as a fraction', () => ({ sub: 7.5 }), /The claim sub is not a string/, /string/),
    claims('no subject', () => ({ sub: undefined, appid: 'x' }), /names no subject: it has none of "sub", "client_id", "azp"/, /PRINCIPAL_CLAIM=appid in \.env/),
    claims('an empty subject', () => ({ sub: '' }), /sub is empty and names nobody/, /PRINCIPAL_CLAIM/),
    claims('scopes as a number', () => ({ scope: 7 }), /The claim scope is not .* no scopes\. It is 7/, /SCOPE_CLAIM/),
    claims('expired', () => ({ iat: now() - 4 * 3600, exp: now() - 3 * 3600 }), /^The token expired 3 hours ago \(20/, /Get a new access token/),
    claims('expired long ago', () => ({ iat: 1e9, exp: now() - 90 * DAY }), /expired 90 days ago/, /Get a new access token/),
    claims('expired just now', () => ({ exp: now() - 30 }), /expired 3\d seconds ago/, /Get a new/),
    claims('exp as a duration', () => ({ exp: 3600 }), /exp is 3600, a duration/, /the time at which the token ends/),
    claims('nbf ahead', () => ({ nbf: now() + 2 * 3600 + 60, exp: now() + 4 * 3600 }), /not valid yet: it will be in 2 hours/, /clock right/),
    claims('milliseconds', () => ({ iat: now() * 1000, exp: (now() + 300) * 1000 }), /exp and iat of the token: in milliseconds; JWTs count seconds/, /divide by 1000/),
  ]));

/** Tokens of an issuer with the path of a Keycloak realm: its own discovery document is not there. */
const keycloak = (name: string, changed: object, problem: RegExp, remedy: RegExp): Case => [
  name,
  ({ origin }) => ({
    env: { TOKEN_ISSUER: `${origin}/realms/pets` },
    token: { claims: { iss: `${origin}/realms/pets`, ...changed } },
  }),
  problem,
  remedy,
];

describe('audiences:', () =>
  tryMistakes(site, [
    ['an ID token', () => ({ token: { header: { typ: 'JWT' }, claims: { aud: CLIENT, nonce: 'n', scope: undefined } } }), /^This looks like an ID token \(it has nonce and no scope\)/, /^Take the "access_token" of the issuer's answer, not the "id_token"\.$/],
    [
      'an ID token without nonce',
      () => ({
        token: {
          header: { typ: 'JWT' },
          claims: { aud: CLIENT, email: 'a@b.example', name: 'A', sid: 's', scope: undefined },
        },
      }),
      /^This looks like an ID token \(it has email, name, sid and no scope\)/,
      /^Take the "access_token" [^;]*$/,
    ],
    [
      'an ID token by its azp',
      () => ({
        token: { header: { typ: undefined }, claims: { aud: CLIENT, azp: CLIENT, scope: undefined } },
      }),
      /^This looks like an ID token \(it has no scope, and its aud is the client itself\)/,
      /^Take the "access_token"/,
    ],
    claims("Cognito's ID token", () => ({ aud: 'client', token_use: 'id' }), /^This looks like an ID token \(token_use is id\)/, /^Take the "access_token"/, { REQUIRED_CLAIMS: 'token_use=access', AUDIENCE: 'client' }),
    claims("Cognito's access token", () => ({ aud: undefined, client_id: '4abc', token_use: 'access' }), /access token of Cognito \(token_use access\), which has no aud/, /Add AUDIENCE_CLAIM=client_id to \.env/, { AUDIENCE: '4abc' }),
    claims('another client of Cognito', () => ({ aud: undefined, client_id: '4abc', token_use: 'access' }), /its client_id is "4abc", AUDIENCE lists "5abc"/, /If that client may call this API/, { AUDIENCE: '5abc', AUDIENCE_CLAIM: 'client_id' }),
    claims('AUDIENCE_CLAIM of another issuer', () => ({}), /AUDIENCE_CLAIM names "client_id", which this token lacks/, /Delete AUDIENCE_CLAIM/, { AUDIENCE_CLAIM: 'client_id' }),
    claims('no slash at the end', () => ({}), /AUDIENCE and the token's aud differ in the slash at the end/, /^AUDIENCE=https:\/\/api\.example\.org\/$/, { AUDIENCE: AUDIENCE.slice(0, -1) }),
    claims('Entra ID, a GUID', () => ({ aud: '11111111-aaaa-bbbb-cccc-555555555555' }), /aud is the GUID, AUDIENCE the Application ID URI: a v2\.0 token/, /^AUDIENCE=11111111-aaaa-bbbb-cccc-555555555555$/, { AUDIENCE: 'api://11111111-aaaa-bbbb-cccc-555555555555' }),
    claims('Microsoft Graph', () => ({ aud: '00000003-0000-0000-c000-000000000000' }), /token for Microsoft Graph/, /api:\/\/CLIENT_ID\/\.default/),
    keycloak('Keycloak, account', { aud: 'account', typ: 'Bearer' }, /for "account", which every token of this Keycloak realm may have/, /^Add an Audience mapper for "https:\/\/api\.example\.org\/" .* Never set AUDIENCE=account\.$/),
    keycloak('Keycloak, no aud', { aud: undefined, typ: 'Bearer' }, /has no aud: Keycloak writes none of yours without a mapper/, /^Add an Audience mapper/),
    claims('userinfo alone', () => ({ aud: 'https://t.eu.auth0.com/userinfo' }), /userinfo.*the request named no audience/, /"audience" \(Auth0\)/),
    claims('the Management API', () => ({ aud: 'https://t.eu.auth0.com/api/v2/' }), /an API of the issuer's own/, /Never accept/),
    claims('no aud', () => ({ aud: undefined }), /for no audience: it has no aud/, /Request a token for this API/),
    claims('another API', () => ({ aud: 'https://other.example/' }), /for another audience: its aud is "https:\/\/other\.example\/", not "https:\/\/api\.example\.org\/"/, /AUDIENCE=https:\/\/other.*request a token for the audience "https:\/\/api\.example\.org\/"/),
    claims('a client', () => ({ aud: CLIENT }), /for another audience: its aud is "C8np/, /never a client's\.$/),
    claims('the audience of .env.sample', () => ({ aud: 'pets' }), /AUDIENCE is https:\/\/api\.example\.com\/, as \.env\.sample has it/, /identifier that your API has at the issuer/, { AUDIENCE: 'https://api.example.com/' }),
    [
      'another audience of an issuer with a number',
      ({ issuer }) => ({
        env: {
          TOKEN_ISSUER: 'https://a.example/',
          JWKS_URI: 'data:application/json;base64,e30=',
          TOKEN_ISSUER_2: issuer.issuer,
          JWKS_URI_2: issuer.jwksUri,
          AUDIENCE_2: 'https://b.example/',
        },
      }),
      /for another audience: its aud is "https:\/\/api\.example\.org\/", not "https:\/\/b\.example\/"/,
      /AUDIENCE_2=https:\/\/api/,
    ],
  ]));

describe('scopes:', () =>
  tryMistakes(site, [
    claims('semicolons', () => ({}), /REQUIRED_SCOPES contains "read:pets;write:pets", which was read as one scope/, /^REQUIRED_SCOPES=read:pets,write:pets \(the token has them\)/, { REQUIRED_SCOPES: 'read:pets;write:pets' }),
    claims('roles', () => ({ scope: undefined, roles: ['Pets.Read'] }), /scope "Pets\.Read" is not where SCOPE_CLAIM says, but in roles/, /^SCOPE_CLAIM=roles in \.env/, { REQUIRED_SCOPES: 'Pets.Read' }),
    claims('permissions', () => ({ scope: 'openid', permissions: ['read:pets'] }), /but in permissions \(Auth0, RBAC\)/, /^SCOPE_CLAIM=permissions in \.env/, { REQUIRED_SCOPES: 'read:pets' }),
    claims('realm roles', () => ({ realm_access: { roles: ['pets-admin'] } }), /but in \/realm_access\/roles/, /^SCOPE_CLAIM=\/realm_access\/roles in \.env/, { REQUIRED_SCOPES: 'pets-admin' }),
    claims('Cognito', () => ({ scope: 'petstore/read' }), /REQUIRED_SCOPES has "read", the token "petstore\/read"/, /^REQUIRED_SCOPES=petstore\/read$/, { REQUIRED_SCOPES: 'read' }),
    claims('Entra ID', () => ({ scope: 'Pets.Read' }), /REQUIRED_SCOPES has "api:\/\/x\/Pets\.Read", the token "Pets\.Read"/, /^REQUIRED_SCOPES=Pets\.Read$/, { REQUIRED_SCOPES: 'api://x/Pets.Read' }),
    claims('capitals', () => ({}), /REQUIRED_SCOPES has "Read:pets", the token "read:pets": capitals make a difference/, /^REQUIRED_SCOPES=read:pets$/, { REQUIRED_SCOPES: 'Read:pets' }),
    claims('commas', () => ({ scope: 'read:pets,write:pets' }), /scopes are separated by commas/, /spaces between them/, { REQUIRED_SCOPES: 'read:pets' }),
    claims('none at all', () => ({ scope: undefined }), /lacks the scope "admin"; it has no claim "scope", "scp"/, /grant the scope/, { REQUIRED_SCOPES: 'admin' }),
    claims('another', () => ({}), /lacks the scope "admin"; it has "read:pets", "write:pets"/, /Grant that scope to the client/, { REQUIRED_SCOPES: 'read:pets admin' }),
    claims('a setting that is misspelt', () => ({ scope: undefined, roles: ['a', 'admin'], scp: ['x'] }), /SCOPE_CLAIMS in \.env is not a setting/, /Rename SCOPE_CLAIMS to SCOPE_CLAIM/, { REQUIRED_SCOPES: 'admin', SCOPE_CLAIMS: 'roles' }),
  ]));

describe('claims of other settings:', () =>
  tryMistakes(site, [
    claims('REQUIRED_CLAIMS says another', () => ({ tier: 'free' }), /claim tier is "free"; REQUIRED_CLAIMS wants gold or silver/, /correct REQUIRED_CLAIMS in \.env/, { REQUIRED_CLAIMS: 'tier=gold|silver' }),
    claims('REQUIRED_CLAIMS is missing', () => ({}), /claim tid is missing; REQUIRED_CLAIMS wants it to be there/, /correct REQUIRED_CLAIMS/, { REQUIRED_CLAIMS: 'tid' }),
    claims('DPoP', () => ({ cnf: { jkt: 'x' } }), /bound to a key of its client by DPoP/, /plain bearer token/),
    claims('mutual TLS', () => ({ cnf: { 'x5t#S256': 'x' } }), /bound to a client certificate .* TOKEN_BINDING is refuse/, /TOKEN_BINDING=mtls/),
    claims('no certificate', () => ({ cnf: { 'x5t#S256': 'x' } }), /the event has none/, /clientCertPem/, {
      TOKEN_BINDING: 'mtls',
    }),
    claims('a bound token is due', () => ({}), /not bound to a certificate/, /client certificate/, {
      TOKEN_BINDING: 'mtls-only',
    }),
  ]));

describe('permitted with a warning:', () => {
  const warned = async (given: Parameters<typeof run>[1]) => {
    const printed = await run(site, given);
    assert.equal(printed.isPermitted, true, printed.output);
    return twoLinesOf(printed, 'Warning');
  };

  it('an ID token, where AUDIENCE is a client', async () => {
    const [said, advised] = await warned({
      env: { AUDIENCE: CLIENT },
      token: { header: { typ: 'JWT' }, claims: { aud: CLIENT, email: 'a@b.example', scope: undefined } },
    });
    assert.match(said, /^Permitted, but this looks like an ID token \(it has email and no scope\), and AUDIENCE accepts it/);
    assert.match(advised, /^Set AUDIENCE to the API's identifier, not to a client's/);
  });

  it('a token whose exp is in milliseconds', async () => {
    const [said, advised] = await warned({ token: { claims: { exp: (now() + 300) * 1000 } } });
    assert.match(said, /exp is in milliseconds/);
    assert.match(advised, /divide by 1000/);
  });

  it('a token that is bound, where TOKEN_BINDING is ignore', async () => {
    const [said] = await warned({
      env: { TOKEN_BINDING: 'ignore' },
      token: { claims: { cnf: { jkt: 'x' } } },
    });
    assert.match(said, /a thief can use it/);
  });

  it('and without one: access tokens of several issuers', async () => {
    const tokens = [
      { azp: CLIENT, aud: [AUDIENCE, 'https://t.eu.auth0.com/userinfo'], scope: 'openid profile' },
      { email: 'a@b.example', typ: 'Bearer', azp: 'client' },
      { scope: undefined, azp: AUDIENCE, azpacr: '1', name: 'An app' },
      { scope: undefined, permissions: [], email: 'a@b.example' },
    ];
    for (const changed of tokens) {
      const { output } = await run(site, { token: { claims: changed } });
      assert.doesNotMatch(output, /Warning/);
    }
  });
});

const DPOP = { TOKEN_BINDING: 'dpop', DPOP_URLS: 'https://api.example.org' };
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A bound token by DPoP, with a proof that is wrong in some way. */
const proof = (name: string, header: object, claimsOfProof: object, problem: RegExp, remedy: RegExp): Case => [
  name,
  ({ key }) => {
    const { e, kty, n } = key.jwk;
    const jkt = createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
    const good = { typ: 'dpop+jwt', alg: 'RS256', jwk: { e, kty, n }, ...header };
    const made = { htm: 'GET', htu: 'https://api.example.org/pets', iat: now(), jti: 'x', ...claimsOfProof };
    return {
      env: DPOP,
      token: { claims: { cnf: { jkt } } },
      event: (_, token) => ({
        type: 'REQUEST',
        methodArn: ARN,
        headers: { Authorization: `DPoP ${token}`, DPoP: `${encode(good)}.${encode(made)}.eA` },
      }),
    };
  },
  problem,
  remedy,
];

describe('DPoP:', () =>
  tryMistakes(site, [
    claims('by Bearer', () => ({ cnf: { jkt: 'x' } }), /scheme of the request is not/, /"DPoP " in the place of "Bearer "/, DPOP),
    claims('no URLs', () => ({ cnf: { jkt: 'x' } }), /DPOP_URLS is not set/, /Set it to/, {
      TOKEN_BINDING: 'dpop',
    }),
    proof('another key', { jwk: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } }, {}, /not the key that the token is bound to/, /key with which the token was requested/),
    proof('another method', {}, { htm: 'POST' }, /It is "POST", and the request is GET/, /for each request/),
    proof('another URL', {}, { htu: 'https://other.example/pets' }, /It is "https:\/\/other\.example\/pets"/, /DPOP_URLS/),
    proof('an old one', {}, { iat: now() - 600 }, /s behind this function's clock/, /new proof for each request/),
    proof('of another token', {}, { ath: 'x' }, /ath is not the hash/, /made for another token/),
    proof('no typ', { typ: 'JWT' }, {}, /typ is not dpop\+jwt/, /RFC 9449, 4\.2/),
  ]));

describe('tenants:', () =>
  tryMistakes(site, [
    [
      'one that is not listed',
      ({ origin, paths, key }) => {
        paths['/tenants'] = (_, response) => response.end(JSON.stringify({ keys: [key.jwk] }));
        return {
          env: {
            TOKEN_ISSUER: `${origin}/{tid}/v2.0`,
            JWKS_URI: `${origin}/tenants`,
            REQUIRED_CLAIMS: 'tid=one',
          },
          token: {
            claims: {
              iss: `${origin}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0`,
              tid: '9188040d-6c67-4c5b-b112-36a304b66dad',
            },
          },
        };
      },
      /personal Microsoft account/,
      /REQUIRED_CLAIMS=tid=one\|9188040d/,
    ],
    [
      'none is listed',
      ({ origin }) => ({
        env: { TOKEN_ISSUER: `${origin}/{tenantid}/v2.0` },
        token: { claims: { tid: 'one' } },
      }),
      /REQUIRED_CLAIMS is not set in \.env\. TOKEN_ISSUER has the placeholder \{tenantid\}/,
      /TOKEN_ISSUER=http\S+\/\{tid\}\/v2\.0 and REQUIRED_CLAIMS=tid=one/,
    ],
  ]));
