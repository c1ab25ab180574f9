import { isObject } from '../../src/json.ts';
import type { Facts, Sees, Table } from '../facts/facts.ts';
import { invisibleIn } from '../facts/invisible.ts';

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

const TOKEN = /"([^"]+)":\["?(?:Bearer )?eyJ[\w-]+\.eyJ|"([^"]+)":"(?:Bearer )?eyJ[\w-]+\.eyJ/i;
/** Members of a REQUEST event, and how the name of a token is found in their JSON. */
const PLACES = [
  ['header', 'headers', TOKEN],
  ['query', 'queryStringParameters', TOKEN],
  ['cookie', 'headers', /"cookie":"(?:[^"]*; ?)?([^"=;]+)=eyJ[\w-]+\.eyJ/i],
  ['cookie', 'cookies', /"([^"=;]+)=eyJ[\w-]+\.eyJ/],
] as const;

/** A source that TOKEN_SOURCE could name, where the event does hold something like a token. */
const elsewhere: Sees = ({ event, place }) => {
  if (!isObject(event) || event.type !== 'REQUEST') return undefined;
  const sources = PLACES.flatMap(([kind, member, pattern]) => {
    const [, inList, name = inList] = pattern.exec(JSON.stringify(event[member]) ?? '') ?? [];
    return name === undefined ? [] : [`${kind}:${name}`];
  });
  const source = sources.find((each) => !place.toLowerCase().split(', ').includes(each.toLowerCase()));
  return source && { source, place };
};

/** Where a token is due there is none, or not of the form that is due. */
export const MISSING_TOKEN: Table = {
  preflight: ({ event, text }) => text === '' && /\/OPTIONS\//.test(JSON.stringify(event)),
  placeholder: hasPlaceholder,
  differing: ({ found }) => new Set(found.filter(Boolean)).size > 1,
  elsewhere,
  misnamed: ({ event, found }) => {
    const names =
      found.includes(undefined) && isObject(event) && event.type === 'TOKEN' ? Object.keys(event) : [];
    const name = names.find((each) => /^(authori[sz]ation|(access_?)?token|headers)/i.test(each));
    return name && { name };
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
