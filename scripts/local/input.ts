import { readFileSync } from 'node:fs';
import type { Environment } from '../../src/config/config.ts';
import { settingNames } from '../../src/config/settings.ts';
import { startIssuer } from '../issuer.ts';
import { parseEnv } from './env-file.ts';
import { parseEvent } from './event-file.ts';
import { readFile } from './folder.ts';
import { Mistake } from './mistake.ts';
import type { Given } from './settings.ts';

const NEEDED = ['TOKEN_ISSUER', 'JWKS_URI', 'AUDIENCE'];

/** What the function is to be run with. */
export interface Input extends Given {
  /** What was done to get it, in words. */
  readonly steps: readonly string[];
  /** What to do next, once it went well. */
  readonly next?: string;
  readonly close?: () => Promise<void>;
}

/**
 * The user's own settings and event.
 *
 * @param env the environment, whose settings count where there is no `.env`
 * @returns nothing where there is neither `.env` nor `event.json`
 * @throws Mistake
 */
export function fromFiles(folder: string, env: Environment): Input | undefined {
  const envText = readFile(folder, '.env');
  const eventText = readFile(folder, 'event.json');
  if (eventText === undefined && envText === undefined) return undefined;
  if (eventText === undefined) throw new Mistake('noEvent', { folder });
  const surrounding = settingNames().filter((name) => env[name]?.trim());
  if (envText !== undefined) {
    const ignored = surrounding.length > 0 ? `; ${surrounding.join(', ')} of the environment not used` : '';
    return {
      steps: [`Settings: .env${ignored}`, 'Event: event.json'],
      ...parseEnv(envText, '.env'),
      settingsFrom: '.env',
      event: parseEvent(eventText),
    };
  }
  if (!NEEDED.some((name) => surrounding.includes(name))) throw new Mistake('noEnv', { folder });
  return {
    steps: [`Settings: ${surrounding.join(', ')} of the environment (no .env)`, 'Event: event.json'],
    settings: Object.fromEntries(surrounding.map((name) => [name, env[name]])),
    notes: [],
    settingsFrom: 'the environment',
    event: parseEvent(eventText),
  };
}

/** An issuer on this machine, and a token from it: no account and no network needed. */
export async function fromLocalIssuer(): Promise<Input> {
  const { issuer, jwksUri, token, close } = await startIssuer();
  const audience = 'https://api.example.com/';
  const scope = 'read:pets write:pets';
  const accessToken = token({ sub: 'C8npTEMVnBrILsBTI91MOh6dfuZbPVAU@clients', aud: audience, scope });
  const sample = readFileSync(new URL('../../event.json.sample', import.meta.url), 'utf8');
  return {
    steps: [
      'No .env and no event.json: a token issuer on this machine stands in for yours',
      `Settings: TOKEN_ISSUER=${issuer} JWKS_URI=${jwksUri} AUDIENCE=${audience}`,
      'Event: event.json.sample with a token of that issuer, good for 5 minutes',
    ],
    settings: { TOKEN_ISSUER: issuer, JWKS_URI: jwksUri, AUDIENCE: audience },
    settingsFrom: 'the settings above',
    notes: [],
    event: JSON.parse(sample.replace('ACCESS_TOKEN', accessToken)),
    next:
      'To try a token of your own: copy .env.sample to .env and put your values in, copy event.json.sample to\n' +
      'event.json and put your token in, then run npm start again.',
    close,
  };
}
