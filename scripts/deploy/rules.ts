import type { Config } from '../../src/config/config.ts';
import type { TokenSource } from '../../src/config/token-source.ts';
import type { Authorizer, Route } from './openapi.ts';
import { members, parsed, type Row, row } from './row.ts';
import type { Stage } from './stage.ts';

/** The authorizer of a route, where it is this function, in this version or alias. */
export const authorizerOf = ({ access }: Route, functionArn: string): Authorizer | undefined =>
  typeof access === 'object' && access.uri.includes(`/functions/${functionArn}/`) ? access : undefined;

function checkRoute(route: Route, functionArn: string, isMeant: boolean): Row {
  const { key, access } = route;
  const isPreflight = key.startsWith('OPTIONS ');
  if (authorizerOf(route, functionArn)) {
    const refused = '; browsers send no token with a CORS preflight, so every one is refused';
    return row(true, key, `It asks this authorizer${isPreflight ? refused : ''}.`);
  }
  if (typeof access === 'object') return row(true, key, `It asks another authorizer: ${access.uri}`);
  if (access === 'unknown')
    return row(false, key, 'It asks an authorizer, and API Gateway does not show which.');
  if (access !== 'OPEN') return row(true, key, `It asks ${access}.`);
  if (isPreflight) return row(true, key, 'It is open, as a CORS preflight has to be.');
  return row(isMeant, key, isMeant ? 'It is open, as --allow-open says.' : 'It is OPEN to everybody.');
}

/**
 * What each method or route of a stage lets through.
 *
 * @param open the keys of those that are meant to be open
 */
export function checkRoutes({ routes }: Stage, functionArn: string, open: readonly string[]): Row[] {
  const keys = routes.map(({ key }) => key);
  const strays = open.filter((key) => !keys.includes(key));
  const rows = routes.map((route) => checkRoute(route, functionArn, open.includes(route.key)));
  rows.push(
    ...strays.map((key) => row(false, key, '--allow-open names it, and the stage has no such thing.')),
  );
  if (routes.some((route) => authorizerOf(route, functionArn))) return rows;
  return [...rows, row(false, 'stage', 'Nothing that is deployed in it asks this authorizer.')];
}

/** The identity source that a place of `TOKEN_SOURCE` is; API Gateway knows headers and query parameters only. */
function identityOf({ kind, name }: TokenSource): string {
  if (kind === 'cookie') return 'header:cookie';
  return kind === 'subprotocol' ? 'header:sec-websocket-protocol' : `${kind}:${name}`;
}

/** Whether an authorizer fits the settings of the function. */
export function checkAuthorizer(authorizer: Authorizer, kind: Stage['kind'], config: Config): Row[] {
  const { ttl, type, payload, isSimple, sources } = authorizer;
  const { policyResource, tokenSources, simpleResponses, tokenBinding } = config;
  const places = sources
    .filter((source) => /^(header|query):/.test(source))
    .map((source) => (source.startsWith('header:') ? source.toLowerCase() : source));
  const wanted = tokenSources.map(identityOf);
  const isToken = places.every((place) => wanted.length === 1 && place === wanted[0]);
  // what an authorizer of type TOKEN hands over is its identity source; without a TTL a REST API looks for none
  const isAskedFor = type === 'REQUEST' && (ttl > 0 || kind !== 'REST');
  const shown = `${sources.join(', ') || 'none'} and TOKEN_SOURCE ${tokenSources.map(({ label }) => label).join(', ')}`;
  const rows: (readonly [ok: boolean, says: string])[] = [
    [
      ttl === 0 || policyResource === 'stage',
      `The TTL is ${ttl} s, and POLICY_RESOURCE is ${policyResource}.`,
    ],
    [
      !isAskedFor || (isToken && (ttl === 0 || places.length === 1)),
      `The type is ${type}, the identity source ${shown}${ttl > 0 ? '; the token must be the key of the cache' : ''}.`,
    ],
  ];
  if (ttl > 0 && tokenBinding.startsWith('mtls'))
    rows.push([false, 'With TOKEN_BINDING mtls the TTL must be 0: a cached answer looks at no certificate.']);
  if (kind === 'HTTP') {
    const isSame = payload === '1.0' ? !isSimple : isSimple === simpleResponses;
    const answers = isSimple ? 'simple responses' : 'policies';
    rows.push([
      isSame,
      `The payload is ${payload}, with ${answers}; SIMPLE_RESPONSES is ${simpleResponses}.`,
    ]);
  }
  return rows.map(([ok, says]) => row(ok, 'authorizer', says));
}

/** Whether a pattern of a policy, in which * and ? stand for others, matches an ARN. */
export function matches(pattern: unknown, arn: string): boolean {
  const literal = String(pattern).replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(arn);
}

/** Whether a statement of the function's policy lets API Gateway invoke it for an authorizer. */
function permits(statement: unknown, arn: string): boolean {
  const { Effect, Principal, Condition } = members(statement);
  const services = [members(Principal).Service ?? Principal].flat();
  const conditions = Object.values(members(Condition)).flatMap((one) => Object.entries(members(one)));
  const sources = conditions
    .filter(([key]) => key.toLowerCase() === 'aws:sourcearn')
    .flatMap(([, value]) => value);
  const isSource = sources.length === 0 || sources.some((one) => matches(one, arn));
  return Effect === 'Allow' && services.includes('apigateway.amazonaws.com') && isSource;
}

/**
 * Whether API Gateway may invoke the function.
 *
 * @param policy the function's own policy, as JSON
 * @param arns the ARNs of the authorizers that ask it
 */
export function checkPermission(policy: string, { credentials }: Authorizer, arns: readonly string[]): Row {
  if (credentials)
    return row(true, 'permission', `API Gateway takes the role ${credentials} to invoke the function.`);
  const statements = [parsed(policy).Statement].flat();
  const isPermitted = arns.length > 0 && arns.every((arn) => statements.some((one) => permits(one, arn)));
  if (isPermitted) return row(true, 'permission', 'API Gateway may invoke the function.');
  const missing = 'API Gateway may not invoke the function for this authorizer: every caller gets a 500.';
  return row(false, 'permission', missing);
}
