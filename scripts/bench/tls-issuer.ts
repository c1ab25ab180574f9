import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import jwt from 'jsonwebtoken';
import { generateKey, type SigningKey } from '../issuer.ts';

/** As much of the package selfsigned as is used here: it is not there before the bench has installed it. */
interface Selfsigned {
  generate(subject: readonly object[], options: object): Promise<{ private: string; cert: string }>;
}

interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A certificate for 127.0.0.1, and the authority that signed it. */
async function makeCertificates(): Promise<Certificates> {
  const { generate } = createRequire(import.meta.url)('selfsigned') as Selfsigned;
  const common = { keyType: 'ec', algorithm: 'sha256' };
  const subject = (value: string) => [{ name: 'commonName', value }];
  const authority = await generate(subject('bench authority'), {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  const leaf = await generate(subject('127.0.0.1'), {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  return { ca: authority.cert, cert: leaf.cert, key: leaf.private };
}

/** A token issuer whose JWKS endpoint speaks TLS, as a real one does, and can be slow. */
export interface TlsIssuer {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly audience: string;
  /** The certificate authority to trust, PEM. */
  readonly ca: string;
  /** Two, as around a rotation: both are published, and both sign. */
  readonly keys: readonly [SigningKey, SigningKey];
  /** A new token, good for an hour unless the claims given say otherwise. */
  readonly token: (key: SigningKey, claims?: object) => string;
  /** A token with a `kid` that nobody published. Its signature is noise. */
  readonly invented: () => string;
  /** From now on the endpoint takes that long to answer, in milliseconds. */
  readonly setDelay: (milliseconds: number) => void;
  /** How often the endpoint was asked. */
  readonly requests: () => number;
  readonly close: () => void;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Starts an issuer on a loopback port. */
export async function startTlsIssuer(): Promise<TlsIssuer> {
  const audience = 'https://api.example/';
  const keys = [await generateKey('key-1'), await generateKey('key-2')] as const;
  const jwks = JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
  const { ca, cert, key } = await makeCertificates();
  let requests = 0;
  let delay = 0;
  const server = createServer({ cert, key }, (_request, response) => {
    requests += 1;
    response.setHeader('content-type', 'application/json');
    if (delay === 0) response.end(jwks);
    else setTimeout(() => response.end(jwks), delay);
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
    ca,
    keys,
    token: ({ kid, privateKey }, claims) =>
      jwt.sign({ ...claimsSet(), ...claims }, privateKey, { algorithm: 'RS256', header: header(kid) }),
    invented: () =>
      `${encode(header(randomUUID()))}.${encode(claimsSet())}.${randomBytes(256).toString('base64url')}`,
    setDelay: (milliseconds) => {
      delay = milliseconds;
    },
    requests: () => requests,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
