/**
 * Stands in for the library jws in the bundle (see ../trim.ts), with the two functions that `verify` of jsonwebtoken
 * calls. jws decodes once more what token.ts has decoded, the header twice, and takes the signature through base64,
 * regular expressions and DER. test/jws.test.ts holds the two against each other.
 */
import { constants, createVerify, type KeyObject, type VerifyKeyObjectInput } from 'node:crypto';

/** A key as Node takes it, by the first letter of the algorithm (RFC 7518, 3.3 to 3.5). */
const VERIFIERS: Readonly<Record<string, (key: KeyObject) => VerifyKeyObjectInput | KeyObject>> = {
  R: (key) => key, // bare: with options around it, Node 24 takes twice as long
  P: (key) => ({
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  }),
  E: (key) => ({ key, dsaEncoding: 'ieee-p1363' }),
};

/** Bytes in an ECDSA signature, of which Node throws for any other number. */
const ECDSA_BYTES: Readonly<Record<string, number>> = { ES256: 64, ES384: 96, ES512: 132 };

/** The header that was decoded last: all tokens of a key have the same, so it is decoded once. */
let last: { readonly part: string; readonly header: unknown } | undefined;

/** The header, and nothing else: jsonwebtoken is told to look at no claim. */
export function decode(compact: string) {
  const part = compact.slice(0, compact.indexOf('.'));
  if (last?.part !== part) last = { part, header: JSON.parse(Buffer.from(part, 'base64url').toString()) };
  return { header: last.header, payload: {} };
}

/** Whether a signature is right. */
export function verify(compact: string, alg: string, key: KeyObject): boolean {
  const verifier = VERIFIERS[alg.charAt(0)];
  if (!verifier) throw new Error(`${alg} is not an algorithm of this authorizer`);
  const dot = compact.lastIndexOf('.');
  const signature = Buffer.from(compact.slice(dot + 1), 'base64url');
  if (signature.length !== (ECDSA_BYTES[alg] ?? signature.length)) return false;
  return createVerify(`sha${alg.slice(2)}`)
    .update(compact.slice(0, dot))
    .verify(verifier(key), signature);
}
