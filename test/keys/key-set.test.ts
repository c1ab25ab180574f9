import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { generateKey, type SigningKey } from '../../scripts/issuer.ts';
import { type Algorithm, importKeys, KEY_TYPES, selectKeys } from '../../src/keys/key-set.ts';

type Jwk = Readonly<Record<string, unknown>>;

const publicJwk = (type: 'RSA' | 'EC' | 'OKP', parameter: number | string): Jwk => {
  const pair =
    type === 'RSA'
      ? generateKeyPairSync('rsa', { modulusLength: Number(parameter) })
      : type === 'EC'
        ? generateKeyPairSync('ec', { namedCurve: String(parameter) })
        : generateKeyPairSync('ed25519');
  return { ...pair.publicKey.export({ format: 'jwk' }) };
};

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

let rsa: SigningKey;
let other: SigningKey;
let ec: Readonly<Record<'ES256' | 'ES384' | 'ES512', SigningKey>>;

before(async () => {
  [rsa, other] = await Promise.all([generateKey('rsa'), generateKey('other')]);
  const [ES256, ES384, ES512] = await Promise.all([
    generateKey('p-256', 'ES256'),
    generateKey('p-384', 'ES384'),
    generateKey('p-521', 'ES512'),
  ]);
  ec = { ES256, ES384, ES512 };
});

/** What an entry holds for a test: members of the RSA key, replaced or, where undefined, taken away. */
function rsaWith(changes: Jwk): Jwk {
  const members = Object.entries({ ...rsa.jwk, ...changes });
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

describe('entries that are used', () => {
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
      rsaWith({
        x5c: ['AA=='],
        x5t: 'AA',
        x5u: 'https://elsewhere.example/',
        ext: true,
        nbf: 1,
        extra: null,
      }),
      rsa,
    ],
    'P-256': () => [ec.ES256.jwk, ec.ES256],
    'P-384': () => [ec.ES384.jwk, ec.ES384],
    'P-521': () => [ec.ES512.jwk, ec.ES512],
  };
  for (const [name, make] of Object.entries(entries)) {
    it(name, () => {
      const [entry, { publicKey, alg }] = make();
      const { keys, skipped } = importKeys([entry]);
      assert.deepEqual(skipped, []);
      assert.equal(keys.length, 1);
      const [key] = keys;
      assert.ok(key, 'a key');
      assert.equal(key.key.equals(publicKey), true);
      assert.equal(key.key.type, 'public');
      assert.equal(key.type, KEY_TYPES[alg]);
      assert.equal(key.kid, entry.kid);
      assert.equal(key.alg, entry.alg);
    });
  }

  it('an empty set', () => assert.deepEqual(importKeys([]), { keys: [], skipped: [] }));
});

