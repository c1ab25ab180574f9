/** What an object holds, by name. */
export type Members = Readonly<Record<string, unknown>>;
export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The paths of all that an event holds, outer ones first. */
export const pathsOf = (value: unknown, path: readonly string[] = []): (readonly string[])[] =>
  isMembers(value)
    ? Object.entries(value).flatMap(([name, member]) => [
        [...path, name],
        ...pathsOf(member, [...path, name]),
      ])
    : [];

/** What is at a path. */
export const at = (value: unknown, [name, ...rest]: readonly string[]): unknown =>
  name === undefined
    ? value
    : isMembers(value) && Object.hasOwn(value, name)
      ? at(value[name], rest)
      : undefined;

/** A copy with one member set; nothing is set within what is no object. */
export function put(value: Members, [name = '', ...rest]: readonly string[], member: unknown): Members {
  if (rest.length === 0) return { ...value, [name]: member };
  const inner = value[name] ?? {};
  return isMembers(inner) ? { ...value, [name]: put(inner, rest, member) } : value;
}

/** A copy with one member taken away. */
export function drop(value: Members, [name = '', ...rest]: readonly string[]): Members {
  const { [name]: inner, ...others } = value;
  return rest.length > 0 && isMembers(inner) ? { ...others, [name]: drop(inner, rest) } : others;
}
