import type { Form } from '../config/token-source.ts';
import { type Refusal, refusal } from '../decision.ts';
import { invisibleIn } from '../text.ts';

/** `Bearer`, in any case, blanks, and one word (RFC 6750, 2.1; RFC 9110, 11.1 for the case). */
const BEARER = /^[ \t]*Bearer[ \t]+(\S+)[ \t]*$/i;
/** One word. Without commas: HTTP APIs with payload 2.0 join repeated headers and parameters by them. */
const BARE = /^[^\s,]+$/;

function tokenIn(value: string, form: Form): string | undefined {
  const token = form === 'bare' ? undefined : BEARER.exec(value)?.[1];
  if (token !== undefined || form === 'bearer') return token;
  return BARE.test(value) ? value : undefined;
}

/** Why a value is not a token of the form that is due. */
function explainForm(value: unknown, place: string, form: Form): Refusal {
  const about = { place };
  if (typeof value !== 'string') return refusal('missing_token', 'not_text', about);
  const character = invisibleIn(value.replaceAll('\t', ' '));
  if (character) return refusal('missing_token', 'invisible', { place, character });
  if (/^\s*Authorization\s*:/i.test(value)) return refusal('missing_token', 'header_name', about);
  const hasBearer = /^\s*Bearer(\s|$)/i.test(value);
  if (form === 'bare') return refusal('missing_token', hasBearer ? 'bearer_not_due' : 'not_one_word', about);
  if (/^\s*Bearer\s*$/i.test(value)) return refusal('missing_token', 'nothing_after_bearer', about);
  if (hasBearer) return refusal('missing_token', 'words_after_bearer', about);
  const text = value.trim();
  // not by one regular expression: with three \S+ in it, 4 KB of dots took half a minute
  const isToken = !/\s/.test(text) && text.split('.').length === 3;
  return refusal('missing_token', isToken ? 'no_bearer' : 'not_bearer', about);
}

/**
 * The one token among the values of a source.
 *
 * @param label the source, for messages
 * @param found the token of the sources before
 * @returns `undefined` if nothing is found, neither here nor before
 * @throws Refusal `missing_token`: a value is not a token of the form, or tokens differ. To choose between them would
 * let a proxy and this function see different callers.
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
    if (next === undefined) throw explainForm(value, label, form);
    if (token !== undefined && token !== next) throw refusal('missing_token', 'ambiguous', { place: label });
    token = next;
  }
  return token;
}
