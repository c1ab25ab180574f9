import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { OAuth2Server } from 'oauth2-mock-server';
import { page } from './pages.ts';
import { startInProcess } from './support/in-process.ts';

const [, section = ''] = page('docs/issuers.md').split('\n## oauth2-mock-server\n');
const blockOf = (language: string) => new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(section)?.[1] ?? '';
const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor;

/** Runs the page's code, on a port that is free. */
const runPage = (): Promise<OAuth2Server> =>
  new AsyncFunction('OAuth2Server', `${blockOf('js').replace('8080', '0')}return server;`)(OAuth2Server);

describe('oauth2-mock-server, set up as the page on issuers shows', () => {
  let server: OAuth2Server;
  before(async () => {
    server = await runPage();
  });
  after(() => server.stop());

  async function ask(grant: Readonly<Record<string, string>>) {
    const url = String(server.issuer.url);
    const response = await fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams(grant) });
    const { access_token: token } = (await response.json()) as { access_token: string };
    const settings = blockOf('ini').replaceAll('http://localhost:8080', url).trim().split('\n');
    const fn = await startInProcess(Object.fromEntries(settings.map((line) => line.split('='))));
    const methodArn = 'arn:aws:execute-api:eu-central-1:123456789012:api/stage/GET/pets';
    return fn.call({ type: 'TOKEN', authorizationToken: `Bearer ${token}`, methodArn });
  }

  it('client credentials', async () => {
    const { line } = await ask({ grant_type: 'client_credentials', scope: 'pets' });
    assert.deepEqual([line.reason, line.principalId], ['authorized', 'test']);
  });

  it('a user with a password', async () => {
    const { line } = await ask({ grant_type: 'password', username: 'me', scope: 'pets' });
    assert.deepEqual([line.reason, line.principalId], ['authorized', 'me']);
  });
});
