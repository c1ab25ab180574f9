import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { generateKey, type SigningKey } from '../../scripts/issuer.ts';
import { KEY_TYPES } from '../../src/algorithms.ts';
import { importKeys } from '../../src/keys/key-set.ts';

type Jwk = Readonly<Record<string, unknown>>;

const rsaJwk = (modulusLength: number): Jwk =>
  generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
const koblitzJwk = (): Jwk =>
  generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' });
const ed448Jwk = (): Jwk => generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' });

/** Another point than the given, and not on the curve: the last bit of y is another. */
function offTheCurve({ y }: Jwk): string {
  const bytes = Buffer.from(String(y), 'base64url');
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  return bytes.toString('base64url');
}

/** The modulus of a key of 2048 bits, without its first bit. */
function shortened({ n }: Jwk): string {
  const bytes = Buffer.from(String(n), 'base64url');
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('base64url');
}

/** A modulus with bytes in front of it. */
const padded = ({ n }: Jwk, bytes: number) =>
  Buffer.concat([Buffer.alloc(bytes), Buffer.from(String(n), 'base64url')]).toString('base64url');

/** Some odd number of so many bits: a modulus is not tried for its factors. */
const modulus = (bits: number) => {
  const bytes = Buffer.alloc(bits / 8, 0xff);
  return bytes.toString('base64url');
};

let rsa: SigningKey;
let other: SigningKey;
let ec: Readonly<Record<'ES256' | 'ES384' | 'ES512' | 'EdDSA', SigningKey>>;

before(async () => {
  [rsa, other] = await Promise.all([generateKey('rsa'), generateKey('other')]);
  const [ES256, ES384, ES512, EdDSA] = await Promise.all([
    generateKey('p-256', 'ES256'),
    generateKey('p-384', 'ES384'),
    generateKey('p-521', 'ES512'),
    generateKey('ed', 'EdDSA'),
  ]);
  ec = { ES256, ES384, ES512, EdDSA };
});

const without = (jwk: Jwk): Jwk => Object.fromEntries(Object.entries(jwk).filter(([, value]) => value !== undefined));
/** What an entry holds for a test: members of a key, replaced or, where undefined, taken away. */
const rsaWith = (changes: Jwk): Jwk => without({ ...rsa.jwk, ...changes });
const ecWith = (changes: Jwk): Jwk => without({ ...ec.ES256.jwk, kid: 'rsa', ...changes });
const edWith = (changes: Jwk): Jwk => without({ ...ec.EdDSA.jwk, kid: 'rsa', ...changes });

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

describe('entries that are used', () => {
  const NULLS = Object.fromEntries([...PRIVATE_MEMBERS, 'x5c', 'x5t', 'extra'].map((name) => [name, null]));
  const entries: Readonly<Record<string, () => readonly [entry: Jwk, key: SigningKey]>> = {
    'an RSA key of 2048 bits': () => [rsa.jwk, rsa],
    'use absent': () => [rsaWith({ use: undefined }), rsa],
    'use sig': () => [rsaWith({ use: 'sig' }), rsa],
    'key_ops verify': () => [rsaWith({ key_ops: ['verify'] }), rsa],
    'key_ops verify among others': () => [rsaWith({ use: undefined, key_ops: ['sign', 'verify'] }), rsa],
    'no kid': () => [rsaWith({ kid: undefined }), rsa],
    'no alg': () => [rsaWith({ alg: undefined }), rsa],
    'an alg that is not accepted anywhere': () => [rsaWith({ alg: 'RSA-OAEP' }), rsa],
    'members that nobody asked for': () => [
      rsaWith({ x5c: ['AA=='], x5t: 'AA', x5u: 'https://elsewhere.example/', ext: true, nbf: 1 }),
      rsa,
    ],
    'a modulus with a byte for its sign': () => [rsaWith({ n: padded(rsa.jwk, 1) }), rsa],
    // a serializer's way of saying that they are absent
    'private and other members that are null': () => [rsaWith(NULLS), rsa],
    'use, key_ops and alg null': () => [rsaWith({ use: null, key_ops: null, alg: null }), rsa],
    'kid null': () => [rsaWith({ kid: null }), rsa],
    'y null, of a key that has none': () => [edWith({ y: null, kid: 'ed' }), ec.EdDSA],
    'P-256': () => [ec.ES256.jwk, ec.ES256],
    'P-384': () => [ec.ES384.jwk, ec.ES384],
    'P-521': () => [ec.ES512.jwk, ec.ES512],
    Ed25519: () => [ec.EdDSA.jwk, ec.EdDSA],
    'Ed25519, whose alg is Ed25519': () => [edWith({ kid: 'ed', alg: 'Ed25519' }), ec.EdDSA],
  };
  for (const [name, make] of Object.entries(entries)) {
    it(name, () => {
      const [entry, { publicKey, alg }] = make();
      const { keys, skipped } = importKeys([entry]);
      assert.deepEqual(skipped, []);
      assert.equal(keys.length, 1);
      const [key] = keys;
      assert.ok(key, 'a key');
      assert.equal(key.import()?.equals(publicKey), true);
      assert.equal(key.import()?.type, 'public');
      assert.equal(key.type, KEY_TYPES[alg]);
      assert.equal(key.kid, entry.kid ?? undefined);
      assert.equal(key.alg, entry.alg === 'Ed25519' ? 'EdDSA' : (entry.alg ?? undefined));
    });
  }

  it('an RSA key of 8192 bits, the largest', () => {
    const [key] = importKeys([rsaWith({ n: modulus(8192) })]).keys;
    assert.equal(key?.signatureBytes, 1024);
    assert.ok(key.import());
  });

  it('an empty set', () =>
    assert.deepEqual(importKeys([]), { keys: [], skipped: [], ignored: { count: 0, kids: new Set() } }));
});

