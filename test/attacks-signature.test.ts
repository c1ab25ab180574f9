import { sign as cryptoSign } from 'node:crypto';
import { after } from 'node:test';
import { generateKey, type SigningKey } from '../scripts/issuer.ts';
import { type Asked, type Case, onBoth, startWorld, trySuites } from './support/suite.ts';
import { base64url, hmac, type Signer, signers } from './support/tokens.ts';

const world = await startWorld();
const { key, foreignKey, issuer } = world;
after(issuer.close);
const ec = await generateKey('key-ec', 'ES256');
const ec512 = await generateKey('key-p521', 'ES512');
/** The issuer's RSA key once more, for PSS. */
const pss: SigningKey = { ...key, kid: 'key-pss', alg: 'PS256', jwk: { ...key.jwk, kid: 'key-pss', alg: 'PS256' } };
const foreignEc = await generateKey('key-ec', 'ES256');

/** The algorithms of both types of keys are accepted, so that every attack gets as far as it can. */
const env = { ALGORITHMS: 'RS256,PS256,ES256,ES512' };

function signer(alg: string): Signer {
  const found = signers.get(alg);
  if (!found) throw new Error(`no way to sign for ${alg}`);
  return found;
}
/** ECDSA as most programs write it, and no JWS does. */
const derSigner: Signer = (input, privateKey) => cryptoSign('sha256', input, privateKey);
const signedAs = (bytes: Uint8Array): Asked => ({ sign: () => bytes });

const unsigned = ['none', 'None', 'NONE', 'nOnE'].flatMap((alg): Case[] => [
  [`alg ${alg}, no signature`, { header: { alg }, ...signedAs(Buffer.of()) }, 'malformed_token'],
  [`alg ${alg}, some signature`, { header: { alg }, ...signedAs(Buffer.of(0)) }, 'unsupported_algorithm'],
  [`alg ${alg}, the right signature`, { header: { alg }, sign: signer('RS256') }, 'unsupported_algorithm'],
]);

const spkiPem = String(key.publicKey.export({ type: 'spki', format: 'pem' }));
/** What an attacker knows of the public key, in all the forms that some library has taken for a secret. */
const publicForms: Readonly<Record<string, string | Buffer>> = {
  'SPKI PEM': spkiPem,
  'SPKI PEM without its last line end': spkiPem.trim(),
  'SPKI DER': key.publicKey.export({ type: 'spki', format: 'der' }),
  'PKCS #1 PEM': key.publicKey.export({ type: 'pkcs1', format: 'pem' }),
  'PKCS #1 DER': key.publicKey.export({ type: 'pkcs1', format: 'der' }),
  JWK: JSON.stringify(key.jwk),
  modulus: Buffer.from(String(key.jwk.n), 'base64url'),
  'modulus as text': String(key.jwk.n),
  kid: key.kid,
  nothing: '',
};
const confused = Object.entries(publicForms).flatMap(([form, secret]): Case[] => [
  [
    `HS256 with the public key for a secret: ${form}`,
    { header: { alg: 'HS256' }, sign: hmac(secret) },
    'unsupported_algorithm',
  ],
  [`the same, said to be RS256: ${form}`, { sign: hmac(secret) }, 'invalid_signature'],
]);

const wrongType: Case[] = [
  ['ES256 with the kid of an RSA key', { key: foreignEc, header: { kid: key.kid } }, 'unsupported_algorithm'],
  ['RS256 with the kid of an EC key', { header: { kid: ec.kid } }, 'unsupported_algorithm'],
  [
    'ES512 with the kid of a P-256 key',
    { key: ec, header: { alg: 'ES512' }, sign: signer('ES256') },
    'unsupported_algorithm',
  ],
  ['PS256 with a key for RS256', { header: { alg: 'PS256' } }, 'unsupported_algorithm'],
  ['PSS where RS256 is said', { sign: signer('PS256') }, 'invalid_signature'],
  ['SHA-512 where RS256 is said', { sign: signer('RS512') }, 'invalid_signature'],
];

/** The order of the group of P-256: as r or s it counts as zero. */
const ORDER = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
const ONE = Buffer.alloc(32);
ONE[31] = 1;
const signatures: Readonly<Record<string, Uint8Array>> = {
  'all zero': Buffer.alloc(64),
  'zero and one': Buffer.concat([Buffer.alloc(32), ONE]),
  'one and zero': Buffer.concat([ONE, Buffer.alloc(32)]),
  'the order of the group, twice': Buffer.concat([ORDER, ORDER]),
  'all ones': Buffer.alloc(64, 0xff),
  'zero in DER': Buffer.from('3006020100020100', 'hex'),
  'one byte': Buffer.alloc(1),
  'too short': Buffer.alloc(63),
  'too long': Buffer.alloc(65),
};

