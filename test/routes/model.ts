import fc from 'fast-check';
import { matchesResource } from './iam.ts';

/** The rules of ROUTE_SCOPES once more, by brute force over a small world, sharing nothing with the code. */

export interface Listed {
  readonly method: string;
  readonly segments: readonly string[];
  readonly scopes: readonly string[];
}

const SEVEN = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const SCOPES = ['A', 'B', 'C'];

/** Every set of scopes that a token may have. */
export const tokens = SCOPES.reduce<string[][]>(
  (sets, scope) => sets.flatMap((set) => [set, [...set, scope]]),
  [[]],
).map((set) => new Set(set));

const nameOf = ({ method, segments }: Listed) =>
  method.startsWith('$') ? method : `${method} /${segments.join('/')}`;

/** ROUTE_SCOPES as a person writes it. */
export const textOf = (entries: readonly Listed[]) =>
  entries.map((entry) => [nameOf(entry), ...entry.scopes].join(' ')).join(', ');

const isMore = (segment: string) => segment.endsWith('+}');
const isAny = (segment: string) => segment.startsWith('{');

const segmentSource = (segment: string) => {
  if (isMore(segment)) return '[^/]+(?:/[^/]+)*';
  return isAny(segment) ? '[^/]+' : segment;
};

/** A route with all its alternatives. */
export class ModelRoute {
  readonly name: string;
  readonly alternatives: readonly (readonly string[])[];
  readonly patterns: readonly string[];
  readonly method: string;
  readonly segments: readonly string[];
  readonly #own: RegExp;

  constructor(entries: readonly [Listed, ...Listed[]]) {
    const [{ method, segments }] = entries;
    this.name = nameOf(entries[0]);
    this.method = method;
    this.segments = segments;
    this.alternatives = entries.map(({ scopes }) => scopes);
    const methods = method === 'ANY' ? SEVEN : [method];
    const path = segments.map((segment) => (isAny(segment) ? '*' : segment)).join('/');
    this.#own = new RegExp(`^(?:${methods.join('|')})/${segments.map(segmentSource).join('/')}$`);
    this.patterns = method.startsWith('$')
      ? [method === '$default' ? '*' : method]
      : methods.map((each) => `${each}/${path}`);
  }

  takes(request: string): boolean {
    if (this.method === '$default') return true;
    return this.method === '$connect' ? request === '$connect' : this.#own.test(request);
  }

  matches(request: string): boolean {
    return this.patterns.some((pattern) => matchesResource(pattern, request));
  }

  isOpen(token: ReadonlySet<string>): boolean {
    return this.alternatives.some((scopes) => scopes.every((scope) => token.has(scope)));
  }

  isMoreSpecificThan(other: ModelRoute): boolean {
    if (other.method === '$default' || this.method === '$default') return other.method === '$default';
    for (const [position, segment] of this.segments.entries()) {
      const against = other.segments[position] ?? '';
      if (isAny(segment) !== isAny(against)) return isAny(against);
      if (isMore(segment) !== isMore(against)) return isMore(against);
    }
    return other.method === 'ANY';
  }
}

/** The routes of entries; names of parameters don't matter. */
export function modelOf(entries: readonly Listed[]): ModelRoute[] {
  const groups = new Map<string, Listed[]>();
  for (const entry of entries) {
    const name = nameOf(entry).replace(/\w+(\+?)\}/g, 'x$1}');
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  return [...groups.values()].flatMap(([first, ...rest]) =>
    first ? [new ModelRoute([first, ...rest])] : [],
  );
}

/** The route that a request (the ARN after the stage) is of. */
export function ownerOf(routes: readonly ModelRoute[], request: string): ModelRoute | undefined {
  const [first, ...others] = routes.filter((route) => route.takes(request));
  return others.reduce((best, route) => (best && route.isMoreSpecificThan(best) ? route : best), first);
}

/** All paths of so many segments, without the first slash. */
const pathsOf = (words: readonly string[], length: number): string[] =>
  length === 1
    ? [...words]
    : pathsOf(words, length - 1).flatMap((path) => words.map((word) => `${path}/${word}`));
/** `w` is in no map. Of the longer paths, those are told that a request has. */
const paths = [
  ...[1, 2, 3].flatMap((length) => pathsOf(['a', 'b', 'w', ''], length)),
  ...[4, 5, 6].flatMap((length) => pathsOf(['a', 'b', 'w'], length)),
  ...['GET/a', 'w/GET/a/b', 'w/$connect', 'a/b/a//', 'a/w//b/w'],
];

/** The small world: every request of a few words, and some that no one should send. */
export const world: readonly string[] = [
  ...['GET', 'POST', 'PUT', 'TRACE'].flatMap((method) => paths.map((path) => `${method}/${path}`)),
  ...['$connect', '$connect/', '$connect/a', '$default', 'GET', 'get/a', ''],
];

/** The routes i, j, k that make a map inexact, by the contract's definition, if there are any. */
export function findInexact(routes: readonly ModelRoute[]): [ModelRoute, ModelRoute, ModelRoute] | undefined {
  const spills = new Map(routes.map((route) => [route, new Set<ModelRoute>()]));
  for (const request of world) {
    const owner = ownerOf(routes, request);
    for (const route of routes) if (owner && route.matches(request)) spills.get(route)?.add(owner);
  }
  for (const i of routes)
    for (const j of spills.get(i) ?? [])
      for (const k of spills.get(j) ?? [])
        if (
          i !== j &&
          k !== j &&
          tokens.some((token) => i.isOpen(token) && k.isOpen(token) && !j.isOpen(token))
        )
          return [i, j, k];
  return undefined;
}

const segment = fc.constantFrom('a', 'b', '{x}', '{y}');
const path = fc.tuple(fc.array(segment, { maxLength: 3 }), fc.boolean()).map(([segments, isGreedy]) => {
  if (segments.length === 0) return isGreedy ? ['{p+}'] : [''];
  return isGreedy ? [...segments.slice(0, -1), '{p+}'] : segments;
});
const scopes = fc.subarray(SCOPES, { maxLength: 2 });
const route = fc.record({ method: fc.constantFrom('GET', 'GET', 'POST', 'ANY'), segments: path, scopes });
const special = fc.record({
  method: fc.constantFrom('$connect', '$default'),
  segments: fc.constant([]),
  scopes,
});

/** Maps of every kind, exact or not. */
export const anyMap: fc.Arbitrary<Listed[]> = fc.array(
  fc.oneof({ weight: 9, arbitrary: route }, { weight: 1, arbitrary: special }),
  { minLength: 1, maxLength: 6 },
);
