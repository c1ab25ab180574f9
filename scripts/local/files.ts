import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import type { Environment } from '../../src/config/config.ts';
import { type Mistake, mistake } from './say.ts';

/** Names that editors and people give the two files, in lower case. */
const OTHER_NAMES: Readonly<Record<string, RegExp>> = {
  '.env': /^(\.env(\.(txt|local|json|env|development))?|env(\.txt)?|dotenv|\.envrc)$/,
  'event.json': /^(event(\.txt|\.js(on)?)?|event\.json\.(txt|json)|events\.json|\.event\.json)$/,
};

export function readFile(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) {
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    const other = files.find((file) => OTHER_NAMES[name]?.test(file.name.toLowerCase()))?.name;
    if (other !== undefined)
      throw mistake`There is no ${name} in ${folder}, but there is ${other}: an editor added to the name, or it was
        mistyped.
        → mv ${other} ${name}`;
    return undefined;
  }
  if (stat.isDirectory())
    throw mistake`${name} is a folder, not a file.
      → Delete it, and copy ${name === '.env' ? '.env.sample' : 'event.json.sample'} to ${name}.`;
  const bytes = readFileSync(path);
  const [first, second] = bytes;
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (hasMark || (bytes.length > 3 && (first === 0) !== (second === 0)))
    throw mistake`${name} is in UTF-16, as Windows PowerShell's > writes it; it must be UTF-8.
      → Save it as UTF-8: Set-Content -Encoding utf8 ${name}, or the editor's "Save with Encoding".`;
  return bytes.toString().replace(/^\uFEFF/, '');
}

export function checkFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  throw mistake`${folder} is ${existsSync(folder) ? 'a file, not a folder' : 'not there'}.
    → Name a folder that has a .env and an event.json, or none for the project's own.`;
}

/** What a line begins with in a shell, a Dockerfile or YAML, and the name behind it. */
const FOREIGN = /^\s*(\$env:|(?:setx?|env|declare -x|let|const|var)\s|\$|-\s)\s*([A-Za-z_]\w*)\s*[:= ]/i;

/** Reads the text of `.env`. @throws Mistake if it does not have that form at all */
export function parseEnv(text: string, file: string): Environment {
  const isJson = /^\s*(\{|\[\s*[{"])/.test(text);
  const settings: Environment = isJson ? {} : parse(text);
  if (Object.keys(settings).length === 0)
    throw mistake`${file} ${isJson ? 'contains JSON' : 'is empty, or has no line NAME=VALUE'}.
      → Write TOKEN_ISSUER=…, JWKS_URI=…, AUDIENCE=…, a line each: cp .env.sample .env, and put your values in.`;
  for (const [at, line] of text.split(/\r\n|\n|\r/).entries()) {
    const [, word = '', name] = FOREIGN.exec(line) ?? [];
    if (name !== undefined)
      throw mistake`Line ${at + 1} of ${file} begins with "${word.trim()}", as in a shell, a Dockerfile or YAML; the
        file has lines NAME=VALUE.
        → Delete "${word.trim()}": ${name}=…`;
  }
  return settings;
}

/** The first place where a text is not JSON. JSON.parse does not always say where. */
async function faultIn(text: string) {
  const { transform } = await import('esbuild'); // only now: it takes a while to load
  const failure: unknown = await transform(text, { loader: 'json', logLevel: 'silent' }).catch((error) => error);
  const { errors } = failure as { errors?: { text: string; location: { line: number; column: number } | null }[] };
  const [{ text: fault = 'a character in it is not allowed', location = null } = {}] = errors ?? [];
  const shown = fault.replace(/ (in JSON )?but found ".{9,}$/s, ''); // what was found may be a part of the token
  return { fault: shown, line: location?.line ?? 1, column: (location?.column ?? 0) + 1 };
}

/** Why a text is not JSON. The parser's own message is not shown: it quotes the text, and the token with it. */
async function explain(text: string): Promise<Mistake> {
  if (!/^\s*[{["/#]/.test(text))
    return mistake`event.json does not begin with {: it is empty, or contains the token alone, or something else.
      → Copy event.json.sample to event.json, and put the token in the place of ACCESS_TOKEN.`;
  const { fault, line, column } = await faultIn(text);
  return mistake`event.json is not JSON: line ${line}, column ${column}: ${fault}.
    → Compare it with event.json.sample: one object, names and texts in straight double quotes, each on one line (tokens
    are often copied with line breaks), a colon after each name, a comma between members but not after the last, no
    comments.`;
}

export async function parseEvent(text: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    throw await explain(text);
  }
}
