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
/** Of the literals, characters of every kind that may be percent-encoded. */
const LITERALS = ['k', 'Zx_~1'];

/** Every set of scopes that a token may have. */
export const tokens = SCOPES.reduce<string[][]>(
  (sets, scope) => sets.flatMap((set) => [set, [...set, scope]]),
  [[]],
).map((set) => new Set(set));

const nameOf = ({ method, segments }: Listed) => (method.startsWith('$') ? method : `${method} /${segments.join('/')}`);

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
      ? method === '$default'
        ? SEVEN.map((each) => `${each}/*`)
        : [method]
      : methods.map((each) => `${each}/${path}`);
  }

  matchesPath(request: string): boolean {
    if (this.method === '$default') return SEVEN.some((method) => request.startsWith(`${method}/`));
    return this.method === '$connect' ? request === '$connect' : this.#own.test(request);
  }

  matches(request: string): boolean {
    return this.patterns.some((pattern) => matchesResource(pattern, request));
  }

  isOpen(token: ReadonlySet<string>): boolean {
    return this.alternatives.some((scopes) => scopes.every((scope) => token.has(scope)));
  }

  /**
   * API Gateway's order, as the Developer Guide has it ("Create routes for HTTP APIs", "Routing API requests"):
   * full matches, greedy ones, `$default`; the first of two equals that is more specific from the left.
   */
  get priority(): string {
    if (this.method === '$default') return '3';
    const isGreedy = this.segments.some(isMore);
    const kinds = this.segments.map((segment) => (isMore(segment) ? 'c' : isAny(segment) ? 'b' : 'a'));
    return `${isGreedy ? 2 : 1}${kinds.join('')}|${this.method === 'ANY' ? 2 : 1}`;
  }
}

/** The routes of entries; names of parameters don't matter. */
export function modelOf(entries: readonly Listed[]): ModelRoute[] {
  const groups = new Map<string, Listed[]>();
  for (const entry of entries) {
    const name = nameOf(entry).replace(/\w+(\+?)\}/g, 'x$1}');
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  return [...groups.values()].flatMap(([first, ...rest]) => (first ? [new ModelRoute([first, ...rest])] : []));
}

/** The route that a request (the ARN after the stage) is of, compared as it is. */
export function ownerOf(routes: readonly ModelRoute[], request: string): ModelRoute | undefined {
  return routes
    .filter((route) => route.matchesPath(request))
    .sort((one, other) => (one.priority < other.priority ? -1 : 1))[0];
}

/** The plain spelling of a request; none where it has a dot segment. */
export function plainOf(request: string): string | undefined {
  const [method = '', ...path] = request.split('/');
  if (path.length === 0) return request;
  const decoded = path.map((segment) =>
    segment.replace(/%[0-9a-f]{2}/gi, (encoded) => {
      const code = Number.parseInt(encoded.slice(1), 16);
      return code < 128 && /[\w.~-]/.test(String.fromCharCode(code)) ? String.fromCharCode(code) : encoded;
    }),
  );
  if (decoded.includes('.') || decoded.includes('..')) return undefined;
  return [method, decoded.filter((segment) => segment !== '').join('/')].join('/');
}

/** The routes that must be open for a request, `undefined` for one that is of none. */
export function waysOf(routes: readonly ModelRoute[], request: string): readonly (ModelRoute | undefined)[] {
  const plain = plainOf(request);
  return plain === undefined ? [undefined] : [ownerOf(routes, request), ownerOf(routes, plain)];
}

/** Two routes of which no order is documented for REST APIs, if there are any. */
export function findUnordered(routes: readonly ModelRoute[]): [ModelRoute, ModelRoute] | undefined {
  const kinds = (route: ModelRoute) => route.priority.slice(1).split('|')[0] ?? '';
  for (const greedy of routes.filter(({ segments }) => segments.some(isMore)))
    for (const full of routes.filter(({ priority }) => priority.startsWith('1'))) {
      const at = [...kinds(greedy)].findIndex((kind, position) => kind !== kinds(full)[position]);
      const isFirst = at >= 0 && at < kinds(full).length && (kinds(greedy)[at] ?? '') < (kinds(full)[at] ?? '');
      const isBoth = plainWorld.some((request) => greedy.matchesPath(request) && full.matchesPath(request));
      if (isFirst && isBoth && tokens.some((token) => greedy.isOpen(token) !== full.isOpen(token)))
        return [greedy, full];
    }
  return undefined;
}

