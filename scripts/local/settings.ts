import { type Config, ConfigurationError, type Environment, readConfig } from '../../src/config/config.ts';
import { SETTINGS, type Setting } from '../../src/config/settings.ts';
import { placeholderIn, SETTINGS_WRONG } from '../explain/settings.ts';
import { type Ask, publishedJwksUri } from '../facts/endpoint.ts';
import { type Explanation, explainBy } from '../facts/table.ts';
import type { Note } from './env-file.ts';
import { say } from './mistake.ts';

/** Settings as they were written, and where. */
export interface Given {
  readonly settings: Environment;
  readonly settingsFrom: string;
  readonly notes: readonly Note[];
  readonly event: unknown;
}

/** The claim iss of a token that stands anywhere in an event; unverified, of course. */
function issIn(event: unknown): string | undefined {
  const [, payload = ''] = /eyJ[\w-]*\.(eyJ[\w-]*)/.exec(JSON.stringify(event) ?? '') ?? [];
  try {
    const { iss } = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return typeof iss === 'string' ? iss : undefined;
  } catch {
    return undefined;
  }
}

/** Placeholders that were left as they are; then nobody is asked for keys, for the host is somebody else's. */
async function explainPlaceholders(
  { settings, settingsFrom, event }: Given,
  ask: Ask,
): Promise<Explanation | undefined> {
  const names = Object.keys(settings).filter((name) => placeholderIn({ name, text: settings[name] ?? '' }));
  const [name] = names;
  if (name === undefined) return undefined;
  const text = settings[name] ?? '';
  const iss = name.startsWith('TOKEN_ISSUER') ? issIn(event) : settings.TOKEN_ISSUER;
  const published = iss === undefined ? undefined : await publishedJwksUri(iss, ask);
  const values = {
    ...placeholderIn({ name, text }),
    names: names.join(', '),
    name,
    text,
    iss,
    file: settingsFrom,
    uri: published ?? 'the address of its keys',
  };
  if (iss !== undefined && name.startsWith('TOKEN_ISSUER')) return say('settings', 'placeholderIssuer', values);
  return say('settings', published && name.startsWith('JWKS_URI') ? 'placeholderUri' : 'placeholder', values);
}

const ROWS: readonly Setting<unknown>[] = Object.values(SETTINGS);

/** What is wrong with one setting, by its name and the sentence of the function about it. */
async function explainSetting(
  sentence: string,
  { settings, settingsFrom: file, notes }: Given,
  ask: Ask,
): Promise<Explanation> {
  const [name = ''] = sentence.split(' ');
  const text = settings[name]?.trim() ?? '';
  const note = notes.find(({ setting }) => setting === name);
  if (note)
    return text === ''
      ? { ...note, problem: say('settings', 'missingAnd', { name, file, note: note.problem }).problem }
      : note;
  const values = { name, text, file, sentence };
  const preset = ROWS.find((row) => row.name === name)?.defaultText;
  if (text !== '') {
    const written = { name, text };
    return (
      explainBy('settings', SETTINGS_WRONG, written, values, (value) => value) ??
      say('settings', preset === undefined ? 'wrong' : 'wrongDefault', { ...values, preset })
    );
  }
  const number = /_\d$/.exec(name)?.[0] ?? '';
  const [issuer = ''] = (settings[`TOKEN_ISSUER${number}`] ?? '').split(',');
  const uri = name.startsWith('JWKS_URI') ? await publishedJwksUri(issuer.trim(), ask) : undefined;
  return say('settings', uri === undefined ? 'missing' : 'missingUri', { ...values, uri });
}

/**
 * Reads the settings.
 *
 * @param ask reaches the issuer's server
 * @returns what the function makes of them, or what is wrong, the first mistake first
 */
export async function readSettings(
  given: Given,
  ask: Ask,
): Promise<{ config: Config } | { wrong: readonly Explanation[] }> {
  const placeholder = await explainPlaceholders(given, ask);
  if (placeholder) return { wrong: [placeholder] };
  try {
    return { config: readConfig(given.settings) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const [, ...sentences] = error.message.split('\n- ');
    return { wrong: await Promise.all(sentences.map((sentence) => explainSetting(sentence, given, ask))) };
  }
}
