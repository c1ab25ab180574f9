import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Case, run, tryMistakes, twoLinesOf, useSite } from './world.ts';

const site = useSite();
const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
const utf16be = (text: string) => Buffer.from(utf16(text)).swap16();

const ENV: readonly Case[] = [
  ['.env.txt', () => ({ files: { '.env': undefined, '.env.txt': 'A=b' } }), /no \.env in .*, but there is \.env\.txt/, /^mv \.env\.txt \.env$/],
  ['env without its dot', () => ({ files: { '.env': undefined, env: 'A=b' } }), /no \.env in .*, but there is env:/, /^mv env \.env$/],
  ['environment.json', () => ({ files: { '.env': undefined, 'environment.json': '{}' } }), /environment\.json, the settings of a Lambda function/, /TOKEN_ISSUER=…, JWKS_URI=…/],
  ['no .env', () => ({ files: { '.env': undefined } }), /an event, but no \.env/, /Copy \.env\.sample to \.env/],
  ['empty', () => ({ envText: () => ' \n' }), /\.env is empty/, /cp \.env\.sample \.env/],
  ['a folder', () => ({ files: { '.env': '/' } }), /^\.env is a folder/, /Delete it/],
  ['JSON', () => ({ envText: () => '{"TOKEN_ISSUER":"x"}' }), /\.env contains JSON/, /a line each, as in \.env\.sample/],
  ['UTF-16', () => ({ envText: utf16 }), /\.env is in UTF-16, as Windows PowerShell's > writes it/, /Set-Content -Encoding utf8 \.env/],
  ['UTF-16, big end first', () => ({ envText: utf16be }), /\.env is in UTF-16/, /UTF-8/],
  ['UTF-16 without a mark', () => ({ envText: (text) => Buffer.from(text, 'utf16le') }), /\.env is in UTF-16/, /UTF-8/],
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
  ['curly quotes', ({ issuer }) => ({ env: { JWKS_URI: `“${issuer.jwksUri}”` } }), /JWKS_URI in \.env is in curly quotes/, /JWKS_URI=http:\S+jwks\.json$/],
  ['quotes inside a list', () => ({ env: { AUDIENCE: '"a", "https://api.example.org/"' } }), /AUDIENCE in \.env has quotes around its items, which/, /one list.*AUDIENCE=a,https:\/\/api\.example\.org\/$/],
  ['a list in JSON', () => ({ env: { AUDIENCE: '["https://api.example.org/"]' } }), /AUDIENCE in \.env is a list in JSON/, /AUDIENCE=https:\/\/api\.example\.org\/$/],
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
  ['small letters', () => ({ env: { AUDIENCE: undefined, audience: 'https://api.example.org/' } }), /audience in \.env is not a setting.*small letters/, /Rename it to AUDIENCE/],
  ['ISSUER', () => ({ env: { TOKEN_ISSUER: undefined, ISSUER: 'https://x.example/' } }), /TOKEN_ISSUER is not set in \.env: ISSUER in \.env is not a setting/, /Rename ISSUER to TOKEN_ISSUER/],
  ['a line that is a comment', () => ({ envText: (text) => text.replace('AUDIENCE', '#AUDIENCE') }), /AUDIENCE is not set in \.env: its line begins with #/, /Delete the #/],
  ['AUDIENCE missing', () => ({ env: { AUDIENCE: undefined } }), /^AUDIENCE is not set in \.env\.$/, /AUDIENCE=https:\/\/api\.example\.org\//],
  ['JWKS_URI missing', () => ({ env: { JWKS_URI: undefined } }), /^JWKS_URI is not set in \.env/, /^JWKS_URI=http:\S+jwks\.json, as the issuer's discovery document/],
  ['JWKS_URI_2 missing', ({ origin }) => ({ env: { TOKEN_ISSUER_2: `${origin}/b` } }), /^JWKS_URI_2 is not set in \.env/, /Set it/],
  ['a number out of range', () => ({ env: { AUDIENCE_1: 'x' } }), /AUDIENCE_1 in \.env is not a setting: numbers are 2 to 9/, /^Delete the number/],
  ['blanks for commas', () => ({ env: { AUDIENCE: 'https://a.example/ https://api.example.org/' } }), /AUDIENCE in \.env is one name with a space in it/, /^AUDIENCE=https:\/\/a\.example\/,https:\/\/api\.example\.org\/$/],
  ['semicolons', () => ({ env: { AUDIENCE: 'https://a.example/; https://api.example.org/' } }), /AUDIENCE in \.env has semicolons|AUDIENCE in \.env is one name/, /^AUDIENCE=https:\/\/a\.example\/,https:\/\/api\.example\.org\/$/],
  ['a comma too many', () => ({ env: { AUDIENCE: 'a,,b' } }), /AUDIENCE in \.env has an empty item/, /^AUDIENCE=a,b$/],
  ['JWKS_URI without scheme', () => ({ env: { JWKS_URI: 'tenant.eu.auth0.com/.well-known/jwks.json' } }), /JWKS_URI in \.env lacks https:\/\//, /^JWKS_URI=https:\/\/tenant\.eu\.auth0\.com\/\.well-known\/jwks\.json$/],
  ['JWKS_URI over plain http', () => ({ env: { JWKS_URI: 'http://keycloak:8080/realms/pets/certs' } }), /JWKS_URI in \.env is plain http: to another machine/, /https: address.*localhost/],
  ['an invisible character', () => ({ env: { AUDIENCE: 'https://api.example.org/\u200B' } }), /AUDIENCE in \.env has the character U\+200B in it: a zero-width space/, /Delete it/],
  ['{tenantid}', () => ({ env: { TOKEN_ISSUER: 'https://login.microsoftonline.com/{tenantid}/v2.0' } }), /REQUIRED_CLAIMS is not set in \.env/, /tid=TENANT\|TENANT/],
  ['a reference', () => ({ env: { AUDIENCE: '{{resolve:ssm:/x}}' } }), /AUDIENCE in \.env is a reference/, /the value itself/],
  ['HS256', () => ({ env: { ALGORITHMS: 'HS256' } }), /ALGORITHMS in \.env has "none" or HS/, /never|RS256/],
  ['rs256', () => ({ env: { ALGORITHMS: 'rs256' } }), /ALGORITHMS in \.env is written in other letters/, /^ALGORITHMS=RS256$/],
  ['a duration with a unit', () => ({ env: { JWKS_MAX_AGE: '10m' } }), /JWKS_MAX_AGE in \.env has a unit, "10m"/, /^JWKS_MAX_AGE=600$/],
  ['too long a duration', () => ({ env: { JWKS_TIMEOUT: '60' } }), /JWKS_TIMEOUT in \.env is "60"/, /Set it to a number of seconds.*at most 30.*the default is JWKS_TIMEOUT=3$/],
  ['yes for true', () => ({ env: { SIMPLE_RESPONSES: 'yes' } }), /it must be true or false/, /^SIMPLE_RESPONSES=true$/],
  ['a header without its kind', () => ({ env: { TOKEN_SOURCE: 'X-Token' } }), /without the kind of place before it/, /^TOKEN_SOURCE=header:X-Token$/],
  ['brackets', ({ issuer }) => ({ env: { JWKS_URI: `<${issuer.jwksUri}>` } }), /is in brackets or quotes/, /JWKS_URI=http:\S+jwks\.json$/],
  ['ENV of a Dockerfile', () => ({ envText: (text) => text.replace(/^(?=.)/gm, 'ENV ') }), /Line 1 of \.env begins with "ENV"/, /TOKEN_ISSUER=…/],
  ['bars for commas', () => ({ env: { AUDIENCE: 'https://a.example/|https://b.example/' } }), /semicolons or bars/, /^AUDIENCE=https:\/\/a\.example\/,https:\/\/b\.example\/$/],
  ['single quotes inside a list', () => ({ env: { AUDIENCE: "'a','https://api.example.org/'" } }), /has quotes around its items/, /AUDIENCE=a,https:/],
  ['a path for a URI', () => ({ env: { JWKS_URI: '/opt/jwks.json' } }), /JWKS_URI in \.env lacks file:\/\//, /^JWKS_URI=file:\/\/\/opt\/jwks\.json$/],
  ['two URIs for one issuer', ({ issuer }) => ({ env: { JWKS_URI: `${issuer.jwksUri},${issuer.jwksUri}` } }), /JWKS_URI lists 2 URIs, TOKEN_ISSUER 1 issuer/, /Delete the second/],
  ['a variable', () => ({ env: { AUDIENCE: '$'.concat('{API_AUDIENCE}') } }), /AUDIENCE in \.env is a reference that nothing replaces/, /the value itself/],
  ['YAML', () => ({ envText: (text) => `environment:\n${text.replace(/^(?=.)/gm, '  - ')}` }), /Line 2 of \.env begins with "-"/, /TOKEN_ISSUER=…/],
  ['STAGE', () => ({ env: { POLICY_RESOURCE: 'STAGE' } }), /POLICY_RESOURCE in \.env is written in other letters/, /^POLICY_RESOURCE=stage$/],
];

describe('.env:', () => tryMistakes(site, ENV));

const EVENT: readonly Case[] = [
  ['missing', () => ({ files: { 'event.json': undefined } }), /a \.env, but no event\.json/, /Copy event\.json\.sample/],
  ['event.json.txt', () => ({ files: { 'event.json': undefined, 'event.json.txt': '{}' } }), /no event\.json in .*, but there is event\.json\.txt/, /^mv event\.json\.txt event\.json$/],
  ['a folder', () => ({ files: { 'event.json': '/' } }), /^event\.json is a folder/, /copy event\.json\.sample/],
  ['empty', () => ({ eventText: () => '' }), /^event\.json is empty/, /cp event\.json\.sample event\.json/],
  ['UTF-16', () => ({ eventText: utf16 }), /^event\.json is in UTF-16/, /Save it as UTF-8/],
  ['the token alone', () => ({ eventText: (text) => /eyJ[^"]*/.exec(text)?.[0] ?? '' }), /event\.json contains the token alone/, /in the place of ACCESS_TOKEN/],
  ['"Bearer x", a text', ({ paths }) => ({ event: (_, token) => `Bearer ${token}${Object.keys(paths).slice(0, 0)}` }), /event\.json contains a text, not an event/, /Copy event\.json\.sample/],
  ['a comma at the end', () => ({ eventText: (text) => text.replace('\n}', ',\n}') }), /not JSON: line 4 ends with a comma/, /Delete that comma/],
  ['a comma missing', () => ({ eventText: (text) => text.replace(',\n', '\n') }), /a comma is missing at the end of line 2/, /Put it there/],
  ['a comment', () => ({ eventText: (text) => `// my event\n${text}` }), /line 1 is a comment/, /Delete it/],
  ['a line break in a text', () => ({ eventText: (text) => text.replace(/(eyJ.{40})/, '$1\n') }), /in line 3 a text goes over the end of the line.*copied with line breaks/, /one line/],
  ['curly quotes', () => ({ eventText: (text) => text.replaceAll('"', '”') }), /line 2, column 3/, /straight double quotes/],
  ['single quotes', () => ({ eventText: (text) => text.replaceAll('"', "'") }), /line 2, column 3/, /double quotes/],
  ['no quotes', () => ({ eventText: (text) => text.replace('"Bearer', 'Bearer') }), /not JSON: line 3/, /quotes/],
  ['no end', () => ({ eventText: (text) => text.replace('}', '') }), /ends before its last brace/, /Put a \}/],
];

describe('event.json:', () => tryMistakes(site, EVENT));

const OTHER_TEXTS: readonly Case[] = [
  ['a web page', () => ({ eventText: () => '<html></html>' }), /web page/, /event\.json\.sample/],
  ['two events', () => ({ eventText: (text) => text + text }), /line 5, column 2: Expected end of file/, /one object/],
  ['JavaScript', () => ({ eventText: (text) => `module.exports = ${text}` }), /does not begin with \{/, /event\.json\.sample/],
  ['a colon missing', () => ({ eventText: (text) => text.replace('"type":', '"type"') }), /line 2, column 10: Expected ":"/, /a colon after each name/],
  ['a tab in a text', () => ({ eventText: (text) => text.replace('Bearer ', 'Bearer \t') }), /line 3, column 33/, /event\.json\.sample/],
  ['a semicolon at its end', () => ({ eventText: (text) => `${text};` }), /line 5, column 2: Expected end of file/, /one object/],
  ['a brace too many', () => ({ eventText: (text) => `${text}}` }), /line 5, column 2/, /one object/],
  ['the head of an answer', () => ({ eventText: (text) => `HTTP/2 200\n\n${text}` }), /does not begin with \{/, /event\.json\.sample/],
  ['a backslash', () => ({ eventText: (text) => text.replace('GET/', 'GET\\x') }), /line 4, column 74/, /event\.json\.sample/],
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
