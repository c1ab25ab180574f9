import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import jwt from 'jsonwebtoken';
import { generateKey, type SigningKey } from '../issuer.ts';

/** Makes a certificate for 127.0.0.1, which is its own authority, and its key; PEM. */
function makeCertificate(): Promise<{ private: string; cert: string }> {
  const { generate } = createRequire(import.meta.url)('selfsigned'); // only there once the bench has installed it
  return generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Starts a token issuer on a loopback port, whose JWKS endpoint speaks TLS, as a real one does, and can be slow. */
export async function startTlsIssuer() {
  const audience = 'https://api.example/';
  const keys = [await generateKey('key-1'), await generateKey('key-2')] as const;
  const jwks = JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
  const { cert, private: key } = await makeCertificate();
  let requests = 0;
  let delay = 0;
  const server = createServer({ cert, key }, (_request, response) => {
    requests += 1;
    response.setHeader('content-type', 'application/json');
    if (delay > 0) setTimeout(() => response.end(jwks), delay);
    else response.end(jwks);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const issuer = `https://127.0.0.1:${port}/`;
  const claimsSet = () => {
    const iat = Math.floor(Date.now() / 1000);
    const sub = `${randomBytes(16).toString('base64url')}@clients`;
    const scope = 'read:pets write:pets';
    return { iss: issuer, sub, aud: [audience], iat, exp: iat + 3600, scope, azp: sub, jti: randomUUID() };
  };
  const header = (kid: string) => ({ alg: 'RS256', typ: 'JWT', kid }) as const;
  return {
    issuer,
    jwksUri: `${issuer}.well-known/jwks.json`,
    audience,
    /** The certificate authority to trust, PEM. */
    ca: cert,
    /** Two, as around a rotation: both are published, and both sign. */
    keys,
    /** A new token, good for an hour unless the claims given say otherwise. */
    token: ({ kid, privateKey }: Pick<SigningKey, 'kid' | 'privateKey'>, claims?: object) =>
      jwt.sign({ ...claimsSet(), ...claims }, privateKey, { algorithm: 'RS256', header: header(kid) }),
    /** A token with a `kid` that nobody published. Its signature is noise. */
    invented: () => `${encode(header(randomUUID()))}.${encode(claimsSet())}.${randomBytes(256).toString('base64url')}`,
    /** From now on the endpoint takes that long to answer, in milliseconds. */
    setDelay: (milliseconds: number) => {
      delay = milliseconds;
    },
    /** How often the endpoint was asked. */
    requests: () => requests,
    close: () => server.close().closeAllConnections(),
  };
}
