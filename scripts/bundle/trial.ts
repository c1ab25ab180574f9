import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Plugin } from 'esbuild';
import { type Algorithm, KEY_TYPES } from '../../src/algorithms.ts';
import { generateKey, signToken } from '../issuer.ts';

const ISSUER = 'https://issuer.example/';
const AUDIENCE = 'trial';

/** For each algorithm a token that is good for a minute, and the keys of all of them. */
async function makeTokens() {
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: AUDIENCE, exp: Math.floor(Date.now() / 1000) + 60 };
  const keys = await Promise.all(
    (['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const).map((alg) => generateKey(KEY_TYPES[alg], alg)),
  );
  const tokens = Object.entries(KEY_TYPES).map(([alg, kid]) => {
    const key = keys.find((candidate) => candidate.kid === kid);
    if (!key) throw new Error(`no key for ${alg}`);
    return [alg, signToken(claims, { ...key, alg: alg as Algorithm })];
  });
  return { tokens, jwks: { keys: keys.map(({ jwk }) => ({ ...jwk, alg: undefined })) } };
}

const dataUri = (type: string, content: Uint8Array | string) =>
  `data:${type};base64,${Buffer.from(content).toString('base64')}`;

/** Runs in a process of its own, for the function writes to standard output. */
const program = (code: Uint8Array, tokens: unknown) => `
  const { handler } = await import('${dataUri('text/javascript', code)}').catch(({ message }) => {
    console.error('it does not load: ' + message);
    process.exit(1);
  });
  for (const [alg, token] of ${JSON.stringify(tokens)}) {
    const methodArn = 'arn:aws:execute-api:us-east-1:123456789012:api/stage/GET/';
    const decide = async (word) => handler({ type: 'TOKEN', authorizationToken: 'Bearer ' + word, methodArn });
    const result = await decide(token).catch((error) => error);
    if (result.policyDocument?.Statement[0]?.Effect !== 'Allow') console.error(alg + ': ' + result.message);
    const spoilt = token.replace(/.(?=[^.]{20}$)/, (character) => (character === 'A' ? 'B' : 'A'));
    const message = await decide(spoilt).catch((error) => error.message);
    if (message !== 'Unauthorized') console.error(alg + ', a wrong signature: ' + message);
  }`;

/**
 * An esbuild plugin that runs what was built: a good token of each algorithm is allowed, and one with another signature
 * is refused. A library that begins to call what `trim.ts` leaves out fails the build, and not the first request.
 */
export const trial: Plugin = {
  name: 'trial',
  setup({ onEnd }) {
    onEnd(async ({ errors, outputFiles: [file] = [] }) => {
      if (errors.length > 0 || !file) return undefined;
      const { tokens, jwks } = await makeTokens();
      const env = {
        SystemRoot: process.env.SystemRoot,
        TOKEN_ISSUER: ISSUER,
        JWKS_URI: dataUri('application/json', JSON.stringify(jwks)),
        AUDIENCE,
        ALGORITHMS: Object.keys(KEY_TYPES).join(','),
      };
      const child = spawn(process.execPath, ['--input-type=module'], { env, stdio: ['pipe', 'ignore', 'pipe'] });
      child.stdin.end(program(file.contents, tokens));
      const [complaints, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
      if (complaints === '' && status === 0) return undefined;
      return {
        errors: [{ text: `the function does not decide as it should: ${complaints.slice(0, 1000)}` }],
      };
    });
  },
};
