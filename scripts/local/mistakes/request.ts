import { toAlgorithm } from '../../../src/algorithms.ts';
import { isObject, type JsonObject } from '../../../src/json.ts';
import { members } from '../../json.ts';
import { type About, type Facts, tokenIn } from '../facts.ts';
import { firstOf } from '../say.ts';

export function unsupportedEvent({ event, cause }: About<'unsupported_event'>) {
  const { type, version, routeArn, methodArn } = members(event);
  const [name, arn] = version === '2.0' ? ['routeArn', routeArn] : ['methodArn', methodArn];
  const isOther = type !== 'TOKEN' && type !== 'REQUEST';
  const what = isObject(event) ? Object.keys(event) : Array.isArray(event) ? 'a list' : 'a text or the like';
  return firstOf`
    - ${isOther && arn}: The type in event.json is "${type}", not "TOKEN" or "REQUEST".
      → Write "type": "TOKEN" if the token is in authorizationToken, as in event.json.sample.
    - ${isOther}: event.json has ${what}: this is not the event of an authorizer of API Gateway.
      → Copy event.json.sample to event.json, and put the token in the place of ACCESS_TOKEN.
    - ${cause.problem === 'no_arn'}: The ${name} in event.json is not the ARN of a method: ${arn}.
      → Write "${name}", the ARN of the method: arn:aws:execute-api:REGION:ACCOUNT:API_ID/STAGE/METHOD/PATH`;
}

const PLACEHOLDER =
  /^[^\w$%{]*(Bearer[^\w$%{]+)?(ACCESS_TOKEN|YOUR[-_ ]?(ACCESS[-_ ]?)?TOKEN|<[^>]*token[^>]*>|TOKEN|JWT)\W*$/i;

/** What programs write for no value, and names that a shell should have replaced. */
const NO_VALUE =
  /^[<(]?(undefined|null|none|nil|NaN|true|false|\[object( \w+\]?)?)[>)]?$|^["']?(\$[\w{(]|%\w+%|\{\{\w+\}\}|`)/i;

/** What is in the place of a token and says that it is none, before it or after it. */
export function noToken({ text, word }: Facts) {
  const placeholder = PLACEHOLDER.exec(text)?.[2];
  const isAnswer = /"?\b((access|id)_token|error)"?\s*[:=]|-----BEGIN|^(Bearer )?<!?(doctype|html)/i.test(text);
  return firstOf`
    - ${placeholder}: event.json still contains ${placeholder}, a placeholder as in event.json.sample.
      → Put your access token in its place, and leave "Bearer " before it.
    - ${isAnswer}: event.json contains the issuer's whole answer, its error, a web page or a key, not an access token.
      → Write "Bearer " and the value of "access_token" alone. If there is none, correct the request for the token, as
      the answer says. A private key belongs in no file of this folder.
    - ${NO_VALUE.test(word)}: The token in event.json is the text "${word}": the command that should have fetched it got
      no access_token, or the shell did not replace a name.
      → Look at what the issuer answered, and use double quotes: sed "s/ACCESS_TOKEN/$TOKEN/" event.json.sample >
      event.json, or: npm start -- --token -`;
}

/** Where a REQUEST event has something like a token, as TOKEN_SOURCE names it. */
function sourceIn({ headers, queryStringParameters: query, cookies }: JsonObject): string | undefined {
  const find = (kind: string, members: unknown, pattern: RegExp) =>
    pattern
      .exec(JSON.stringify(members) ?? '')
      ?.slice(1)
      .map((name) => `${kind}:${name}`)[0];
  const value = /"([^"]+)":\[?"(?:Bearer )?eyJ[\w-]+\.eyJ/i;
  return find('header', headers, value) ?? find('query', query, value) ?? find('cookie', [headers, cookies], COOKIE);
}

const COOKIE = /["; ]([^"=; ]+)=eyJ[\w-]+\.eyJ/;

