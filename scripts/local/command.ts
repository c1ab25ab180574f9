import { resolve } from 'node:path';
import type { Environment } from '../../src/config/config.ts';
import { checkFolder } from './folder.ts';
import { Mistake } from './mistake.ts';

export const USAGE = `Runs the authorizer once, with .env and event.json, and says what it decides and why.

npm start                      the two files of this folder; without them a token issuer on this machine
npm start -- --dir FOLDER      the two files of another folder`;

/**
 * The folder that was named, as whoever named it sees it: npm runs scripts in the project's own.
 *
 * @returns nothing where none was named
 * @throws Mistake
 */
export function folderOf(args: readonly string[], env: Environment): string | undefined {
  const [option, folder, ...others] = args;
  if (option === undefined) return undefined;
  if (env.npm_config_dir && !option.startsWith('-')) throw new Mistake('npmOption', { folder: option });
  if (option !== '--dir' || others.length > 0) throw new Mistake('usage', { what: args.join(' ') });
  if (folder === undefined) throw new Mistake('usage', { what: '--dir without a folder' });
  const path = resolve(env.INIT_CWD ?? '.', folder);
  checkFolder(path);
  return path;
}
