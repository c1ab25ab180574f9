import { inexactness, MAX_RESOURCE } from './policy.ts';
import {
  ANY,
  bySpecificity,
  longestPattern,
  METHOD_BITS,
  MORE,
  ONE,
  quote,
  type Route,
  type RouteMap,
} from './route.ts';
import { findSpills } from './spills.ts';

const isMethod = (word: string) => word === 'ANY' || (METHOD_BITS.has(word) && !word.startsWith('$'));

/** What is wrong with the first word of an entry, if anything. */
function methodMistake(word: string): string | undefined {
  if (isMethod(word)) return undefined;
  if (word.startsWith('/')) return 'has no method; write GET, another method or ANY before the path';
  if (isMethod(word.toUpperCase()))
    return `has a method in small letters; write ${word.toUpperCase()}, in capitals`;
  if (word.startsWith('$')) return 'is no route; the only ones without a method are $connect and $default';
  return 'has no method of API Gateway; write GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS or ANY';
}

const PARAMETER = /^\{[^{}+*?]+(\+?)\}$/;

/** What is wrong with a segment of a path, if anything. */
function segmentMistake(segment: string, isLast: boolean): string | undefined {
  if (segment === '') return 'has an empty segment: two slashes in a row, or a slash at the end of the path';
  const greedy = PARAMETER.exec(segment)?.[1];
  if (greedy === '+' && !isLast) return `has ${quote(segment)} before the end of the path`;
  if (greedy !== undefined) return undefined;
  if (segment.includes('${')) return `has "\${" in a segment, which IAM reads as a policy variable`;
  if (/[{}]/.test(segment))
    return `has ${quote(segment)} for a segment; a parameter is a whole segment, {name} or, at the end, {name+}`;
  if (/[*?]/.test(segment))
    return `has * or ? in a segment, which IAM reads as a wildcard; write {name} or {name+}`;
  return undefined;
}

function pathMistakes(path: string | undefined): (string | undefined)[] {
  if (path === undefined) return ['has no path; write / for the root'];
  if (!path.startsWith('/')) return ['has a path that does not begin with /'];
  if (path === '/') return [];
  const segments = path.slice(1).split('/');
  return segments.map((segment, position) => segmentMistake(segment, position === segments.length - 1));
}

function readSegment(segment: string): string {
  if (!segment.startsWith('{')) return segment;
  return segment.endsWith('+}') ? MORE : ONE;
}

/**
 * Reads an entry: a method, a path as API Gateway writes resources and routes, and scopes, separated by
 * blanks.
 *
 * @param position of the entry in the list, from 1: an empty one has no other name
 * @returns the entry, or a sentence for each mistake in it
 */
function readEntry(text: string, position: number): Route | string[] {
  const words = text.split(' ').filter((word) => word !== '');
  const [first, second] = words;
  if (first === undefined) return [`entry ${position} is empty`];
  if (first === '$connect' || first === '$default') {
    return {
      entry: first,
      methods: METHOD_BITS.get(first) ?? 0,
      segments: [],
      alternatives: [words.slice(1)],
    };
  }
  const ofMethod = methodMistake(first);
  const path = first.startsWith('/') ? first : second;
  const hasPath = ofMethod === undefined || (path !== undefined && !first.startsWith('$'));
  const mistakes = [ofMethod, ...(hasPath ? pathMistakes(path) : [])].filter(
    (mistake) => mistake !== undefined,
  );
  if (mistakes.length > 0 || path === undefined)
    return [...new Set(mistakes)].map((mistake) => `${quote(words.join(' '))} ${mistake}`);
  return {
    entry: `${first} ${path}`,
    methods: first === 'ANY' ? ANY : (METHOD_BITS.get(first) ?? 0),
    segments: path.slice(1).split('/').map(readSegment),
    alternatives: [words.slice(2)],
  };
}

/** No ARN of a stage is shorter. */
const SHORTEST_STAGE = 'arn:aws:execute-api:r:0:a/s';
const isTooLong = (route: Route) => SHORTEST_STAGE.length + 1 + longestPattern(route) > MAX_RESOURCE;
const tooLong = ({ entry }: Route) =>
  `${quote(entry)} makes a resource of more than ${MAX_RESOURCE} characters, the most that API Gateway takes`;

/** Why a map is refused for `stage`, and what helps. */
function inexact([first, second, third]: readonly [Route, Route, Route]): string {
  const [one, two, three] = [first, second, third].map(({ entry }) => quote(entry));
  const [names, why] =
    first === third
      ? [`${one} and ${two}`, 'the pattern of each matches requests of the other']
      : [
          `${one}, ${two} and ${three}`,
          'the pattern of the first matches requests of the second, and the pattern of the second those of the third',
        ];
  const help = 'require the same scopes for two of them, or set POLICY_RESOURCE=method with a TTL of 0';
  return `${names} can't be expressed exactly in one policy: IAM's * crosses slashes, so ${why}; ${help}`;
}

/** Joins the entries of one route: their scopes are alternatives. Names of parameters don't matter. */
function routesOf(entries: readonly Route[]): Route[] {
  const routes = new Map<string, Route>();
  for (const entry of entries) {
    const key = `${entry.methods} ${entry.segments.join('/')}`;
    const known = routes.get(key);
    const alternatives = [...(known?.alternatives ?? []), ...entry.alternatives];
    routes.set(key, { ...(known ?? entry), alternatives });
  }
  return [...routes.values()];
}

/**
 * Reads ROUTE_SCOPES.
 *
 * @param policyResource `stage`: one policy must be able to express the map exactly
 * @returns the map, or a sentence for each mistake, with the entry that it is in. Whether one policy can
 *   express the map is checked only where there is no other mistake: correcting an entry may change the
 *   answer.
 */
export function readRoutes(
  text: string,
  policyResource: 'method' | 'stage',
): { readonly map: RouteMap } | { readonly mistakes: readonly string[] } {
  const entries: Route[] = [];
  const mistakes: string[] = [];
  for (const [index, item] of text.split(',').entries()) {
    const entry = readEntry(item, index + 1);
    if (Array.isArray(entry)) mistakes.push(...entry);
    else entries.push(entry);
  }
  if (mistakes.length > 0) return { mistakes };
  const all = routesOf(entries);
  const routes = all.filter(({ methods }) => methods !== 0).sort(bySpecificity);
  const fallback = all.find(({ methods }) => methods === 0);
  if (policyResource === 'method') return { map: { routes, fallback, spills: undefined } };
  const spills = findSpills(routes, fallback);
  mistakes.push(...routes.filter(isTooLong).map(tooLong), ...inexactness(spills).map(inexact));
  return mistakes.length > 0 ? { mistakes } : { map: { routes, fallback, spills } };
}