export function missingToken(facts: About<'missing_token'>) {
  const { cause, event, place, text, propose } = facts;
  const { problem } = cause;
  const source = problem === 'absent' && isObject(event) && event.type === 'REQUEST' && sourceIn(event);
  const set = source && propose({ TOKEN_SOURCE: source });
  const [, scheme] = /^\s*(?!Bearer|DPoP)([A-Za-z][\w-]*[:=]?)\s*(?<=[:=\s])["']?\S/i.exec(text) ?? [];
  return firstOf`
    - ${noToken(facts)}
    - ${set}: event.json contains a token in ${source}, and TOKEN_SOURCE is ${place}.
      → If that is where your callers send it: ${set}
    - ${scheme}: The ${place} in event.json begins with "${scheme}".
      → Delete or replace it: the value begins with "Bearer ", and then the access token (docs/issuers.md). Basic has a
      user name and a password.`;
}

const AUTH0 =
  'Auth0 issues such tokens if the request names no audience: request one with "audience", the API\'s identifier.';
const sizeOf = (value: unknown) => JSON.stringify(value).length;

export function malformedToken(facts: About<'malformed_token'>) {
  const { cause, claims, word, sentence } = facts;
  const { problem } = cause;
  const [[name, value] = ['groups', '']] = Object.entries(claims).sort(([, a], [, b]) => sizeOf(b) - sizeOf(a));
  const size = Array.isArray(value) ? `${value.length} entries` : `${sizeOf(value)} characters`;
  return firstOf`
    - ${noToken(facts)}
    - ${problem === 'too_long'}: ${sentence} API Gateway takes some 10,000 in all headers.
      → Take claims out of it at the issuer: claim ${name} has ${size}.
    - ${/^Bearer(%20|\+)/i.test(word)}: There is "Bearer%20" before the token in event.json.
      → Delete "Bearer%20": a cookie or a query has the token alone.
    - ${problem === 'encrypted'}: ${sentence} It may be
      ${tokenIn(word).header.alg === 'dir' ? 'a session token, as Auth.js makes them' : 'a refresh token of Cognito'}.
      → Send the access_token of the identity provider, signed and not encrypted. ${AUTH0}
    - ${problem === 'unsigned'}: ${sentence} Its alg is "none", or it was cut there.
      → Let the issuer sign it, with RS256 for example. Unsigned tokens are never accepted.
    - ${problem === 'opaque' && !word.startsWith('eyJ')}: ${sentence}
      → ${AUTH0} Others may have an option for JWTs, or need an issuer that signs JWTs before them. Refresh tokens,
      codes, API keys and session IDs are not access tokens.
    - ${true}: The token is cut off, abbreviated, changed on its way, or has something beside it. ${sentence}`;
}

export function unsupportedType({ cause, header, config, propose }: About<'unsupported_type'>) {
  const type = String(header.typ ?? 'JWT').replace(/^application\//i, '');
  const accepted = [...config.tokenTypes];
  const isDefault = (each: string) => /^(at\+jwt|JWT)$/i.test(each);
  const others = isDefault(type) ? [] : [...accepted, type].filter((each) => !isDefault(each));
  const isTyp = cause.problem === 'typ';
  const set = isTyp && propose({ TOKEN_TYPES: ['JWT', 'at+jwt', ...others].join(',') });
  return firstOf`
    - ${set}: The token's typ is "${type}"; accepted are ${accepted}.
      → If no ID, refresh or logout token of your issuer can have that typ: ${set}. Otherwise let it write at+jwt.
    - ${isTyp}: The token's typ is "${type}", which is not an access token's; accepted are ${accepted}.`;
}

export function unsupportedAlgorithm({ cause, header, sentence, propose }: About<'unsupported_algorithm'>) {
  const alg = String(header.alg);
  const algorithm = toAlgorithm(alg);
  const set = algorithm && cause.problem === 'not_accepted' && propose({ ALGORITHMS: algorithm });
  return firstOf`
    - ${set}: ${sentence} It is "${alg}".
      → If your issuer signs with it: ${set}
    - ${true}: ${sentence} It is "${alg}".`;
}
