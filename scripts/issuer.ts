import { generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import jwt from 'jsonwebtoken';
import type { Algorithm } from '../src/algorithms.ts';

const CURVES: Partial<Record<Algorithm, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

/** A key pair as an issuer has it: one half to sign with, the other to publish. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The public key, as it stands in a JWK Set. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** Makes a key pair for an algorithm: RSA of 2048 bits, Ed25519, or EC on the algorithm's curve. */
export async function generateKey(kid: string, alg: Algorithm = 'RS256'): Promise<SigningKey> {
  const namedCurve = CURVES[alg];
  const generate = promisify(generateKeyPair);
  const { privateKey, publicKey } = await (alg === 'EdDSA'
    ? generate('ed25519', {})
    : namedCurve
      ? generate('ec', { namedCurve })
      : generate('rsa', { modulusLength: 2048 }));
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
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
export interface LocalIssuer {
  /** Its name, as in the claim `iss`. */
  readonly issuer: string;
  readonly jwksUri: string;
  /** Signs an access token: `iss`, `iat` and an `exp` in five minutes are added, unless given. */
  readonly token: (claims: object, key?: SigningKey) => string;
  /** Replaces what the endpoint answers: keys to publish, or anything else an endpoint may do. */
  readonly answer: (next: readonly SigningKey[] | RequestListener) => void;
  /** How often the endpoint was asked. */
  readonly requests: () => number;
  readonly close: () => Promise<void>;
}

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
): Promise<LocalIssuer> {
  const [first, ...others] = keys ?? [await generateKey('local-1')];
  let listener = publishing([first, ...others]);
  let requests = 0;
  const server = tls ? createTlsServer(tls) : createServer();
  server.on('request', (request, response) => {
    requests += 1;
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const issuer = `${tls ? 'https' : 'http'}://127.0.0.1:${port}/`;
  return {
    issuer,
    jwksUri: `${issuer}.well-known/jwks.json`,
    token: (claims, key = first) => {
      const iat = Math.floor(Date.now() / 1000);
      return signToken({ iss: issuer, iat, exp: iat + 300, ...claims }, key);
    },
    answer: (next) => {
      listener = typeof next === 'function' ? next : publishing(next);
    },
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
