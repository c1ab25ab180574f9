import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { Environment } from '../../src/config/config.ts';
import { isObject } from '../../src/json.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** What makes a token bound to a key of its client by DPoP (RFC 9449), and the proof of that key. */
export interface Binding {
  /** The claim that binds a token. */
  readonly cnf: { readonly jkt: string };
  /** Adds to a REQUEST event the scheme and a proof for the request in it. */
  readonly prove: (event: unknown, token: string, settings: Environment) => unknown;
}

/** Makes the key of a client. */
export function bindToKey(): Binding {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  const jwk = { crv, kty, x, y }; // in the order of RFC 7638, 3.2
  return {
    cnf: { jkt: sha256(JSON.stringify(jwk)) },
    prove: (event, token, { DPOP_URLS = '' }) => {
      const bound: unknown = JSON.parse(JSON.stringify(event).replaceAll(`Bearer ${token}`, `DPoP ${token}`));
      if (!isObject(bound) || !isObject(bound.headers)) return event;
      const [, htm, path = ''] = /^[^/]*\/[^/]*\/([^/]*)(.*)$/.exec(String(bound.methodArn ?? bound.routeArn)) ?? [];
      const htu = `${DPOP_URLS.split(',')[0]?.trim().replace(/\/$/, '')}${path}`;
      const claims = { jti: randomUUID(), htm, htu, iat: Math.floor(Date.now() / 1000), ath: sha256(token) };
      const signed = `${encode({ typ: 'dpop+jwt', alg: 'ES256', jwk })}.${encode(claims)}`;
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return { ...bound, headers: { ...bound.headers, DPoP: `${signed}.${signature.toString('base64url')}` } };
    },
  };
}
