import { isObject } from '../../src/json.ts';
import { elsewhere } from '../facts/elsewhere.ts';
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

/** Where a token is due there is none, or not of the form that is due. */
export const MISSING_TOKEN: Table = {
  preflight: ({ event, text }) => text === '' && /\/OPTIONS\//.test(JSON.stringify(event)),
  placeholder: hasPlaceholder,
  differing: ({ found }) => new Set(found.filter(Boolean)).size > 1,
  elsewhere,
  misnamed: ({ event, found }) => {
    const names = found.includes(undefined) && isObject(event) && event.type === 'TOKEN' ? Object.keys(event) : [];
    const name = names.find((each) => /^(authori[sz]ation|(access_?)?token)/i.test(each));
    return name && { name };
  },
  absent: ({ found }) => found.every((value) => value === undefined),
  noText: ({ found }) => !found.some((value) => typeof value === 'string'),
  empty: textIs(/^\s*$/),
  headerName: textIs(/^\s*(-H\s*)?["']?Authorization\s*[:=]/i),
  wholeAnswer: ({ text }) => /"?(access|id)_token"?\s*[:=]/.test(text),
  errorAnswer: textIs(/"?error"?\s*[:=]/),
  html: textIs(/^\s*(Bearer\s+)?<!?(doctype|html)/i),
  pem: textIs(/-----BEGIN/),
  quotes: textIs(/^\s*["'“‘`]\s*Bearer/i),
  invisible: invisibleIn,
  basic: textIs(/^\s*Basic\b/i),
  awsSignature: textIs(/^\s*AWS4-HMAC/),
  bareDue: ({ isBare, text }) => isBare && /^\s*Bearer\s/i.test(text),
  bearerAlone: textIs(/^\s*Bearer\s*$/i),
  bearerTwice: textIs(/^\s*Bearer\s+Bearer\s/i),
  lineBreakAtEnd: textIs(/^\s*Bearer\s+\S+\s*(\n|\r|\\n)\s*$/i),
  lineBreak: textIs(/^\s*Bearer\s[\s\S]*[\r\n]/i),
  variable: ({ word }) => /^[$`]/.test(word) && { match: word },
  noValue: ({ word }) => word.startsWith('[object') && { match: word },
  severalWords: textIs(/^\s*Bearer\s+\S+\s+\S/i),
  gluedBearer: textIs(/^\s*Bearer[^\s\w]*\S/i),
  field: textIs(/^\s*[\w-]+=["']?eyJ/),
  noBearer: textIs(/^\s*["'<{[]?eyJ/),
  dpopScheme: textIs(/^\s*DPoP\s/i),
  otherScheme: textIs(/^\s*[A-Za-z][\w-]*\s+eyJ/),
  otherCredentials: textIs(/^\s*[A-Za-z][\w-]*\s+\S/),
  otherwise: textIs(/./s),
};