describe('entries that are skipped', () => {
  const NOT_READABLE = 'not a readable public key';
  const PRIVATE = 'it holds a private or symmetric key, which must never be published';
  const NO_STRING = 'a kid or alg that is no string';
  const NOT_OURS = 'of a type or curve that no accepted algorithm uses';
  const NO_OBJECT = 'not a JSON object';
  const WEAK = 'an RSA key of fewer than 2048 bits';

  interface Skipped {
    readonly entry: () => unknown;
    readonly why: string;
    /** There is nothing wrong with it. */
    readonly harmless?: true;
    /** Where it has no kid that could be told. */
    readonly nameless?: true;
  }
  const entries: Readonly<Record<string, Skipped>> = {
    'use enc': { entry: () => rsaWith({ use: 'enc' }), why: 'not for signatures (use)', harmless: true },
    'use null': { entry: () => rsaWith({ use: null }), why: 'not for signatures (use)', harmless: true },
    'use SIG': { entry: () => rsaWith({ use: 'SIG' }), why: 'not for signatures (use)', harmless: true },
    'key_ops sign': {
      entry: () => rsaWith({ key_ops: ['sign'] }),
      why: 'not for verifying (key_ops)',
      harmless: true,
    },
    'key_ops empty': {
      entry: () => rsaWith({ key_ops: [] }),
      why: 'not for verifying (key_ops)',
      harmless: true,
    },
    'key_ops a string that holds verify': {
      entry: () => rsaWith({ key_ops: 'verify' }),
      why: 'not for verifying (key_ops)',
      harmless: true,
    },
    'key_ops null': {
      entry: () => rsaWith({ key_ops: null }),
      why: 'not for verifying (key_ops)',
      harmless: true,
    },
    'a private RSA key': {
      entry: () => ({ ...rsa.privateKey.export({ format: 'jwk' }), kid: 'rsa' }),
      why: PRIVATE,
    },
    'a private EC key': {
      entry: () => ({ ...ec.ES256.privateKey.export({ format: 'jwk' }), kid: 'rsa' }),
      why: PRIVATE,
    },
    ...Object.fromEntries(
      ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].map((member) => [
        `the member ${member}`,
        { entry: () => rsaWith({ [member]: 'AQAB' }), why: PRIVATE },
      ]),
    ),
    'a private member that is null': { entry: () => rsaWith({ d: null }), why: PRIVATE },
    'a symmetric key': {
      entry: () => ({ kty: 'oct', kid: 'rsa', alg: 'HS256', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQ' }),
      why: PRIVATE,
    },
    'oct without a key': { entry: () => ({ kty: 'oct', kid: 'rsa' }), why: NOT_OURS, harmless: true },
    'RSA of 1024 bits': { entry: () => ({ ...publicJwk('RSA', 1024), kid: 'rsa' }), why: WEAK },
    'RSA of 2047 bits': { entry: () => rsaWith({ n: shortened(rsa.jwk) }), why: WEAK },
    'RSA of 1024 bits, zeros before it': {
      entry: () => {
        const n = Buffer.from(String(publicJwk('RSA', 1024).n), 'base64url');
        return rsaWith({ n: Buffer.concat([Buffer.alloc(128), n]).toString('base64url') });
      },
      why: WEAK,
    },
    'RSA with the exponent 1': {
      entry: () => rsaWith({ e: 'AQ' }),
      why: 'an RSA key with an unsafe exponent',
    },
    'RSA with the exponent 2': {
      entry: () => rsaWith({ e: 'Ag' }),
      why: 'an RSA key with an unsafe exponent',
    },
    'RSA with the exponent 0': {
      entry: () => rsaWith({ e: 'AA' }),
      why: 'an RSA key with an unsafe exponent',
    },
    'RSA without n': { entry: () => rsaWith({ n: undefined }), why: NOT_READABLE },
    'RSA without e': { entry: () => rsaWith({ e: undefined }), why: NOT_READABLE },
    'RSA with a number for n': { entry: () => rsaWith({ n: 65537 }), why: NOT_READABLE },
    'RSA with an array for e': { entry: () => rsaWith({ e: ['AQAB'] }), why: NOT_READABLE },
    'RSA with null for n': { entry: () => rsaWith({ n: null }), why: NOT_READABLE },
    'RSA with an empty n': { entry: () => rsaWith({ n: '' }), why: WEAK },
    secp256k1: {
      entry: () => ({ ...publicJwk('EC', 'secp256k1'), kid: 'rsa' }),
      why: NOT_OURS,
      harmless: true,
    },
    'EC without crv': {
      entry: () => ({ ...ec.ES256.jwk, kid: 'rsa', crv: undefined }),
      why: NOT_OURS,
      harmless: true,
    },
    'EC with a crv that every object has': {
      entry: () => ({ ...ec.ES256.jwk, kid: 'rsa', crv: 'constructor' }),
      why: NOT_OURS,
      harmless: true,
    },
    'EC on another curve than it says': {
      entry: () => ({ ...ec.ES256.jwk, kid: 'rsa', crv: 'P-384' }),
      why: NOT_READABLE,
    },
    'EC without y': { entry: () => ({ ...ec.ES256.jwk, kid: 'rsa', y: undefined }), why: NOT_READABLE },
    'EC with an empty x': { entry: () => ({ ...ec.ES256.jwk, kid: 'rsa', x: '' }), why: NOT_READABLE },
    'EC with a point off the curve': {
      entry: () => ({ ...ec.ES256.jwk, kid: 'rsa', y: offTheCurve(ec.ES256.jwk) }),
      why: NOT_READABLE,
    },
    'EC with the point 0, 0': {
      entry: () => {
        const zero = Buffer.alloc(32).toString('base64url');
        return { ...ec.ES256.jwk, kid: 'rsa', x: zero, y: zero };
      },
      why: NOT_READABLE,
    },
    OKP: { entry: () => ({ ...publicJwk('OKP', ''), kid: 'rsa' }), why: NOT_OURS, harmless: true },
    'kty in lower case': { entry: () => rsaWith({ kty: 'rsa' }), why: NOT_OURS, harmless: true },
    'no kty': { entry: () => rsaWith({ kty: undefined }), why: 'a kty that is no string' },
    'kid a number': { entry: () => rsaWith({ kid: 1 }), why: NO_STRING, nameless: true },
    'kid null': { entry: () => rsaWith({ kid: null }), why: NO_STRING, nameless: true },
    'kid an object': { entry: () => rsaWith({ kid: {} }), why: NO_STRING, nameless: true },
    'alg a number': { entry: () => rsaWith({ alg: 256 }), why: NO_STRING },
    'alg an array': { entry: () => rsaWith({ alg: ['RS256'] }), why: NO_STRING },
    'alg null': { entry: () => rsaWith({ alg: null }), why: NO_STRING },
    null: { entry: () => null, why: NO_OBJECT, nameless: true },
    'a string': { entry: () => 'key', why: NO_OBJECT, nameless: true },
    'a number': { entry: () => 1, why: NO_OBJECT, nameless: true },
    true: { entry: () => true, why: NO_OBJECT, nameless: true },
    'an array': { entry: () => [rsa.jwk], why: NO_OBJECT, nameless: true },
    'an empty object': { entry: () => ({}), why: 'a kty that is no string', nameless: true },
  };

  for (const [name, { entry, why, harmless = false, nameless = false }] of Object.entries(entries)) {
    it(`${name}, and takes no other with it`, () => {
      const { keys, skipped } = importKeys([entry(), other.jwk]);
      assert.deepEqual(skipped, [{ kid: nameless ? undefined : 'rsa', why, faulty: !harmless }]);
      assert.deepEqual(
        keys.map(({ kid }) => kid),
        ['other'],
      );
    });
  }

  it('all of them at once', () => {
    const every = Object.values(entries).map(({ entry }) => entry());
    const { keys, skipped } = importKeys([rsa.jwk, ...every, other.jwk]);
    assert.equal(skipped.length, every.length);
    assert.deepEqual(
      keys.map(({ kid }) => kid),
      ['rsa', 'other'],
    );
  });

  it('says why without a part of the key', () => {
    for (const { entry } of Object.values(entries)) {
      const jwk = entry();
      const values = typeof jwk === 'object' && jwk !== null ? Object.values(jwk) : [];
      const material = values.filter((value) => typeof value === 'string' && value.length > 10);
      const [skipped] = importKeys([jwk]).skipped;
      for (const value of material) assert.equal(skipped?.why.includes(String(value)), false);
    }
  });
});

describe('which key a token needs', () => {
  /** Entries of a JWK Set, and the positions in it of those selected: `refused` where the alg is another. */
  interface Selection {
    readonly set: () => readonly Jwk[];
    readonly kid?: string;
    readonly alg?: Algorithm;
    readonly selected: readonly number[] | 'refused';
  }
  const anyAlg = (jwk: Jwk) => ({ ...jwk, alg: undefined });
  const selections: Readonly<Record<string, Selection>> = {
    'by kid': { set: () => [rsa.jwk, other.jwk], kid: 'other', selected: [1] },
    'an unknown kid': { set: () => [rsa.jwk, other.jwk], kid: 'third', selected: [] },
    'a kid that only starts alike': { set: () => [rsa.jwk], kid: 'rs', selected: [] },
    'a kid in another case': { set: () => [rsa.jwk], kid: 'RSA', selected: [] },
    'the empty kid, which no key has': { set: () => [rsa.jwk], kid: '', selected: [] },
    'the empty kid': { set: () => [rsaWith({ kid: '' }), other.jwk], kid: '', selected: [0] },
    'a kid, and a key without': { set: () => [rsaWith({ kid: undefined })], kid: 'rsa', selected: [] },
    '__proto__ that no key has': { set: () => [rsa.jwk], kid: '__proto__', selected: [] },
    'constructor that no key has': { set: () => [rsa.jwk], kid: 'constructor', selected: [] },
    __proto__: { set: () => [other.jwk, rsaWith({ kid: '__proto__' })], kid: '__proto__', selected: [1] },
    'another alg of the same type': { set: () => [rsa.jwk], kid: 'rsa', alg: 'RS384', selected: 'refused' },
    'PSS for a key of RS256': { set: () => [rsa.jwk], kid: 'rsa', alg: 'PS256', selected: 'refused' },
    'an alg of another type': {
      set: () => [anyAlg(rsa.jwk)],
      kid: 'rsa',
      alg: 'ES256',
      selected: 'refused',
    },
    'another curve': { set: () => [anyAlg(ec.ES256.jwk)], kid: 'p-256', alg: 'ES384', selected: 'refused' },
    'an alg that lies about its key': {
      set: () => [{ ...ec.ES256.jwk, alg: 'RS256' }],
      kid: 'p-256',
      alg: 'RS256',
      selected: 'refused',
    },
    'no alg of its own': { set: () => [anyAlg(rsa.jwk)], kid: 'rsa', alg: 'PS512', selected: [0] },
    'one kid twice, another type': {
      set: () => [{ ...ec.ES256.jwk, kid: 'rsa' }, rsa.jwk],
      kid: 'rsa',
      selected: [1],
    },
    'one kid twice, another alg': {
      set: () => [rsaWith({ alg: 'RS512' }), { ...other.jwk, kid: 'rsa' }],
      kid: 'rsa',
      selected: [1],
    },
    'one kid twice, both fit': {
      set: () => [rsa.jwk, { ...other.jwk, kid: 'rsa' }],
      kid: 'rsa',
      selected: [0, 1],
    },
    'one kid twice, none fits': {
      set: () => [rsaWith({ alg: 'RS512' }), { ...ec.ES256.jwk, kid: 'rsa' }],
      kid: 'rsa',
      selected: 'refused',
    },
    'no kid and no key': { set: () => [], selected: [] },
    'no kid, none fits': { set: () => [ec.ES256.jwk], selected: [] },
    'no kid, one fits': { set: () => [ec.ES256.jwk, rsa.jwk], selected: [1] },
    'no kid, two fit': { set: () => [rsa.jwk, other.jwk], selected: [] },
    'no kid, one of two by its alg': { set: () => [rsaWith({ alg: 'PS256' }), other.jwk], selected: [1] },
    'no kid, two by an alg that is absent': { set: () => [anyAlg(rsa.jwk), other.jwk], selected: [] },
  };

  for (const [name, { set, kid, alg = 'RS256', selected }] of Object.entries(selections)) {
    it(name, () => {
      const { keys, skipped } = importKeys(set().map((jwk) => JSON.parse(JSON.stringify(jwk))));
      assert.deepEqual(skipped, []);
      const select = () => selectKeys(keys, kid, alg).map((key) => keys.indexOf(key));
      if (selected === 'refused') assert.throws(select, { reason: 'unsupported_algorithm' });
      else assert.deepEqual(select(), selected);
    });
  }
});
