import { isObject } from '../../../src/json.ts';
import type { Facts } from '../facts.ts';
import { type Maybe, plain, say } from '../say.ts';

const PLACEHOLDER = /^[^\w$%{]*(Bearer[^\w$%{]+)?(ACCESS_TOKEN|YOUR[-_ ]?(ACCESS[-_ ]?)?TOKEN|<[^>]*token[^>]*>|TOKEN|JWT)\W*$/i;
const FORM = 'The value is "Bearer ", with one space, and then the access token.';

/** What is in the place of a token and says that it is none, before it or after it. */
export function noToken({ text, word }: Facts): Maybe {
  const placeholder = PLACEHOLDER.exec(text)?.[2];
  if (placeholder) return say`event.json still contains ${placeholder}, a placeholder as in event.json.sample.\nPut your access token in its place, and leave "Bearer " before it.`;
  if (/"?(access|id)_token"?\s*[:=]/.test(text)) return say`event.json contains the issuer's whole answer, not the token in it.\nTake the value of "access_token" alone, and write "Bearer " and it.`;
  if (/"?error"?\s*[:=]|^<!?(doctype|html)/i.test(word)) return say`event.json contains the issuer's error or a web page, not a token.\nRead what it says, correct the request for the token, and put the access_token of the next answer there.`;
  if (/^[<(]?(undefined|null|none|nil|NaN|true|false|\[object( \w+\]?)?)[>)]?$/i.test(word)) return say`The token in event.json is the word "${word}": the command or code that should have fetched it got no access_token.\nLook at what the issuer answered (leave out the last part of the command), then try again.`;
  if (/^["']?(\$env:\w+|\$\{?\w+\}?|%\w+%|\{\{\w+\}\}|\$\(.*|`.*)/.test(word)) return say`The token in event.json is the text "${word}": the shell did not replace it (single quotes?).\nWrite the sed command with double quotes: sed "s/ACCESS_TOKEN/$TOKEN/" event.json.sample > event.json; or: npm start -- --token -`;
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

/** What helps, by what the function itself says. */
const CURES: Readonly<Record<string, string>> = {
  absent: `Add it. ${FORM}`,
  preflight: 'To try another method here, name it in the ARN.',
  not_text: `Write it in double quotes. ${FORM}`,
  invisible: 'Delete it. After Bearer there is a plain space (U+0020), and no other space anywhere.',
  header_name: 'Delete it: the value begins with "Bearer ".',
  bearer_not_due: 'Delete "Bearer ".',
  nothing_after_bearer: 'Put the access token there; if a command wrote the file, its variable was empty.',
  words_after_bearer: 'Write the access token in one piece, on one line, with "Bearer" once before it and nothing behind it.',
  dpop_not_due: 'Request a plain bearer token, and write "Bearer " and it: with this TOKEN_BINDING the function checks no DPoP proof.',
  no_bearer: `Write it so. ${FORM}`,
  ambiguous: 'Leave one of them.',
};

/** Where a token must be there is none, or it does not have the form that it must have. */
export function missingToken(facts: Facts): Maybe {
  const { cause, event, place, text, sentence, propose } = facts;
  const none = noToken(facts);
  if (none) return none;
  const source = cause?.problem === 'ambiguous' ? undefined : elsewhere(facts);
  const proposed = source && propose({ TOKEN_SOURCE: source });
  if (proposed) return say`event.json contains a token in ${source}, and TOKEN_SOURCE is ${place}.\nIf that is where your callers send it: ${proposed}`;
  const members = isObject(event) && event.type === 'TOKEN' ? Object.keys(event) : [];
  const other = members.find((each) => /^(authori[sz]ation|(access_?)?token)$/i.test(each));
  if (cause?.problem === 'absent' && other) return say`event.json has no authorizationToken; it has "${other}", which is not read in an event of type TOKEN.\nRename it to authorizationToken. ${FORM}`;
  if (/^\s*Bearer\s[\s\S]*([\r\n]|\\n)/i.test(text)) return say`The ${place} in event.json has a line break (\\n) in the token, or after it.\nDelete it: write the access token in one piece, on one line.`;
  const [, scheme = '', rest = ''] = /^\s*(?!Bearer|DPoP)([A-Za-z][\w-]*)[=\s]\s*["']?(\S+)/i.exec(text) ?? [];
  if (rest.startsWith('eyJ')) return say`The ${place} in event.json begins with "${scheme}" where "Bearer" must be.\nReplace ${scheme} by Bearer, with one space after it.`;
  if (rest !== '') return say`The ${place} in event.json begins with "${scheme}": credentials of another kind${/basic/i.test(scheme) ? ' (a user name and a password)' : ''}, not an access token.\nGet an access token of your issuer (docs/issuers.md), and write "Bearer " and it.`;
  return say`In event.json: ${sentence}\n${plain(CURES[cause?.problem ?? ''] ?? `Write it so, without quotes around it. ${FORM}`)}`;
}
