import type { Environment } from '../../src/config/config.ts';
import { settingNames } from '../../src/config/settings.ts';
import { startIssuer } from '../issuer.ts';
import { parseEnv } from './env-file.ts';
import { asKind, sampleEvent, tokenOf, withRoute } from './event.ts';
import { parseEvent } from './event-file.ts';
import { readFile } from './files.ts';
import { mistake } from './say.ts';

const NEEDED = ['TOKEN_ISSUER', 'JWKS_URI', 'AUDIENCE'];

/** What the command line says. */
export interface Options {
  /** Another folder than the project's own. */
  readonly folder: string | undefined;
  /** A route to try, such as `GET /pets/7`. */
  readonly route: string | undefined;
  /** The kind of event to try it with. */
  readonly kind: string | undefined;
  /** What was piped in for `--token -`. */
  readonly piped: string | undefined;
}

/** What the function is to be run with. */
export interface Input {
  /** What was done to get it, in words. */
  readonly steps: readonly string[];
  readonly settings: Environment;
  /** Where the settings are, in words. */
  readonly file: string;
  /** The text of `.env`, if the settings are from there. */
  readonly envText: string;
  readonly event: unknown;
  /** What to do next, once it went well. */
  readonly next?: string;
  readonly close?: () => Promise<void>;
}

/** The settings of `.env`, or without one those of the environment. */
function settingsOf(envText: string | undefined, env: Environment, folder: string): Omit<Input, 'event'> {
  const surrounding = settingNames().filter((name) => env[name]?.trim());
  if (envText !== undefined) {
    const ignored = surrounding.length > 0 ? `; ${surrounding.join(', ')} of the environment not used` : '';
    return {
      steps: [`Settings: .env${ignored}`],
      settings: parseEnv(envText, '.env'),
      file: '.env',
      envText,
    };
  }
  if (!NEEDED.some((name) => surrounding.includes(name)))
    throw mistake`There is an event, but no .env in ${folder}.\nCopy .env.sample to .env, and put your values of TOKEN_ISSUER, JWKS_URI, AUDIENCE there.`;
  const settings = Object.fromEntries(surrounding.map((name) => [name, env[name]]));
  return {
    steps: [`Settings: ${surrounding.join(', ')} of the environment (no .env)`],
    settings,
    file: 'the environment',
    envText: '',
  };
}

/** An issuer on this machine, and a token from it: no account and no network needed. */
async function fromLocalIssuer(): Promise<Input> {
  const { issuer, jwksUri, token, close } = await startIssuer();
  const audience = 'https://api.example.com/';
  const scope = 'read:pets write:pets';
  const accessToken = token({ sub: 'C8npTEMVnBrILsBTI91MOh6dfuZbPVAU@clients', aud: audience, scope });
  return {
    steps: [
      'No .env and no event.json: a token issuer on this machine stands in for yours',
      `Settings: TOKEN_ISSUER=${issuer} JWKS_URI=${jwksUri} AUDIENCE=${audience}`,
      'Event: event.json.sample with a token of that issuer, valid for 5 minutes',
    ],
    settings: { TOKEN_ISSUER: issuer, JWKS_URI: jwksUri, AUDIENCE: audience },
    file: 'the settings above',
    envText: '',
    event: sampleEvent(accessToken),
    next:
      'To try a token of your own: copy .env.sample to .env and put your values in, copy event.json.sample to\n' +
      'event.json and put your token in, then run npm start again.',
    close,
  };
}

/** The user's own settings and event. @returns nothing if there are neither files nor a token */
async function fromFiles({ folder, piped }: Options, root: string, env: Environment): Promise<Input | undefined> {
  const place = folder ?? root;
  const envText = readFile(place, '.env');
  const eventText = piped === undefined ? readFile(place, 'event.json') : undefined;
  if (piped === undefined && eventText === undefined) {
    if (envText !== undefined)
      throw mistake`There is a .env, but no event.json in ${place}.\nCopy event.json.sample to event.json, and put your access token in the place of ACCESS_TOKEN; or: npm start -- --token -`;
    if (folder === undefined) return undefined;
    throw mistake`There is neither .env nor event.json in ${folder}.\nPut both there: cp .env.sample ${folder}/.env and cp event.json.sample ${folder}/event.json, and fill them in.`;
  }
  const { steps, ...settings } = settingsOf(envText, env, place);
  if (eventText !== undefined)
    return { ...settings, steps: [...steps, 'Event: event.json'], event: await parseEvent(eventText) };
  return {
    ...settings,
    steps: [...steps, 'Event: event.json.sample with the token of the standard input'],
    event: sampleEvent(tokenOf(piped ?? '')),
  };
}

/** The first text in an event that looks like a token, wherever it is. */
export const tokenAnywhere = (event: unknown) =>
  /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*/.exec(JSON.stringify(event) ?? '')?.[0] ?? '';

/**
 * What the function is to be run with: the user's files, or a stand-in for all of them.
 *
 * @param env the environment, whose settings count if there is no `.env`
 * @throws Mistake
 */
export async function readInput(options: Options, root: string, env: Environment): Promise<Input> {
  const input = (await fromFiles(options, root, env)) ?? (await fromLocalIssuer());
  const { route, kind } = options;
  const kinds = kind === undefined ? [] : [`Event: made one of the kind ${kind}`];
  const routed = route === undefined ? input.event : withRoute(input.event, route);
  const event = kind === undefined ? routed : asKind(routed, kind, input.settings, tokenAnywhere(routed));
  const routes = route === undefined ? [] : [`Route: ${route}`];
  return { ...input, steps: [...input.steps, ...routes, ...kinds], event };
}
