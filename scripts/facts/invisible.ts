import { invisibleIn as codePointIn } from '../../src/text.ts';

const NAMES: Readonly<Record<string, string>> = {
  'U+00A0': 'a no-break space',
  'U+200B': 'a zero-width space',
  'U+200E': 'a left-to-right mark',
  'U+FEFF': 'a byte order mark',
};

/** An invisible character in the text, as Unicode writes it; tabs and line ends are none. */
export function invisibleIn({ text }: { readonly text: string }) {
  const code = codePointIn(text.replace(/[\t\r\n]/g, ' '));
  return code !== undefined && { code, what: NAMES[code] ?? 'invisible, or no plain blank' };
}
