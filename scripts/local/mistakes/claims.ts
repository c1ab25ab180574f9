import { closest, distance } from 'fastest-levenshtein';
import { type ClaimName, parseClaimName, readClaim } from '../../../src/claim-name.ts';
import { isObject, type JsonObject } from '../../../src/json.ts';
import { jsonOf } from '../../json.ts';
import { asList, type Facts } from '../facts.ts';
import { signsOfIdToken } from '../id-token.ts';
import { type Maybe, plain, type Said, say } from '../say.ts';
import { graphToken } from './issuer.ts';
import { refreshToken } from './token.ts';

/** An ID token may not be accepted: whatever its audience is, nothing is advised but to send the access token. */
export function idToken({ header, claims }: Facts): Maybe {
  const signs = signsOfIdToken(header, claims);
  return signs === undefined ? undefined : say`This looks like an ID token (${signs}): it is for the application that signed the user in, not for an API.\nTake the "access_token" of the issuer's answer, not the "id_token".`;
}

/** What other issuers name the subject in. */
const SUBJECTS = ['sub', 'client_id', 'azp', 'appid', 'cid', 'oid', 'uid', 'common_name', 'user_id', 'email', 'username'];

/** What helps where a claim does not have the type that it must have. */
function typeCure(name: string, value: unknown, { issuer }: Facts): string {
  const isOne = (claims: readonly ClaimName[]) => claims.some((each) => each.name === name);
  if (['exp', 'nbf', 'iat'].includes(name)) return 'JWTs write times as numbers, seconds since 1970: let the issuer write a NumericDate (RFC 7519, 2).';
  if (isOne(issuer.audienceClaims)) return "Let the issuer write the API's identifier there, a text or a list of texts (RFC 7519, 4.1.3).";
  if (!isOne(issuer.scopeClaims)) return 'Let the issuer write it in quotes, as a string (RFC 7519, 4.1.2), or name another claim in PRINCIPAL_CLAIM.';
  const items = Array.isArray(value) && value.some(isObject) ? 'Its items are objects, not texts. ' : '';
  return `${items}Let the issuer write a list of names, such as ["admin"], or name another claim in SCOPE_CLAIM: a text, a list, or an object.`;
}