/** All paths of so many segments, without the first slash. */
const pathsOf = (words: readonly string[], length: number): string[] =>
  length === 1 ? [...words] : pathsOf(words, length - 1).flatMap((path) => words.map((word) => `${path}/${word}`));
/** `w` is in no map. */
const paths = ['', ...[1, 2, 3, 4, 5, 6].flatMap((length) => pathsOf([...LITERALS, 'w'], length))];

/** Every request of a few words in its plain spelling. */
export const plainWorld: readonly string[] = [
  ...['GET', 'POST', 'PUT', 'TRACE'].flatMap((method) => paths.map((path) => `${method}/${path}`)),
  ...['GET/a%2Fb', 'GET/k/a%40b', 'GET/w/%C3%A9', 'GET/k/%2561/k', 'GET/%7C/%7c', 'GET/w/GET/k', 'GET/k/$connect'],
  '$connect',
];

const encode = (character: string) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** Other spellings of a request, and what no one should send. */
export function spellingsOf(request: string): string[] {
  const slash = request.indexOf('/');
  if (slash < 0) return [`${request}/`, `${request}/k`];
  const [method, path] = [request.slice(0, slash), request.slice(slash)];
  const characters = [...path].flatMap((character, at) =>
    /[\w~.-]/.test(character) && path.lastIndexOf('%', at) < at - 2
      ? [encode(character), encode(character).toUpperCase()].map(
          (encoded) => path.slice(0, at) + encoded + path.slice(at + 1),
        )
      : [],
  );
  const slashes = [...path].flatMap((character, at) => {
    if (character !== '/') return [];
    const [head, tail] = [path.slice(0, at), path.slice(at)];
    return ['/', '/.', '/..', '/w/..', '/%2e', '/%2E.', '/.%2e'].map((dots) => head + dots + tail);
  });
  const ends = ['/', '//', '/.', '/..', '/%2e%2E'].map((end) => path + end);
  return [...characters, ...slashes, ...ends].map((other) => method + other);
}

/** The routes i, j, k that make a map inexact, by the contract's definition, if there are any. */
export function findInexact(routes: readonly ModelRoute[]): [ModelRoute, ModelRoute, ModelRoute] | undefined {
  const spills = new Map(routes.map((route) => [route, new Set<ModelRoute>()]));
  for (const request of plainWorld) {
    const owner = ownerOf(routes, request);
    for (const route of routes) if (owner && route.matches(request)) spills.get(route)?.add(owner);
  }
  for (const i of routes)
    for (const j of spills.get(i) ?? [])
      for (const k of spills.get(j) ?? [])
        if (i !== j && k !== j && tokens.some((token) => i.isOpen(token) && k.isOpen(token) && !j.isOpen(token)))
          return [i, j, k];
  return undefined;
}

const segment = fc.constantFrom(...LITERALS, '{x}', '{y}');
const path = fc.tuple(fc.array(segment, { maxLength: 3 }), fc.boolean()).map(([segments, isGreedy]) => {
  if (segments.length === 0) return isGreedy ? ['{p+}'] : [''];
  return isGreedy ? [...segments.slice(0, -1), '{p+}'] : segments;
});
const scopes = fc.subarray(SCOPES, { maxLength: 2 });
const route = fc.record({ method: fc.constantFrom('GET', 'GET', 'POST', 'ANY'), segments: path, scopes });
const special = fc.record({ method: fc.constantFrom('$connect', '$default'), segments: fc.constant([]), scopes });

/** Maps of every kind, exact or not. */
export const anyMap: fc.Arbitrary<Listed[]> = fc.array(
  fc.oneof({ weight: 9, arbitrary: route }, { weight: 1, arbitrary: special }),
  { minLength: 1, maxLength: 6 },
);
