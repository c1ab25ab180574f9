import { type Algorithm, KEY_TYPES } from '../algorithms.ts';
import { refusal } from '../decision.ts';
import { isKeyFor } from '../issuer.ts';
import { isObject, type JsonObject, textIn } from '../json.ts';
import { MAX_LOGGED } from '../text.ts';
import { readJwk, type Skip, UNREADABLE, type VerificationKey } from './jwk.ts';

/** A JWK Set (RFC 7517, 5), each entry judged by its members. */
export type KeySet = Readonly<ReturnType<typeof importKeys>>;

/** Issuers with several hundred keys exist. */
const MAX_ENTRIES = 1000;
/** Keys that are tried for a token without `kid`, or under a `kid` that was published several times. */
const MAX_CANDIDATES = 16;

const kidOf = (entry: unknown) => (isObject(entry) ? textIn(entry.kid) : undefined);

/**
 * Reads the entries of a JWK Set. An entry that can't be used takes no other with it. Keys are imported until one
 * proves usable: a set without any is a failed fetch. The others are imported when a token first needs them, so that
 * a large set costs no more than a small one.
 */
export function importKeys(entries: readonly unknown[]) {
  const keys: VerificationKey[] = [];
  const skipped: (Skip & { readonly kid: string | undefined })[] = [];
  for (const entry of entries.slice(0, MAX_ENTRIES)) {
    const key = readJwk(entry);
    if ('why' in key) skipped.push({ kid: kidOf(entry), ...key });
    else if (keys.length > 0 || key.import()) keys.push(key);
    else skipped.push({ kid: key.kid, ...UNREADABLE });
  }
  const beyond = entries.slice(MAX_ENTRIES); // not looked at
  return { keys, skipped, ignored: { count: beyond.length, kids: new Set(beyond.map(kidOf)) } };
}

/**
 * The keys that may have signed a token: those with its `kid`, or for a token without `kid` all; of them those that
 * fit its `alg`. A key that is for tokens of another issuer is as if it were not published.
 *
 * @returns at least one key
 * @throws Refusal `unknown_key`; `unsupported_algorithm` where the key is there, and its `alg` or type is another
 */
export function selectKeys(
  set: KeySet,
  kid: string | undefined,
  alg: Algorithm,
  unverifiedClaims: JsonObject = {},
): readonly VerificationKey[] {
  const published = kid === undefined ? set.keys : set.keys.filter((key) => key.kid === kid);
  const named = published.filter(({ issuer }) => issuer === undefined || isKeyFor(issuer, unverifiedClaims));
  const fitting = named.filter((key) => key.type === KEY_TYPES[alg] && (key.alg ?? alg) === alg);
  const usable: VerificationKey[] = [];
  for (const key of fitting) {
    if (key.import() && usable.push(key) === MAX_CANDIDATES) break;
  }
  if (usable.length > 0) return usable;
  if (kid === undefined) throw refusal('unknown_key', 'no_kid');
  const other = named.find((key) => key.import());
  if (other?.type === KEY_TYPES[alg]) throw refusal('unsupported_algorithm', 'not_of_key');
  if (other) throw refusal('unsupported_algorithm', 'other_type', { alg, type: other.type });
  const why = named.length > 0 ? UNREADABLE.why : set.skipped.find((entry) => entry.kid === kid)?.why;
  if (why) throw refusal('unknown_key', 'skipped', { why });
  if (published.length > 0) throw refusal('unknown_key', 'other_issuer');
  if (set.ignored.kids.has(kid)) throw refusal('unknown_key', 'ignored', { max: MAX_ENTRIES });
  throw refusal('unknown_key', 'not_published');
}

/** What was skipped of a set, for one line of the log, however many entries it was. */
export function describeSkipped({ skipped, ignored }: KeySet) {
  const entries = skipped.map(({ kid = '(no kid)', why }) => `${kid.slice(0, MAX_LOGGED)}: ${why}`);
  if (ignored.count > 0) entries.unshift(`${ignored.count} come after the first ${MAX_ENTRIES}`);
  const isFaulty = ignored.count > 0 || skipped.some((entry) => entry.isFaulty);
  return {
    level: isFaulty ? ('warn' as const) : ('info' as const),
    message: `skipped ${skipped.length + ignored.count} entries of the JWK Set`,
    detail: [...new Set(entries)].join('; '),
  };
}

/** Why no key of a set can be used. */
export const describeNone = ({ skipped: [first] }: KeySet): string =>
  first
    ? `its answer holds no usable key: the log says why each was skipped, the first because ${first.why}`
    : 'its answer holds no keys: the issuer signs with a shared secret, or has published none yet';
