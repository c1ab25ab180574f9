import { isObject, type JsonObject } from './json.ts';

/** A claim, as a setting names it: a member of the claims set, or a JSON Pointer (RFC 6901) into it. */
export interface ClaimName {
  readonly name: string;
  readonly path: readonly string[];
}

export const namesOf = (claims: readonly ClaimName[]): readonly string[] => claims.map(({ name }) => name);

/**
 * Reads the name of a claim. One that begins with `/` is a JSON Pointer; any other is used literally, dots and
 * slashes included (`https://example.com/roles`).
 *
 * @returns `undefined` for a pointer that is wrong: a `~` in it is `~0` or `~1` (RFC 6901, 3)
 */
export function parseClaimName(name: string): ClaimName | undefined {
  if (!name.startsWith('/')) return { name, path: [name] };
  if (/~(?![01])/.test(name)) return undefined;
  const decode = (member: string) => member.replaceAll('~1', '/').replaceAll('~0', '~');
  return { name, path: name.slice(1).split('/').map(decode) };
}

/**
 * The value of a claim. Own members of objects only: no index of an array, nothing that every object inherits.
 *
 * @returns `undefined` where the claim is absent or null
 */
export function readClaim(claims: JsonObject, { path }: ClaimName): unknown {
  let value: unknown = claims;
  for (const member of path) {
    if (!isObject(value) || !Object.hasOwn(value, member)) return undefined;
    value = value[member];
  }
  return value ?? undefined;
}
