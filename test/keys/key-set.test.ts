import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { before, describe, it, type TestContext } from 'node:test';
import { generateKey, type SigningKey } from '../../scripts/issuer.ts';
import type { Algorithm } from '../../src/algorithms.ts';
import { describeSkipped, importKeys, selectKeys } from '../../src/keys/key-set.ts';

type Jwk = Readonly<Record<string, unknown>>;

let rsa: SigningKey;
let other: SigningKey;
let ec: SigningKey;
let ed: SigningKey;

before(async () => {
  [rsa, other, ec, ed] = await Promise.all([
    generateKey('rsa'),
    generateKey('other'),
    generateKey('p-256', 'ES256'),
    generateKey('ed', 'EdDSA'),
  ]);
});

const rsaWith = (changes: Jwk): Jwk => ({ ...rsa.jwk, ...changes });

describe('which key a token needs', () => {
  /** Entries of a JWK Set, and the positions in it of those selected: `refused` where the alg is another, `unknown` where none is there. */
  interface Selection {
    readonly set: () => readonly Jwk[];
    readonly kid?: string;
    readonly alg?: Algorithm;
    readonly selected: readonly number[] | 'refused' | 'unknown';
  }
  const anyAlg = (jwk: Jwk) => ({ ...jwk, alg: undefined });
  const selections: Readonly<Record<string, Selection>> = {
    'by kid': { set: () => [rsa.jwk, other.jwk], kid: 'other', selected: [1] },
    'an unknown kid': { set: () => [rsa.jwk, other.jwk], kid: 'third', selected: 'unknown' },
    'a kid that only starts alike': { set: () => [rsa.jwk], kid: 'rs', selected: 'unknown' },
    'a kid in another case': { set: () => [rsa.jwk], kid: 'RSA', selected: 'unknown' },
    'the empty kid, which no key has': { set: () => [rsa.jwk], kid: '', selected: 'unknown' },
    'the empty kid': { set: () => [rsaWith({ kid: '' }), other.jwk], kid: '', selected: [0] },
    'a kid, and a key without': { set: () => [rsaWith({ kid: undefined })], kid: 'rsa', selected: 'unknown' },
    '__proto__ that no key has': { set: () => [rsa.jwk], kid: '__proto__', selected: 'unknown' },
    'constructor that no key has': { set: () => [rsa.jwk], kid: 'constructor', selected: 'unknown' },
    __proto__: { set: () => [other.jwk, rsaWith({ kid: '__proto__' })], kid: '__proto__', selected: [1] },
    'another alg of the same type': { set: () => [rsa.jwk], kid: 'rsa', alg: 'RS384', selected: 'refused' },
    'PSS for a key of RS256': { set: () => [rsa.jwk], kid: 'rsa', alg: 'PS256', selected: 'refused' },
    'an alg of another type': { set: () => [anyAlg(rsa.jwk)], kid: 'rsa', alg: 'ES256', selected: 'refused' },
    'another curve': { set: () => [anyAlg(ec.jwk)], kid: 'p-256', alg: 'ES384', selected: 'refused' },
    'an alg that lies about its key': {
      set: () => [{ ...ec.jwk, alg: 'RS256' }],
      kid: 'p-256',
      alg: 'RS256',
      selected: 'refused',
    },
    'no alg of its own': { set: () => [anyAlg(rsa.jwk)], kid: 'rsa', alg: 'PS512', selected: [0] },
    'one kid twice, another type': { set: () => [{ ...ec.jwk, kid: 'rsa' }, rsa.jwk], kid: 'rsa', selected: [1] },
    'one kid twice, another alg': {
      set: () => [rsaWith({ alg: 'RS512' }), { ...other.jwk, kid: 'rsa' }],
      kid: 'rsa',
      selected: [1],
    },
    'one kid twice, both fit': { set: () => [rsa.jwk, { ...other.jwk, kid: 'rsa' }], kid: 'rsa', selected: [0, 1] },
    'one kid twice, none fits': {
      set: () => [rsaWith({ alg: 'RS512' }), { ...ec.jwk, kid: 'rsa' }],
      kid: 'rsa',
      selected: 'refused',
    },
    'no kid and no key': { set: () => [], selected: 'unknown' },
    'no kid, none fits': { set: () => [ec.jwk], selected: 'unknown' },
    'no kid, one fits': { set: () => [ec.jwk, rsa.jwk], selected: [1] },
    'no kid, two fit': { set: () => [rsa.jwk, other.jwk], selected: [0, 1] },
    'no kid, one of two by its alg': { set: () => [rsaWith({ alg: 'PS256' }), other.jwk], selected: [1] },
    'no kid, two by an alg that is absent': { set: () => [anyAlg(rsa.jwk), other.jwk], selected: [0, 1] },
    'EdDSA by the name Ed25519': { set: () => [{ ...ed.jwk, alg: 'Ed25519' }], kid: 'ed', alg: 'EdDSA', selected: [0] },
    'EdDSA without an alg of its own': { set: () => [anyAlg(ed.jwk)], kid: 'ed', alg: 'EdDSA', selected: [0] },
    'EdDSA for a key on P-256': { set: () => [anyAlg(ec.jwk)], kid: 'p-256', alg: 'EdDSA', selected: 'refused' },
    'no kid, more than 16 fit: the first 16': {
      set: () => Array.from({ length: 20 }, (_, index) => rsaWith({ kid: `key-${index}` })),
      selected: Array.from({ length: 16 }, (_, index) => index),
    },
    'one kid more than 16 times: the first 16': {
      set: () => [ec.jwk, ...Array.from({ length: 20 }, () => rsa.jwk)],
      kid: 'rsa',
      selected: Array.from({ length: 16 }, (_, index) => index + 1),
    },
  };

  for (const [name, { set, kid, alg = 'RS256', selected }] of Object.entries(selections)) {
    it(name, () => {
      const keySet = importKeys(set().map((jwk) => JSON.parse(JSON.stringify(jwk))));
      assert.deepEqual(keySet.skipped, []);
      const select = () => selectKeys(keySet, kid, alg).map((key) => keySet.keys.indexOf(key));
      if (selected === 'refused') assert.throws(select, { reason: 'unsupported_algorithm' });
      else if (selected === 'unknown') assert.throws(select, { reason: 'unknown_key' });
      else assert.deepEqual(select(), selected);
    });
  }
});

