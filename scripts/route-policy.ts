import { Refusal } from '../src/decision.ts';
import { type RouteMap, readRoutes } from '../src/routes/map.ts';
import { checkPolicy, checkRoute, decidingRoute } from '../src/routes/request.ts';
import type { Route } from '../src/routes/route.ts';
import { plainPath } from '../src/routes/spelling.ts';
import { stagePolicies } from '../src/routes/stage/policy.ts';

/** A stage like those of AWS's examples; another name changes the size of a policy a little. */
const STAGE = 'arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod';
/** What AWS documents for the whole answer of an authorizer, context included. */
const MAX_BYTES = 8 * 1024;
/** With so many scopes, each set of them is tried. */
const MAX_SCOPES = 10;

/** Sets of scopes that open different routes: all sets if there are few, else the smallest and the largest. */
function scopeSets(routes: readonly Route[]): string[][] {
  const alternatives = routes.flatMap((route) => route.alternatives.map((scopes) => [...scopes]));
  const scopes = [...new Set(alternatives.flat())];
  if (scopes.length > MAX_SCOPES)
    return [[], scopes, ...alternatives, ...scopes.map((left) => scopes.filter((scope) => scope !== left))];
  return scopes.reduce<string[][]>((sets, scope) => sets.flatMap((set) => [set, [...set, scope]]), [[]]);
}

/**
 * The largest policy of a map, with `POLICY_RESOURCE=stage`.
 *
 * @returns its size in bytes, and the scopes of a token that gets it; nothing for a map that no policy expresses
 */
export function largestPolicy({ routes, spills }: RouteMap) {
  const policyOf = spills && stagePolicies(routes, spills);
  if (!policyOf) return undefined;
  const bytesFor = (scopes: readonly string[]) => policyOf(STAGE, new Set(scopes))?.bytes ?? 0;
  const sizes = scopeSets(routes).map((scopes) => ({ bytes: bytesFor(scopes), scopes }));
  return sizes.sort((one, other) => other.bytes - one.bytes)[0];
}

/** How large the policies of a map are, and what helps if one is too large. */
export function sizeReport(map: RouteMap): string[] {
  const largest = largestPolicy(map);
  if (!largest) return [];
  const { bytes, scopes } = largest;
  const who = scopes.length > 0 ? `the scopes ${scopes.join(' ')}` : 'no scopes';
  const size = `The largest policy has ${bytes} bytes, for a token with ${who}.`;
  if (bytes <= MAX_BYTES) return [size];
  const sevens = map.routes.filter(({ entry }) => /^(ANY |\$default)/.test(entry)).length;
  return [
    size,
    'AWS documents 8 KB for the whole answer, with its context. What helps:',
    ...(sevens > 0
      ? [`- ANY and $default count seven times. The map has ${sevens} of them: list the methods that the API has.`]
      : []),
    '- List routes with the same scopes as one, such as GET /reports/{path+}.',
    '- Set POLICY_RESOURCE=method with a TTL of 0: its policy names one request.',
  ];
}

/**
 * Reads ROUTE_SCOPES for a stage, or for single requests if no policy of a stage expresses it.
 *
 * @returns the map, if it is one, and a line for each mistake
 */
export function readMap(text: string): { readonly map?: RouteMap; readonly remarks: readonly string[] } {
  const [method, stage] = [readRoutes(text, 'method'), readRoutes(text, 'stage')];
  if ('mistakes' in method) return { remarks: method.mistakes.map((mistake) => `- ${mistake}`) };
  if ('map' in stage) return { map: stage.map, remarks: [] };
  return { map: method.map, remarks: stage.mistakes.map((mistake) => `- With POLICY_RESOURCE=stage: ${mistake}.`) };
}

function verdict(check: () => void): string {
  try {
    check();
    return 'The request is permitted.';
  } catch (error) {
    if (error instanceof Refusal) return `${error.reason}: ${error.message}`;
    throw error;
  }
}

/**
 * What becomes of a request.
 *
 * @param text the setting ROUTE_SCOPES
 * @param request a method and a path, such as `GET /pets/1`
 * @returns lines; the statements are those of `POLICY_RESOURCE=stage`, if it can express the map
 */
export function explainRequest(text: string, request: string, scopes: ReadonlySet<string>): readonly string[] {
  const { map, remarks } = readMap(text);
  if (!map) return remarks;
  const { routes, spills } = map;
  const policy = spills && stagePolicies(routes, spills)(STAGE, scopes);
  const [method = '', path = ''] = request.split(' ');
  const asked = { method, path, arn: `${STAGE}/${method}${path}` };
  const route = decidingRoute(routes, asked, scopes);
  const plain = plainPath(path);
  return [
    ...(plain === path ? [] : [`The plain spelling of the path: ${plain ?? 'none, it has a dot segment'}`]),
    `The entry that decides: ${route?.entry ?? 'none'}`,
    verdict(() => {
      if (policy) checkPolicy(policy, asked, route, scopes);
      checkRoute(route, scopes);
    }),
    ...remarks,
    ...(policy ? ['The policy for the stage:', JSON.stringify(policy.statements, undefined, 2)] : []),
  ];
}
