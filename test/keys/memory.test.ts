import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { publish } from '../support/sources.ts';
import { startWorld } from '../support/suite.ts';
import { temporaryFolder, unpackInto } from '../support/unpacked.ts';

const MEBIBYTE = 1024 * 1024;
/** MiB above a process that got a plain set. */
const MAX_EXTRA = 50;

/** As many of what is made as there is room for in 1 MiB, separated by commas. */
function fill(make: (index: number) => string): string {
  const items: string[] = [];
  for (let bytes = 2000, index = 0; bytes < MEBIBYTE; index++) {
    const item = make(index);
    bytes += item.length + 1;
    if (bytes < MEBIBYTE) items.push(item);
  }
  return items.join(',');
}

describe('the memory that an answer costs the function, and the callers of other issuers', async () => {
  const world = await startWorld();
  const folder = temporaryFolder();
  let file: string;
  before(async () => {
    file = await unpackInto(folder.path);
  });
  after(() => {
    folder.remove();
    return world.issuer.close();
  });
  const jwk = JSON.stringify(world.key.jwk);
  const set = `{"keys":[${jwk}]}`;

  /** Decides about a token of the first issuer once the second has answered. @returns the largest size, in MiB */
  async function run(answer: RequestListener): Promise<number> {
    const hostile = await startWorld();
    hostile.issuer.answer(answer);
    const event = {
      type: 'TOKEN',
      authorizationToken: `Bearer ${world.token()}`,
      methodArn: 'arn:aws:execute-api:us-east-1:123456789012:api/stage/GET/',
    };
    const foreign = { ...event, authorizationToken: `Bearer ${hostile.token()}` };
    const script = `
      const { handler } = await import(${JSON.stringify(pathToFileURL(file))});
      const resultOf = async (event) => (await handler(event)).policyDocument.Statement[0].Effect;
      const first = await resultOf(${JSON.stringify(event)});
      const second = await resultOf(${JSON.stringify(foreign)}).catch(({ message }) => message.slice(0, 16));
      console.error(JSON.stringify({ first, second, size: process.resourceUsage().maxRSS / 1024 }));`;
    const env = {
      TOKEN_ISSUER: `${world.issuer.issuer},${hostile.issuer.issuer}`,
      JWKS_URI: `${world.issuer.jwksUri},${hostile.issuer.jwksUri}`,
      AUDIENCE: world.env.AUDIENCE,
      JWKS_TIMEOUT: '30',
    };
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdout.resume();
    await once(child, 'close');
    await hostile.issuer.close();
    assert.match(errors, /^\{.*\}\n$/);
    const { first, size } = JSON.parse(errors);
    assert.equal(first, 'Allow');
    return size;
  }

  const text =
    (body: string): RequestListener =>
    (_request, response) =>
      response.end(body);

  const answers: Readonly<Record<string, RequestListener>> = {
    'a valid set of 1,000,000 bytes, one byte a chunk': (_request, response) => {
      const { socket } = response;
      socket?.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${set.length.toString(16)}\r\n${set}\r\n`);
      let left = 1_000_000 - set.length;
      const next = () => {
        if (left <= 0) socket?.end('0\r\n\r\n');
        else socket?.write('1\r\n \r\n'.repeat(Math.min(left, 5000)), next);
        left -= 5000;
      };
      next();
    },
    '1 MiB of opening brackets': text('['.repeat(MEBIBYTE)),
    'half a million numbers': text(`{"keys":[${jwk},${fill(() => '1')}]}`),
    'objects, each of a shape of its own': text(`{"keys":[${jwk},${fill((index) => `{"${index.toString(36)}":0}`)}]}`),
  };

  let plain = 0;
  it('a plain set', async () => {
    plain = await run(publish(world.key.jwk));
  });
  for (const [name, answer] of Object.entries(answers)) {
    it(name, async () => {
      const extra = (await run(answer)) - plain;
      assert.ok(extra < MAX_EXTRA, `${extra.toFixed(1)} MiB`);
    });
  }
});
