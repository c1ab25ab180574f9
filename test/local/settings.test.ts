import { describe } from 'node:test';
import { AUDIENCE, type Case, folderOf, says, tryMistakes, useSite } from './world.ts';

const site = useSite();
const CLIENT = 'SPAclient123';
const POOL = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC';
const none = { TOKEN_ISSUER: undefined, JWKS_URI: undefined, AUDIENCE: undefined };

/** A setting with a value that is wrong. */
const value = (name: string, text: string, ...words: readonly string[]): Case => [
  `${name}=${text}`,
  folderOf({ [name]: text }),
  ...words,
];

describe('a setting that is missing:', () =>
  tryMistakes(site, [
    says({ AUDIENCE: undefined }, 'AUDIENCE is not set in .env.', 'never that of a client', `AUDIENCE=${AUDIENCE}`),
    says({ JWKS_URI: undefined }, 'JWKS_URI is not set in .env.', 'JWKS_URI=http', 'discovery document'),
    says({ TOKEN_ISSUER: 'https://t.eu.auth0.com/', JWKS_URI: '' }, 'JWKS_URI=https://t.eu.auth0.com/.well-known/jwks'),
    says({ TOKEN_ISSUER: undefined }, 'TOKEN_ISSUER is not set', 'TOKEN_ISSUER=http://127.0.0.1'),
    says(({ origin }) => ({ TOKEN_ISSUER_2: `${origin}/b` }), 'JWKS_URI_2 is not set', 'Set it to'),
    says({ TOKEN_BINDING: 'dpop' }, 'DPOP_URLS is not set', 'Set it to'),
    says(
      { TOKEN_ISSUER: 'https://a.b/{x}/' },
      'REQUIRED_CLAIMS is not set',
      'placeholder {x}',
      'REQUIRED_CLAIMS=tid=T',
    ),
    says(
      { AUDIENCE: undefined, aud: undefined, client_id: '4abc', token_use: 'access' },
      'AUDIENCE=4abc and AUDIENCE_CLAIM=client_id and REQUIRED_CLAIMS=token_use=access',
    ),
  ]));

describe('a name that is no setting, in the place of', () =>
  tryMistakes(site, [
    says(
      { AUDIENCE: undefined, CLIENT_ID: CLIENT },
      'AUDIENCE is not set in .env: CLIENT_ID in .env is not a setting',
      "a client's ID is not an audience",
      `AUDIENCE=${AUDIENCE}`,
    ),
    says({ AUDIENCE: undefined, AUD: CLIENT }, 'AUD in .env is not a setting', 'never that of a client'),
    says({ AUDIENCE: undefined, AUDIENCES: AUDIENCE }, 'Rename AUDIENCES to AUDIENCE'),
    ['small', { env: { AUDIENCE: undefined, audience: AUDIENCE } }, 'small letters', 'Rename audience to AUDIENCE'],
    says({ TOKEN_ISSUER: '', AUTH0_DOMAIN: 't.eu.auth0.com' }, '=https://t.eu.auth0.com/, and delete AUTH0_DOMAIN'),
    says({ TOKEN_ISSUER: undefined, OIDC_DOMAIN: 'a.b', iss: 'https://a.b/' }, '=https://a.b/, and delete OIDC_DOMAIN'),
    says(({ origin }) => ({ TOKEN_ISSUER: '', ISSUER_BASE_URL: origin }), 'Rename ISSUER_BASE_URL to TOKEN_ISSUER'),
    says(
      { ...none, COGNITO_USER_POOL_ID: 'eu-central-1_AbC', COGNITO_CLIENT_ID: '4abc', AWS_REGION: 'eu-central-1' },
      'TOKEN_ISSUER is not set',
      `TOKEN_ISSUER=${POOL} and JWKS_URI=${POOL}/.well-known/jwks.json`,
    ),
    says({ REQUIRED_SCOPES: 'a', SCOPE_CLAIMS: 'roles', roles: ['a'] }, 'Rename SCOPE_CLAIMS to SCOPE_CLAIM'),
  ]));

