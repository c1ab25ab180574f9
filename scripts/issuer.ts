import { generateKeyPair, type KeyObject } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import jwt from 'jsonwebtoken';
import type { Algorithm } from '../src/key-set.ts';

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

/** Makes a key pair for an algorithm: RSA of 2048 bits, or EC on the algorithm's curve. */
export async function generateKey(kid: string, alg: Algorithm = 'RS256'): Promise<SigningKey> {
  const namedCurve = CURVES[alg];
  const generate = promisify(generateKeyPair);
  const { privateKey, publicKey } = namedCurve
    ? await generate('ec', { namedCurve })
    : await generate('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, publicKey, jwk };
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
 */
export async function startIssuer(keys?: readonly [SigningKey, ...SigningKey[]]): Promise<LocalIssuer> {
  const [first, ...others] = keys ?? [await generateKey('local-1')];
  let listener = publishing([first, ...others]);
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const issuer = `http://127.0.0.1:${port}/`;
  return {
    issuer,
    jwksUri: `${issuer}.well-known/jwks.json`,
    token: (claims, { kid, alg, privateKey } = first) => {
      const iat = Math.floor(Date.now() / 1000);
      const complete = { iss: issuer, iat, exp: iat + 300, ...claims };
      return jwt.sign(complete, privateKey, { algorithm: alg, header: { alg, typ: 'at+jwt', kid } });
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
