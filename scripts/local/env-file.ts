import { parse } from 'dotenv';
import type { Environment } from '../../src/config/config.ts';
import { settingNames } from '../../src/config/settings.ts';
import type { Explanation } from '../facts/table.ts';
import { nearest, strangers } from '../nearest.ts';
import { Mistake, say } from './mistake.ts';

/** Something about `.env` that keeps nothing from running, and is likely not meant. */
export interface Note extends Explanation {
  /** The setting that it is about. */
  readonly setting: string;
}

const NO_EFFECT = 'NODE_TLS_REJECT_UNAUTHORIZED';
const shown = (name: string) => (name.length > 40 || /eyJ/.test(name) ? `${name.slice(0, 8)}…` : name);

/** Tells of a name that is no setting. */
function noteOf(name: string, file: string, settings: Environment): Note {
  if (name === NO_EFFECT) return { setting: '', ...say('settings', 'tlsSwitch', { name, file }) };
  const near = nearest(name);
  if (/TOKEN$/i.test(name)) return { setting: '', ...say('settings', 'token', { name: shown(name), file }) };
  if (near === undefined) return { setting: '', ...say('settings', 'unknown', { name: shown(name), file }) };
  const kind = name.toUpperCase() === near ? 'capitals' : 'misspelt';
  return { setting: settings[near] ? '' : near, ...say('settings', kind, { name: shown(name), near, file }) };
}

const LINE = /^\s*(?:export\s+)?([\w.-]+)\s*(?:=|:\s)\s*(.*?)\s*$/;
/** A value without quotes that goes on after a #. */
const CUT = /^([^'"`#]*[^'"`#\s])(#.*)$/;

/** Notes about single lines: a value that is cut at #, a name that stands twice. */
function notesOfLines(lines: readonly string[], names: readonly string[], file: string): Note[] {
  const seen = new Map<string, string>();
  return lines.flatMap((line) => {
    const [, name = '', value = ''] = LINE.exec(line) ?? [];
    if (!names.includes(name)) return [];
    const before = seen.get(name);
    seen.set(name, value);
    const [, read, rest] = CUT.exec(value) ?? [];
    const cut = read === undefined ? [] : [say('settings', 'cut', { name, file, read, whole: `${read}${rest}` })];
    const twice = before !== undefined && before !== value ? [say('settings', 'twice', { name, file })] : [];
    const isReference = /\$\{\w+\}|^\$\w+$/.test(value);
    const reference = isReference ? [say('settings', 'reference', { name, file, text: value })] : [];
    return [...cut, ...twice, ...reference].map((explanation) => ({ setting: name, ...explanation }));
  });
}

/**
 * Reads the text of `.env`.
 *
 * @returns the variables, and what is likely not meant
 * @throws Mistake where it is not of that form at all
 */
export function parseEnv(text: string, file: string): { settings: Environment; notes: readonly Note[] } {
  if (text.trim() === '') throw new Mistake('emptyEnv', { file });
  if (/^\s*(\{|\[\s*[{"])/.test(text)) throw new Mistake('jsonEnv', { file });
  const lines = text.split(/\r\n|\n|\r/);
  for (const [at, line] of lines.entries()) {
    const [, word, name] =
      /^\s*(\$env:|(?:setx?|env|declare -x|let|const|var)\s|\$|-\s)\s*([A-Za-z_]\w*)\s*[:= ]/i.exec(line) ?? [];
    if (name !== undefined) throw new Mistake('shellLine', { file, line: at + 1, word: word?.trim(), name });
  }
  const settings: Environment = parse(text);
  if (Object.keys(settings).length === 0) throw new Mistake('noVariables', { file });
  const names = settingNames();
  const disabled = lines.flatMap((line) => {
    const [, name = ''] = /^\s*#\s*([A-Z_\d]+)\s*=\s*\S/.exec(line) ?? [];
    const isMissed = ['TOKEN_ISSUER', 'JWKS_URI', 'AUDIENCE'].includes(name) && !settings[name];
    return isMissed ? [{ setting: name, ...say('settings', 'disabled', { name, file }) }] : [];
  });
  const notes = strangers(Object.keys(settings)).map((name) => noteOf(name, file, settings));
  return { settings, notes: [...disabled, ...notes, ...notesOfLines(lines, names, file)] };
}
