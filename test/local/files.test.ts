import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ARN, type Case, type Folder, run, tryMistakes, twoLinesOf, useSite } from './world.ts';

const site = useSite();
const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
const files = (name: string, changed: NonNullable<Folder['files']>, ...words: readonly string[]): Case => [
  name,
  { files: changed },
  ...words,
];
/** The text of `.env`, made of the right one. */
const env = (name: string, envText: Folder['envText'], ...words: readonly string[]): Case => [
  name,
  { ...(envText && { envText }) },
  ...words,
];
/** The text of event.json, made of the right one. */
const event = (name: string, eventText: Folder['eventText'], ...words: readonly string[]): Case => [
  name,
  { ...(eventText && { eventText }) },
  ...words,
];

describe('the two files:', () =>
  tryMistakes(site, [
    files('.env.txt', { '.env': undefined, '.env.txt': 'A=b' }, 'no .env in ', 'there is .env.txt', 'mv .env.txt .env'),
    files('no .env', { '.env': undefined }, 'an event, but no .env', 'Copy .env.sample to .env'),
    files('a folder', { 'event.json': '/' }, 'event.json is a folder', 'copy event.json.sample'),
    files('no event.json', { 'event.json': undefined }, 'a .env, but no event.json', 'cp ', '--token -'),
    files('neither', { '.env': undefined, 'event.json': undefined }, 'neither .env nor event.json', 'cp .env.sample'),
    env('.env is empty', () => ' \n', '.env is empty', 'cp .env.sample .env'),
    env('.env is JSON', () => '{"TOKEN_ISSUER":"x"}', '.env contains JSON', 'a line each'),
    env('.env is in UTF-16', utf16, '.env is in UTF-16', 'Set-Content -Encoding utf8 .env'),
    env('$env:', (text) => `$env:${text}`, 'Line 1 of .env begins with "$env:"', 'Delete "$env:": TOKEN_ISSUER=…'),
    env('a Dockerfile', (text) => `\nENV ${text}`, 'Line 2 of .env begins with "ENV"', 'Delete'),
    env('YAML', (text) => `environment:\n  - ${text}`, 'Line 2 of .env begins with "-"', 'TOKEN_ISSUER=…'),
    event(
      'the token alone',
      (text) => /eyJ[^"]*/.exec(text)?.[0] ?? '',
      'the token alone',
      'in the place of ACCESS_TOKEN',
    ),
    event(
      'a comma at the end',
      (text) => text.replace('\n}', ',\n}'),
      'line 4, column',
      'trailing comma',
      'not after the last',
    ),
    event(
      'a line break',
      (text) => text.replace(/(eyJ.{40})/, '$1\n'),
      'line 3, column',
      'Unterminated',
      'on one line',
    ),
    event('two events', (text) => text + text, 'line 5, column 2: Expected end of file', 'one object'),
  ]));

const command = (name: string, args: readonly string[], ...words: readonly string[]): Case => [
  name,
  { args: (folder) => args.map((arg) => arg.replace('FOLDER', folder)) },
  ...words,
];

describe('npm start:', () => {
  tryMistakes(site, [
    [
      'no "--"',
      { args: (folder) => [folder], environment: { npm_config_dir: 'true' } },
      'npm took --dir',
      'npm start -- --dir',
    ],
    command('a file for a folder', ['--dir', 'FOLDER/.env'], 'is a file, not a folder', 'Name a folder'),
    command('a folder that is not there', ['--dir', 'FOLDER/nowhere'], 'nowhere is not there', 'Name a folder'),
    command('another option', ['--folder', 'x'], 'not understood: --folder x', 'npm start [-- --dir FOLDER]'),
    command('a route that is none', ['--dir', 'FOLDER', '--route', '/pets'], 'not METHOD /path', "--route 'GET"),
    command('a kind that is none', ['--dir', 'FOLDER', '--event', 'sns'], 'no kind of event sns', '"rest", "http1"'),
    command('a token in the history', ['--token', 'x'], 'history', '--token -'),
    command('nothing piped in', ['--token', '-'], 'no token on the standard input', 'Pipe it in'),
    [
      'an error piped in',
      { args: () => ['--token', '-'], stdin: () => '{"error":"x"}' },
      'JSON without an access_token',
    ],
  ]);

  it('--help prints how to use it', async () => {
    const { isPermitted, output } = await run(site, { args: () => ['--help'] });
    assert.equal(isPermitted, true);
    assert.match(output, /npm start -- --dir FOLDER/);
  });

  it('takes the folder relative to where the user is', async () => {
    const printed = await run(site, { args: () => ['--dir', '.'], environment: { INIT_CWD: import.meta.dirname } });
    assert.match(twoLinesOf(printed), /neither .* in .*test\/local/);
  });
});

/** What is printed of a request that is permitted. */
async function permitted(given: Folder, ...options: readonly string[]): Promise<string> {
  const { isPermitted, output } = await run(site, { args: (folder) => ['--dir', folder, ...options], ...given });
  assert.equal(isPermitted, true, output);
  return output;
}

describe('permitted,', () => {
  const windows = (text: string) => `\uFEFF${text.replaceAll('\n', '\r\n')}`;
  const RIGHT: readonly (readonly [name: string, given: Folder])[] = [
    ['files as Windows writes them', { envText: windows, eventText: windows }],
    ['export', { envText: (text) => text.replace(/^(?=\w)/gm, 'export ') }],
    ['NAME: value', { envText: (text) => text.replaceAll('=', ': ') }],
    ['quotes around values, and spaces around =', { envText: (text) => text.replace(/=(.*)/g, ' = "$1"') }],
  ];
  for (const [name, given] of RIGHT) {
    it(`with ${name}`, async () => assert.doesNotMatch(await permitted(given), /Warning|What/));
  }

  it('with settings of the environment, if there is no .env, and with those of .env alone, if there is one', async () => {
    const { issuer, jwksUri } = site.issuer;
    const environment = { TOKEN_ISSUER: issuer, JWKS_URI: jwksUri, AUDIENCE: 'https://api.example.org/' };
    const without = await permitted({ files: { '.env': undefined }, environment });
    assert.match(without, /Settings: TOKEN_ISSUER, JWKS_URI, AUDIENCE of the environment/);
    const beside = await permitted({ environment: { REQUIRED_SCOPES: 'admin' } });
    assert.match(beside, /Settings: \.env; REQUIRED_SCOPES of the environment not used/);
  });

  it('in a request whose path contains a part of the token, which is left out', async () => {
    const inPath = (good: object, token: string) => ({ ...good, methodArn: ARN.replace('pets', token.slice(-40)) });
    assert.match(await permitted({ event: inPath }), /stage\/GET\/…"/);
  });
});

describe('options:', () => {
  it('--event makes an event of another kind, with the token where TOKEN_SOURCE says', async () => {
    for (const [kind, TOKEN_SOURCE] of [
      ['rest', 'cookie:access_token'],
      ['rest', 'header:X-Token'],
      ['http1', 'query:token'],
      ['http', 'cookie:access_token'],
      ['websocket', 'subprotocol:token'],
    ] as const) {
      assert.doesNotMatch(await permitted({ env: { TOKEN_SOURCE } }, '--event', kind), /Warning/);
    }
  });

  it('--route puts a route into the event', async () => {
    const env = { SIMPLE_RESPONSES: 'true', ROUTE_SCOPES: 'GET /pets/{id} read:pets' };
    const simple = await permitted({ env }, '--event', 'http', '--route', 'GET /pets/7');
    assert.match(simple, /"isAuthorized": true/);
    assert.doesNotMatch(simple, /Warning/);
    assert.match(await permitted({}, '--route', 'GET /pets/7'), /stage\/GET\/pets\/7/);
  });

  it("--token - takes the token, or the issuer's whole answer, from the standard input", async () => {
    const answer = (token: string) => JSON.stringify({ access_token: token });
    for (const stdin of [String, answer, (token: string) => `Bearer ${token}\n`])
      await permitted({ stdin, files: { 'event.json': undefined } }, '--token', '-');
  });

  it('without event.json, TOKEN_BINDING=dpop gets a bound token and a proof of its key', async () => {
    const env = {
      TOKEN_ISSUER: undefined,
      JWKS_URI: undefined,
      AUDIENCE: undefined,
      DPOP_URLS: 'https://a.example/v1/',
    };
    for (const [TOKEN_BINDING, options] of [
      ['dpop', []],
      ['dpop-only', ['--event', 'http', '--route', 'GET /pets/7']],
    ] as const) {
      const given = { env: { ...env, TOKEN_BINDING }, files: { 'event.json': undefined } };
      const output = await permitted(given, ...options);
      assert.match(output, /bound to a key by DPoP/);
      assert.doesNotMatch(output, /Warning|eyJ/);
    }
  });
});
