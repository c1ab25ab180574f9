import { type Mistake, mistake } from './say.ts';

const SAMPLE = 'Copy event.json.sample to event.json, and put the token in the place of ACCESS_TOKEN.';

/** The first place where a text is not JSON. JSON.parse does not always say where. */
async function faultIn(text: string) {
  const { transform } = await import('esbuild'); // only now: it takes a while to load
  try {
    await transform(text, { loader: 'json', logLevel: 'silent' });
  } catch (error) {
    const [{ text: fault = '', location = null } = {}] =
      (error as { errors?: { text: string; location: { line: number; column: number } | null }[] }).errors ?? [];
    const shown = fault.replace(/ (in JSON )?but found ".{9,}$/s, ''); // what was found may be a part of the token
    return { fault: shown, line: location?.line ?? 1, column: (location?.column ?? 0) + 1 };
  }
  return { fault: 'a character in it is not allowed', line: 1, column: 1 };
}

/** Why a text is not JSON. The parser's own message is not shown: it quotes the text, and the token with it. */
async function explain(text: string): Promise<Mistake> {
  if (/^\s*(Bearer\s+)?[^\s{["<]+\s*$/i.test(text))
    return mistake`event.json contains the token alone, or another word.\n${SAMPLE}`;
  if (!/^\s*[{["/#]/.test(text))
    return mistake`event.json is empty, or contains a web page, a script or the like: it does not begin with {.\n${SAMPLE}`;
  const { fault, line, column } = await faultIn(text);
  if (/Unterminated/.test(fault))
    return mistake`event.json is not JSON: in line ${line} a text goes over the end of the line, or has no closing quote. A token was probably copied with line breaks.\nPut it into one line, in double quotes.`;
  if (/trailing/.test(fault))
    return mistake`event.json is not JSON: line ${line} ends with a comma, and nothing follows.\nDelete that comma.`;
  return mistake`event.json is not JSON: line ${line}, column ${column}: ${fault}.\nCompare it with event.json.sample: one object, names and texts in straight double quotes, a colon after each name, a comma between members but not after the last, no comments.`;
}

/** Reads event.json. @throws Mistake */
export async function parseEvent(text: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    throw await explain(text);
  }
}