/** Signatures of every other length, for each curve: the right bytes cut off or with zeros around them. */
const lengths: Case[] = [ec, ec512].flatMap((curveKey) =>
  (
    [
      ['without its first byte', (bytes) => bytes.subarray(1)],
      ['without its last byte', (bytes) => bytes.subarray(0, -1)],
      ['its first half', (bytes) => bytes.subarray(0, bytes.length / 2)],
      ['a zero before', (bytes) => Buffer.concat([Buffer.alloc(1), bytes])],
      ['a zero behind', (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])],
      ['twice', (bytes) => Buffer.concat([bytes, bytes])],
    ] satisfies [string, (bytes: Uint8Array) => Uint8Array][]
  ).map(([what, change]): Case => {
    const sign: Signer = (...input) => change(signer(curveKey.alg)(...input));
    return [`${curveKey.alg}, ${what}`, { key: curveKey, sign }, 'invalid_signature'];
  }),
);

/**
 * Signs over and over, for PSS is random, until the signature begins with a zero; without it OpenSSL takes it all the
 * same (RFC 8017, 8.1.2, step 1 says it must not). One in 256 does.
 */
function zeroSigner(sign: Signer): Signer {
  return (...input) => {
    for (let attempt = 0; attempt < 10_000; attempt++) {
      const bytes = sign(...input);
      if (bytes[0] === 0) return bytes;
    }
    throw new Error('no signature begins with a zero');
  };
}
/** Made once: it takes some hundred signatures. */
const withZero = world.token({ key: pss, sign: zeroSigner(signer('PS256')) });
const [zeroHeader = '', zeroPayload = '', zeroSignature = ''] = withZero.split('.');
const withoutZero = base64url(Buffer.from(zeroSignature, 'base64url').subarray(1));
const stripped: Case[] = [
  ['PS256, a signature that begins with a zero', { token: withZero }, { kid: pss.kid }],
  [
    'PS256, without the zero that it begins with',
    { token: [zeroHeader, zeroPayload, withoutZero].join('.') },
    'invalid_signature',
  ],
  [
    'PS256, a zero more',
    { key: pss, sign: (...input) => Buffer.concat([Buffer.alloc(1), signer('PS256')(...input)]) },
    'invalid_signature',
  ],
];

/** Of an ECDSA signature (r, s) there is another, (r, n − s), that anybody can make: it says nothing else, so it is as good. */
const otherSignature: Signer = (...input) => {
  const bytes = Buffer.from(signer('ES256')(...input));
  const s = BigInt(`0x${ORDER.toString('hex')}`) - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  return Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
};

const forged: Case[] = [
  ['ES256, the other signature of the same claims', { key: ec, sign: otherSignature }, { kid: ec.kid }],
  ...Object.entries(signatures).map(([what, bytes]): Case => {
    return [`ES256, ${what}`, { key: ec, ...signedAs(bytes) }, 'invalid_signature'];
  }),
  ...[0, 1, 0xff].map((byte): Case => {
    return [`RS256, 256 bytes of ${byte}`, signedAs(Buffer.alloc(256, byte)), 'invalid_signature'];
  }),
  ['RS256, one byte', signedAs(Buffer.of(1)), 'invalid_signature'],
  ['RS256, 10,000 bytes', signedAs(Buffer.alloc(10_000, 1)), 'invalid_signature'],
  ["the attacker's key", { key: foreignKey }, 'invalid_signature'],
  ["the attacker's EC key", { key: foreignEc }, 'invalid_signature'],
  ['ES256, signature in DER', { key: ec, sign: derSigner }, 'invalid_signature'],
  [
    'cut off',
    { compact: (header, payload, signature) => [header, payload, signature.slice(4)].join('.') },
    'invalid_signature',
  ],
  ['of other claims', { compact: withClaims({ sub: 'admin' }) }, 'invalid_signature'],
  [
    'of another header',
    {
      compact: (_, payload, signature) =>
        [base64url(JSON.stringify({ alg: 'RS256', kid: key.kid })), payload, signature].join('.'),
    },
    'invalid_signature',
  ],
];

/** The payload of a signed token replaced. */
function withClaims(claims: object): Exclude<Asked['compact'], undefined> {
  return (header, payload, signature) => {
    const signed = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return [header, base64url(JSON.stringify({ ...signed, ...claims })), signature].join('.');
  };
}

const cases = [unsigned, confused, wrongType, lengths, stripped, forged].flat();
trySuites(world, [{ name: 'signatures', env, answer: [key, ec, ec512, pss], cases }], onBoth);
