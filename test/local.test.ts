import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'dotenv';
import { settingNames } from '../scripts/invoke.ts';
import { generateKey, type LocalIssuer, type SigningKey, startIssuer } from '../scripts/issuer.ts';
import { LOADER_ARGS } from '../scripts/loader.ts';
import { main } from '../scripts/local.ts';
import { readConfig } from '../src/config/config.ts';
import { type Spoilt, seconds, tokenFactory } from './support/tokens.ts';
import { temporaryFolder } from './support/unpacked.ts';

const LOCAL = fileURLToPath(new URL('../scripts/local.ts', import.meta.url));
const sample = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const ENV_SAMPLE = sample('.env.sample');
const EVENT_SAMPLE = sample('event.json.sample');

const ARN = 'arn:aws:execute-api:us-east-1:1234567890:apiId/stage/GET/pets';
const AUDIENCE = 'https://api.example/';
const HOUR = 3600;
/** So many characters in a row are a part of a token. */
const PIECE = 12;

type Environment = Readonly<Record<string, string | undefined>>;

/** What stands in the folder, and in the environment. */
interface Given {
  /** `.env`: its text, or its variables. */
  readonly env?: string | Environment;
  /** `event.json`: its text, or what it holds. */
  readonly event?: string | object;
  readonly environment?: Environment;
}

/** What came of it. */
interface Run {
  readonly code: number | string | null | undefined;
  readonly output: string;
}

const asText = (variables: Environment) =>
  Object.entries(variables)
    .map(([name, value]) => `${name}=${value ?? ''}\n`)
    .join('');

/** The caller's environment without its settings, and without a count of the lines that run. */
function neutral(): Environment {
  const names = settingNames();
  const isKept = ([name]: readonly [string, unknown]) => !names.has(name.toUpperCase());
  return { ...Object.fromEntries(Object.entries(process.env).filter(isKept)), NODE_V8_COVERAGE: undefined };
}

/** What `npm start` runs, in this process; the function has one of its own. */
async function inProcess(folder: string, environment: Environment): Promise<Run> {
  const printed: string[] = [];
  const code = await main(['--dir', folder], environment, (text) => printed.push(`${text}\n`));
  return { code, output: printed.join('') };
}

/** What `npm start` runs, in a process, as a person runs it. */
const inOwnProcess = (folder: string, environment: Environment) =>
  new Promise<Run>((resolve) => {
    const args = [...LOADER_ARGS, LOCAL, '--dir', folder];
    execFile(process.execPath, args, { env: { ...neutral(), ...environment } }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, output: `${stdout}${stderr}` }),
    );
  });

/** Runs it in a folder of its own. */
async function run({ env, event, environment = {} }: Given, start = inProcess): Promise<Run> {
  const { path, remove } = temporaryFolder();
  if (env !== undefined) writeFileSync(join(path, '.env'), typeof env === 'string' ? env : asText(env));
  if (event !== undefined) {
    writeFileSync(join(path, 'event.json'), typeof event === 'string' ? event : JSON.stringify(event));
  }
  try {
    return await start(path, environment);
  } finally {
    remove();
  }
}

/** Fails where a part of the token is in the output. */
function assertNothingOf(token: string, output: string): void {
  for (let at = 0; at + PIECE <= token.length; at++) {
    const piece = token.slice(at, at + PIECE);
    assert.ok(!output.includes(piece), `a part of the token is in the output: ${piece}`);
  }
}

const bearer = (token: string) => `Bearer ${token}`;

const tokenEvent = (authorizationToken: string, methodArn = ARN) => ({
  type: 'TOKEN',
  authorizationToken,
  methodArn,
});

let key: SigningKey;
let other: SigningKey;
let issuer: LocalIssuer;
let accessToken: (spoilt?: Spoilt) => string;
let settings: Environment;

before(async () => {
  [key, other] = await Promise.all([generateKey('published'), generateKey('unpublished')]);
  issuer = await startIssuer([key]);
  const make = tokenFactory(issuer.issuer, key);
  accessToken = (spoilt = {}) => make({ ...spoilt, claims: { aud: AUDIENCE, ...spoilt.claims } });
  settings = { TOKEN_ISSUER: issuer.issuer, JWKS_URI: issuer.jwksUri, AUDIENCE };
});
after(() => issuer.close());

/** A token that is refused, and the words that tell why. Others: explain.test.ts. */
interface Mistake {
  readonly name: string;
  /** Of a token that is good otherwise. */
  readonly spoilt?: Spoilt;
  /** Of the Authorization value. */
  readonly value?: (token: string) => string;
  readonly settings?: Environment;
  readonly words: readonly string[];
}