const USE = 'it is not for signatures (use)';
const OPERATIONS = 'it is not for verifying (key_ops)';
const TYPE = 'no accepted algorithm uses its type';
const CURVE = 'no accepted algorithm uses its curve';
/** Nothing is wrong with these. */
const HARMLESS = [USE, OPERATIONS, TYPE, CURVE];
const NOT_READABLE = 'it is not a readable public key';
const PRIVATE = 'it holds a private or symmetric key, which must never be published';
const NO_OBJECT = 'it is not a JSON object';
const WEAK = 'an RSA key of fewer than 2048 bits is too weak';
const LARGE = 'an RSA key has at most 8192 bits';
const UNSAFE = 'its exponent is unsafe';
const NO_N = 'it has no n (x5c is not read)';
const KID = 'its kid is not a string';
const ALG = 'its alg is not a string';
const KTY = 'its kty is not a string';

const ANYBODY = 'anybody can sign for it: its x has a small order';

/** The points of order 1, 2, 4 and 8, lowest byte first, in all their spellings but for the sign. */
const POINTS = {
  'the neutral element': `01${'00'.repeat(31)}`,
  'the neutral element, plus p': `ee${'ff'.repeat(30)}7f`,
  'the point of order 2': `ec${'ff'.repeat(30)}7f`,
  'a point of order 4, all zero': '00'.repeat(32),
  'a point of order 4, plus p': `ed${'ff'.repeat(30)}7f`,
  'a point of order 8': 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'the opposite point of order 8': '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
};
const signed = (y: string) => y.slice(0, 62) + (Number.parseInt(y.slice(62), 16) | 0x80).toString(16);
const SMALL_ORDER = {
  ...POINTS,
  ...Object.fromEntries(Object.entries(POINTS).map(([name, y]) => [`${name}, with a sign`, signed(y)])),
};