describe('an unknown kid that is published all the same', () => {
  it('says so, and why its key is not used', () => {
    const set = importKeys([rsaWith({ use: 'enc' }), other.jwk]);
    assert.throws(() => selectKeys(set, 'rsa', 'RS256'), {
      reason: 'unknown_key',
      message:
        "The key with the token's kid is published, but this function does not use it: it is not for signatures (use).",
    });
    assert.throws(() => selectKeys(set, 'third', 'RS256'), { message: "No published key has the token's kid." });
  });
});

/** Counts what importing costs, whatever the machine: Node's own import of a JWK. */
function countImports(t: TestContext): () => number {
  const { mock } = t.mock.method(crypto, 'createPublicKey');
  syncBuiltinESMExports();
  t.after(() => {
    mock.restore();
    syncBuiltinESMExports();
  });
  return () => mock.callCount();
}

/** So many entries that are usable by their members, with the kids 0, 1, 2 and so on. */
const numbered = (count: number, jwk: Jwk = rsa.jwk) =>
  Array.from({ length: count }, (_, index) => ({ ...jwk, kid: String(index) }));

/** On P-256, but no point of it: only the import sees that. */
const offTheCurve = () => ({ ...ec.jwk, y: 'A'.repeat(43) });

describe('a long set', () => {
  it('523,788 entries that are no keys: the first 1,000 are looked at, one line tells of all', (t) => {
    const imports = countImports(t);
    const set = importKeys(Array(523_788).fill(1));
    assert.equal(imports(), 0);
    assert.equal(set.skipped.length, 1000);
    assert.equal(set.ignored.count, 522_788);
    assert.deepEqual(describeSkipped(set), {
      level: 'warn',
      message: 'skipped 523788 entries of the JWK Set',
      detail: '522788 come after the first 1000; (no kid): it is not a JSON object',
    });
  });

  it('1,000 keys: one is imported, and each other when a token first needs it', (t) => {
    const imports = countImports(t);
    const set = importKeys(numbered(1000));
    assert.deepEqual([imports(), set.keys.length, set.skipped, set.ignored.count], [1, 1000, [], 0]);
    const [last] = selectKeys(set, '999', 'RS256');
    assert.equal(last?.import()?.equals(rsa.publicKey), true);
    assert.deepEqual(selectKeys(set, '999', 'RS256'), [last]);
    assert.equal(imports(), 2);
  });

  it('1,004 entries: the thousandth is used, of those after it the refusal says where they are', () => {
    const set = importKeys([...numbered(1000), { ...rsa.jwk, kid: 'late' }, 1, null, 'x']);
    assert.equal(selectKeys(set, '999', 'RS256').length, 1);
    assert.throws(() => selectKeys(set, 'late', 'RS256'), {
      reason: 'unknown_key',
      message: "The key with the token's kid is published, but it comes after the first 1000 entries of the JWK Set.",
    });
    assert.throws(() => selectKeys(set, 'other', 'RS256'), { message: "No published key has the token's kid." });
    assert.equal(describeSkipped(set).message, 'skipped 4 entries of the JWK Set');
  });

  it('keys that fail are imported until one is usable, and skipped', (t) => {
    const imports = countImports(t);
    const set = importKeys([offTheCurve(), offTheCurve(), rsa.jwk, offTheCurve()]);
    assert.deepEqual([imports(), set.keys.length, set.skipped.length], [3, 2, 2]);
  });

  it('a key that fails when a token needs it counts as skipped, and the refusal says so', () => {
    const set = importKeys([rsa.jwk, { ...offTheCurve(), kid: 'broken' }]);
    for (const alg of ['ES256', 'RS256'] as const) {
      assert.throws(() => selectKeys(set, 'broken', alg), {
        reason: 'unknown_key',
        message:
          "The key with the token's kid is published, but this function does not use it: it is not a readable public key.",
      });
    }
  });

  it('and so it does where another key has the same kid', () => {
    const set = importKeys([rsa.jwk, { ...offTheCurve(), kid: 'rsa', alg: undefined }]);
    assert.throws(() => selectKeys(set, 'rsa', 'ES256'), { reason: 'unsupported_algorithm' });
    assert.equal(selectKeys(set, 'rsa', 'RS256').length, 1);
  });

  it('numbers of 200 KB are not imported', (t) => {
    const imports = countImports(t);
    const long = 'B'.repeat(200_000);
    const entries = [rsaWith({ n: long }), rsaWith({ e: long }), { ...ec.jwk, x: long }, { ...ec.jwk, y: long }];
    const set = importKeys([...entries, { ...ed.jwk, x: long }]);
    assert.deepEqual([imports(), set.keys.length, set.skipped.length], [0, 0, 5]);
  });
});

describe("a key that is not for the token's alg", () => {
  it('of another curve: the refusal names it', () => {
    const set = importKeys([{ ...ec.jwk, alg: 'ES512' }]);
    assert.throws(() => selectKeys(set, 'p-256', 'ES512'), {
      reason: 'unsupported_algorithm',
      message: "The token's alg is ES512, and its key is of another type: P-256.",
    });
  });
});