describe('a name that is no setting, beside those that are needed:', () =>
  tryMistakes(
    site,
    [
      says({ AUTH0_CLIENT_ID: CLIENT }, 'AUTH0_CLIENT_ID in .env is not a setting', 'Delete it'),
      says({ AUTHORIZER_TTL: '300' }, 'AUTHORIZER_TTL in .env', 'authorizer in API Gateway'),
      says({ REQUIRED_SCOPE: 'admin' }, 'and is ignored', 'Did you mean REQUIRED_SCOPES?'),
      says({ JWKS_TIMOUT: 'x' }, 'JWKS_TIMOUT', 'The setting is JWKS_TIMEOUT'),
      says({ FRUIT_BASKET: 'x' }, 'FRUIT_BASKET in .env is not a setting', '.env.sample'),
      ['a token for a name', { envText: (text) => `${text}eyJhbGciOiJSUzI1NiJ9=\n` }, 'eyJhbGci… in .env'],
      says({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, 'is ignored', 'Delete it'),
      ['twice', { envText: (text) => `AUDIENCE=other\n${text}` }, 'AUDIENCE is twice', 'Delete one'],
    ],
    'Warning',
  ));

const SECOND = '  POST /pets write:pets\n';

describe('a line of .env:', () =>
  tryMistakes(site, [
    ['a comment', { envText: (text) => text.replace('AUD', '#AUD') }, 'AUDIENCE is not set', 'Delete the #'],
    says(
      { AUDIENCE: `${AUDIENCE}#x`, aud: `${AUDIENCE}#x` },
      'AUDIENCE in .env is cut at #',
      `read as "${AUDIENCE}"`,
      `AUDIENCE="${AUDIENCE}#x"`,
    ),
    says({ AUDIENCE: '$'.concat('{API}') }, 'a reference that nothing replaces', 'Write the value itself'),
    [
      'goes on in the next',
      { env: { ROUTE_SCOPES: 'GET /pets read:pets,' }, envText: (text) => text + SECOND },
      'Line 5 of .env is not NAME=VALUE',
      'second half of ROUTE_SCOPES',
      'one line: ROUTE_SCOPES=GET /pets read:pets, POST /pets write:pets',
    ],
    [
      'a backslash',
      { env: { ROUTE_SCOPES: 'GET /a b, \\' }, envText: (text) => text + SECOND },
      '=GET /a b, POST /pets',
    ],
  ]));

const TENANT = 'https://TENANT.eu.auth0.com/';
const keys = JSON.stringify({ keys: [] });

describe('a value that is wrong:', () =>
  tryMistakes(site, [
    says(
      { TOKEN_ISSUER: TENANT, JWKS_URI: `${TENANT}.well-known/jwks.json`, iss: 'https://t.eu.auth0.com/' },
      `TOKEN_ISSUER, JWKS_URI in .env still contains TENANT, a placeholder`,
      'TOKEN_ISSUER=https://t.eu.auth0.com/',
    ),
    [
      'a placeholder, and no token',
      { env: { AUDIENCE: 'https://YOUR_DOMAIN/' }, value: () => 'x' },
      'YOUR_DOMAIN',
      'Put your',
    ],
    says(
      { TOKEN_ISSUER: 't.example', JWKS_URI: 't.example/jwks', iss: 'https://t.example/' },
      'TOKEN_ISSUER in .env lacks https://',
      'TOKEN_ISSUER=https://t.example/',
    ),
    value('JWKS_URI', 't.example/jwks.json', 'it is not a URL', 'JWKS_URI=https://t.example/jwks.json'),
    value('JWKS_URI', '/opt/jwks.json', 'it is not a URL', 'JWKS_URI=file:///opt/jwks.json'),
    value('JWKS_URI', 'http://keycloak:8080/jwks', 'http: is for a loopback', 'http://localhost:8080/jwks', 'https:'),
    value('JWKS_URI', keys, 'not a URL', 'Put the keys themselves', 'JWKS_URI=data:application/json;base64,'),
    value('JWKS_URI', `data:application/json,${keys}`, 'JWK Set in base64', 'base64 -w0'),
    says(({ origin }) => ({ JWKS_URI: `${origin}/a,${origin}/b` }), 'it has 2 URIs', 'one URI'),
    value('AUDIENCE', '"a", "b"', 'remove the quotation marks', 'AUDIENCE=a,b', 'nothing but commas'),
    value('AUDIENCE', 'https://a.example/ https://b.example/', 'is not a URI', 'https://a.example/,https://b.example/'),
    value('AUDIENCE', 'account,', 'an item is empty', 'Set it to'),
    value('AUDIENCE', 'a,,b', 'an item is empty', 'AUDIENCE=a,b'),
    value('AUDIENCE', 'https://a.example/\u200B', 'U+200B', 'AUDIENCE=https://a.example/', 'by hand'),
    value('ALGORITHMS', 'rs256', 'unknown algorithm', 'ALGORITHMS=RS256'),
    value('ALGORITHMS', 'HS256', 'unknown algorithm', 'ALGORITHMS=RS256', 'never accepted'),
    value('JWKS_MAX_AGE', '10m', 'seconds', 'JWKS_MAX_AGE=600', 'Durations are seconds'),
    value('JWKS_TIMEOUT', '3000', 'at most 30', 'JWKS_TIMEOUT=3 ', 'seconds'),
    value('JWKS_TIMEOUT', '60', 'JWKS_TIMEOUT in .env is "60"', 'Set it to a number of seconds', 'at most 30'),
    value('SIMPLE_RESPONSES', 'yes', 'true or false', 'SIMPLE_RESPONSES=true'),
    value('POLICY_RESOURCE', '*', 'method or stage', 'POLICY_RESOURCE=stage'),
    value('INVALID_TOKEN', '403', 'unauthorized or deny', 'INVALID_TOKEN=deny'),
    value('TOKEN_BINDING', 'none', '"none"', 'TOKEN_BINDING=refuse', 'Delete the line'),
    value('TOKEN_BINDING', 'IGNORE', '"IGNORE"', 'TOKEN_BINDING=refuse'),
    value('TOKEN_TYPES', 'JWT; x', 'accepted are "jwt; x"', 'TOKEN_TYPES=JWT,at+jwt'),
    value('TOKEN_SOURCE', 'X-Token', 'unknown source', 'TOKEN_SOURCE=header:X-Token'),
    value('CONTEXT_CLAIMS', 'scope,tier', 'the name scope is reserved', 'CONTEXT_CLAIMS=tier', 'always in the context'),
    value('REQUIRED_CLAIMS', 'token_use="access"', 'quotation marks', 'REQUIRED_CLAIMS=token_use=access'),
    value('INVALID_TOKEN', 'DENY', 'unauthorized or deny', 'INVALID_TOKEN=deny'),
  ]));