/** Entries, all with the kid `rsa` unless they can't have one, and why each is skipped. */
const SKIPPED: Readonly<Record<string, readonly [entry: () => unknown, why: string]>> = {
  'use enc': [() => rsaWith({ use: 'enc' }), USE],
  'use SIG': [() => rsaWith({ use: 'SIG' }), USE],
  'use a list': [() => rsaWith({ use: ['sig'] }), USE],
  'key_ops sign': [() => rsaWith({ key_ops: ['sign'] }), OPERATIONS],
  'key_ops empty': [() => rsaWith({ key_ops: [] }), OPERATIONS],
  'key_ops a string that holds verify': [() => rsaWith({ key_ops: 'verify' }), OPERATIONS],
  'a private RSA key': [() => ({ ...rsa.privateKey.export({ format: 'jwk' }), kid: 'rsa' }), PRIVATE],
  'a private EC key': [() => ({ ...ec.ES256.privateKey.export({ format: 'jwk' }), kid: 'rsa' }), PRIVATE],
  'a private Ed25519 key': [() => ({ ...ec.EdDSA.privateKey.export({ format: 'jwk' }), kid: 'rsa' }), PRIVATE],
  ...Object.fromEntries(
    PRIVATE_MEMBERS.map((member) => [`the member ${member}`, [() => rsaWith({ [member]: 'AQAB' }), PRIVATE] as const]),
  ),
  'a private member that is empty': [() => rsaWith({ d: '' }), PRIVATE],
  'a symmetric key': [() => ({ kty: 'oct', kid: 'rsa', alg: 'HS256', k: 'c2VjcmV0LXNlY3JldA' }), PRIVATE],
  'oct without a key': [() => ({ kty: 'oct', kid: 'rsa' }), TYPE],
  'kty in lower case': [() => rsaWith({ kty: 'rsa' }), TYPE],
  'RSA of 1024 bits': [() => ({ ...rsaJwk(1024), kid: 'rsa' }), WEAK],
  'RSA of 2047 bits': [() => rsaWith({ n: shortened(rsa.jwk) }), WEAK],
  'RSA of 1024 bits, zeros before it': [() => rsaWith({ n: padded(rsaJwk(1024), 128) }), WEAK],
  'RSA with an empty n': [() => rsaWith({ n: '' }), WEAK],
  'RSA of 8200 bits': [() => rsaWith({ n: modulus(8200) }), LARGE],
  'RSA of 16384 bits': [() => rsaWith({ n: modulus(16384) }), 'its n is too long'],
  'RSA with an exponent of 200 KB': [() => rsaWith({ e: 'B'.repeat(200_000) }), 'its e is too long'],
  'RSA with the exponent 0': [() => rsaWith({ e: 'AA' }), UNSAFE],
  'RSA with the exponent 1': [() => rsaWith({ e: 'AQ' }), UNSAFE],
  'RSA with the exponent 2': [() => rsaWith({ e: 'Ag' }), UNSAFE],
  'RSA without n': [() => rsaWith({ n: undefined }), NO_N],
  'RSA without e': [() => rsaWith({ e: undefined }), 'it has no e'],
  'RSA with null for n': [() => rsaWith({ n: null }), NO_N],
  'RSA with x5c alone': [() => rsaWith({ n: undefined, e: undefined, x5c: ['AA=='] }), NO_N],
  'RSA with a number for n': [() => rsaWith({ n: 65537 }), 'its n is not a string'],
  'RSA with a number for e': [() => rsaWith({ e: 65537 }), 'its e is not a string'],
  'RSA with an array for e': [() => rsaWith({ e: ['AQAB'] }), 'its e is not a string'],
  secp256k1: [() => ({ ...koblitzJwk(), kid: 'rsa' }), CURVE],
  Ed448: [() => ({ ...ed448Jwk(), kid: 'rsa' }), CURVE],
  'EC without crv': [() => ecWith({ crv: undefined }), CURVE],
  'EC with a crv that every object has': [() => ecWith({ crv: 'constructor' }), CURVE],
  'EC with the crv RSA': [() => ecWith({ crv: 'RSA' }), CURVE],
  'EC on Ed25519': [() => ecWith({ crv: 'Ed25519' }), CURVE],
  'OKP on P-256': [() => edWith({ crv: 'P-256' }), CURVE],
  'EC on another curve than it says': [() => ecWith({ crv: 'P-384' }), NOT_READABLE],
  'EC without y': [() => ecWith({ y: undefined }), 'it has no y'],
  'EC with null for x': [() => ecWith({ x: null }), 'it has no x'],
  'EC with a coordinate of 200 KB': [() => ecWith({ x: 'A'.repeat(200_000) }), 'its x is too long'],
  'EC with an empty x': [() => ecWith({ x: '' }), NOT_READABLE],
  'EC with a point off the curve': [() => ecWith({ y: offTheCurve(ec.ES256.jwk) }), NOT_READABLE],
  'EC with the point 0, 0': [() => ecWith({ x: 'A'.repeat(43), y: 'A'.repeat(43) }), NOT_READABLE],
  'Ed25519 without x': [() => edWith({ x: undefined }), 'it has no x'],
  'EC with a number for y': [() => ecWith({ y: 7 }), 'its y is not a string'],
  ...Object.fromEntries(
    Object.entries(SMALL_ORDER).map(([name, y]) => [
      `Ed25519 with ${name}`,
      [() => edWith({ x: Buffer.from(y, 'hex').toString('base64url') }), ANYBODY] as const,
    ]),
  ),
  'Ed25519 with a short x': [() => edWith({ x: 'AAAA' }), NOT_READABLE],
  'no kty': [() => rsaWith({ kty: undefined }), KTY],
  'kty null': [() => rsaWith({ kty: null }), KTY],
  'kid a number': [() => rsaWith({ kid: 1 }), KID],
  'kid an object': [() => rsaWith({ kid: {} }), KID],
  'alg a number': [() => rsaWith({ alg: 256 }), ALG],
  'alg an array': [() => rsaWith({ alg: ['RS256'] }), ALG],
  null: [() => null, NO_OBJECT],
  'a string': [() => 'key', NO_OBJECT],
  'a number': [() => 1, NO_OBJECT],
  true: [() => true, NO_OBJECT],
  'an array': [() => [rsa.jwk], NO_OBJECT],
  'an empty object': [() => ({}), KTY],
};

describe('entries that are skipped', () => {
  const kidsOf = (keys: readonly { readonly kid: string | undefined }[]) => keys.map(({ kid }) => kid);

  for (const [name, [entry, why]] of Object.entries(SKIPPED)) {
    it(`${name}, and takes no other with it`, () => {
      const { keys, skipped } = importKeys([entry(), other.jwk]);
      const isNameless = [KID, NO_OBJECT].includes(why) || name === 'an empty object';
      const kid = isNameless ? undefined : 'rsa';
      assert.deepEqual(skipped, [{ kid, why, isFaulty: !HARMLESS.includes(why) }]);
      assert.deepEqual(kidsOf(keys), ['other']);
    });
  }

  it('says why without a part of the key', () => {
    for (const [entry] of Object.values(SKIPPED)) {
      const jwk = entry();
      const values = typeof jwk === 'object' && jwk !== null ? Object.values(jwk) : [];
      const material = values.filter((value) => typeof value === 'string' && value.length > 10);
      const [skipped] = importKeys([jwk]).skipped;
      for (const value of material) assert.equal(skipped?.why.includes(String(value)), false);
    }
  });
});
