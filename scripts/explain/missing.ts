import { isObject } from '../../src/json.ts';
import type { Facts, Sees, Table } from '../local/facts.ts';

const PLACEHOLDER =
  /^[^\w$%{]*(Bearer[^\w$%{]+)?(ACCESS_TOKEN|YOUR[-_ ]?(ACCESS[-_ ]?)?TOKEN|<[^>]*token[^>]*>|TOKEN|JWT)\W*$/i;

export const hasPlaceholder = ({ text }: Pick<Facts, 'text'>) => {
  const [, , placeholder] = PLACEHOLDER.exec(text) ?? [];
  return placeholder !== undefined && { placeholder };
};

const textIs =
  (pattern: RegExp): Sees =>
  ({ text, place }) =>
    pattern.test(text) && { place, scheme: /\w+/.exec(text)?.[0] };

const INVISIBLE = /(?![ \t\r\n])[\p{Cc}\p{Cf}\p{Z}]/u;

/** An invisible character in the text, as Unicode writes it. */
export function invisibleIn({ text }: Pick<Facts, 'text'>) {
  const [character] = INVISIBLE.exec(text) ?? [];
  const code = character?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return code !== undefined && { code: `U+${code}`, what: NAMES[code] ?? 'invisible, or no plain blank' };
}

const NAMES: Readonly<Record<string, string>> = {
  '00A0': 'a no-break space',
  '200B': 'a zero-width space',
  '200E': 'a left-to-right mark',
  FEFF: 'a byte order mark',
};

/** A source of TOKEN_SOURCE where the event does hold something like a token. */
function elsewhere({ event, place }: Facts) {
  if (!isObject(event) || event.type !== 'REQUEST') return undefined;
  const places = [
    ['header', event.headers],
    ['query', event.queryStringParameters],
    [
      'cookie',
      isObject(event.headers)
        ? Object.fromEntries(
            String(event.headers.cookie ?? event.headers.Cookie ?? event.cookies ?? '')
              .split(/; */)
              .map((pair) => pair.split('=')),
          )
        : undefined,
    ],
  ] as const;
  for (const [kind, members] of places) {
    const name =
      isObject(members) &&
      Object.keys(members).find((key) => /^(Bearer )?eyJ[\w-]+\.eyJ/i.test(String(members[key])));
    if (typeof name === 'string' && !place.split(', ').includes(`${kind}:${name}`))
      return { source: `${kind}:${name}`, place };
  }
  return undefined;
}

/** Where a token is due there is none, or not of the form that is due. */
export const MISSING_TOKEN: Table = {
  preflight: ({ event, text }) => text === '' && /\/OPTIONS\//.test(JSON.stringify(event)),
  placeholder: hasPlaceholder,
  differing: ({ found }) =>
    new Set(found.filter((value) => value !== undefined && value !== null && value !== '')).size > 1,
  elsewhere: elsewhere,
  misnamed: ({ event }) => {
    const names =
      isObject(event) && event.type === 'TOKEN' && !('authorizationToken' in event) ? Object.keys(event) : [];
    const name = names.find((each) =>
      /^(authori[sz]ation_?(token)?|token|access_?token|headers)$/i.test(each),
    );
    return name !== undefined && { name };
  },
  absent: ({ found }) => found.every((value) => value === undefined),
  noText: ({ found }) => !found.some((value) => typeof value === 'string'),
  empty: textIs(/^\s*$/),
  headerName: textIs(/^\s*Authorization\s*[:=]/i),
  wholeAnswer: ({ text }) => /"?access_token"?\s*[:=]/.test(text),
  invisible: invisibleIn,
  basic: textIs(/^\s*Basic\b/i),
  awsSignature: textIs(/^\s*AWS4-HMAC/),
  bareDue: ({ isBare, text }) => isBare && /^\s*Bearer\s/i.test(text),
  bearerAlone: textIs(/^\s*Bearer\s*$/i),
  bearerTwice: textIs(/^\s*Bearer\s+Bearer\s/i),
  lineBreakAtEnd: textIs(/^\s*Bearer\s+\S+\s*(\n|\r|\\n)\s*$/i),
  lineBreak: textIs(/^\s*Bearer\s[\s\S]*[\r\n]/i),
  severalWords: textIs(/^\s*Bearer\s+\S+\s+\S/i),
  gluedBearer: textIs(/^\s*Bearer[^\s\w]*\S/i),
  noBearer: textIs(/^\s*["'<{[]?eyJ/),
  otherScheme: textIs(/^\s*[A-Za-z][\w-]*\s+\S/),
  otherwise: textIs(/./s),
};
