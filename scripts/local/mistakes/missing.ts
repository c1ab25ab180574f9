import { isObject } from '../../../src/json.ts';
import { invisibleIn } from '../../../src/text.ts';
import type { Facts } from '../facts.ts';
import { type Maybe, plain, say, type Words, wordsFor } from '../say.ts';

const PLACEHOLDER = /^[^\w$%{]*(Bearer[^\w$%{]+)?(ACCESS_TOKEN|YOUR[-_ ]?(ACCESS[-_ ]?)?TOKEN|<[^>]*token[^>]*>|TOKEN|JWT)\W*$/i;
const FORM = 'The value is "Bearer ", with one space, and then the access token.';
const GET_ONE = 'Get an access token of your issuer (docs/issuers.md), and write "Bearer " and it.';

const CHARACTERS: Readonly<Record<string, string>> = {
  'U+00A0': 'a no-break space',
  'U+200B': 'a zero-width space',
  'U+200E': 'a left-to-right mark',
  'U+FEFF': 'a byte order mark',
};

/** The first invisible character of a text, in words. Tabs and line breaks don't count. */
export function invisible(text: string): string | undefined {
  const code = invisibleIn(text.replace(/[\t\r\n]/g, ' '));
  return code && `${code} in it: ${CHARACTERS[code] ?? 'invisible, or not a plain space'}`;
}

/** What is in the place of a token and says that it is none, before it or after it. */
export function noToken({ text, word }: Facts): Maybe {
  const placeholder = PLACEHOLDER.exec(text)?.[2];
  if (placeholder) return say`event.json still contains ${placeholder}, a placeholder as in event.json.sample.\nPut your access token in its place, and leave "Bearer " before it.`;
  if (/"?(access|id)_token"?\s*[:=]/.test(text)) return say`event.json contains the issuer's whole answer, not the token in it.\nTake the value of "access_token" alone, and write "Bearer " and it.`;
  if (/"?error"?\s*[:=]/.test(text)) return say`event.json contains the issuer's error, not a token.\nRead what it says, correct the request for the token, and put the access_token of the next answer there.`;
  if (/^[<(]?(undefined|null|none|nil|NaN|true|false|\[object( \w+\]?)?)[>)]?$/i.test(word)) return say`The token in event.json is the word "${word}": the command or code that should have fetched it got no access_token.\nLook at what the issuer answered (leave out the last part of the command), then try again.`;
  if (/^["']?(\$env:\w+|\$\{?\w+\}?|%\w+%|\{\{\w+\}\}|\$\(.*|`.*)/.test(word)) return say`The token in event.json is the text "${word}": the shell did not replace it (single quotes?).\nWrite the sed command with double quotes: sed "s/ACCESS_TOKEN/$TOKEN/" event.json.sample > event.json; or: npm start -- --token -`;
  if (/^<!?(doctype|html)/i.test(word)) return say`event.json contains a web page, not a token.\nLook at the request for the token: its address is that of a page for people.`;
  if (/-----BEGIN/.test(text)) return say`event.json contains a key or certificate in PEM, not a token.\nPut an access token there. If it is a private key, it belongs in no file of this folder.`;
  return undefined;
}

const TOKEN = /"([^"]+)":\["?(?:Bearer )?eyJ[\w-]+\.eyJ|"([^"]+)":"(?:Bearer )?eyJ[\w-]+\.eyJ/i;
/** Members of a REQUEST event, and how the name of a token is found in their JSON. */
const PLACES = [
  ['header', 'headers', TOKEN],
  ['query', 'queryStringParameters', TOKEN],
  ['cookie', 'headers', /"cookie":"(?:[^"]*; ?)?([^"=;]+)=eyJ[\w-]+\.eyJ/i],
  ['cookie', 'cookies', /"([^"=;]+)=eyJ[\w-]+\.eyJ/],
] as const;

/** A source that TOKEN_SOURCE could name, because the event does have something like a token there. */
function elsewhere({ event, place }: Facts): string | undefined {
  if (!isObject(event) || event.type !== 'REQUEST') return undefined;
  const sources = PLACES.flatMap(([kind, member, pattern]) => {
    const [, inList, name = inList] = pattern.exec(JSON.stringify(event[member]) ?? '') ?? [];
    return name === undefined ? [] : [`${kind}:${name}`];
  });
  return sources.find((each) => !place.toLowerCase().split(', ').includes(each.toLowerCase()));
}

