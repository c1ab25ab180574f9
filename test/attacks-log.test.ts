import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { checkOutput, leakOf } from './support/expectations.ts';
import { type Fn, start } from './support/harness.ts';
import { eventOf, startWorld } from './support/suite.ts';
import { base64url, seconds } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);
const { foreignKey: key } = world;

/** The same claims in every token, so that one can hold what another is made of. */
const claims = { iat: seconds(), exp: seconds() + 300 };
const victim = world.token({ claims });
const [, payload = '', signature = ''] = victim.split('.');
const sign = () => Buffer.from(signature, 'base64url');

/** What a caller may write into `kid` to have it written into the log. */
const KIDS: Readonly<Record<string, string>> = {
  "the payload's beginning": payload.slice(0, 60),
  "the payload's middle": payload.slice(40, 60),
  "the payload's twelve last characters": payload.slice(-12),
  "the signature's beginning": signature.slice(0, 40),
  'the signature after other text': `my favourite signature is ${signature.slice(100, 200)}`,
  'the signature across the 128th character': `${'-'.repeat(110)}${signature}`,
  'the whole of another token': world.token({ claims: { ...claims, sub: 'another' } }),
  'the whole of another token, and Bearer': `Bearer ${victim}`,
  'the beginning of another token': base64url('{"typ":"JWT","alg":"RS256"}').slice(0, 13),
};

describe('the log line of the zip and a hostile kid', () => {
  let fn: Fn;
  before(async () => {
    fn = await start('zip', world.env);
  });
  after(() => fn.stop());

  for (const [what, kid] of Object.entries(KIDS)) {
    it(`is silent about ${what}`, async () => {
      const { line, lines } = await fn.call(eventOf(world, { key, header: { kid }, claims, sign }));
      assert.equal(lines.length, 1);
      assert.equal(line.reason, 'unknown_key');
      assert.equal(leakOf([victim, kid], JSON.stringify(line)), undefined);
    });
  }

  it('holds 128 characters of 10 KB', async () => {
    const { line } = await fn.call(eventOf(world, { key, header: { kid: 'kid '.repeat(2500) } }));
    assert.equal(line.kid, 'kid '.repeat(32));
  });

  it('wrote nothing else, and no part of a token', () => checkOutput(fn));
});
