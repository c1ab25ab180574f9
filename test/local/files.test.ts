import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Case, run, tryMistakes, twoLinesOf, useSite } from './world.ts';

const site = useSite();
const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');

const ENV: readonly Case[] = [
  ['.env.txt', () => ({ files: { '.env': undefined, '.env.txt': 'A=b' } }), /no \.env in .*, but there is \.env\.txt/, /^mv \.env\.txt \.env$/],
  ['env without its dot', () => ({ files: { '.env': undefined, env: 'A=b' } }), /no \.env in .*, but there is env:/, /^mv env \.env$/],
  ['no .env', () => ({ files: { '.env': undefined } }), /an event, but no \.env/, /Copy \.env\.sample to \.env/],
  ['empty', () => ({ envText: () => ' \n' }), /\.env is empty/, /cp \.env\.sample \.env/],
  ['a folder', () => ({ files: { '.env': '/' } }), /^\.env is a folder/, /Delete it/],
  ['JSON', () => ({ envText: () => '{"TOKEN_ISSUER":"x"}' }), /\.env contains JSON/, /a line each, as in \.env\.sample/],
  ['UTF-16', () => ({ envText: utf16 }), /\.env is in UTF-16, as Windows PowerShell's > writes it/, /Set-Content -Encoding utf8 \.env/],
  ['$env:', () => ({ envText: (text) => text.replace(/^/, '$env:') }), /Line 1 of \.env begins with "\$env:"/, /^Delete "\$env:": TOKEN_ISSUER=…/],
  ['set', () => ({ envText: (text) => `\n${text.replace(/^/gm, 'set ')}` }), /Line 2 of \.env begins with "set"/, /TOKEN_ISSUER=…/],
  ['no variables', () => ({ envText: () => 'hello' }), /no line NAME=VALUE/, /cp \.env\.sample/],
  [
    'untouched sample',
    ({ origin }) => ({
      env: {
        TOKEN_ISSUER: 'https://TENANT.eu.auth0.com/',
        JWKS_URI: `https://TENANT.eu.auth0.com/.well-known/jwks.json`,
      },
      value: (token) => `Bearer ${token}${origin.slice(0, 0)}`,
    }),
    /TOKEN_ISSUER, JWKS_URI in \.env still contains TENANT, a placeholder of \.env\.sample or another example: TOKEN_ISSUER=https:\/\/TENANT/,
    /from "http:\/\/127.*": if that is yours, TOKEN_ISSUER=http:\/\/127\S+ and JWKS_URI to the "jwks_uri" in http:\S+openid-configuration/,
  ],
  ['JWKS_URI of the sample', () => ({ env: { JWKS_URI: 'https://TENANT.eu.auth0.com/.well-known/jwks.json' } }), /JWKS_URI in \.env still contains TENANT/, /^JWKS_URI=http:\/\/127\S+jwks\.json$/],
  ['curly quotes', ({ issuer }) => ({ env: { JWKS_URI: `“${issuer.jwksUri}”` } }), /JWKS_URI in \.env is .*remove the quotation marks/, /JWKS_URI=http:\S+jwks\.json/],
  ['quotes inside a list', () => ({ env: { AUDIENCE: '"a", "https://api.example.org/"' } }), /remove the quotation marks/, /AUDIENCE=a,https:\/\/api\.example\.org\/ .*nothing but commas/],
  [
    '#',
    () => ({
      env: { AUDIENCE: 'https://api.example.org/#x' },
      token: { claims: { aud: 'https://api.example.org/#x' } },
    }),
    /AUDIENCE in \.env is cut at #.*"https:\/\/api\.example\.org\/"/,
    /AUDIENCE="https:\/\/api\.example\.org\/#x"/,
  ],
  ['AUDIENCES', () => ({ env: { AUDIENCE: undefined, AUDIENCES: 'https://api.example.org/' } }), /AUDIENCE is not set in \.env: AUDIENCES in \.env is not a setting/, /Rename AUDIENCES to AUDIENCE/],
  ['AUTH0_AUDIENCE', () => ({ env: { AUDIENCE: undefined, AUTH0_AUDIENCE: 'https://api.example.org/' } }), /AUDIENCE is not set in \.env: AUTH0_AUDIENCE/, /Rename AUTH0_AUDIENCE to AUDIENCE/],
  ['small letters', () => ({ env: { AUDIENCE: undefined, audience: 'https://api.example.org/' } }), /audience in \.env is not a setting.*small letters/, /Rename audience to AUDIENCE/],
  ['ISSUER', () => ({ env: { TOKEN_ISSUER: undefined, ISSUER: 'https://x.example/' } }), /TOKEN_ISSUER is not set in \.env: ISSUER in \.env is not a setting/, /Rename ISSUER to TOKEN_ISSUER/],
  ['a line that is a comment', () => ({ envText: (text) => text.replace('AUDIENCE', '#AUDIENCE') }), /AUDIENCE is not set in \.env: its line begins with #/, /Delete the #/],
  ['AUDIENCE missing', () => ({ env: { AUDIENCE: undefined } }), /^AUDIENCE is not set in \.env\.$/, /AUDIENCE=https:\/\/api\.example\.org\//],
  ['JWKS_URI missing', () => ({ env: { JWKS_URI: undefined } }), /^JWKS_URI is not set in \.env/, /^JWKS_URI=http:\S+jwks\.json, as the issuer's discovery document/],
  ['JWKS_URI_2 missing', ({ origin }) => ({ env: { TOKEN_ISSUER_2: `${origin}/b` } }), /^JWKS_URI_2 is not set in \.env/, /Set it/],
  ['blanks for commas', () => ({ env: { AUDIENCE: 'https://a.example/ https://api.example.org/' } }), /AUDIENCE in \.env is .* is not a URI/, /AUDIENCE=https:\/\/a\.example\/,https:\/\/api\.example\.org\/ .*commas/],
  ['a comma too many', () => ({ env: { AUDIENCE: 'a,,b' } }), /an item is empty/, /^AUDIENCE=a,b /],
  ['JWKS_URI without scheme', () => ({ env: { JWKS_URI: 'tenant.eu.auth0.com/.well-known/jwks.json' } }), /it is not a URL/, /^JWKS_URI=https:\/\/tenant\.eu\.auth0\.com\/\.well-known\/jwks\.json/],
  ['JWKS_URI over plain http', () => ({ env: { JWKS_URI: 'http://keycloak:8080/realms/pets/certs' } }), /http: is for a loopback host only/, /localhost.*https: address.*anybody/],
  ['an invisible character', () => ({ env: { AUDIENCE: 'https://api.example.org/\u200B' } }), /U\+200B in it is invisible/, /AUDIENCE=https:\/\/api\.example\.org\/ .*by hand/],
  ['{tenantid}', () => ({ env: { TOKEN_ISSUER: 'https://login.microsoftonline.com/{tenantid}/v2.0' } }), /REQUIRED_CLAIMS is not set in \.env/, /tid=TENANT\|TENANT/],
  ['a reference', () => ({ env: { AUDIENCE: '{{resolve:ssm:/x}}' } }), /is not a URI/, /Set it/],
  ['HS256', () => ({ env: { ALGORITHMS: 'HS256' } }), /never accepted/, /ALGORITHMS=RS256/],
  ['rs256', () => ({ env: { ALGORITHMS: 'rs256' } }), /unknown algorithm/, /^ALGORITHMS=RS256$/],
  ['a duration with a unit', () => ({ env: { JWKS_MAX_AGE: '10m' } }), /JWKS_MAX_AGE in \.env is "10m": it must be .*seconds/, /^JWKS_MAX_AGE=600 /],
  ['too long a duration', () => ({ env: { JWKS_TIMEOUT: '60' } }), /JWKS_TIMEOUT in \.env is "60"/, /Set it to a number of seconds.*at most 30.*the default is JWKS_TIMEOUT=3$/],
  ['yes for true', () => ({ env: { SIMPLE_RESPONSES: 'yes' } }), /it must be true or false/, /^SIMPLE_RESPONSES=true$/],
  ['a header without its kind', () => ({ env: { TOKEN_SOURCE: 'X-Token' } }), /unknown source/, /^TOKEN_SOURCE=header:X-Token$/],
  ['ENV of a Dockerfile', () => ({ envText: (text) => text.replace(/^(?=.)/gm, 'ENV ') }), /Line 1 of \.env begins with "ENV"/, /TOKEN_ISSUER=…/],
  ['a path for a URI', () => ({ env: { JWKS_URI: '/opt/jwks.json' } }), /it is not a URL/, /^JWKS_URI=file:\/\/\/opt\/jwks\.json/],
  ['two URIs for one issuer', ({ issuer }) => ({ env: { JWKS_URI: `${issuer.jwksUri},${issuer.jwksUri}` } }), /it has 2 URIs/, /one URI, because TOKEN_ISSUER has one issuer/],
  ['a variable', () => ({ env: { AUDIENCE: '$'.concat('{API_AUDIENCE}') } }), /AUDIENCE in \.env is a reference that nothing replaces/, /the value itself/],
  ['YAML', () => ({ envText: (text) => `environment:\n${text.replace(/^(?=.)/gm, '  - ')}` }), /Line 2 of \.env begins with "-"/, /TOKEN_ISSUER=…/],
];

describe('.env:', () => tryMistakes(site, ENV));

const EVENT: readonly Case[] = [
  ['missing', () => ({ files: { 'event.json': undefined } }), /a \.env, but no event\.json/, /Copy event\.json\.sample/],
  ['event.json.txt', () => ({ files: { 'event.json': undefined, 'event.json.txt': '{}' } }), /no event\.json in .*, but there is event\.json\.txt/, /^mv event\.json\.txt event\.json$/],
  ['a folder', () => ({ files: { 'event.json': '/' } }), /^event\.json is a folder/, /copy event\.json\.sample/],
  ['empty', () => ({ eventText: () => '' }), /^event\.json is empty/, /Copy event\.json\.sample/],
  ['UTF-16', () => ({ eventText: utf16 }), /^event\.json is in UTF-16/, /Save it as UTF-8/],
  ['the token alone', () => ({ eventText: (text) => /eyJ[^"]*/.exec(text)?.[0] ?? '' }), /event\.json contains the token alone/, /in the place of ACCESS_TOKEN/],
  ['"Bearer x", a text', ({ paths }) => ({ event: (_, token) => `Bearer ${token}${Object.keys(paths).slice(0, 0)}` }), /event\.json contains a text, not an event/, /Copy event\.json\.sample/],
  ['a comma at the end', () => ({ eventText: (text) => text.replace('\n}', ',\n}') }), /not JSON: line 4 ends with a comma/, /Delete that comma/],
  ['a comment', () => ({ eventText: (text) => `// my event\n${text}` }), /line 1, column 1: .*comments/, /no comments/],
  ['a line break in a text', () => ({ eventText: (text) => text.replace(/(eyJ.{40})/, '$1\n') }), /in line 3 a text goes over the end of the line.*copied with line breaks/, /one line/],
  ['curly quotes', () => ({ eventText: (text) => text.replaceAll('"', '”') }), /line 2, column 3/, /straight double quotes/],
];

describe('event.json:', () => tryMistakes(site, EVENT));

const OTHER_TEXTS: readonly Case[] = [
  ['a web page', () => ({ eventText: () => '<html></html>' }), /web page/, /event\.json\.sample/],
  ['two events', () => ({ eventText: (text) => text + text }), /line 5, column 2: Expected end of file/, /one object/],
  ['JavaScript', () => ({ eventText: (text) => `module.exports = ${text}` }), /does not begin with \{/, /event\.json\.sample/],
];

describe('event.json with', () => tryMistakes(site, OTHER_TEXTS));

const COMMAND: readonly Case[] = [
  ['a folder with neither file', () => ({ files: { '.env': undefined, 'event.json': undefined } }), /neither \.env nor event\.json in/, /cp \.env\.sample/],
  ['no "--"', () => ({ args: (folder) => [folder], environment: { npm_config_dir: 'true' } }), /npm took --dir for an option of its own/, /^npm start -- --dir /],
  ['a file for a folder', () => ({ args: (folder) => ['--dir', `${folder}/.env`] }), /\.env is a file, not a folder/, /Name the folder/],
  ['a folder that is not there', () => ({ args: (folder) => ['--dir', `${folder}/nowhere`] }), /There is no folder .*nowhere/, /Name another/],
  ['another option', () => ({ args: () => ['--folder', 'x'] }), /not understood: --folder x/, /npm start \[-- --dir FOLDER\]/],
];

describe('npm start:', () => {
  tryMistakes(site, COMMAND);

  it('--help prints how to use it', async () => {
    const { isPermitted, output } = await run(site, { args: () => ['--help'] });
    assert.equal(isPermitted, true);
    assert.match(output, /npm start -- --dir FOLDER/);
  });

  it('takes the folder relative to where the user is', async () => {
    const printed = await run(site, {
      args: () => ['--dir', '.'],
      environment: { INIT_CWD: import.meta.dirname },
    });
    assert.match(twoLinesOf(printed)[0], /neither .* in .*test\/local/);
  });
});

describe('permitted,', () => {
  const permitted = async (given: Parameters<typeof run>[1]) => {
    const printed = await run(site, given);
    assert.equal(printed.isPermitted, true, printed.output);
    return printed;
  };

  it('with files as Windows writes them', async () => {
    const windows = (text: string) => `\uFEFF${text.replaceAll('\n', '\r\n')}`;
    const { output } = await permitted({ envText: windows, eventText: windows });
    assert.doesNotMatch(output, /Warning|What/);
  });

  for (const [name, envText] of [
    ['export', (text: string) => text.replace(/^(?=\w)/gm, 'export ')],
    ['NAME: value', (text: string) => text.replaceAll('=', ': ')],
    ['blanks around =', (text: string) => text.replaceAll('=', ' = ')],
    ['quotes around values', (text: string) => text.replace(/=(.*)/g, '="$1"')],
  ] as const) {
    it(`with ${name}`, async () => {
      assert.doesNotMatch((await permitted({ envText })).output, /Warning|What/);
    });
  }

  const WARNED = [
    ['REQUIRED_SCOPE', { REQUIRED_SCOPE: 'admin' }, /REQUIRED_SCOPE in \.env is not a setting, and is ignored/, /Did you mean REQUIRED_SCOPES\?/],
    ['a token', { ACCESS_TOKEN: 'x' }, /ACCESS_TOKEN in \.env is not a setting, and is not read/, /event\.json/],
    ['a name like no other', { FRUIT_BASKET: 'x' }, /FRUIT_BASKET in \.env is not a setting/, /\.env\.sample/],
    ['NODE_TLS_REJECT_UNAUTHORIZED', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }, /has no effect/, /Delete it/],
  ] as const;
  for (const [name, env, problem, remedy] of WARNED) {
    it(`with a warning about ${name}`, async () => {
      const [said, advised] = twoLinesOf(await permitted({ env }), 'Warning');
      assert.match(said, problem);
      assert.match(advised, remedy);
    });
  }

  it('with a warning about a name that stands twice', async () => {
    const printed = await permitted({ envText: (text) => `AUDIENCE=other\n${text}` });
    assert.match(twoLinesOf(printed, 'Warning')[0], /AUDIENCE is twice in \.env/);
  });

  it('with settings of the environment, where there is no .env', async () => {
    const environment = {
      TOKEN_ISSUER: site.issuer.issuer,
      JWKS_URI: site.issuer.jwksUri,
      AUDIENCE: 'https://api.example.org/',
    };
    const { output } = await permitted({ files: { '.env': undefined }, environment });
    assert.match(output, /Settings: TOKEN_ISSUER, JWKS_URI, AUDIENCE of the environment/);
  });

  it('with .env alone, where there is one', async () => {
    const { output } = await permitted({ environment: { REQUIRED_SCOPES: 'admin' } });
    assert.match(output, /Settings: \.env; REQUIRED_SCOPES of the environment not used/);
  });

  it('in a request whose path holds a part of the token, which is left out', async () => {
    const event = (good: object, token: string) => ({
      ...good,
      methodArn: `arn:aws:execute-api:us-east-1:1234567890:apiId/stage/GET/${token.slice(-40)}`,
    });
    const { output, token } = await permitted({ event });
    assert.ok(!output.includes(token.slice(-12)));
    assert.match(output, /stage\/GET\/…"/);
  });
});
