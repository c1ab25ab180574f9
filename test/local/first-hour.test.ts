import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { ARN, type Folder, makeToken, run, type Site, twoLinesOf, useSite } from './world.ts';

/** Mistakes of the first hour, as newcomers made them. */
const site = useSite();
const API = 'https://api.example.com/';
const CLIENT = 'C8npTEMVnBrILsBTI91MOh6dfuZbPVAU';
const POOL = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC';
const ENTRA = 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0';

type Env = Readonly<Record<string, string | undefined>>;
type Claims = Readonly<Record<string, unknown>>;

/** What is different from three right settings, a token that fits them, and event.json.sample. */
interface Given {
  readonly env?: Env | ((site: Site) => Env);
  readonly claims?: Claims | ((site: Site) => Claims);
  readonly header?: Claims;
  /** The end of the methodArn, behind the stage. */
  readonly at?: string;
  readonly envText?: Folder['envText'];
  readonly more?: (site: Site) => Partial<Folder>;
}

/** The words that the two lines must have; of a warning, the request is permitted. */
type Case = readonly [name: string, given: Given, wrong: RegExp, cure: RegExp];

const folderOf = ({ env = {}, claims = {}, header = {}, at, envText, more }: Given): Folder => {
  const own = typeof env === 'function' ? env(site) : env;
  return {
    env: { AUDIENCE: API, ...own },
    token: {
      header,
      claims: { aud: API, scope: 'read:pets', ...(typeof claims === 'function' ? claims(site) : claims) },
    },
    event: (event) => ({
      ...event,
      methodArn: at === undefined ? ARN : `arn:aws:execute-api:us-east-1:1234567890:apiId/${at}`,
    }),
    ...(envText && { envText }),
    ...more?.(site),
  };
};

/** No advice may open a door. */
const OPENS = /AUDIENCE_CLAIM=azp|TOKEN_BINDING=ignore|NODE_TLS_REJECT|AUDIENCE=(\*|SPA|C8np)|ALGORITHMS=\S*(HS|none)|Rename \w*CLIENT_ID/;

const tryAll = (cases: readonly Case[], kind: 'What is wrong' | 'Warning' = 'What is wrong') => {
  for (const [name, given, wrong, cure] of cases) {
    it(name, async () => {
      const printed = await run(site, folderOf(given));
      const [said, advised] = twoLinesOf(printed, kind);
      assert.equal(printed.isPermitted, kind === 'Warning');
      assert.match(said, wrong);
      assert.match(advised, cure);
      assert.doesNotMatch(advised, OPENS);
    });
  }
};

const local = ({ issuer }: Site) => issuer.issuer;

