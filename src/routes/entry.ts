import { ANY, bitOf, EVERYTHING, type Route, segmentsOf } from './route.ts';
import { spellingMistake } from './spelling.ts';

const MAX_SHOWN = 120;

/** An entry as a message quotes it. */
export const quote = (entry: string) =>
  JSON.stringify(entry.length > MAX_SHOWN ? `${entry.slice(0, MAX_SHOWN)}…` : entry);

const isMethod = (word: string) => word === 'ANY' || (bitOf(word) & ANY) !== 0;

/** What is wrong with the first word of an entry, if anything. */
function methodMistake(word: string): string | undefined {
  if (isMethod(word)) return undefined;
  if (word.startsWith('/')) return 'has no method; write GET, another method or ANY before the path';
  if (isMethod(word.toUpperCase())) return `has a method in small letters; write ${word.toUpperCase()}, in capitals`;
  if (word.startsWith('$')) return "isn't a route; only $connect and $default are written without a method";
  return 'has no method of API Gateway; write GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS or ANY';
}

const PARAMETER = /^\{[^{}+*?]+(\+?)\}$/;
const MAX_SEGMENTS = 30;

/** What is wrong with a segment of an entry's path, if anything. */
function segmentMistake(segment: string, isLast: boolean): string | undefined {
  if (segment === '') return 'has an empty segment: two slashes in a row, or a slash at the end of the path';
  const greedy = PARAMETER.exec(segment)?.[1];
  if (greedy === '+' && !isLast) return `has ${quote(segment)} before the end of the path`;
  if (greedy !== undefined) return undefined;
  if (segment.includes('${')) return `has "\${" in a segment, which IAM reads as a policy variable`;
  if (/[{}]/.test(segment))
    return `has ${quote(segment)} for a segment; a parameter is a whole segment, {name} or, at the end, {name+}`;
  if (/[*?]/.test(segment)) return `has * or ? in a segment, which IAM reads as a wildcard; write {name} or {name+}`;
  if (segment.startsWith(':')) return `has ${quote(segment)} for a segment; write {${segment.slice(1, 99)}}`;
  return spellingMistake(segment);
}

function pathMistakes(path: string | undefined): (string | undefined)[] {
  if (path === undefined) return ['has no path; write / for the root'];
  if (!path.startsWith('/')) return ['has a path that does not begin with /'];
  if (path === '/') return [];
  const segments = path.slice(1).split('/');
  if (segments.length > MAX_SEGMENTS) return [`has a path of more than ${MAX_SEGMENTS} segments`];
  return segments.map((segment, position) => segmentMistake(segment, position === segments.length - 1));
}

/** What is wrong with the scopes of an entry: a comma that was forgotten, or another separator. */
function scopeMistake(scopes: readonly string[]): string | undefined {
  const next = scopes.find((scope) => isMethod(scope) || scope.startsWith('/'));
  if (next !== undefined) return `has ${quote(next)} among its scopes; separate entries with a comma`;
  const joined = scopes.find((scope) => /[;|]/.test(scope));
  if (joined === undefined) return undefined;
  return `has ; or | in the scope ${quote(joined)}; separate entries with a comma, and write an entry for each alternative`;
}

/**
 * Reads an entry: a method, a path as API Gateway writes resources and routes, and scopes, separated by spaces.
 *
 * @param position of the entry in the list, from 1: an empty one has no other name
 * @returns the entry, or a sentence for each mistake in it
 */
export function readEntry(text: string, position: number): Route | string[] {
  const words = text.split(' ').filter((word) => word !== '');
  const [first, second] = words;
  if (first === undefined) return [`entry ${position} is empty`];
  const isSpecial = first === '$connect' || first === '$default';
  const ofMethod = isSpecial ? undefined : methodMistake(first);
  const path = first.startsWith('/') ? first : second;
  const hasPath = !isSpecial && (ofMethod === undefined || (path !== undefined && !first.startsWith('$')));
  const scopes = words.slice(isSpecial || path === first ? 1 : 2);
  const mistakes = new Set([ofMethod, ...(hasPath ? pathMistakes(path) : []), scopeMistake(scopes)]);
  mistakes.delete(undefined);
  if (mistakes.size > 0) return [...mistakes].map((mistake) => `${quote(words.join(' '))} ${mistake}`);
  const alternatives = [scopes];
  if (first === '$connect') return { entry: first, methods: bitOf(first), segments: [], alternatives };
  if (first === '$default') return { entry: first, methods: ANY, segments: [EVERYTHING], alternatives };
  const methods = first === 'ANY' ? ANY : bitOf(first);
  return { entry: `${first} ${path}`, methods, segments: segmentsOf(path ?? ''), alternatives };
}
