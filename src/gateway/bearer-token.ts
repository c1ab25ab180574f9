import { Refusal } from '../reasons.ts';
import { invisibleIn } from '../text.ts';

/** How a token is written where it is found: after `Bearer`, by itself, or either way. */
export type Form = 'bearer' | 'bare' | 'either';

/** `Bearer`, in any case, blanks, and one word (RFC 6750, 2.1; RFC 9110, 11.1 for the case). */
const BEARER = /^[ \t]*Bearer[ \t]+(\S+)[ \t]*$/i;
/** One word. Without commas: HTTP APIs with payload 2.0 join equal headers and parameters by them. */
const BARE = /^[^\s,]+$/;

function tokenIn(value: string, form: Form): string | undefined {
  const token = form === 'bare' ? undefined : BEARER.exec(value)?.[1];
  if (token !== undefined || form === 'bearer') return token;
  return BARE.test(value) ? value : undefined;
}

/** Why a value is no token of the form that is due, without a part of it. */
function explainForm(value: unknown, label: string, form: Form): string {
  if (typeof value !== 'string') return `What ${label} holds is not a text.`;
  const invisible = invisibleIn(value.replaceAll('\t', ' '));
  if (invisible) {
    return `What ${label} holds has the character ${invisible} in it, which looks like a blank or like nothing.`;
  }
  if (/^\s*Authorization\s*:/i.test(value)) return `What ${label} holds begins with the name of the header.`;
  const hasBearer = /^\s*Bearer(\s|$)/i.test(value);
  if (form === 'bare') {
    return hasBearer
      ? `"Bearer " stands before the token in ${label}; the bare token is due there.`
      : `What ${label} holds is not one word.`;
  }
  if (/^\s*Bearer\s*$/i.test(value)) return `After "Bearer" in ${label} there is no token.`;
  if (hasBearer) return `What ${label} holds has more than one word after "Bearer".`;
  const text = value.trim();
  // not by one regular expression: with three \S+ in it, 4 KB of dots took half a minute
  if (!/\s/.test(text) && text.split('.').length === 3)
    return `What ${label} holds is a token without "Bearer " before it.`;
  return `What ${label} holds is not of the form "Bearer <token>".`;
}

const missing = (detail: string) => new Refusal('missing_token', detail);

/**
 * The one token among the values of a source.
 *
 * @param label the source, for messages
 * @param found the token of the sources before
 * @returns `undefined` where nothing is found, neither here nor before
 * @throws Refusal `missing_token`: a value is no token of the form, or tokens differ, between which to choose would
 * let a proxy and this function see different callers
 */
export function oneToken(
  values: readonly unknown[],
  label: string,
  form: Form,
  found?: string,
): string | undefined {
  let token = found;
  for (const value of values) {
    if (value === undefined || value === null || value === '') continue;
    const next = typeof value === 'string' ? tokenIn(value, form) : undefined;
    if (next === undefined) throw missing(explainForm(value, label, form));
    if (token !== undefined && token !== next)
      throw missing(`The request holds tokens that differ, one in ${label}.`);
    token = next;
  }
  return token;
}
