import { parse } from 'dotenv';
import type { Environment } from '../../src/config/config.ts';
import { mistake } from './say.ts';

/**
 * Reads the text of `.env`.
 *
 * @throws Mistake if it does not have that form at all
 */
export function parseEnv(text: string, file: string): Environment {
  if (text.trim() === '') throw mistake`${file} is empty.\ncp .env.sample .env, and put your values in.`;
  if (/^\s*(\{|\[\s*[{"])/.test(text))
    throw mistake`${file} contains JSON (environment.json of a Lambda function?); it must have lines NAME=VALUE.\nWrite TOKEN_ISSUER=…, JWKS_URI=…, AUDIENCE=…, a line each, as in .env.sample.`;
  for (const [at, line] of text.split(/\r\n|\n|\r/).entries()) {
    const [, word = '', name] =
      /^\s*(\$env:|(?:setx?|env|declare -x|let|const|var)\s|\$|-\s)\s*([A-Za-z_]\w*)\s*[:= ]/i.exec(line) ?? [];
    if (name !== undefined)
      throw mistake`Line ${at + 1} of ${file} begins with "${word.trim()}", as in a shell, a Dockerfile or YAML; the file has lines NAME=VALUE.\nDelete "${word.trim()}": ${name}=…`;
  }
  const settings: Environment = parse(text);
  if (Object.keys(settings).length === 0)
    throw mistake`${file} has no line NAME=VALUE.\ncp .env.sample .env, and put your values in.`;
  return settings;
}
