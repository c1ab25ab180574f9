import { readFileSync } from 'node:fs';
import { calculateThumbprint, generateKeyPair, generateProof } from 'dpop';
import type { Environment } from '../../src/config/config.ts';
import { parseTokenSource } from '../../src/config/token-source.ts';
import { isObject } from '../../src/json.ts';
import { request } from '../deploy/events.ts';
import { jsonOf, members } from '../json.ts';
import { mistake } from './say.ts';

export function sampleEvent(token: string): unknown {
  const sample = readFileSync(new URL('../../event.json.sample', import.meta.url), 'utf8');
  return JSON.parse(sample.replace('ACCESS_TOKEN', () => JSON.stringify(token).slice(1, -1)));
}

/** The token in a text that was piped in: it, or the issuer's whole answer. */
export function tokenOf(text: string): string {
  const token = text.trim().replace(/^Bearer\s+/i, '');
  if (token === '')
    throw mistake`There is no token on the standard input.
      → Pipe it in: echo "$TOKEN" | npm start -- --token -`;
  if (!token.startsWith('{')) return token;
  const answer = jsonOf(token);
  if (isObject(answer) && typeof answer.access_token === 'string') return answer.access_token;
  throw mistake`The standard input has JSON without an access_token.
    → Read what the issuer answered, and correct the request for the token.`;
}

const ARN = /^(arn:[^/]*\/[^/]+)\/(.*)$/s;
const HEADER = { kind: 'header', name: 'Authorization' } as const;

/** The kinds of REQUEST events that can be made of any event. */
const KINDS = new Map<string, readonly [Parameters<typeof request>[0], Parameters<typeof request>[1]]>([
  ['rest', ['REST', {}]],
  ['http1', ['HTTP', { payload: '1.0' }]],
  ['http', ['HTTP', { payload: '2.0', sources: ['$context.routeKey'] }]],
  ['websocket', ['WEBSOCKET', {}]],
]);

/** Puts a route, such as `GET /pets/7`, into an event. @throws Mistake */
export function withRoute(event: unknown, route: string): unknown {
  const [, method, path = ''] = /^([A-Z]+) (\/\S*)$/.exec(route.trim()) ?? [];
  if (method === undefined)
    throw mistake`The route ${route} is not METHOD /path.
      → npm start -- --route 'GET /pets/7'`;
  if (!isObject(event)) return event;
  const { resource: _, ...others } = event;
  const arn = (name: string) => String(event[name]).replace(ARN, (_whole, stage) => `${stage}/${method}${path}`);
  const arns = { methodArn: arn('methodArn'), routeArn: arn('routeArn') };
  const all = Object.entries({ httpMethod: method, path, rawPath: path, routeKey: route, ...arns });
  return { ...others, ...Object.fromEntries(all.filter(([name]) => name in event)) };
}

/** Makes an event a REQUEST event of another kind, with its token where TOKEN_SOURCE first says. @throws Mistake */
export function asKind(event: unknown, kind: string, settings: Environment, token: string): unknown {
  const [api, options] = KINDS.get(kind) ?? [];
  if (!api || !options)
    throw mistake`There is no kind of event ${kind}.
      → Name one of ${[...KINDS.keys()]}: npm start -- --event rest`;
  const { methodArn, routeArn } = members(event);
  const [, stageArn = '', called = ''] = ARN.exec(String(methodArn ?? routeArn)) ?? [];
  if (stageArn === '') return event;
  const [source = ''] = (settings.TOKEN_SOURCE ?? '').split(',');
  return request(api, options, stageArn, called.replace('/', ' /'), parseTokenSource(source.trim()) ?? HEADER)(token);
}

export type Binding = Awaited<ReturnType<typeof bindToKey>>;

/**
 * Makes the key of a client.
 *
 * @returns the claim that binds a token to it by DPoP (RFC 9449), and what adds scheme and proof to a REQUEST event
 */
export async function bindToKey() {
  const keys = await generateKeyPair('ES256');
  return {
    cnf: { jkt: await calculateThumbprint(keys.publicKey) },
    prove: async (event: unknown, token: string, { DPOP_URLS = '' }: Environment): Promise<unknown> => {
      const bound: unknown = JSON.parse(JSON.stringify(event).replaceAll(`Bearer ${token}`, `DPoP ${token}`));
      if (!isObject(bound) || !isObject(bound.headers)) return event;
      const [, , called = ''] = ARN.exec(String(bound.methodArn ?? bound.routeArn)) ?? [];
      const [method = '', ...path] = called.split('/');
      const url = `${DPOP_URLS.split(',')[0]?.trim().replace(/\/$/, '')}/${path.join('/')}`;
      const proof = await generateProof(keys, url, method, undefined, token);
      return { ...bound, headers: { ...bound.headers, DPoP: proof } };
    },
  };
}