const MISTAKES: readonly Mistake[] = [
  {
    name: 'expired',
    spoilt: { claims: { iat: seconds() - 4 * HOUR, exp: seconds() - 3 * HOUR } },
    words: [
      'The token expired 3 hours ago (20',
      'What to do: Get a new access token',
      'The caller sees: 401',
    ],
  },
  {
    name: 'not valid yet',
    spoilt: { claims: { nbf: seconds() + 2 * HOUR, exp: seconds() + 3 * HOUR } },
    words: ['The token is not valid yet: it will be in 2 hours (20', "set this machine's clock right"],
  },
  {
    name: 'for another audience',
    spoilt: { claims: { aud: 'https://other.example/' } },
    words: [
      'is for another audience: its aud is "https://other.example/", not "https://api.example/"',
      'The caller sees: 403',
      '"Effect": "Deny"',
    ],
  },
  {
    name: 'from another issuer',
    spoilt: { claims: { iss: 'https://other.example/' } },
    words: ['differs: the token\'s iss is "https://other.example/", TOKEN_ISSUER is "http://127.0.0.1:'],
  },
  {
    name: 'not preceded by `Bearer `',
    value: (token) => token,
    words: ['authorizationToken in event.json lacks `Bearer `', 'Write `Bearer `, with one blank after it'],
  },
  {
    name: 'opaque',
    value: () => 'Bearer 4f0vVqkTRrM3oAkf0vVqkTRrM3oAkPMQ',
    words: ['The token is opaque', 'Auth0 issues such tokens when the request named no audience'],
  },
  {
    name: 'encrypted',
    value: () => 'Bearer eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.Y2lwaGVyLXRleHQ.dGFn',
    words: ['The token is encrypted', 'Auth0 issues such tokens when the request named no audience'],
  },
  {
    name: 'without a required scope',
    settings: { REQUIRED_SCOPES: 'read:pets admin' },
    words: ['The token lacks the scope "admin"; it has "read:pets", "write:pets"', 'REQUIRED_SCOPES in .env'],
  },
];

describe('a token that is', { concurrency: 2 }, () => {
  for (const { name, spoilt, value = bearer, settings: more, words } of MISTAKES) {
    it(name, async () => {
      const authorization = value(accessToken(spoilt));
      const { code, output } = await run({ env: { ...settings, ...more }, event: tokenEvent(authorization) });
      assert.equal(code, 1, output);
      for (const word of words) assert.ok(output.includes(word), `${word} is not in ${output}`);
      assertNothingOf(authorization, output);
    });
  }

  it('of a key unknown at JWKS_URI', async () => {
    const token = accessToken({ key: other });
    const { code, output } = await run({ env: settings, event: tokenEvent(bearer(token)) });
    assert.equal(code, 1);
    assert.match(output, /key "unpublished" is unknown at JWKS_URI, http:\S+jwks.json: wrong tenant/);
    assert.match(output, /Set JWKS_URI to the "jwks_uri" in http:\S+\d\/\.well-known\/openid-configuration/);
    assertNothingOf(token, output);
  });

  it('permitted, in a request whose path holds a part of it', async () => {
    const token = accessToken();
    const event = tokenEvent(bearer(token), `${ARN}/${token.slice(-40)}`);
    const { code, output } = await run({ env: settings, event });
    assert.equal(code, 0);
    assert.match(output, /A line that holds a part of the token is not shown/);
    assertNothingOf(token, output);
  });
});

