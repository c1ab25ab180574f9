/*
 * Published vectors (Project Wycheproof, see wycheproof/vectors.json): a JWK Set, and tokens that are valid or invalid
 * under it. Their payloads are no claims sets, most of them not even JSON, so that the handler refuses every one of
 * them as malformed before it asks for a key: that is one test. The others take the steps of the handler one by one,
 * with a payload that is a JSON object in the parser's eyes: the shape, the header, the key out of a set that a real
 * endpoint publishes, the signature over what the vector holds.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { KEY_TYPES } from '../src/algorithms.ts';
import { readConfig } from '../src/config/config.ts';
import { KeysUnavailable, type Reason, Refusal } from '../src/decision.ts';
import { checkHeader, parseToken, type UnverifiedToken } from '../src/token/jws.ts';
import { verifySignature } from '../src/token/signature.ts';
import { composeHere } from './support/in-process.ts';
import { publish, setUp } from './support/sources.ts';
import { METHOD } from './support/suite.ts';
import { base64url } from './support/tokens.ts';

type Jwk = Readonly<Record<string, unknown>>;

/** What a token is found to be. */
type Verdict = 'verified' | Reason;

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly result: 'valid' | 'invalid';
  readonly jws: string;
}

interface Group {
  /** The name of the file at Wycheproof: numbers are unique in each. */
  readonly file: string;
  readonly comment: string;
  readonly keys: readonly Jwk[];
  readonly tests: readonly Vector[];
}

const { groups } = JSON.parse(readFileSync(new URL('wycheproof/vectors.json', import.meta.url), 'utf8')) as {
  readonly groups: readonly Group[];
};

const ALGORITHMS = Object.keys(KEY_TYPES).join(',');
const CONFIG = readConfig({
  ...{ TOKEN_ISSUER: 'issuer', JWKS_URI: 'https://issuer.example/', AUDIENCE: 'api' },
  ALGORITHMS,
});

/** Where this function decides otherwise than Wycheproof, by file and number. */
const OTHERWISE: Readonly<Record<string, Verdict>> = {
  // valid for a JWS, but an empty payload is no claims set
  'json_web_signature_test 259': 'malformed_token',
  'json_web_signature_test 264': 'malformed_token',
  'json_web_signature_test 268': 'malformed_token',
  'json_web_signature_test 272': 'malformed_token',
  'json_web_signature_test 320': 'malformed_token',
  'json_web_signature_test 325': 'malformed_token',
  // valid for whoever does not look at the key's alg, which is PS256 for a PS384 signature, or no algorithm (ES521)
  'json_web_signature_test 346': 'unsupported_algorithm',
  'json_web_signature_test 347': 'unsupported_algorithm',
  'json_web_signature_test 350': 'unsupported_algorithm',
  'json_web_signature_test 351': 'unsupported_algorithm',
  // the signature is right; that the key can be factored (ROCA, CVE-2017-15361) is its issuer's to see
  'json_web_key_test 7': 'verified',
};

/** Parses a token as the function does, its payload aside; an empty one remains empty. */
function parse(jws: string): UnverifiedToken {
  const parts = jws.split('.');
  if (parts[1]) parts[1] = base64url('{}');
  return { ...parseToken(parts.join('.')), compact: jws };
}

/** Lets an endpoint publish keys, and decides about tokens under them. */
async function judging(t: Parameters<typeof setUp>[0], keys: readonly Jwk[]) {
  const { find, endpoint } = await setUp(t);
  endpoint.answer(publish(...keys));
  return async (jws: string): Promise<Verdict> => {
    try {
      const token = parse(jws);
      const alg = checkHeader(token, CONFIG);
      verifySignature(token, await find(token.unverifiedKid, alg), alg);
      return 'verified';
    } catch (error) {
      if (error instanceof Refusal) return error.cause.reason;
      if (error instanceof KeysUnavailable) return 'keys_unavailable';
      throw error;
    }
  };
}

const nameOf = ({ file }: Group, { tcId }: Vector) => `${file} ${tcId}`;

const counts: Partial<Record<Verdict, number>> = {};

for (const group of groups) {
  describe(`${group.file}, ${group.comment}`, () => {
    for (const vector of group.tests) {
      it(`${vector.tcId} ${vector.comment}: ${vector.result}`, async (t) => {
        const judge = await judging(t, group.keys);
        const verdict = await judge(vector.jws);
        counts[verdict] = (counts[verdict] ?? 0) + 1;
        const otherwise = OTHERWISE[nameOf(group, vector)];
        if (otherwise !== undefined) assert.equal(verdict, otherwise);
        else if (vector.result === 'valid') assert.equal(verdict, 'verified');
        else assert.notEqual(verdict, 'verified');
      });
    }
  });
}

describe('the vectors', () => {
  it('are refused for what is wrong with them, most of them for the signature alone', () => {
    assert.deepEqual(counts, {
      verified: 28,
      malformed_token: 30,
      unsupported_algorithm: 12,
      unknown_key: 2,
      invalid_signature: 291,
      keys_unavailable: 9,
    });
  });

  it('whose key is published for another alg are verified where it is published for none', async (t) => {
    for (const group of groups) {
      const judge = await judging(
        t,
        group.keys.map((key) => ({ ...key, alg: undefined })),
      );
      for (const vector of group.tests) {
        if (OTHERWISE[nameOf(group, vector)] !== 'unsupported_algorithm') continue;
        assert.equal(await judge(vector.jws), 'verified', nameOf(group, vector));
      }
    }
  });

  it('are all refused by the function itself, for their payloads if for nothing else', async () => {
    const keys = groups.flatMap((group) => group.keys);
    const env = { TOKEN_ISSUER: 'issuer', JWKS_URI: 'https://issuer.example/', AUDIENCE: 'api', ALGORITHMS };
    const { handler, lines } = composeHere(env, async () => keys, Date.now);
    for (const { jws } of groups.flatMap((group) => group.tests)) {
      const event = { type: 'TOKEN', authorizationToken: `Bearer ${jws}`, methodArn: METHOD };
      await assert.rejects(handler(event), { message: 'Unauthorized' });
    }
    const reasons = new Set(lines.map(({ reason }) => reason));
    assert.deepEqual(reasons, new Set(['malformed_token', 'missing_token']));
  });
});
