import type { Environment } from '../../src/config/config.ts';
import { settingNames } from '../../src/config/settings.ts';
import { startIssuer } from '../issuer.ts';
import { asKind, type Binding, bindToKey, sampleEvent, tokenOf, withRoute } from './event.ts';
import { tokenAnywhere } from './facts.ts';
import { parseEnv, parseEvent, readFile } from './files.ts';
import { mistake } from './say.ts';

const NEEDED = ['TOKEN_ISSUER', 'JWKS_URI', 'AUDIENCE'];

/**
 * What the command line says: another folder than the project's own, a route to try (`GET /pets/7`), the kind of event
 * to try it with, and what was piped in for `--token -`.
 */
export type Options = Readonly<Record<'folder' | 'route' | 'kind' | 'piped', string | undefined>>;

export interface Input {
  readonly steps: readonly string[];
  readonly settings: Environment;
  readonly file: string;
  /** The text of `.env`; empty if the settings are not from there. */
  readonly envText: string;
  readonly event: unknown;
  /** Of a token that is bound to a key, to which the event has a proof in the end. */
  readonly binding?: Binding | undefined;
  /** What to do next, once it went well. */
  readonly next?: string;
  readonly close?: () => Promise<void>;
}

/** The settings of `.env`, or without one those of the environment. */
function settingsOf(envText: string | undefined, env: Environment, folder: string): Omit<Input, 'event'> {
  const surrounding = settingNames().filter((name) => env[name]?.trim());
  const names = surrounding.join(', ');
  if (envText !== undefined) {
    const steps = [`Settings: .env${names && `; ${names} of the environment not used`}`];
    return { steps, settings: parseEnv(envText, '.env'), file: '.env', envText };
  }
  if (!NEEDED.some((name) => surrounding.includes(name)))
    throw mistake`There is an event, but no .env in ${folder}.
      → Copy .env.sample to .env, and put your values of TOKEN_ISSUER, JWKS_URI, AUDIENCE there.`;
  const settings = Object.fromEntries(surrounding.map((name) => [name, env[name]]));
  return { steps: [`Settings: ${names} of the environment (no .env)`], settings, file: 'the environment', envText: '' };
}

/** An issuer on this machine, and a token from it: no account and no network needed. @param own other settings */
async function fromLocalIssuer(own: Environment): Promise<Input> {
  const { issuer, jwksUri, token, close } = await startIssuer();
  const audience = 'https://api.example.com/';
  const binding = own.TOKEN_BINDING?.startsWith('dpop') ? await bindToKey() : undefined;
  const claims = { sub: 'C8npTEMVnBrILsBTI91MOh6dfuZbPVAU@clients', aud: audience, scope: 'read:pets write:pets' };
  const settings = { ...own, TOKEN_ISSUER: issuer, JWKS_URI: jwksUri, AUDIENCE: audience };
  const shown = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return {
    steps: [
      'No event.json and no issuer in .env: a token issuer on this machine stands in for yours',
      `Settings: ${shown.join(' ')}`,
      `Event: event.json.sample with a token of that issuer${binding ? ', bound to a key by DPoP' : ''}`,
    ],
    settings,
    file: 'the settings above',
    envText: '',
    event: sampleEvent(token({ ...claims, ...(binding && { cnf: binding.cnf }) })),
    binding,
    next: `To try a token of your own: copy .env.sample to .env and put your values in, copy event.json.sample to
event.json and put your token in, then run npm start again.`,
    close,
  };
}

/** The user's own settings and event; without an event and an issuer those of an issuer on this machine. */
async function fromFiles({ folder, piped }: Options, root: string, env: Environment): Promise<Input> {
  const place = folder ?? root;
  const envText = readFile(place, '.env');
  const eventText = piped === undefined ? readFile(place, 'event.json') : undefined;
  if (piped === undefined && eventText === undefined) {
    const { TOKEN_BINDING, DPOP_URLS } = env;
    const own = envText === undefined ? { TOKEN_BINDING, DPOP_URLS } : parseEnv(envText, '.env');
    // an issuer of their own is not needed to try DPoP: this machine's makes the token, its key and the proof
    const isDpop = own.TOKEN_BINDING?.startsWith('dpop') && !NEEDED.some((name) => own[name]?.trim());
    if (isDpop) return fromLocalIssuer(own);
    if (envText === undefined && folder === undefined) return fromLocalIssuer({});
    throw mistake`There is ${envText === undefined ? 'neither .env nor' : 'a .env, but no'} event.json in ${place}.
      → cp .env.sample ${place}/.env and cp event.json.sample ${place}/event.json, and put your values and your access
      token in; or, for the token: npm start -- --token -`;
  }
  const { steps, ...settings } = settingsOf(envText, env, place);
  if (eventText !== undefined)
    return { ...settings, steps: [...steps, 'Event: event.json'], event: await parseEvent(eventText) };
  const step = 'Event: event.json.sample with the token of the standard input';
  return { ...settings, steps: [...steps, step], event: sampleEvent(tokenOf(piped ?? '')) };
}

/**
 * What the function is to be run with: the user's files, or a stand-in for all of them.
 *
 * @param env the environment, whose settings count if there is no `.env`
 * @throws Mistake
 */
export async function readInput(options: Options, root: string, env: Environment): Promise<Input> {
  const input = await fromFiles(options, root, env);
  const { settings, binding } = input;
  const { route, kind = binding && 'rest' } = options;
  const routed = route === undefined ? input.event : withRoute(input.event, route);
  const token = tokenAnywhere(routed);
  const event = kind === undefined ? routed : asKind(routed, kind, settings, token);
  const steps = [
    ...input.steps,
    ...(route ? [`Route: ${route}`] : []),
    ...(kind ? [`Event: made one of the kind ${kind}`] : []),
  ];
  return { ...input, steps, event: binding ? await binding.prove(event, token, settings) : event };
}
