/** Characters of a name that is not ours, as far as it is logged. */
export const MAX_LOGGED = 128;

/** Printable ASCII, the usual case: what is behind `\p{…}` takes a millisecond to load. */
export const PLAIN = /^[ -~]*$/;
/** Control and format characters, and characters that look like a space (U+0020) but aren't. */
const INVISIBLE = /(?! )[\p{Cc}\p{Cf}\p{Z}]/gu;

/** A character as Unicode names it: U+200B. */
export const codePoint = (character: string): string =>
  `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;

/** The first character that a reader can't see or mistakes for a space, with its number in Unicode. */
export function invisibleIn(text: string): string | undefined {
  const [character] = PLAIN.test(text) ? [] : (text.match(INVISIBLE) ?? []);
  return character && codePoint(character);
}

/** Words as a choice: a, b or c. */
export const anyOf = (words: readonly string[]): string => words.join(', ').replace(/, ([^,]*)$/, ' or $1');

/** A text as a URL, if it is one. `URL.canParse` of Node 20 and 22 is wrong about texts with letters such as ü. */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** A text with its invisible characters written out: <U+200B>. */
export const writeOut = (text: string): string =>
  PLAIN.test(text) ? text : text.replace(INVISIBLE, (character) => `<${codePoint(character)}>`);