const SPELLINGS: Words = [
  [/^\s*["'“‘`]\s*Bearer/i, 'is in quotes of its own. Delete the quotes around it, \\" too: the value begins with "Bearer ".'],
  [/^\s*(-H\s*)?["']?Authorization\s*[:=]/i, 'begins with the header\'s name, "Authorization:". Delete it: the value begins with "Bearer ".'],
  [/^\s*Basic\b/i, `is a user name and a password (Basic), not an access token. ${GET_ONE}`],
  [/^\s*AWS4-HMAC/, `is a signature of AWS (Signature Version 4), not an access token. ${GET_ONE}`],
  [/^\s*Bearer\s*$/i, 'has "Bearer" and no access token after it. Put the access token there; if a command wrote the file, its variable was empty.'],
  [/^\s*Bearer\s+Bearer\s/i, 'has "Bearer" twice. Delete one of them.'],
  [/^\s*Bearer\s+\S+\s*(\n|\r|\\n)\s*$/i, 'ends with a line break (\\n). Delete the \\n before the closing quote.'],
  [/^\s*Bearer\s[\s\S]*[\r\n]/i, 'has a line break (\\n) in it. Write the access token in one piece, on one line.'],
  [/^\s*Bearer\s+\S+\s+\S/i, 'has more than one word after "Bearer". Write the access token in one piece: no spaces, and nothing behind it.'],
  [/^\s*Bearer[^\s\w]*\S/i, `lacks a space after "Bearer", or has another character there. ${FORM}`],
  [/^\s*["'<{[]?eyJ/, 'lacks "Bearer " before the access token. Write "Bearer ", with one space after it, before the token.'],
];

/** Where a token must be there is none, or it does not have the form that it must have. */
export function missingToken(facts: Facts): Maybe {
  const { cause, event, found, place, text, isBare, propose } = facts;
  if (text === '' && /\/OPTIONS\//.test(JSON.stringify(event))) return say`The request is a CORS preflight (OPTIONS), which never has a token.\nTake the authorizer off the method OPTIONS of the API. To try another method here, name it in the ARN.`;
  const none = noToken(facts);
  if (none) return none;
  if (cause?.problem === 'ambiguous') return say`event.json contains several tokens that differ.\nLeave one of them.`;
  const source = elsewhere(facts);
  const proposed = source && propose({ TOKEN_SOURCE: source });
  if (proposed) return say`event.json contains a token in ${source}, and TOKEN_SOURCE is ${place}.\nIf that is where your callers send it: ${proposed}`;
  const members = isObject(event) && event.type === 'TOKEN' ? Object.keys(event) : [];
  const other = members.find((each) => /^(authori[sz]ation|(access_?)?token)$/i.test(each));
  if (cause?.problem === 'absent' && other) return say`event.json has no authorizationToken; it has "${other}", which is not read in an event of type TOKEN.\nRename it to authorizationToken. ${FORM}`;
  if (found.every((value) => value === undefined)) return say`event.json has no ${place}.\nAdd it. ${FORM}`;
  if (cause?.problem === 'not_text') return say`What event.json has for ${place} is not text.\nWrite it in double quotes. ${FORM}`;
  if (text.trim() === '') return say`The ${place} in event.json is empty.\n${FORM}`;
  const character = invisible(text);
  if (character) return say`The ${place} in event.json has the character ${character}.\nDelete it. After Bearer there is a plain space (U+0020), and no other space anywhere.`;
  if (isBare && /^\s*Bearer\s/i.test(text)) return say`"Bearer " precedes the token, and ${place} must have the token alone.\nDelete "Bearer ".`;
  const [, wrong = '', cure] = /^(.*?)\. (.*)$/.exec(wordsFor(SPELLINGS, text) ?? '') ?? [];
  if (cure) return say`The ${place} in event.json ${plain(wrong)}.\n${plain(cure)}`;
  const [, scheme = '', separator, rest = ''] = /^\s*([\w-]+)(=|\s)\s*["']?(.*)/s.exec(text) ?? [];
  if (separator === '=' && rest.startsWith('eyJ')) return say`The ${place} in event.json is a cookie or a field of a form: "${scheme}=" precedes the token.\nWrite "Bearer " in its place.`;
  if (/^DPoP$/i.test(scheme)) return say`The ${place} in event.json begins with "DPoP" where "Bearer" must be: a token that is bound to a key.\nRequest a plain bearer token, and write "Bearer " and it: with this TOKEN_BINDING the function checks no DPoP proof.`;
  if (rest.startsWith('eyJ')) return say`The ${place} in event.json begins with "${scheme}" where "Bearer" must be.\nReplace the word ${scheme} by Bearer.`;
  if (rest !== '') return say`The ${place} in event.json begins with "${scheme}": credentials of another kind, not an access token.\n${GET_ONE}`;
  return say`The ${place} in event.json lacks "Bearer " before the access token, or is not one.\n${FORM}`;
}
