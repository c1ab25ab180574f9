import { toAlgorithm } from '../algorithms.ts';
import { normalizeIssuer, parseTenantNames } from '../issuer.ts';
import { invisibleIn, parseUrl, writeOut } from '../text.ts';

/** Why a value can't be meant. The message goes on with what the variable should hold. */
export class Mistake extends Error {}

/** Reads the text of a variable, or of an item of a list. @throws Mistake */
export type Reader<T> = (text: string) => T;

export const trimSpaces = (text: string) => text.replace(/^ +| +$/g, '');

/** In quotation marks, straight or curly. (Escaped: one such character makes V8 keep the whole bundle in two bytes each.) */
export const QUOTED = /^(["'`]).*\1$|^[\u201c\u2018].*[\u201d\u2019]$/s;
const PARTLY_QUOTED = /["\u201c\u201d]|^['\u2018\u2019[]|['\u2018\u2019]$/;

/** The text of a variable; nothing if it is not set, empty or only whitespace. */
export const textOf = (value = ''): string | undefined => value.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '') || undefined;

/** The value of a variable, for a message: quoted, invisible characters written out, and not too long. */
export function show(text: string): string {
  const cut = text.length > 200 ? `${text.slice(0, 200)} …` : text;
  return `"${writeOut(cut)}"`;
}

/** Checks what holds for every value. @throws Mistake */
export function checkText(text: string): void {
  const invisible = invisibleIn(text);
  if (invisible) throw new Mistake(`${invisible} in it is invisible or only looks like a space`);
  if (QUOTED.test(text)) throw new Mistake('remove the quotation marks');
}

/** Reads by a function that returns `undefined` for what can't be meant; `why` explains that. */
export const readBy =
  <T>(parse: (text: string) => T | undefined, why: (text: string) => string = () => ''): Reader<T> =>
  (text) => {
    const value = parse(text);
    if (value === undefined) throw new Mistake(why(text));
    return value;
  };

export const split = (text: string, separator: string | RegExp): string[] => {
  const items = text.split(separator).map(trimSpaces);
  if (items.includes('')) throw new Mistake('an item is empty');
  return items;
};

/** A list, separated by commas. */
export const listOf =
  <T>(read: Reader<T>): Reader<readonly T[]> =>
  (text) =>
    split(text, ',').map(read);

export const setOf =
  <T>(read: Reader<T>): Reader<ReadonlySet<T>> =>
  (text) =>
    new Set(listOf(read)(text));

export const oneOf = <T extends string>(words: readonly T[]): Reader<T> =>
  readBy((text) => words.find((word) => word === text));

/** Seconds, whole or decimal, at most `max`. */
export const seconds = ({ above = -1, max }: { above: number | undefined; max: number }) =>
  readBy((text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    return value > above && value <= max ? value : undefined;
  });

/** RFC 3986: a scheme, and then none of the characters that no URI has. */
const URI = /^[a-z][a-z\d+.-]*:[^\s"{}<>\\^|`]*$/i;

/** RFC 7519, 2, StringOrURI: what has a colon in it is a URI. */
export const identifier: Reader<string> = (text) => {
  const isUri = text.includes(':');
  if (!isUri && PARTLY_QUOTED.test(text)) throw new Mistake('remove the quotation marks and brackets');
  if (isUri && !URI.test(text)) throw new Mistake(`${show(text)} is not a URI`);
  if (/^https?:/i.test(text) && !parseUrl(text)) throw new Mistake(`${show(text)} is not a URL`);
  return text;
};

/** An issuer's name. It may have a placeholder for the tenant. */
export const issuerName: Reader<string> = (text) => {
  if (normalizeIssuer(text) === '') throw new Mistake('');
  if (!/[{}]/.test(text)) return identifier(text);
  if (!parseTenantNames(text)) {
    throw new Mistake(
      'replace what is in braces; only {claim} may stay, one whole segment of the path of a URL and the name of a claim',
    );
  }
  identifier(text.replace(/\{.*\}/, 'tenant'));
  return text;
};

/** Scopes, separated by commas or spaces. */
export const scopes: Reader<readonly string[]> = (text) => {
  if (text.includes('"')) throw new Mistake("a scope can't contain a quotation mark (RFC 6749, 3.3)");
  return split(text, ',').flatMap((item) => item.split(/ +/));
};

export const algorithm = readBy(toAlgorithm, (text) => `${show(text)} is an unknown algorithm`);

/** A media type as `typ` may abbreviate it (RFC 7515, 4.1.9), made comparable. */
export const normalizeType = (type: string) => type.toLowerCase().replace(/^application\//, '');

export const tokenType = readBy((text) => normalizeType(text) || undefined);

/** CloudWatch keeps names that begin with AWS/ to itself. */
export const metricsNamespace = readBy((text) => /^(?!AWS\/)[\w.\-/# ]{1,255}$/.exec(text)?.[0]);
