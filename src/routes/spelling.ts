/**
 * How paths are spelled. API Gateway may serve a route for other spellings of its path (REST APIs serve `/pets/`
 * by the resource `/pets`), and AWS documents little of it. So a route is closed however its path is spelled: in
 * `decidingRoute`, in `compile` and in ROUTE_SCOPES itself.
 */

/** A percent-encoded unreserved character: a letter, a digit, or one of `-._~` (RFC 3986, 2.3). */
const ENCODED = /%(?:2[DdEe]|3\d|[46][1-9A-Fa-f]|[57][\dAa]|5[Ff]|7[Ee])/;
const ALL_ENCODED = new RegExp(ENCODED, 'g');
const DOT_SEGMENT = /(?:^|\/)\.\.?(?:\/|$)/;
const NOT_PLAIN = new RegExp(`${ENCODED.source}|//|./$|${DOT_SEGMENT.source}`, 's');

const decode = (path: string) =>
  path.replace(ALL_ENCODED, (encoded) => String.fromCharCode(Number.parseInt(encoded.slice(1), 16)));

export const isPlain = (path: string): boolean => !NOT_PLAIN.test(path);

/**
 * The plain spelling of a path: unreserved characters are decoded once, repeated slashes are one, and the end
 * has none. Other percent-encoded characters stay as they are (`%2F`, `%40`, `%C3%A9`, `%2561`).
 *
 * @returns nothing for a path with a dot segment, which is of no route
 */
export function plainPath(path: string): string | undefined {
  if (isPlain(path)) return path;
  const plain = decode(path)
    .replace(/\/+/g, '/')
    .replace(/(.)\/$/s, '$1');
  return DOT_SEGMENT.test(plain) ? undefined : plain;
}

/** What no ARN in its plain spelling matches, but for the slash at the end, which `compile` adds. */
const NEVER_PLAIN = ['*//*', '*/./*', '*/../*', '*/.', '*/..', '*%2e*', '*%2E*'];

/**
 * The patterns of ARNs that are not in their plain spelling, as they follow the stage.
 *
 * @param literals the characters that must not be percent-encoded; a dot never may
 */
export function otherSpellings(literals: string): string[] {
  const encoded = new Set<string>();
  for (const character of new Set(literals)) {
    const hex = character.charCodeAt(0).toString(16);
    if (character === '.' || !ENCODED.test(`%${hex}`)) continue;
    // one pattern for a to o; it denies %60 as well, a grave accent
    for (const digits of hex.startsWith('6') ? ['6?'] : [hex, hex.toUpperCase()]) encoded.add(`*%${digits}*`);
  }
  return [...NEVER_PLAIN, ...encoded];
}

/** What is wrong with the spelling of a segment of an entry, if anything. */
export function spellingMistake(segment: string): string | undefined {
  if (ENCODED.test(segment)) return `has a letter, a digit or one of -._~ percent-encoded; write ${decode(segment)}`;
  return DOT_SEGMENT.test(segment) ? `has the segment ${segment}, which no request of a route has` : undefined;
}
