import { createHash, type KeyObject } from 'node:crypto';
import type { SigningKey } from '../../scripts/issuer.ts';
import { base64url, encode, type Spoilt, seconds, signers } from './tokens.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

/** The public key of a pair, with nothing that a JWK Set says of it. */
export const publicJwk = (key: KeyObject): Readonly<Record<string, unknown>> => ({ ...key.export({ format: 'jwk' }) });

/** RFC 7638: the thumbprint of a key. Written down once more, so that the source is not judged by itself. */
export function thumbprint(jwk: Readonly<Record<string, unknown>>): string {
  const { kty, e, n, crv, x, y } = jwk;
  const members = kty === 'RSA' ? { e, kty, n } : kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x };
  return sha256(JSON.stringify(members));
}

/** What to spoil about a good proof. A member that is `undefined` is taken away. */
export interface SpoiltProof extends Omit<Spoilt, 'parts' | 'compact'> {
  readonly jwk?: unknown;
  /** Rewrites the signed proof. */
  readonly compact?: (proof: string) => string;
}

/** What a proof is for. */
export interface Proved {
  readonly key: SigningKey;
  readonly token: string;
  readonly htm?: string;
  readonly htu: string;
}

let made = 0;

/** Makes a proof as RFC 9449, 4.2 describes it, good but for what is spoilt. */
export function makeProof({ key, token, htm = 'GET', htu }: Proved, spoilt: SpoiltProof = {}): string {
  const signing = spoilt.key ?? key;
  const jwk = 'jwk' in spoilt ? spoilt.jwk : publicJwk(key.publicKey);
  const header = { typ: 'dpop+jwt', alg: key.alg, jwk, ...spoilt.header };
  const claims = { jti: `proof-number-${made++}`, htm, htu, iat: seconds(), ath: sha256(token), ...spoilt.claims };
  const input = `${encode(header, spoilt.headerText)}.${encode(claims, spoilt.claimsText)}`;
  const sign = spoilt.sign ?? signers.get(signing.alg);
  if (!sign) throw new Error(`no way to sign for ${signing.alg}`);
  const proof = `${input}.${base64url(sign(Buffer.from(input), signing.privateKey))}`;
  return spoilt.compact?.(proof) ?? proof;
}
