import { readFileSync } from 'node:fs';
import type { Environment } from '../../src/config/config.ts';
import { parseTokenSource } from '../../src/config/token-source.ts';
import { isObject, type JsonObject } from '../../src/json.ts';
import { request } from '../deploy/events.ts';
import { jsonOf } from '../json.ts';
import { mistake } from './say.ts';

/** event.json.sample with a token in its place. */
export function sampleEvent(token: string): unknown {
  const sample = readFileSync(new URL('../../event.json.sample', import.meta.url), 'utf8');
  return JSON.parse(sample.replace('ACCESS_TOKEN', () => JSON.stringify(token).slice(1, -1)));
}

/** The token in a text that was piped in: it, or the issuer's whole answer. */
export function tokenOf(text: string): string {
  const token = text.trim().replace(/^Bearer\s+/i, '');
  if (token === '')
    throw mistake`There is no token on the standard input.\nPipe it in: echo "$TOKEN" | npm start -- --token -`;
  if (!token.startsWith('{')) return token;
  const answer = jsonOf(token);
  if (isObject(answer) && typeof answer.access_token === 'string') return answer.access_token;
  throw mistake`The standard input has JSON without an access_token.\nRead what the issuer answered, and correct the request for the token.`;
}

const ARN = /^(arn:[^/]*\/[^/]+)\/(.*)$/s;
const HEADER = { kind: 'header', name: 'Authorization' } as const;

/** The kinds of REQUEST events that can be made of any event. */
const KINDS: Readonly<
  Record<string, (stageArn: string, key: string, source: Parameters<typeof request>[4]) => (token: string) => object>
> = {
  rest: (...at) => request('REST', {}, ...at),
  http1: (...at) => request('HTTP', { payload: '1.0' }, ...at),
  http: (...at) => request('HTTP', { payload: '2.0', sources: ['$context.routeKey'] }, ...at),
  websocket: (...at) => request('WEBSOCKET', {}, ...at),
};

/** Puts a route, such as `GET /pets/7`, into an event. @throws Mistake */
export function withRoute(event: unknown, route: string): unknown {
  const [, method = '', path = ''] = /^([A-Z]+) (\/\S*)$/.exec(route.trim()) ?? [];
  if (method === '') throw mistake`The route ${route} is not METHOD /path.\nnpm start -- --route 'GET /pets/7'`;
  if (!isObject(event)) return event;
  const { resource: _, ...others } = event;
  const arns = ['methodArn', 'routeArn'].filter((name) => typeof event[name] === 'string');
  const changed = arns.map((name) => [
    name,
    String(event[name]).replace(ARN, (_whole, stage) => `${stage}/${method}${path}`),
  ]);
  const known = { httpMethod: method, path, rawPath: path, routeKey: route };
  const rest = Object.entries(known).filter(([name]) => name in event);
  return { ...others, ...Object.fromEntries([...rest, ...changed]) };
}

/**
 * Turns an event into a REQUEST event of another kind, with its token where TOKEN_SOURCE first says.
 *
 * @throws Mistake
 */
export function asKind(event: unknown, kind: string, settings: Environment, token: string): unknown {
  const make = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (!make)
    throw mistake`There is no kind of event ${kind}.\nName one of ${Object.keys(KINDS)}: npm start -- --event rest`;
  const members: JsonObject = isObject(event) ? event : {};
  const [, stageArn = '', called = ''] = ARN.exec(String(members.methodArn ?? members.routeArn)) ?? [];
  if (stageArn === '') return event;
  const [source = ''] = (settings.TOKEN_SOURCE ?? '').split(',');
  return make(stageArn, called.replace('/', ' /'), parseTokenSource(source.trim()) ?? HEADER)(token);
}