describe('JWKS_URI', { concurrency: 2 }, () => {
  const fails = async (jwksUri: string, words: RegExp) => {
    const token = accessToken();
    const { code, output } = await run({
      env: { ...settings, JWKS_URI: jwksUri },
      event: tokenEvent(bearer(token)),
    });
    assert.equal(code, 1, output);
    assert.ok(output.includes(`What is wrong: JWKS_URI, ${jwksUri}, `), output);
    assert.match(output, words);
    assert.match(output, /What to do: .*Set JWKS_URI to the "jwks_uri" in http:\S+openid-configuration/i);
    assert.match(output, /The caller sees: 500/);
    assertNothingOf(token, output);
  };
  const failsWith = async (answer: RequestListener, words: RegExp) => {
    const endpoint = await startIssuer([key]);
    endpoint.answer(answer);
    await fails(endpoint.jwksUri, words).finally(endpoint.close);
  };

  it('answers 404', () =>
    failsWith(
      (_, response) => response.writeHead(404).end(),
      /answers 404: there is nothing at that address/,
    ));

  it('answers HTML', () =>
    failsWith(
      (_, response) => response.end('<!doctype html><title>Sign in</title>'),
      /answers with something other than JSON, most likely a web page \(HTML\)/,
    ));

  it("can't be reached", async () => {
    const closed = await startIssuer([key]);
    await closed.close();
    await fails(closed.jwksUri, /can't be reached \(.*ECONNREFUSED/);
  });
});

describe('with a file that is missing or wrong', { concurrency: 2 }, () => {
  const fails = async (given: Given, words: readonly string[], token = '') => {
    const { code, output } = await run(given);
    assert.equal(code, 1, output);
    for (const word of words) assert.ok(output.includes(word), `${word} is not in ${output}`);
    assert.doesNotMatch(output, /\n +at /); // words, not a stack
    assert.doesNotMatch(output, /eyJ/); // not even the beginning of a token
    assertNothingOf(token, output);
  };

  it('event.json as its sample has it', () =>
    fails({ env: settings, event: EVENT_SAMPLE }, ['event.json still holds ACCESS_TOKEN']));

  it('event.json that is not JSON', () => {
    const token = accessToken();
    const event = `{ "type": "TOKEN",\n "authorizationToken": Bearer ${token} }`;
    return fails({ env: settings, event }, ['event.json is not JSON'], token);
  });

  it('event.json without methodArn', () => {
    const token = accessToken();
    const event = { type: 'TOKEN', authorizationToken: bearer(token) };
    return fails({ env: settings, event }, ['event.json has no methodArn'], token);
  });

  it('.env without a variable that is needed', () =>
    fails({ env: { ...settings, AUDIENCE: '' }, event: EVENT_SAMPLE }, [
      'In .env: Settings are missing or wrong',
      'AUDIENCE is not set',
      '.env.sample tells what each variable is for',
    ]));

  it('.env alone', () => fails({ env: settings }, ['no event.json', 'Copy event.json.sample to event.json']));

  it('event.json alone', () => fails({ event: EVENT_SAMPLE }, ['no .env', 'Copy .env.sample to .env']));
});

describe('an access token in order', { concurrency: 2 }, () => {
  const event = () => EVENT_SAMPLE.replace('ACCESS_TOKEN', accessToken());
  const resource = (output: string) => /"Effect": "Allow",\s+"Resource": "(.*)"/.exec(output)?.[1];

  it('is allowed with the samples, once they are filled in', async () => {
    const env = ENV_SAMPLE.replace(
      /^(TOKEN_ISSUER|JWKS_URI|AUDIENCE)=.*$/gm,
      (_, name) => `${name}=${settings[name]}`,
    );
    const { code, output } = await run({ env, event: event() });
    assert.equal(code, 0, output);
    assert.equal(resource(output), 'arn:aws:execute-api:us-east-1:1234567890:apiId/stage/*');
    assert.match(output, /"outcome":"allow","reason":"authorized"/);
    assert.doesNotMatch(output, /eyJ/);
  });

  it('is allowed with files as Windows writes them', async () => {
    const windows = (text: string) => `\uFEFF${text.replace(/\n/g, '\r\n')}`;
    const { code, output } = await run({ env: windows(asText(settings)), event: windows(event()) });
    assert.equal(code, 0, output);
  });

  it('is allowed with settings of the environment, where there is no .env', async () => {
    const { code, output } = await run({ event: event(), environment: settings });
    assert.equal(code, 0, output);
    assert.match(output, /Settings: TOKEN_ISSUER, JWKS_URI, AUDIENCE of the environment/);
  });

  it('is judged by .env alone, where there is one', async () => {
    const { code, output } = await run({
      env: settings,
      event: event(),
      environment: { REQUIRED_SCOPES: 'admin' },
    });
    assert.equal(code, 0, output);
    assert.match(output, /Settings: \.env; REQUIRED_SCOPES of the environment not used/);
  });

  it('comes from an issuer on this machine, where there is neither file, whatever the environment holds', async () => {
    const environment = {
      TOKEN_ISSUER: 'https://other.example/',
      REQUIRED_SCOPES: 'admin',
      // lambda-local would look for credentials there
      AWS_SHARED_CREDENTIALS_FILE: fileURLToPath(new URL('no-such-file', import.meta.url)),
      HOME: undefined,
    };
    const { code, output } = await run({ environment }, inOwnProcess);
    assert.equal(code, 0, output);
    assert.match(resource(output) ?? '', /^arn:aws:execute-api:/);
    assert.match(output, /"issuer":"http:\/\/127\.0\.0\.1:\d+\/"/);
    assert.doesNotMatch(output, /eyJ|[\w-]{80}/);
  });
});

describe('.env.sample', () => {
  it('holds every setting, each with one line about it', () => {
    const lines = ENV_SAMPLE.split('\n');
    const named = lines.flatMap((line, at) => {
      const name = /^#?([A-Z_]+)=/.exec(line)?.[1];
      if (name === undefined) return [];
      assert.match(lines[at - 1] ?? '', /^# [A-Z].*\.$/, name);
      assert.equal(lines[at - 2], '', name);
      return [name];
    });
    assert.deepEqual([...named].sort(), [...settingNames()].sort());
  });

  it('sets what is needed and POLICY_RESOURCE, and shows the defaults of the rest', () => {
    const set = parse(ENV_SAMPLE);
    assert.deepEqual(Object.keys(set), ['TOKEN_ISSUER', 'JWKS_URI', 'AUDIENCE', 'POLICY_RESOURCE']);
    assert.equal(set.POLICY_RESOURCE, 'stage');
    const all = parse(ENV_SAMPLE.replace(/^#(?=[A-Z_]+=)/gm, ''));
    assert.deepEqual(readConfig(all), readConfig(set));
  });
});
