import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { generateKey, type LocalIssuer, type SigningKey, startIssuer } from '../../scripts/issuer.ts';
import { ask } from '../../scripts/local/endpoint.ts';
import { runHere } from '../../scripts/local/invoke.ts';
import { main, type World } from '../../scripts/local/main.ts';
import type { Environment } from '../../src/config/config.ts';

export const AUDIENCE = 'https://api.example.org/';
export const ARN = 'arn:aws:execute-api:us-east-1:1234567890:apiId/stage/GET/pets';
export const now = () => Math.floor(Date.now() / 1000);

/** What is different about a good token. A member that is `undefined` is taken away. */
export interface Made {
  readonly header?: object;
  readonly claims?: object;
  /** Signs it; another than the issuer's own. */
  readonly key?: SigningKey;
  /** Instead of a signature by the key. */
  readonly signature?: string;
}

/** What stands in the folder, each made when the issuer is there. */
export interface Folder {
  /** Settings besides those that are needed, or in their place. */
  readonly env?: Environment;
  /** The text of `.env`, made of the text that would stand there. */
  readonly envText?: (text: string) => string | Buffer;
  readonly token?: Made;
  /** The whole Authorization value, made of the token. */
  readonly value?: (token: string) => unknown;
  /** The event, made of the one that would stand there. */
  readonly event?: (event: Readonly<Record<string, unknown>>, token: string) => unknown;
  /** The text of event.json, made of the text that would stand there. */
  readonly eventText?: (text: string) => string | Buffer;
  /** Other files, or none of the two: `undefined` takes one away. A text that ends in / makes a folder. */
  readonly files?: Readonly<Record<string, string | undefined>>;
  readonly environment?: Environment;
  /** What comes of a look at the issuer's server, instead of a look. */
  readonly ask?: World['ask'];
  readonly args?: (folder: string) => readonly string[];
  /** What is piped in. */
  readonly stdin?: (token: string) => string;
}

