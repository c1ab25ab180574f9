import { constants, createHmac, sign as cryptoSign, type KeyObject } from 'node:crypto';
import type { SigningKey } from '../../scripts/issuer.ts';

/** Makes a signature over the first two parts of a token. */
export type Signer = (input: Buffer, privateKey: KeyObject) => Uint8Array;

/** What to spoil about a good token. A header parameter or claim that is `undefined` is taken away. */
export interface Spoilt {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Rewrites the JSON text, for what no object can hold: duplicate members, 1e999, no JSON at all. */
  readonly headerText?: (json: string) => string | Uint8Array;
  readonly claimsText?: (json: string) => string | Uint8Array;
  /** Rewrites the first two parts before they are signed. */
  readonly parts?: (header: string, payload: string) => string;
  /** Signs, and names in `kid` and `alg`; another one of the issuer's, or an attacker's. */
  readonly key?: SigningKey;
  readonly sign?: Signer;
  /** Rewrites the signed token. */
  readonly compact?: (header: string, payload: string, signature: string) => string;
}

/** A claim of every token: it must never be seen in any output. */
export const SECRET = 'claim-that-is-nobodys-business';
export const SCOPE = 'read:pets write:pets';
export const SUBJECT = 'C8npTEMVnBrILsBTI91MOh6dfuZbPVAU@clients';
export const AUDIENCE = 'https://api.example';

/** Now, as a NumericDate: seconds since the epoch. */
export const seconds = () => Math.floor(Date.now() / 1000);

/** A text or bytes as base64url. */
export const base64url = (content: string | Uint8Array) => Buffer.from(content).toString('base64url');

/** An object as a part of a token, its JSON rewritten first. */
const encode = (object: object, rewrite: Spoilt['headerText'] = (json) => json) =>
  base64url(rewrite(JSON.stringify(object)));

const pss = (key: KeyObject, bits: number) => ({ key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: bits / 8 });
const ecdsa = (key: KeyObject) => ({ key, dsaEncoding: 'ieee-p1363' as const });

const family = (bits: 256 | 384 | 512): [string, Signer][] => [
  [`RS${bits}`, (input, key) => cryptoSign(`sha${bits}`, input, key)],
  [`PS${bits}`, (input, key) => cryptoSign(`sha${bits}`, input, pss(key, bits))],
  [`ES${bits}`, (input, key) => cryptoSign(`sha${bits}`, input, ecdsa(key))],
];

const ed25519: Signer = (input, key) => cryptoSign(null, input, key);

/** A way to sign for each algorithm (RFC 7518, 3.1; RFC 8037, 3.1; RFC 9864, 2.2) with an asymmetric key. */
export const signers: ReadonlyMap<unknown, Signer> = new Map([
  ...family(256),
  ...family(384),
  ...family(512),
  ['EdDSA', ed25519],
  ['Ed25519', ed25519],
]);

/** HS256 and the like, with whatever for a secret. */
export const hmac =
  (secret: string | Uint8Array, bits: 256 | 384 | 512 = 256): Signer =>
  (input) =>
    createHmac(`sha${bits}`, secret).update(input).digest();

/**
 * A factory of access tokens. It signs with node:crypto alone, so that anything can be forged.
 *
 * @param iss the issuer that each token names
 * @param goodKey signs unless another is named
 */
export function tokenFactory(iss: string, goodKey: SigningKey): (spoilt?: Spoilt) => string {
  return ({ key = goodKey, ...spoilt } = {}) => {
    const header = { alg: key.alg, typ: 'at+jwt', kid: key.kid, ...spoilt.header };
    const iat = seconds();
    const claims = {
      ...{ iss, sub: SUBJECT, aud: AUDIENCE, iat, exp: iat + 300, scope: SCOPE, secret: SECRET },
      ...spoilt.claims,
    };
    const unsigned = [encode(header, spoilt.headerText), encode(claims, spoilt.claimsText)] as const;
    const input = spoilt.parts?.(...unsigned) ?? unsigned.join('.');
    const sign = spoilt.sign ?? signers.get(header.alg) ?? signers.get(key.alg);
    if (!sign) throw new Error(`no way to sign for ${key.alg}`);
    const signature = base64url(sign(Buffer.from(input), key.privateKey));
    const [first = '', second = ''] = input.split('.');
    return spoilt.compact?.(first, second, signature) ?? `${input}.${signature}`;
  };
}
