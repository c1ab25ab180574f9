const INVISIBLE = /(?![ \t\r\n])[\p{Cc}\p{Cf}\p{Z}]/u;

/** An invisible character in the text, as Unicode writes it. */
export function invisibleIn({ text }: { readonly text: string }) {
  const [character] = INVISIBLE.exec(text) ?? [];
  const code = character?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return code !== undefined && { code: `U+${code}`, what: NAMES[code] ?? 'invisible, or no plain blank' };
}

const NAMES: Readonly<Record<string, string>> = {
  '00A0': 'a no-break space',
  '200B': 'a zero-width space',
  '200E': 'a left-to-right mark',
  FEFF: 'a byte order mark',
};
