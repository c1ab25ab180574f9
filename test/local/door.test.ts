import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LOADER_ARGS } from '../../scripts/loader.ts';
import { ask } from '../../scripts/local/endpoint.ts';
import { invoke } from '../../scripts/local/invoke.ts';
import { main } from '../../scripts/local/main.ts';
import { settingNames } from '../../src/config/settings.ts';
import { ARN, AUDIENCE, makeToken, now, useSite } from './world.ts';

const site = useSite();
const LOCAL = fileURLToPath(new URL('../../scripts/local/main.ts', import.meta.url));
/** The caller's environment, without its settings. */
const neutral = Object.fromEntries(Object.entries(process.env).filter(([name]) => !settingNames().includes(name)));

/** Runs the script as npm does, in a process of its own, and the function in it, through lambda-local. */
function start(args: readonly string[], env = {}): Promise<{ code: unknown; output: string }> {
  const command = [...LOADER_ARGS, LOCAL, ...args];
  return new Promise((resolve) =>
    execFile(
      process.execPath,
      command,
      { env: { ...neutral, NODE_V8_COVERAGE: undefined, ...env } },
      (error, stdout, stderr) => resolve({ code: error ? error.code : 0, output: stdout + stderr }),
    ),
  );
}

describe('npm start', { concurrency: 2 }, () => {
  it('needs neither file nor network, whatever the environment holds', async () => {
    const root = mkdtempSync(join(tmpdir(), 'local-run-'));
    const env = { TOKEN_ISSUER: 'https://other.example/', REQUIRED_SCOPES: 'admin' };
    const lines: string[] = [];
    const world = {
      root,
      env,
      print: (text: string) => lines.push(text),
      ask,
      invoke,
      stdin: async () => '',
    };
    const isPermitted = await main([], world).finally(() => rmSync(root, { recursive: true }));
    const output = lines.join('\n');
    assert.equal(isPermitted, true, output);
    assert.match(output, /"issuer":"http:\/\/127\.0\.0\.1:\d+\/"/);
    assert.match(output, /"Effect": "Allow",\s+"Resource": "arn:aws:execute-api:/);
    assert.doesNotMatch(output, /eyJ|[\w-]{80}/);
  });

  it('ends with 1 where the request is refused, and explains it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'local-run-'));
    const token = makeToken(site, { claims: { exp: now() - 3 * 3600, iat: now() - 4 * 3600 } });
    const settings = { TOKEN_ISSUER: site.issuer.issuer, JWKS_URI: site.issuer.jwksUri, AUDIENCE };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    writeFileSync(join(folder, '.env'), lines.join('\n'));
    const event = { type: 'TOKEN', authorizationToken: `Bearer ${token}`, methodArn: ARN };
    writeFileSync(join(folder, 'event.json'), JSON.stringify(event));
    const { code, output } = await start(['--dir', '.'], { INIT_CWD: folder }).finally(() =>
      rmSync(folder, { recursive: true }),
    );
    assert.equal(code, 1, output);
    assert.match(output, /"outcome":"unauthorized","reason":"token_expired"/);
    assert.match(
      output,
      /The caller sees: 401\n\nWhat is wrong: The token expired 3 hours ago .*\nWhat to do: Get a new access token/,
    );
    assert.ok(!output.includes(token.slice(-12)));
  });
});
