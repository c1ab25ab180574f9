import { type Algorithm, KEY_TYPES } from '../algorithms.ts';
import { refusal } from '../decision.ts';
import { isObject } from '../json.ts';
import { MAX_LOGGED } from '../text.ts';
import { importJwk, type Skip, type VerificationKey } from './jwk.ts';

/** An entry that is not used. */
interface SkippedEntry extends Skip {
  readonly kid: string | undefined;
}

/** An imported JWK Set (RFC 7517, 5). */
export interface KeySet {
  readonly keys: readonly VerificationKey[];
  readonly skipped: readonly SkippedEntry[];
  /** How many entries were not looked at, because a set holds at most MAX_ENTRIES. */
  readonly ignored: number;
}

/** Importing costs up to 1 ms an entry: a set that is longer than any real one must not cost seconds. */
const MAX_ENTRIES = 100;
/** Keys that are tried for a token without `kid`, or under a `kid` that was published several times. */
const MAX_CANDIDATES = 16;

/**
 * Imports the entries of a JWK Set. An entry that can't be used takes no other with it.
 *
 * @param entries the member `keys` as published
 */
export function importKeys(entries: readonly unknown[]): KeySet {
  const keys: VerificationKey[] = [];
  const skipped: SkippedEntry[] = [];
  for (const entry of entries.slice(0, MAX_ENTRIES)) {
    const imported = importJwk(entry);
    if (!('why' in imported)) keys.push(imported);
    else
      skipped.push({
        kid: isObject(entry) && typeof entry.kid === 'string' ? entry.kid : undefined,
        ...imported,
      });
  }
  return { keys, skipped, ignored: Math.max(0, entries.length - MAX_ENTRIES) };
}

/**
 * The keys that may have signed a token: those with its `kid`, or for a token without `kid` all; of them those that
 * fit its `alg`.
 *
 * @returns at least one key
 * @throws Refusal `unknown_key`; `unsupported_algorithm` where the key is there, and its `alg` or type is another
 */
export function selectKeys(set: KeySet, kid: string | undefined, alg: Algorithm): readonly VerificationKey[] {
  const named = kid === undefined ? set.keys : set.keys.filter((key) => key.kid === kid);
  const fitting = named.filter((key) => key.type === KEY_TYPES[alg] && (key.alg ?? alg) === alg);
  if (fitting.length > 0) return fitting.slice(0, MAX_CANDIDATES);
  if (kid === undefined) throw refusal('unknown_key', 'no_kid');
  if (named.length > 0) throw refusal('unsupported_algorithm', 'not_of_key');
  const published = set.skipped.find((entry) => entry.kid === kid);
  if (published) throw refusal('unknown_key', 'skipped', { why: published.why });
  throw refusal('unknown_key', 'not_published');
}

/** What was skipped of a set, for one line of the log, however many entries it was. */
export function describeSkipped({ skipped, ignored }: KeySet) {
  const entries = skipped.map(({ kid = '(no kid)', why }) => `${kid.slice(0, MAX_LOGGED)}: ${why}`);
  if (ignored > 0) entries.unshift(`${ignored} come after the first ${MAX_ENTRIES}`);
  const isFaulty = ignored > 0 || skipped.some((entry) => entry.isFaulty);
  return {
    level: isFaulty ? ('warn' as const) : ('info' as const),
    message: `skipped ${skipped.length + ignored} entries of the JWK Set`,
    detail: [...new Set(entries)].join('; '),
  };
}

/** Why no key of a set can be used. */
export const describeNone = ({ skipped: [first] }: KeySet): string =>
  first
    ? `its answer holds no usable key: the log says why each was skipped, the first because ${first.why}`
    : 'its answer holds no keys: the issuer signs with a shared secret, or has published none yet';
