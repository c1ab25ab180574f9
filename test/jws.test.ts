import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { generateKey, type SigningKey } from '../scripts/issuer.ts';
import * as standIn from '../scripts/stand-ins/jws.ts';
import { type Algorithm, KEY_TYPES } from '../src/key-set.ts';

/** What is used of jws, as jsonwebtoken loads it. */
interface Jws {
  readonly verify: (compact: string, alg: string, key: unknown) => boolean;
  readonly decode: (compact: string, options: object) => { readonly header: object };
  readonly sign: (options: object) => string;
}

const require = createRequire(createRequire(import.meta.url).resolve('jsonwebtoken'));
const jws = require('jws') as Jws;

const ALGORITHMS = Object.keys(KEY_TYPES) as Algorithm[];

/** jws throws where a signature has the wrong length for its curve; token.ts takes both for a refusal. */
function verdict(verify: () => boolean): boolean {
  try {
    return verify();
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error));
    return false;
  }
}

for (const alg of ALGORITHMS) {
  describe(`the stand-in for jws: ${alg}`, () => {
    let keys: readonly [SigningKey, SigningKey];
    const signed = (payload: object, { privateKey, kid } = keys[0]) =>
      jws.sign({ header: { alg, kid }, payload, privateKey });
    const both = (compact: string, [{ publicKey }] = keys) => ({
      library: verdict(() => jws.verify(compact, alg, publicKey)),
      standIn: verdict(() => standIn.verify(compact, alg, publicKey)),
    });
    before(async () => {
      keys = await Promise.all([generateKey('one', alg), generateKey('two', alg)]);
    });

    it('accepts and refuses what jws does', () => {
      const compact = signed({ sub: 'user' });
      assert.deepEqual(both(compact), { library: true, standIn: true });
      assert.deepEqual(both(signed({ sub: 'user' }, keys[1])), { library: false, standIn: false });
    });

    it('reads the header that jws reads', () => {
      const compact = signed({ sub: 'user' });
      assert.deepEqual(standIn.decode(compact).header, jws.decode(compact, { complete: true }).header);
    });

    it('comes to the verdict of jws on any signature', () => {
      const [header, payload, signature = ''] = signed({ sub: 'user' }).split('.');
      const good = Buffer.from(signature, 'base64url');
      const signatures = fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.uint8Array({ minLength: good.length, maxLength: good.length }),
        fc.integer({ min: 1, max: good.length }).map((length) => good.subarray(0, length)),
        fc.constantFrom(0, 255).map((byte) => Buffer.alloc(good.length, byte)),
        fc.nat(good.length * 8 - 1).map((bit) => {
          const flipped = Uint8Array.from(good);
          flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          return flipped;
        }),
      );
      fc.assert(
        fc.property(signatures, (bytes) => {
          const { library, standIn: own } = both(
            `${header}.${payload}.${Buffer.from(bytes).toString('base64url')}`,
          );
          assert.equal(own, library);
          assert.equal(own, Buffer.from(bytes).equals(good));
        }),
        { numRuns: 60 },
      );
    });
  });
}
