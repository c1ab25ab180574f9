import { Mistake } from './mistake.ts';

/** What keeps a text from being JSON, by what it looks like once the contents of its strings are left out. */
const FAULTS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['html', /^\s*</],
  ['comment', /^\s*(\/\/|\/\*|#)/m],
  ['noBrace', /^\s*[^\s{["]/],
  ['curlyQuotes', /[“”„]/],
  ['singleQuotes', /(?<=[{,:]\s*)'/],
  ['tab', /(?<="[^"\n]*)\t(?=[^"\n]*")/],
  ['openText', /^[^"\n]*(?:"[^"\n]*"[^"\n]*)*"[^"\n]*$/m],
  ['trailingComma', /,(?=\s*[}\]])/],
  ['missingComma', /(["\d}\]]|true|false|null)(?=[ \t]*\r?\n\s*["{[])/],
  ['noQuotes', /:\s*(?!true|false|null)[A-Za-z$<]/],
  ['nameWithoutQuotes', /(?<=[{,]\s*)[A-Za-z_]\w*\s*:/],
  ['equals', /"\s*=\s*/],
  ['noColon', /(?<=[{,]\s*)"_*"(?=\s*["}])/],
  ['twoObjects', /\}(?=\s*\{)/],
];

/** Texts in quotes, each without its content, so that nothing in it is taken for a fault. */
const withoutContents = (text: string) =>
  text.replace(/"((?:[^"\\\n]|\\.)*)"/g, (_, content: string) => `"${content.replace(/[^\n\t]/g, '_')}"`);

function explain(text: string): Mistake {
  if (text.trim() === '') return new Mistake('emptyEvent');
  if (/^\s*(Bearer\s+)?[^\s{["<]+\s*$/i.test(text)) return new Mistake('tokenAlone');
  const bare = withoutContents(text);
  for (const [name, pattern] of FAULTS) {
    const match = pattern.exec(bare);
    const before = match && bare.slice(0, match.index) + /^\s*/.exec(match[0])?.[0];
    if (before !== null) return new Mistake(name, { line: before.split('\n').length });
  }
  const wrong = /\\(?!["\\/bfnrtu])/.exec(text);
  if (wrong) return new Mistake('backslash', { line: text.slice(0, wrong.index).split('\n').length });
  const count = (character: string) => bare.split(character).length;
  if (count('{') > count('}')) return new Mistake('openBrace');
  if (/[\]}][^\]}]*$|\}\s*\}\s*$/.test(bare)) return new Mistake('afterEnd');
  return new Mistake('noJson');
}

/** Reads event.json. The parser's own message is not shown: it quotes the text, and the token with it. */
export function parseEvent(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw explain(text);
  }
}
