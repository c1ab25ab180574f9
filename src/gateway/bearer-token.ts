import type { TokenSource } from '../config/token-source.ts';
import { type Refusal, refusal } from '../decision.ts';
import { codePoint, invisibleIn } from '../text.ts';

/** A scheme in any case, spaces, and one word (RFC 6750, 2.1; RFC 9449, 7.1; RFC 9110, 11.1 for the case). */
const CREDENTIALS = /^[ \t]*(Bearer|DPoP) +(\S+)[ \t]*$/i;
/** One word. Without commas: HTTP APIs with payload 2.0 join repeated headers and parameters by them. */
const BARE = /^[^\s,]+$/;

type Scheme = 'bearer' | 'dpop';

export interface Credential {
  readonly token: string;
  readonly scheme: Scheme | 'both';
}

/** A place where a token may be, and how it is written there. */
export interface TokenPlace extends Pick<TokenSource, 'label' | 'form'> {
  /** Whether the scheme `DPoP` is accepted like `Bearer`. */
  readonly acceptsDpop: boolean;
}

function credentialIn(value: string, { form, acceptsDpop }: TokenPlace) {
  const [, word = '', token] = (form !== 'bare' && CREDENTIALS.exec(value)) || [];
  const scheme: Scheme = word.toLowerCase() === 'dpop' ? 'dpop' : 'bearer';
  if (token !== undefined && (scheme === 'bearer' || acceptsDpop)) return { token, scheme };
  return form !== 'bearer' && BARE.test(value) ? { token: value, scheme } : undefined;
}

/** Why a value is not a token of the expected form. */
function explainForm(value: unknown, { label: place, form, acceptsDpop }: TokenPlace): Refusal {
  const about = { place };
  if (typeof value !== 'string') return refusal('missing_token', 'not_text', about);
  // a tab around the credentials is of the header, one inside is not
  const tab = value.trim().includes('\t') ? codePoint('\t') : undefined;
  const character = invisibleIn(value.replaceAll('\t', ' ')) ?? tab;
  if (character) return refusal('missing_token', 'invisible', { place, character });
  if (/^\s*Authorization\s*:/i.test(value)) return refusal('missing_token', 'header_name', about);
  const hasBearer = /^\s*Bearer(\s|$)/i.test(value);
  if (form === 'bare') return refusal('missing_token', hasBearer ? 'bearer_not_due' : 'not_one_word', about);
  if (/^\s*Bearer\s*$/i.test(value)) return refusal('missing_token', 'nothing_after_bearer', about);
  if (hasBearer) return refusal('missing_token', 'words_after_bearer', about);
  if (/^\s*DPoP(\s|$)/i.test(value)) return refusal('missing_token', acceptsDpop ? 'not_dpop' : 'dpop_not_due', about);
  const text = value.trim();
  // not by one regular expression: with three \S+ in it, 4 KB of dots took half a minute
  const isToken = !/\s/.test(text) && text.split('.').length === 3;
  return refusal('missing_token', isToken ? 'no_bearer' : 'not_bearer', about);
}

/**
 * The one token among the values of a source.
 *
 * @param found the token of the sources before
 * @returns `undefined` if nothing is found, neither here nor before
 * @throws Refusal `missing_token`: a value is not a token of the form, or tokens differ. To choose between them would
 * let a proxy and this function see different callers.
 */
export function oneToken(values: readonly unknown[], place: TokenPlace, found?: Credential): Credential | undefined {
  let credential = found;
  for (const value of values) {
    if (value === undefined || value === null || value === '') continue;
    const next = typeof value === 'string' ? credentialIn(value, place) : undefined;
    if (next === undefined) throw explainForm(value, place);
    const { token, scheme } = credential ?? next;
    if (token !== next.token) throw refusal('missing_token', 'ambiguous', { place: place.label });
    credential = { token, scheme: scheme === next.scheme ? scheme : 'both' };
  }
  return credential;
}
