/** So many characters in a row are a part of a token; fewer are chance. */
const RUN = 12;

/** What is in a value, however deep. Where JSON has an escape, its letter is taken for a part of the word behind it. */
const matches = (value: unknown, pattern: RegExp) => (JSON.stringify(value) ?? '').match(pattern) ?? [];

const JWT = /eyJ[\w-]{9,}[\w.-]*/g;
const WORD = /[\w+/=~-]{12,}/g;
/** Words that are in the place of a token, or beside it: `access_token`, `ACCESS_TOKEN`, `Proxy-Authorization`. */
const NO_SECRET = /^([a-z]+(_[a-z]+)+|[A-Z]+(_[A-Z]+)+|([A-Z][a-z]+-)*[A-Z][a-z]+|authorization)$/;

/**
 * Makes a filter for what is printed: what repeats a part of a token becomes `…`, and nothing beside it does.
 *
 * @param credentials what is where a token must be: each longer word of it is one, or a part of one
 * @param event anything in the rest of it that looks like a token is one too
 */
export function maskFor(credentials: readonly unknown[], event?: unknown): (text: string) => string {
  const words = matches(credentials, WORD).filter((word) => !NO_SECRET.test(word));
  const runs = new Set<string>();
  for (const secret of [...words, ...matches(event, JWT)]) {
    for (let at = 0; at + RUN <= secret.length; at++) runs.add(secret.slice(at, at + RUN));
  }
  return (text) => {
    let shown = '';
    let from = 0;
    for (let at = 0; at + RUN <= text.length; at++) {
      if (!runs.has(text.slice(at, at + RUN))) continue;
      if (at >= from) shown += `${text.slice(from, at)}…`;
      from = at + RUN;
    }
    return (shown + text.slice(from)).replace(JWT, '…');
  };
}
