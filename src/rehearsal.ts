import { generateKeyPairSync } from 'node:crypto';
import { type Algorithm, CURVE_SIGNATURE_BYTES, KEY_TYPES } from './algorithms.ts';
import { compose } from './compose.ts';
import { type Config, readConfig } from './config/config.ts';
import type { Reason } from './decision.ts';

const NAME = 'rehearsal';
const ARN = `arn:aws:execute-api:us-east-1:123456789012:${NAME}/${NAME}/GET/`;

/** A token of the issuer below, good until 2100, and its key. It was signed once, and the private key thrown away. */
const ALLOWED_KEY = {
  kid: 'allowed',
  kty: 'OKP',
  crv: 'Ed25519',
  x: '1kJso-a0QQz-POB34m7elPgeDlnvCuCueQIN6wjqM-k',
};
const HEADER = 'eyJhbGciOiJFZERTQSIsImtpZCI6ImFsbG93ZWQifQ';
const PAYLOAD = 'eyJpc3MiOiJyZWhlYXJzYWwiLCJhdWQiOiJyZWhlYXJzYWwiLCJzdWIiOiJyZWhlYXJzYWwiLCJleHAiOjQxMDI0NDQ4MDB9';
const SIGNATURE = 'xu9zAFWQi2byshddyJXzdbEGNS2xTUPVLFqqpnrD7TzWPaNFo6aK5dfCLbMbS-82aPvWsmAovqXoFU0zIGSfDQ';

const MODULUS_BYTES = 256;

/** A key that nobody can sign with: for RSA any odd modulus will do, of a curve the private half is dropped. */
function publicKey(algorithm: Algorithm): object {
  const type = KEY_TYPES[algorithm];
  if (type === 'RSA') return { kty: 'RSA', n: Buffer.alloc(MODULUS_BYTES, 0xff).toString('base64url'), e: 'AQAB' };
  const pair = type === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: type });
  return pair.publicKey.export({ format: 'jwk' });
}

/** Lets what comes from the endpoint be taken in between. */
const pause = () => new Promise((resolve) => setImmediate(resolve));

/** A token of that payload, which names a key of this algorithm and is not signed by it. */
function refusedToken(algorithm: Algorithm): string {
  const header = Buffer.from(JSON.stringify({ alg: algorithm, kid: algorithm })).toString('base64url');
  // as long as the key's signatures are, and below the modulus: then the whole verification runs, in vain
  const type = KEY_TYPES[algorithm];
  const signature = Buffer.alloc(type === 'RSA' ? MODULUS_BYTES : CURVE_SIGNATURE_BYTES[type], 0x55);
  return `${header}.${PAYLOAD}.${signature.toString('base64url')}`;
}

/**
 * Decides about tokens of its own while the keys of the issuers are on their way: what a decision needs is compiled
 * and initialized then, at the full speed of Lambda's init phase, and not by the first request at a fraction of it.
 * One token is allowed; one of each configured algorithm is refused for its signature. Nothing of it outlives the call.
 */
export async function rehearse(config: Config): Promise<readonly Reason[]> {
  await pause();
  const algorithms = [...config.algorithms];
  const jwks = [ALLOWED_KEY, ...algorithms.map((alg) => ({ kid: alg, ...publicKey(alg) }))];
  const reasons: Reason[] = [];
  const rehearsed: Config = {
    ...config,
    issuers: readConfig({ TOKEN_ISSUER: NAME, JWKS_URI: `https://${NAME}.invalid/`, AUDIENCE: NAME }).issuers,
    algorithms: new Set<Algorithm>(['EdDSA', ...algorithms]),
    tokenTypes: new Set(['jwt']),
    requiredScopes: [],
    tokenBinding: 'refuse',
    // where the tokens of its own events are
    tokenSources: [{ kind: 'header', name: 'authorization', label: NAME, form: 'bearer' }],
  };
  const { handler } = compose({
    config: rehearsed,
    fetchJwks: async () => jwks,
    now: Date.now,
    write: () => undefined,
    observe: ({ reason }) => reasons.push(reason),
  });
  const authorizationToken = `Bearer ${HEADER}.${PAYLOAD}.${SIGNATURE}`;
  // refused if ROUTE_SCOPES says so, or if the provider of node:crypto lacks Ed25519
  await handler({ type: 'TOKEN', authorizationToken, methodArn: ARN }).catch(() => undefined);
  for (const alg of algorithms) {
    await pause();
    const headers = { Authorization: `Bearer ${refusedToken(alg)}` };
    await handler({ type: 'REQUEST', headers, methodArn: ARN }).catch(() => undefined);
  }
  return reasons;
}
