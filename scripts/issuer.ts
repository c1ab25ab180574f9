import { generateKeyPair, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import jwt from 'jsonwebtoken';
import { type Algorithm, KEY_TYPES } from '../src/algorithms.ts';
import type { JsonObject } from '../src/json.ts';

/** A key pair as an issuer has it: one half to sign with, the other to publish, alone and as it stands in a JWK Set. */
export type SigningKey = Readonly<Awaited<ReturnType<typeof generateKey>>>;

/** Makes a key pair for an algorithm: RSA of 2048 bits, Ed25519, or EC on the algorithm's curve. */
export async function generateKey(kid: string, alg: Algorithm = 'RS256') {
  const type = KEY_TYPES[alg];
  const generate = promisify(generateKeyPair);
  const { privateKey, publicKey } = await (type === 'Ed25519'
    ? generate('ed25519', {})
    : type === 'RSA'
      ? generate('rsa', { modulusLength: 2048 })
      : generate('ec', { namedCurve: type }));
  const jwk: JsonObject = { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, publicKey, jwk };
}

/** A signed token. jsonwebtoken does not know EdDSA (RFC 8037). */
export function signToken(
  claims: object,
  { kid, alg, privateKey }: Pick<SigningKey, 'alg' | 'privateKey'> & { readonly kid: string | undefined },
  typ = 'at+jwt',
): string {
  const header = { alg, typ, ...(kid !== undefined && { kid }) };
  if (alg !== 'EdDSA') return jwt.sign(claims, privateKey, { algorithm: alg, header });
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
}

/** A token issuer on a loopback port. */
export type LocalIssuer = Awaited<ReturnType<typeof startIssuer>>;

const publishing =
  (keys: readonly SigningKey[]): RequestListener =>
  (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
  };

/**
 * Starts an issuer that publishes the given keys and signs with the first of them.
 *
 * @param keys its key pairs; one new RS256 pair without
 * @param tls its certificate and the key of that; without, it speaks plain HTTP
 */
export async function startIssuer(
  keys?: readonly [SigningKey, ...SigningKey[]],
  tls?: Pick<ServerOptions, 'cert' | 'key'>,
) {
  const [first, ...others] = keys ?? [await generateKey('local-1')];
  let listener = publishing([first, ...others]);
  let requests = 0;
  const server = tls ? createTlsServer(tls) : createServer();
  server.on('request', (request, response) => {
    requests += 1;
    listener(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const issuer = `${tls ? 'https' : 'http'}://127.0.0.1:${port}/`;
  return {
    issuer,
    jwksUri: `${issuer}.well-known/jwks.json`,
    /** Signs an access token: `iss`, `iat` and an `exp` in five minutes are added, unless given. */
    token: (claims: object, key: SigningKey = first) => {
      const iat = Math.floor(Date.now() / 1000);
      return signToken({ iss: issuer, iat, exp: iat + 300, ...claims }, key);
    },
    /** Replaces what the endpoint answers: keys to publish, or anything else an endpoint may do. */
    answer: (next: readonly SigningKey[] | RequestListener) => {
      listener = typeof next === 'function' ? next : publishing(next);
    },
    requests: () => requests,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