/** A claim is missing or has the wrong type. */
export function invalidClaims(facts: Facts): Maybe {
  const { cause, claims, issuer, file, sentence, propose } = facts;
  if (cause?.reason !== 'invalid_claims') return undefined;
  const name = 'claim' in cause.facts ? cause.facts.claim : '';
  const path = parseClaimName(name);
  const value = path && readClaim(claims, path);
  const principal = issuer.principalClaims.map((each) => each.name);
  if (cause.problem === 'no_principal' || (cause.problem === 'missing' && principal.includes(name))) {
    const other = SUBJECTS.find((each) => typeof claims[each] === 'string' && claims[each] !== '');
    const isOwn = principal.join() !== 'sub,client_id,azp';
    const meant = isOwn ? principal.map((each) => meantClaim(each, claims)).find((each) => each !== undefined) : undefined;
    const has = meant ?? other;
    const change = has && propose({ PRINCIPAL_CLAIM: isOwn && !meant ? [...principal, has].join(',') : has });
    if (isOwn && has) return say`PRINCIPAL_CLAIM is ${principal.join(',')}, which the token lacks; it has ${has}.\n${meant ? '' : 'Delete PRINCIPAL_CLAIM, or: '}${change}`;
    return say`The token names no subject: it has none of ${principal}.${has ? ` It has ${has}.` : ''}\n${change ? say`${change} in ${file}, or let` : 'Let'} the issuer write sub (RFC 9068, 2.2).`;
  }
  if (cause.problem === 'missing') return say`${sentence} Without it the token would never expire.\nLet the issuer write ${name} (RFC 9068, 2.2). An API key or a token without an end is not an access token.`;
  if (cause.problem === 'empty') return say`${sentence}\nLet the issuer write the subject there, or name the claim that has it: PRINCIPAL_CLAIM in ${file}.`;
  if (cause.problem !== 'wrong_type') return say`${sentence}\nLet the issuer make the claim smaller, or leave it out of CONTEXT_CLAIMS.`;
  return say`${sentence} It is ${JSON.stringify(value)}.\n${plain(typeCure(name, value, facts))}`;
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A time as people say it, and as clocks do: "3 hours ago (2026-01-31T12:00:00.000Z)". */
function whenIs(time: number, now: number): string {
  const [unit, length] = UNITS.find(([, length]) => Math.abs(time - now) >= length) ?? ['second', 1];
  const relative = new Intl.RelativeTimeFormat('en').format(Math.round((time - now) / length), unit);
  const date = new Date(time * 1000);
  return Number.isNaN(date.getTime()) ? relative : `${relative} (${date.toISOString()})`;
}

/** The token is not valid any more, or not yet. */
export function explainTimes({ cause, claims: { exp, nbf, iat }, now }: Facts): Maybe {
  const end = Number(exp);
  if (cause?.reason === 'token_expired') {
    if (end >= 0 && end < 10 * 365 * 86_400) return say`The token's exp is ${exp}, a duration and not a time: JWTs count seconds since 1970.\nLet the issuer write the time at which the token ends.`;
    if (exp === iat) return say`The token ended (${exp}) when it began (iat ${iat}).\nLet the issuer give it a lifetime.`;
    return say`The token expired ${whenIs(end, now)}.\nGet a new access token, and try again with that one.`;
  }
  if (cause?.problem === 'milliseconds') return say`${end > now * 100 ? 'exp and ' : ''}${cause.facts.claim} of the token: in milliseconds; JWTs count seconds.\nLet the issuer divide by 1000.`;
  return say`The token is not valid yet: it will be ${whenIs(Math.max(Number(nbf ?? 0), Number(iat ?? 0)), now)}.\nWait, or set this machine's clock right. CLOCK_TOLERANCE allows a difference of up to 300 seconds.`;
}

const bare = (text: string) => text.toLowerCase().replace(/^https?:\/\/|\/+$/g, '');
const ISSUERS_OWN = /\/userinfo$|\/api\/v2\/$|^https:\/\/[\w.]+\.(azure\.com|windows\.net)/;

/** What AUDIENCE may become: the token's aud, if it can be an API's. Never a client's ID. */
export function ownAudience(claims: JsonObject): string | undefined {
  const uris = asList(claims.aud)
    .filter((aud) => typeof aud === 'string')
    .filter((aud) => /^[a-z][\w+.-]*:/i.test(aud));
  return uris.find((aud) => !ISSUERS_OWN.test(aud) && aud !== claims.iss && !aud.includes(','));
}

/** The token is authentic, and for another audience. */
export function invalidAudience(facts: Facts): Maybe {
  const { claims, issuer, iss, file, settings, propose, names } = facts;
  const name = names.audience;
  const auds = asList(claims.aud).map(String);
  const accepted = [...issuer.audience];
  const claimNames = issuer.audienceClaims.map((each) => each.name);
  const isIssuer = auds.length === 1 && bare(auds[0] ?? '') === bare(iss);
  const refresh = refreshToken(facts);
  if (refresh) return refresh;
  if (isIssuer) return say`The token is for the issuer itself: its aud is "${auds[0]}", not ${accepted}.\nRequest one for this API ("audience" or "resource"): ${accepted}.`;
  const other = idToken(facts) ?? graphToken(facts);
  if (other) return other;
  const hasNone = claims.aud === undefined;
  const isKeycloak = /\/realms\/[^/]+\/?$/.test(iss);
  const mapper = say`Add an Audience mapper for ${accepted} to a client scope, and that to the client.`;
  if (claimNames.includes('aud') && hasNone && claims.token_use === 'access') return say`This is an access token of Cognito (token_use access), which has no aud: its client is in client_id.\nAdd ${propose({ AUDIENCE_CLAIM: 'client_id' })} to ${file}; AUDIENCE lists the app clients that may call.`;
  if (claimNames[0] === 'client_id' && claims.client_id !== undefined) return say`The token is from another app client: its client_id is "${claims.client_id}", ${name} lists ${accepted}.\nGet a token with one of these. If that client may call this API, add it to the list ${name}.`;
  if (!claimNames.includes('aud') && auds.some((aud) => issuer.audience.has(aud))) return say`AUDIENCE_CLAIM names ${claimNames}, which this token lacks or uses for something else; its aud is ${auds}, as ${name} requires.\nDelete AUDIENCE_CLAIM in ${file}: the default is aud.`;
  if (isKeycloak && hasNone) return say`The token has no aud: Keycloak writes none of yours without a mapper.\n${mapper}`;
  if (isKeycloak && auds.includes('account')) return say`The token is for "account", which every token of this Keycloak realm may have; your API is not in it.\n${mapper} Never set AUDIENCE=account.`;
  if (accepted.includes('*')) return say`${name} is "*": there are no wildcards, names are compared exactly.\n${setAudience(facts) ?? 'Write the identifier of the API.'}`;
  for (const aud of auds) {
    const set = propose({ [name]: aud });
    const like = accepted.find((one) => bare(one) === bare(aud));
    if (like !== undefined) return say`${name} and the token's aud differ in the slash at the end, capitals or http(s) only; they are compared exactly: "${like}", "${aud}".\n${set}`;
    if (/^[\da-f-]{36}$/i.test(aud) && accepted.includes(`api://${aud}`)) return say`The token's aud is the GUID, ${name} the Application ID URI: a v2.0 token of Entra ID.\n${set}`;
    if (accepted.some((one) => aud === `api://${one}`)) return say`The token's aud is the Application ID URI, ${name} the GUID: a v1.0 token of Entra ID.\n${set}`;
    if (aud.includes(',')) return say`The token's aud is one text with commas in it, "${aud}".\nLet the issuer write a list: ${JSON.stringify(aud.split(',').map((each) => each.trim()))} (RFC 7519, 4.1.3).`;
  }
  if (auds.length > 0 && auds.every((aud) => ISSUERS_OWN.test(aud)))
    return say`The token is for an API of the issuer's own (${auds}: userinfo, Auth0's Management API, Azure), not for yours: the request named no audience, or that one.\nRequest one with "audience" (Auth0) or "resource" set to ${accepted}, the identifier of your API. Never accept tokens for the issuer's own API.`;
  if (hasNone) return say`The token is for no audience: it has no aud, and ${name} is ${accepted}.\nRequest a token for this API (Auth0: "audience", others: "resource" or a scope of it).`;
  if (settings[name] === 'https://api.example.com/') return say`AUDIENCE is https://api.example.com/, as .env.sample has it; the token's aud is ${auds}.\nSet AUDIENCE to the identifier that your API has at the issuer, never to a client's.`;
  if (ownAudience(claims)) return say`${name} is ${accepted}, and the token is for another audience: its aud is ${auds}, not ${accepted}.\n${setAudience(facts)} A client's ID never goes there. Otherwise request a token for the audience ${accepted}.`;
  return say`The token is for another audience: its aud is ${auds}, not ${accepted}.\nRequest a token for the audience ${accepted}. AUDIENCE is the identifier of this API at the issuer, never a client's.`;
}

/** Sets AUDIENCE to the token's own, if that can be an API. */
export function setAudience({ claims, names, propose }: Pick<Facts, 'claims' | 'names' | 'propose'>): Said | undefined {
  const own = ownAudience(claims);
  const proposed = own && propose({ [names.audience]: own });
  return proposed ? say`If "${own}" is the identifier of this API itself: ${proposed}.` : undefined;
}

/** Names of claims that the setting may mean: a path with dots as a JSON Pointer, or one that is spelled like it. */
export function meantClaim(name: string, claims: JsonObject): string | undefined {
  const pointer = `/${name.split('.').join('/')}`;
  const path = name.includes('.') && parseClaimName(pointer);
  if (path && readClaim(claims, path) !== undefined) return pointer;
  const known = Object.keys(claims);
  const alike = known.length > 0 ? closest(name, known) : '';
  return distance(name, alike) <= (name.length > 4 ? 2 : 1) ? alike : undefined;
}

const unquoted = (text: string) => text.replace(/^(["'“‘])(.*)["'”’]$/, '$2');

/** REQUIRED_CLAIMS in another syntax, rewritten as `name=value` items. */
export function requirementsOf(text: string): string {
  const json = /^[{[]/.test(text) ? jsonOf(text) : undefined;
  if (Array.isArray(json)) return json.map(String).join(',');
  if (isObject(json)) return `${Object.entries(json).map(([name, value]) => `${name}=${asList(value).join('|')}`)}`;
  const right = (item: string) => item.trim().replace(/^([^=]+?)\s*!?={1,3}\s*(.*)$/, (_, name: string, value: string) => `${name}=${unquoted(value)}`);
  return text.split(',').map(right).join(',');
}

/** A claim of REQUIRED_CLAIMS is missing or says something else. The setting was written a minute ago: it is suspected first. */
export function unacceptedClaim(facts: Facts): Maybe {
  const { cause, claims, issuer, settings, file, propose } = facts;
  const id = idToken(facts);
  if (id) return id;
  if (cause?.reason !== 'unaccepted_claim') return undefined;
  const { claim } = cause.facts;
  const accepted = 'accepted' in cause.facts ? cause.facts.accepted : [];
  const setting = Object.keys(settings).find((each) => each.startsWith('REQUIRED_CLAIMS') && settings[each]?.includes(claim)) ?? 'REQUIRED_CLAIMS';
  const text = settings[setting]?.trim() ?? '';
  const path = parseClaimName(claim);
  const value = path && readClaim(claims, path);
  const items = text.split(',').map((each) => each.trim());
  const item = items.find((each) => each.includes(claim)) ?? text;
  const set = (right: string) => propose({ [setting]: right }) ?? `Correct ${setting} in ${file}`;
  const replaced = (right: string) => set(text.replace(item, right));
  if (claim === 'tid' && value !== undefined) {
    const isPersonal = value === '9188040d-6c67-4c5b-b112-36a304b66dad';
    return say`The token is from ${isPersonal ? 'a personal Microsoft account, tenant' : 'the tenant'} "${value}", which ${setting} does not list.\nIf ${isPersonal ? 'personal accounts' : 'users of that tenant'} may call: ${replaced(`${item}|${value}`)}. Otherwise get a token from a tenant that is listed.`;
  }
  if (/^[{[]|=["'“‘]|==/.test(item)) return say`${setting}: ${item} is not in the form name=value. In JSON, with quotes or with = twice, these are part of the name or the value.\n${set(requirementsOf(text))}`;
  const [, before = '', behind = ''] = /^([^=:/]+):([^=/]*)$/.exec(item) ?? [];
  if (value === undefined && before in claims) return say`${setting}: "${item}" has a colon where "=" must be.\n${replaced(`${before}=${behind}`)}`;
  if (/!$/.test(claim) || /!=/.test(item)) {
    const name = claim.replace(/\s*!$/, '');
    const now = claims[name];
    return say`${setting}: there is no "!=", claims can only be required.\n${typeof now === 'string' ? replaced(`${name}=${now}`) : 'Name the values that are accepted: name=value|value.'}`;
  }
  if (typeof value === 'string' && accepted.join('|') === value) return say`${setting}: "|" separates alternatives, so this requires ${claim} to be ${accepted.map((each) => `"${each}"`).join(' or ')}.\nA value with | can't be required. Take another claim, or check ${claim} in the back end.`;
  const alone = items.filter((each) => !each.includes('=') && !(each in claims));
  if (accepted.length > 0 && alone.some((each) => asList(value).includes(each))) return say`${setting} requires ${item} and a claim named "${alone[0]}": a comma begins another requirement.\nAlternatives have a bar: ${set(`${items.filter((each) => !alone.includes(each))}`.replace(item, `${item}|${alone.join('|')}`))}`;
  const words = typeof value === 'string' ? value.split(' ') : [];
  if (issuer.scopeClaims.some((each) => each.name === claim) && accepted.some((each) => words.includes(each))) return say`${setting} compares the whole of a claim, and ${claim} is "${value}".\nFor scopes: ${propose({ REQUIRED_SCOPES: accepted[0] })}, and delete ${item} in ${setting}.`;
  const meant = value === undefined ? meantClaim(claim, claims) : undefined;
  if (meant) return say`${setting}: the token has no claim "${claim}"; it has ${meant}.\n${replaced(item.replace(claim, meant))}`;
  const spelled = accepted.find((each) => asList(value).some((own) => String(own).toLowerCase() === each.toLowerCase()));
  if (spelled) return say`The token's claim ${claim} is ${JSON.stringify(value)}; ${setting} requires ${spelled}: capitals make a difference.\n${replaced(item.replace(spelled, String(asList(value).find((own) => String(own).toLowerCase() === spelled.toLowerCase()))))}`;
  return say`The token's claim ${claim} is ${JSON.stringify(value) ?? 'missing'}; ${setting} wants ${accepted.join(' or ') || 'it to be there'}.\nIf this token is right, correct ${setting} in ${file}. Otherwise request a token that has it.`;
}