/** The issuer of the tests of a file. */
export interface Site {
  issuer: LocalIssuer;
  key: SigningKey;
  other: SigningKey;
  origin: string;
  /** Answers by path, besides the keys and the discovery document. */
  readonly paths: Record<string, RequestListener | undefined>;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Makes a token; with node:crypto alone, so that anything can be wrong with it. */
export function makeToken({ issuer, key: own }: Site, { header, claims, key = own, signature }: Made = {}) {
  const iat = now();
  const good = {
    iss: issuer.issuer,
    sub: 'user-1',
    aud: AUDIENCE,
    iat,
    exp: iat + 300,
    scope: 'read:pets write:pets',
  };
  const input = `${encode({ alg: 'RS256', typ: 'at+jwt', kid: key.kid, ...header })}.${encode({ ...good, ...claims })}`;
  return `${input}.${signature ?? sign('sha256', Buffer.from(input), key.privateKey).toString('base64url')}`;
}

/** The function in this process, without lambda-local. */
export const invokeHere: World['invoke'] = (event, settings) => runHere(settings, (handler) => handler(event));

/** Reaches this machine, and nothing beyond: an issuer's name in a test is nobody's to be asked. */
const askHere: World['ask'] = async (uri, timeout) =>
  /^(https?:\/\/(127\.0\.0\.1|localhost)[:/]|file:|data:)/.test(uri) ? ask(uri, timeout) : '';

/** An issuer for the tests of a file, with a discovery document and whatever is put into `paths`. */
export function useSite(): Site {
  const site: Partial<Site> & Pick<Site, 'paths'> = { paths: {} };
  before(async () => {
    [site.key, site.other] = await Promise.all([generateKey('local-1'), generateKey('local-1')]);
    site.issuer = await startIssuer([site.key]);
    site.origin = site.issuer.issuer.slice(0, -1);
    const keys = [site.key.jwk];
    const document = { issuer: site.issuer.issuer, jwks_uri: site.issuer.jwksUri };
    site.issuer.answer((request, response) => {
      const path = request.url?.replace(/\?.*/, '') ?? '';
      const answer = site.paths[path];
      if (answer) answer(request, response);
      else if (path === '/.well-known/jwks.json') response.end(JSON.stringify({ keys }));
      else if (path === '/.well-known/openid-configuration') response.end(JSON.stringify(document));
      else response.writeHead(404).end();
    });
  });
  after(() => site.issuer?.close());
  return site as Site; // whole once `before` has run
}

/** What was printed. */
export interface Printed {
  readonly isPermitted: boolean;
  readonly output: string;
  readonly token: string;
  readonly folder: string;
}

const linesOf = (settings: Environment) =>
  Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

/** Puts the files into a folder, runs what `npm start` runs, and takes the folder away. */
export async function run(site: Site, given: Folder): Promise<Printed> {
  const { env, envText = String, value = (text) => `Bearer ${text}`, event = (good) => good } = given;
  const { eventText = String, files = {}, environment = {} } = given;
  const folder = mkdtempSync(join(tmpdir(), 'local-run-'));
  const token = makeToken(site, given.token);
  const settings = { TOKEN_ISSUER: site.issuer.issuer, JWKS_URI: site.issuer.jwksUri, AUDIENCE, ...env };
  const good = { type: 'TOKEN', authorizationToken: value(token), methodArn: ARN };
  const contents: Record<string, string | Buffer | undefined> = {
    '.env': envText(linesOf(settings)),
    'event.json': eventText(JSON.stringify(event(good, token), null, 2) ?? ''),
    ...files,
  };
  for (const [name, content] of Object.entries(contents)) {
    if (content === '/') mkdirSync(join(folder, name));
    else if (content !== undefined) writeFileSync(join(folder, name), content);
  }
  const lines: string[] = [];
  const world: World = {
    root: folder,
    env: environment,
    print: (text) => lines.push(text),
    ask: given.ask ?? askHere,
    invoke: invokeHere,
    stdin: async () => given.stdin?.(token) ?? '',
  };
  const args = given.args?.(folder) ?? ['--dir', folder];
  try {
    const isPermitted = await main(args, world);
    return { isPermitted, output: lines.join('\n'), token, folder };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** So many characters in a row are a part of a token. */
const PIECE = 12;
/** What no advice may say, whatever the mistake: it would open a door. */
const INSECURE =
  /NODE_TLS_REJECT_UNAUTHORIZED=|(?<!Never set )AUDIENCE=(account|\*|SPA|C8np)|AUDIENCE_CLAIM=(azp|appid)|TOKEN_TYPES=.*(okta|logout|dpop)|ALGORITHMS=\S*(HS|none)|TOKEN_BINDING=ignore|Rename \w*CLIENT_ID/i;

/** The two lines of a mistake, with what holds for all: nothing of the token, no gap in a sentence, no bad advice. */
export function twoLinesOf({ output, token }: Printed, kind = 'What is wrong'): string {
  const [, problem = '', remedy = ''] = new RegExp(`^${kind}: (.*)\nWhat to do: (.*)$`, 'm').exec(output) ?? [];
  assert.ok(problem && remedy, `no such lines:\n${output}`);
  for (let at = 0; at + PIECE <= token.length; at++) {
    const piece = token.slice(at, at + PIECE);
    assert.ok(!output.includes(piece), `a part of the token is printed: ${piece}`);
  }
  assert.doesNotMatch(`${problem}${remedy}`, /(?<!\$)\{[A-Z]|undefined(?!")|(?<!")\[object|→|: ,|\bmissing \./);
  assert.doesNotMatch(remedy, INSECURE);
  return `${problem} → ${remedy}`;
}

/** A mistake, and words that the two lines must have, in this order. */
export type Case = readonly [name: string, given: Folder | ((site: Site) => Folder), ...words: readonly string[]];

/** Settings, in capitals, and claims of a token that are not the right ones. */
export type Given = Readonly<Record<string, unknown>>;
const isSetting = ([name]: readonly [string, unknown]) => /^[A-Z_\d]+$/.test(name);
export const folderOf = (given: Given): Folder => ({
  env: Object.fromEntries(Object.entries(given).filter(isSetting)) as Record<string, string>,
  token: {
    header: { typ: 'JWT' },
    claims: Object.fromEntries(Object.entries(given).filter((each) => !isSetting(each))),
  },
});
/** A case that has what it says for its name. */
export const says = (given: Given | ((site: Site) => Given), ...words: readonly string[]): Case => [
  `says ${words[0]}`,
  (site) => folderOf(typeof given === 'function' ? given(site) : given),
  ...words,
];

/** A test for each mistake; of a warning, the request is permitted. */
export function tryMistakes(site: Site, cases: readonly Case[], kind: 'What is wrong' | 'Warning' = 'What is wrong') {
  for (const [name, given, ...words] of cases) {
    it(name, async () => {
      const printed = await run(site, typeof given === 'function' ? given(site) : given);
      let said = twoLinesOf(printed, kind);
      assert.equal(printed.isPermitted, kind === 'Warning');
      for (const word of words) {
        assert.ok(said.includes(word), `not there, or not in this place: ${word}\n${said}`);
        said = said.slice(said.indexOf(word) + word.length);
      }
    });
  }
}