describe('names of other libraries:', () => {
  tryAll([
    ['CLIENT_ID in place of AUDIENCE', { env: { AUDIENCE: undefined, CLIENT_ID: 'SPAclient123' } }, /AUDIENCE is not set in \.env.*CLIENT_ID.*not a setting.*a client's ID is not an audience/, /identifier of the API.*"https:\/\/api\.example\.com\/".*AUDIENCE_CLAIM=client_id/],
    ['OIDC_CLIENT_ID', { env: { AUDIENCE: undefined, OIDC_CLIENT_ID: 'SPAclient123' } }, /AUDIENCE is not set.*OIDC_CLIENT_ID/, /AUDIENCE=https:\/\/api\.example\.com\//],
    [
      'AUTH0_DOMAIN',
      {
        env: { TOKEN_ISSUER: undefined, AUTH0_DOMAIN: 'tenant.eu.auth0.com' },
        claims: { iss: 'https://tenant.eu.auth0.com/' },
      },
      /TOKEN_ISSUER is not set.*AUTH0_DOMAIN/,
      /TOKEN_ISSUER=https:\/\/tenant\.eu\.auth0\.com\/.*delete AUTH0_DOMAIN/,
    ],
    ['ISSUER_BASE_URL', { env: (at) => ({ TOKEN_ISSUER: undefined, ISSUER_BASE_URL: local(at) }) }, /TOKEN_ISSUER is not set.*ISSUER_BASE_URL/, /Rename ISSUER_BASE_URL to TOKEN_ISSUER/],
    ['AUDIENCES', { env: { AUDIENCE: undefined, AUDIENCES: API } }, /AUDIENCE is not set in \.env: AUDIENCES/, /Rename AUDIENCES to AUDIENCE/],
    [
      'Cognito',
      {
        env: {
          TOKEN_ISSUER: undefined,
          JWKS_URI: undefined,
          AUDIENCE: undefined,
          COGNITO_USER_POOL_ID: 'eu-central-1_AbC',
          COGNITO_CLIENT_ID: '4abc',
          AWS_REGION: 'eu-central-1',
        },
        header: { typ: undefined },
        claims: { iss: POOL, scope: 'openid', client_id: '4abc', token_use: 'access', aud: undefined },
      },
      /TOKEN_ISSUER is not set/,
      /TOKEN_ISSUER=https:\/\/cognito-idp\.eu-central-1\.amazonaws\.com\/eu-central-1_AbC and JWKS_URI=\S+jwks\.json/,
    ],
  ]);
  tryAll(
    [
      ['AUTH0_CLIENT_ID beside a right AUDIENCE', { env: { AUTH0_CLIENT_ID: 'SPAclient123' } }, /AUTH0_CLIENT_ID.*not a setting/, /^Delete it/],
      ['TTL', { env: { TTL: '300' } }, /TTL in \.env is not a setting/, /authorizer in API Gateway/],
      ['AUTHORIZER_TTL', { env: { AUTHORIZER_TTL: '300' } }, /AUTHORIZER_TTL/, /authorizer in API Gateway/],
    ],
    'Warning',
  );
});

describe('audiences:', () => {
  tryAll([
    ["a client's ID that the token does not name", { env: { AUDIENCE: 'SPAclient123' } }, /AUDIENCE is "SPAclient123", and the token is for.*"https:\/\/api/, /AUDIENCE=https:\/\/api\.example\.com\/.*client's ID never goes there/],
    ['*', { env: { AUDIENCE: '*' } }, /AUDIENCE is "\*".*wildcards/, /AUDIENCE=https:\/\/api\.example\.com\//],
    ['one text with commas', { claims: { aud: `pos,${API},bar` } }, /one text with commas/, /\["pos","https:\/\/api\.example\.com\/","bar"\]/],
    ['for the issuer itself', { header: { typ: 'JWT' }, claims: (at) => ({ aud: local(at), email: 'a@b', scope: undefined }) }, /for the issuer itself/, /"audience" or "resource"/],
    [
      'Graph without a nonce',
      {
        env: { TOKEN_ISSUER: ENTRA },
        header: { typ: 'JWT' },
        claims: {
          iss: ENTRA,
          aud: '00000003-0000-0000-c000-000000000000',
          scp: 'User.Read',
          scope: undefined,
        },
      },
      /for Microsoft Graph/,
      /api:\/\/CLIENT_ID\/\.default/,
    ],
    [
      'Keycloak: a refresh token',
      {
        env: ({ origin }) => ({ TOKEN_ISSUER: `${origin}/realms/pets`, AUDIENCE: 'pets-api' }),
        header: { typ: 'JWT' },
        claims: ({ origin }) => ({
          iss: `${origin}/realms/pets`,
          aud: `${origin}/realms/pets`,
          typ: 'Refresh',
        }),
      },
      /refresh token/,
      /"access_token"/,
    ],
  ]);
  const idToken = { iss: POOL, aud: '4abc', token_use: 'id', email: 'a@b', auth_time: 1, scope: undefined };
  tryAll(
    [
      ['Cognito: an ID token', { env: { TOKEN_ISSUER: POOL, AUDIENCE: '4abc' }, header: { typ: undefined }, claims: idToken }, /ID token.*everybody who signs in/, /AUDIENCE_CLAIM=client_id and REQUIRED_CLAIMS=token_use=access.*access token/],
      [
        'Cognito: aud,client_id',
        {
          env: { TOKEN_ISSUER: POOL, AUDIENCE: '4abc', AUDIENCE_CLAIM: 'aud,client_id' },
          header: { typ: undefined },
          claims: idToken,
        },
        /ID token/,
        /AUDIENCE_CLAIM=client_id/,
      ],
      [
        'Keycloak: azp',
        {
          env: ({ origin }) => ({
            TOKEN_ISSUER: `${origin}/realms/pets`,
            AUDIENCE: 'pets-web',
            AUDIENCE_CLAIM: 'azp',
          }),
          header: { typ: 'JWT' },
          claims: ({ origin }) => ({
            iss: `${origin}/realms/pets`,
            typ: 'Bearer',
            azp: 'pets-web',
            aud: undefined,
          }),
        },
        /azp is the client, not the API/,
        /Audience mapper.*delete AUDIENCE_CLAIM/,
      ],
      ['LemonLDAP::NG', { header: { typ: 'JWT' }, claims: { aud: ['app', API], azp: 'app', at_hash: 'x', scope: undefined } }, /ID token \(it has at_hash\); its aud names the API beside the client/, /REQUIRED_CLAIMS=client_id/],
    ],
    'Warning',
  );
});

/** A map, tried with a request. */
const map = (name: string, ROUTE_SCOPES: string, at: string, wrong: RegExp, cure: RegExp, env: Env = {}): Case => [name, { env: { ROUTE_SCOPES, ...env }, at }, wrong, cure];
const PETS = 'prod/GET/pets';
const STAGE = { POLICY_RESOURCE: 'stage' };
const READ = /ROUTE_SCOPES=GET \/pets read:pets/;

describe('ROUTE_SCOPES:', () => {
  tryAll([
    map('a map that one policy cannot express', 'GET /a/{x} A, GET /a/{x}/orders B, GET /a/{x}/orders/{o} A', PETS, /ROUTE_SCOPES: "GET \/a\/\{x\}", .* crosses slashes/, /^Require the same scopes for two of them, or set POLICY_RESOURCE=method with a TTL of 0/, STAGE),
    map('$default and a route below', '$default read:pets, GET /pets/{id} admin', PETS, /ROUTE_SCOPES: .*\$default.*GET \/pets\/\{id\}.*expressed/, /Require the same scopes/, STAGE),
    map('post', 'post /pets write:pets, $default', PETS, /"post \/pets write:pets" has its method in small letters/, /POST \/pets write:pets, \$default/, STAGE),
    map('get', 'get /pets read:pets', PETS, /"get \/pets read:pets".*small letters/, READ),
    map('Post', 'Post /pets write:pets', 'prod/POST/pets', /capitals/, /POST \/pets write:pets/),
    map('no slash', 'GET pets read:pets', PETS, /path that does not begin with \//, READ),
    map('JSON', '{"GET /pets":["read:pets"]}', PETS, /ROUTE_SCOPES is JSON/, READ),
    map('semicolons', 'GET /pets read:pets; POST /pets write:pets', PETS, /semicolon/, /GET \/pets read:pets, POST \/pets write:pets/),
    map('a bar', 'GET /pets read:pets|admin', 'prod/POST/pets', /"\|", which was read as one scope/, /GET \/pets read:pets, GET \/pets admin.*Alternatives are two entries/),
    map('a bar, and the route', 'GET /pets read:pets|admin', PETS, /read as one scope/, /GET \/pets read:pets, GET \/pets admin/),
    map('two scopes', 'GET /pets read:pets write:pets', PETS, /requires read:pets and write:pets, all of them; the token lacks write:pets/, /GET \/pets read:pets, GET \/pets write:pets.*grant write:pets/),
    map('a colon', 'GET /pets: read:pets', PETS, /colon/, READ),
    map(':id', 'GET /pets/:id read:pets', 'prod/GET/pets/7', /":id".*literal/, /GET \/pets\/\{id\} read:pets/),
    map('the stage', 'GET /prod/pets read:pets', PETS, /No entry of ROUTE_SCOPES matches GET \/pets.*begins with the stage, prod/, READ),
    map('the ARN of the sample', 'GET /pets read:pets', 'stage/method/resourcePath', /still that of the sample/, /GET\/pets.*--route/),
    map('a comma between scopes', 'POST /pets write:pets,admin', 'prod/POST/pets', /"admin" is not an entry.*Scopes are separated by spaces/, /POST \/pets write:pets admin/),
    map('a comma between methods', 'GET,POST /pets read:pets', PETS, /"GET" has no path/, /GET \/pets read:pets, POST \/pets read:pets.*ANY/),
    map('the root', 'ANY /{proxy+} read:pets', 'prod/GET/', /ANY \/\{proxy\+\} does not match the root/, /ANY \/ read:pets/, STAGE),
    map('a wildcard', 'GET /pets/* read:pets', 'prod/GET/pets/7', /"\*" in its path.*wildcard/, /GET \/pets\/\{id\} read:pets.*\{rest\+\}/),
    map('=', 'GET /pets=read:pets', PETS, /has = where a space must be/, READ),
    map('* for a method', '* /pets read:pets', PETS, /"\*", which is not a method/, /ANY \/pets read:pets/),
    map('<id>', 'GET /pets/<id> read:pets', 'prod/GET/pets/7', /literal/, /GET \/pets\/\{id\} read:pets/),
    map('an arrow', 'GET /pets => read:pets', PETS, /arrow/, READ),
    map('brackets', 'GET /pets [read:pets]', PETS, /brackets/, READ),
    map('capitals in the path', 'GET /Pets read:pets', PETS, /but "GET \/Pets read:pets": upper and lower case/, READ),
    map('a URL', 'GET https://api.example.com/pets read:pets', PETS, /whole URL/, READ),
    map('an empty entry', 'GET /pets read:pets,,GET /me', PETS, /empty entry/, READ),
    map('a slash at the end of the request', 'GET /pets read:pets', 'prod/GET/pets/', /GET \/pets\/: its path ends in a slash/, /Call it without the slash/),
    map('another route', 'GET /pets read:pets', 'prod/GET/dogs', /no entry that matches GET \/dogs\.$/, /^Add one.*ROUTE_SCOPES in \.env/),
    map('a scope that the token lacks', 'GET /pets admin', PETS, /route GET \/pets requires admin.*It has "read:pets"/, /in \.env is right, grant/),
    map('a scope in capitals', 'GET /pets Read:Pets', PETS, /ROUTE_SCOPES has "Read:Pets", the token "read:pets"/, READ),
    [
      'over two lines',
      {
        env: { ROUTE_SCOPES: 'GET /pets read:pets,' },
        envText: (text) => `${text}  POST /pets write:pets\n`,
        at: PETS,
      },
      /Line 5 of \.env is not NAME=VALUE.*second half of ROUTE_SCOPES/,
      /one line: ROUTE_SCOPES=GET \/pets read:pets, POST \/pets write:pets/,
    ],
    [
      'over two lines, with \\',
      {
        env: { ROUTE_SCOPES: 'GET /pets read:pets, \\' },
        envText: (text) => `${text}  POST /pets write:pets\n`,
        at: PETS,
      },
      /backslash/,
      /one line: ROUTE_SCOPES=GET \/pets read:pets, POST/,
    ],
    ['over two lines, in quotes', { env: { ROUTE_SCOPES: '"GET /pets read:pets,\n  POST /pets write:pets"' }, at: PETS }, /ROUTE_SCOPES has a line break in it/, /one line: ROUTE_SCOPES=GET \/pets read:pets, POST \/pets write:pets/],
  ]);
  for (const [name, ROUTE_SCOPES, at] of [
    ['six routes', 'GET /pets read:pets, POST /pets write:pets, GET /pets/{id} read:pets, PUT /pets/{id} write:pets, DELETE /pets/{id} admin, GET /me', 'prod/GET/pets/7'],
    ['$default', 'POST /pets write:pets, $default', PETS],
  ] as const) {
    it(`permits ${name}, without a warning`, async () => {
      const { isPermitted, output } = await run(site, folderOf({ env: { ROUTE_SCOPES, ...STAGE }, at }));
      assert.equal(isPermitted, true, output);
      assert.doesNotMatch(output, /Warning/);
      assert.match(output, /\n\nThe request was allowed\.$/);
    });
  }
});

const required = (REQUIRED_CLAIMS: string, claims: Claims, wrong: RegExp, cure: RegExp): Case => [REQUIRED_CLAIMS, { env: { REQUIRED_CLAIMS }, claims }, wrong, cure];
const KEYCLOAK = { typ: 'Bearer', azp: 'pets-web', realm_access: { roles: ['admin', 'user'] } };

describe('REQUIRED_CLAIMS:', () =>
  tryAll([
    required('token_use="access"', { token_use: 'access' }, /quotes in token_use="access" are part of the value|quot/, /REQUIRED_CLAIMS=token_use=access/),
    required('email_verified:true', { email_verified: true }, /colon where "=" must be/, /REQUIRED_CLAIMS=email_verified=true/),
    required('{"email_verified":true}', { email_verified: true }, /In JSON/, /REQUIRED_CLAIMS=email_verified=true/),
    required('hd=example.com,example.org', { hd: 'example.org' }, /a comma begins another requirement/, /REQUIRED_CLAIMS=hd=example\.com\|example\.org/),
    required('scope=read:pets', { scope: 'read:pets write:pets' }, /compares the whole of a claim, and scope is "read:pets write:pets"/, /REQUIRED_SCOPES=read:pets/),
    required('realm_access.roles=admin', KEYCLOAK, /no claim "realm_access\.roles"/, /REQUIRED_CLAIMS=\/realm_access\/roles=admin/),
    required('sub=auth0|u1', { sub: 'auth0|u1' }, /"\|" separates alternatives/, /can't be required/),
    required('["token_use=access"]', { token_use: 'access' }, /JSON/, /REQUIRED_CLAIMS=token_use=access/),
    required('email_verified==true', { email_verified: true }, /= twice/, /REQUIRED_CLAIMS=email_verified=true/),
    required('token_use!=id', { token_use: 'access' }, /no "!="/, /REQUIRED_CLAIMS=token_use=access/),
    required('scp=Pets.Read', { scp: 'Pets.Read Pets.Write', scope: undefined }, /scp is "Pets\.Read Pets\.Write"/, /REQUIRED_SCOPES=Pets\.Read/),
    required('token_use=Access', { token_use: 'access' }, /capitals make a difference/, /REQUIRED_CLAIMS=token_use=access/),
    required('tier=gold', { tier: 'free' }, /tier is "free"; REQUIRED_CLAIMS wants gold/, /correct REQUIRED_CLAIMS in \.env/),
    required('emial', { email: 'a@b.c' }, /no claim "emial"; it has email/, /REQUIRED_CLAIMS=email/),
  ]));

/** What `main` prints with these options, where all else is right. */
const withOptions = async (options: readonly string[], env: Env = {}, more: Partial<Folder> = {}) => {
  const { output, isPermitted } = await run(site, {
    ...folderOf({ env }),
    ...more,
    args: (folder) => ['--dir', folder, ...options],
  });
  assert.equal(isPermitted, true, output);
  return output;
};

describe('options:', () => {
  it('--route puts a route into the event', async () => {
    const output = await withOptions(['--route', 'GET /pets/7'], {
      ROUTE_SCOPES: 'GET /pets/{id} read:pets',
    });
    assert.match(output, /stage\/GET\/pets\/7/);
  });

  it('--event makes an event of another kind, with the token where TOKEN_SOURCE says', async () => {
    for (const [kind, TOKEN_SOURCE] of [
      ['rest', 'cookie:access_token'],
      ['rest', 'header:X-Token'],
      ['http1', 'query:token'],
      ['http', 'cookie:access_token'],
      ['websocket', 'subprotocol:token'],
    ] as const) {
      const output = await withOptions(['--event', kind], { TOKEN_SOURCE });
      assert.doesNotMatch(output, /Warning/);
    }
    const simple = await withOptions(['--event', 'http', '--route', 'GET /pets'], {
      SIMPLE_RESPONSES: 'true',
      ROUTE_SCOPES: 'GET /pets read:pets',
    });
    assert.match(simple, /"isAuthorized": true/);
    assert.doesNotMatch(simple, /Warning/);
  });

  it("--token - takes the token, or the issuer's whole answer, from the standard input", async () => {
    for (const stdin of [String, (token: string) => JSON.stringify({ access_token: token }), (token: string) => `Bearer ${token}\n`]) await withOptions(['--token', '-'], {}, { stdin, files: { 'event.json': undefined } });
  });

  it('without event.json, TOKEN_BINDING=dpop gets a bound token and a proof of its key', async () => {
    for (const [TOKEN_BINDING, options] of [
      ['dpop', []],
      ['dpop-only', ['--event', 'http', '--route', 'GET /pets/7']],
    ] as const) {
      const env = { TOKEN_ISSUER: undefined, JWKS_URI: undefined, AUDIENCE: undefined, TOKEN_BINDING };
      const output = await withOptions(options, { ...env, DPOP_URLS: `${API}v1/` }, { files: { 'event.json': undefined } });
      assert.match(output, /bound to a key by DPoP/);
      assert.doesNotMatch(output, /Warning|eyJ/);
    }
  });

  for (const [name, args, wrong, cure] of [
    ['a route that is none', ['--route', '/pets'], /not METHOD \/path/, /--route 'GET/],
    ['a kind that is none', ['--event', 'graphql'], /no kind of event graphql/, /"rest", "http1"/],
    ['a token in the history', ['--token', 'x'], /history/, /--token -/],
    ['nothing piped in', ['--token', '-'], /no token on the standard input/, /Pipe it in/],
  ] as const) {
    it(`${name} is named`, async () => {
      const printed = await run(site, { ...folderOf({}), args: (folder) => ['--dir', folder, ...args] });
      const [said, advised] = twoLinesOf(printed);
      assert.match(said, wrong);
      assert.match(advised, cure);
    });
  }
});

describe('other claims:', () => {
  tryAll(
    [
      ['CONTEXT_CLAIMS, a path', { env: { CONTEXT_CLAIMS: 'realm_access.roles' }, claims: KEYCLOAK }, /CONTEXT_CLAIMS: the token has no claim "realm_access\.roles"/, /CONTEXT_CLAIMS=roles=\/realm_access\/roles/],
      ['CONTEXT_CLAIMS, misspelt', { env: { CONTEXT_CLAIMS: 'emial' }, claims: { email: 'a@b.c' } }, /no claim "emial"/, /Did you mean email\? CONTEXT_CLAIMS=email/],
      ['CONTEXT_CLAIMS, absent', { env: { CONTEXT_CLAIMS: 'department' } }, /no claim "department"/, /let the issuer write/],
      ['USAGE_KEY_CLAIM, absent', { env: { USAGE_KEY_CLAIM: 'department' } }, /USAGE_KEY_CLAIM: the token has no claim "department"/, /Correct the name/],
      ['TOKEN_SOURCE and a TOKEN event', { env: { TOKEN_SOURCE: 'cookie:access_token' } }, /did not use TOKEN_SOURCE/, /--event rest/],
      ['SIMPLE_RESPONSES and a TOKEN event', { env: { SIMPLE_RESPONSES: 'true' } }, /payload 2\.0, so this run did not try it/, /--event http/],
    ],
    'Warning',
  );
  tryAll([
    ['CONTEXT_CLAIMS=scope', { env: { CONTEXT_CLAIMS: 'scope' } }, /the name scope is reserved/, /Delete it: scope is always in the context/],
    ['PRINCIPAL_CLAIM=email', { env: { PRINCIPAL_CLAIM: 'email' } }, /PRINCIPAL_CLAIM is email, which the token lacks; it has sub/, /Delete PRINCIPAL_CLAIM, or: PRINCIPAL_CLAIM=email,sub/],
    ['no subject, but email', { claims: { email: 'a@b.c', sub: undefined } }, /names no subject.*It has email/, /PRINCIPAL_CLAIM=email/],
    ['roles that are objects', { env: { SCOPE_CLAIM: 'roles', REQUIRED_SCOPES: 'admin' }, claims: { roles: [{ name: 'admin' }] } }, /claim roles is not .*no scopes/, /items are objects, not texts.*\["admin"\]/],
    ['roles in JSON', { env: { SCOPE_CLAIM: 'roles', REQUIRED_SCOPES: 'admin' }, claims: { roles: '["admin","user"]' } }, /roles is a text with JSON in it/, /write a list/],
    ['an item with a space', { env: { REQUIRED_SCOPES: 'read:pets' }, claims: { scope: ['read:pets write:pets'] } }, /one item of scope has a space in it/, /each scope as an item of its own/],
    [
      'groups with spaces',
      {
        env: { SCOPE_CLAIM: 'groups', REQUIRED_SCOPES: 'admin' },
        claims: { groups: ['not an admin', 'staff'] },
      },
      /item of groups has a space/,
      /item of its own/,
    ],
    ['a scope that is misspelt', { env: { REQUIRED_SCOPES: 'read:pet' } }, /lacks the scope "read:pet"/, /Did you mean read:pets.*REQUIRED_SCOPES=read:pets/],
    ['alternatives', { env: { REQUIRED_SCOPES: 'read:pets|write:pets' } }, /read as one scope.*all of REQUIRED_SCOPES are needed/, /two entries in ROUTE_SCOPES/],
    [
      'Entra ID: an application',
      {
        env: {
          TOKEN_ISSUER: ENTRA,
          AUDIENCE: '11111111-aaaa-bbbb-cccc-555555555555',
          REQUIRED_SCOPES: 'Pets.Read',
        },
        header: { typ: 'JWT' },
        claims: {
          iss: ENTRA,
          aud: '11111111-aaaa-bbbb-cccc-555555555555',
          roles: ['Pets.Read'],
          scope: undefined,
        },
      },
      /has roles: "Pets\.Read"/,
      /SCOPE_CLAIM=scp,roles.*users/,
    ],
    [
      'Bearer%20 in a cookie',
      {
        env: { TOKEN_SOURCE: 'cookie:access_token' },
        more: () => ({
          event: (_, token) => ({
            type: 'REQUEST',
            methodArn: ARN,
            headers: { Cookie: `a=b; access_token=Bearer%20${token}` },
          }),
        }),
      },
      /"Bearer%20" before the token/,
      /Delete "Bearer%20"/,
    ],
  ]);
});

const setting = (name: string, value: string, wrong: RegExp, cure: RegExp): Case => [`${name}=${value}`, { env: { [name]: value } }, wrong, cure];

describe('other settings:', () =>
  tryAll([
    setting('JWKS_TIMEOUT', '3000', /JWKS_TIMEOUT in \.env is "3000": it must be .*seconds/, /^JWKS_TIMEOUT=3 .*milliseconds/),
    setting('POLICY_RESOURCE', '*', /POLICY_RESOURCE in \.env is "\*": it must be method or stage/, /POLICY_RESOURCE=stage/),
    setting('TOKEN_BINDING', 'none', /TOKEN_BINDING in \.env is "none"/, /Delete the line: refuse is the default/),
    setting('INVALID_TOKEN', '403', /INVALID_TOKEN in \.env is "403"/, /INVALID_TOKEN=deny/),
    setting('ALGORITHMS', '*', /ALGORITHMS in \.env is "\*"/, /ALGORITHMS=RS256/),
    [
      'two settings without https://',
      {
        env: { TOKEN_ISSUER: 'tenant.eu.auth0.com', JWKS_URI: 'tenant.eu.auth0.com/.well-known/jwks.json' },
        claims: { iss: 'https://tenant.eu.auth0.com/' },
      },
      /TOKEN_ISSUER in \.env lacks https:\/\//,
      /TOKEN_ISSUER=https:\/\/tenant\.eu\.auth0\.com\//,
    ],
    ['a typ of its own', { header: { typ: 'access_token' } }, /typ is "access_token"; accepted are/, /at\+jwt.*TOKEN_TYPES=JWT,at\+jwt,access_token/],
    ['typ id_token', { header: { typ: 'id_token' }, claims: { aud: CLIENT, nonce: 'n', scope: undefined } }, /it is an ID token/, /Send the access token\. Never add/],
    ['one issuer, two URIs', { env: ({ issuer }) => ({ JWKS_URI: `${issuer.jwksUri},${issuer.jwksUri}/2` }) }, /it has 2 URIs/, /one URI, because TOKEN_ISSUER has one issuer/],
    setting('JWKS_URI', '{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}', /contains the keys themselves, not an address/, /data:application\/json;base64,/),
    setting('JWKS_URI', Buffer.from('{"keys":[]}').toString('base64'), /contains the keys themselves/, /JWKS_URI=data:application\/json;base64,/),
    setting('JWKS_URI', 'data:application/json,{"keys":[]}', /data: URI without ;base64/, /;base64,/),
    setting('JWKS_URI', 'http://keycloak:8080/jwks', /http: is for a loopback host only/, /JWKS_URI=http:\/\/localhost:8080\/jwks/),
  ]));

/** An issuer of one's own, without a discovery document. */
const own = (name: string, answer: (at: Site) => unknown, wrong: RegExp, cure: RegExp, given: Given = {}): Case => [
  name,
  {
    ...given,
    env: (at) => {
      at.paths['/keys'] = (_, response) => response.end(JSON.stringify(answer(at)));
      return { TOKEN_ISSUER: `${at.origin}/own/`, JWKS_URI: `${at.origin}/keys`, ...(given.env as Env) };
    },
    claims: (at) => ({ iss: `${at.origin}/own/`, ...(given.claims as Claims) }),
  },
  wrong,
  cure,
];
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

describe('keys:', () =>
  tryAll([
    own('{}', () => ({}), /not a JWK Set: it is \{\}/, /signing key at the issuer/),
    own('key_ops', ({ key }) => ({ keys: [{ ...key.jwk, use: undefined, key_ops: ['sign'] }] }), /key_ops/, /"verify"/),
    own('a key without kid', ({ key }) => ({ keys: [{ ...key.jwk, kid: undefined }] }), /has no kid.*names "local-1"/, /publish the kid/),
    own('JSON in a JSON text', ({ key }) => JSON.stringify({ keys: [key.jwk] }), /a text, not with an object: the JSON was encoded twice/, /once/),
    own('Keys', ({ key }) => ({ Keys: [key.jwk] }), /"Keys"; it must be the list "keys"/, /write it so/),
    own('e as a number', ({ key }) => ({ keys: [{ ...key.jwk, e: 65537 }] }), /its e is not a string/, /AQAB/),
    own('entries that are texts', ({ key }) => ({ keys: [JSON.stringify(key.jwk)] }), /not a JSON object/, /objects into "keys"/),
    own('certificates, Firebase', () => ({ kid: '-----BEGIN CERTIFICATE-----' }), /certificates/, /JWKS_URI=https:\/\/identitytoolkit\.googleapis\.com\/v1\/sessionCookiePublicKeys/, {
      env: { TOKEN_ISSUER: 'https://session.firebase.google.com/my-project' },
      claims: { iss: 'https://session.firebase.google.com/my-project' },
    }),
    own('HS256, and {}', () => ({}), /shared secret/, /RS256.*signing key/, {
      header: { alg: 'HS256' },
    }),
    [
      'a firewall',
      {
        env: (at) => {
          at.paths['/keys'] = (_, response) => response.writeHead(403, { 'cf-mitigated': 'challenge' }).end('Just a moment...');
          return { TOKEN_ISSUER: `${at.origin}/own/`, JWKS_URI: `${at.origin}/keys` };
        },
        claims: ({ origin }) => ({ iss: `${origin}/own/` }),
      },
      /403.*firewall/,
      /its rules/,
    ],
    [
      'a signature in DER',
      {
        env: (at) => {
          at.paths['/keys'] = (_, response) => response.end(JSON.stringify({ keys: [{ ...ec.publicKey.export({ format: 'jwk' }), kid: 'ec-1' }] }));
          return { TOKEN_ISSUER: `${at.origin}/own/`, JWKS_URI: `${at.origin}/keys`, ALGORITHMS: 'ES256' };
        },
        more: (at) => ({
          token: {
            header: { alg: 'ES256', kid: 'ec-1' },
            claims: { iss: `${at.origin}/own/`, aud: API },
            signature: sign('sha256', Buffer.from('x'), ec.privateKey).toString('base64url'),
          },
        }),
      },
      /DER, as AWS KMS/,
      /RFC 7518, 3\.4/,
    ],
    [
      'a signature with PSS',
      {
        more: (at) => {
          const [header, payload] = makeToken(at, { claims: { aud: API } }).split('.');
          const pss = sign('sha256', Buffer.from(`${header}.${payload}`), {
            key: at.key.privateKey,
            padding: 6,
          });
          return {
            event: (event) => ({
              ...event,
              authorizationToken: `Bearer ${header}.${payload}.${pss.toString('base64url')}`,
            }),
          };
        },
      },
      /RSASSA-PSS, and the token says RS256/,
      /PS256/,
    ],
    [
      'the session token of Auth.js',
      {
        more: () => ({
          value: () => 'Bearer eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.Y2lwaGVyLXRleHQ.dGFn',
        }),
      },
      /encrypted \(five parts\).*session token of the application/,
      /access_token of the identity provider/,
    ],
  ]));

it('contacts no host that only the token names', async () => {
  const asked: string[] = [];
  const ask = async (uri: string) => {
    asked.push(new URL(uri).host);
    return '';
  };
  for (const claims of [{ iss: 'https://evil.example/' }, { iss: `${site.origin.replace('127.0.0.1', 'localhost')}/` }]) {
    const given = folderOf({ claims });
    for (const env of [{}, { TOKEN_ISSUER: undefined }, { TOKEN_ISSUER: 'https://TENANT.eu.auth0.com/' }, { JWKS_URI: undefined }]) await run(site, { ...given, env: { ...given.env, ...env }, ask });
  }
  assert.deepEqual([...new Set(asked)], [new URL(site.origin).host]);
});
