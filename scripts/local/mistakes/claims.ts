import { closest, distance } from 'fastest-levenshtein';
import { parseClaimName, readClaim } from '../../../src/claim-name.ts';
import { isObject, type JsonObject } from '../../../src/json.ts';
import { jsonOf } from '../../json.ts';
import { type About, asList } from '../facts.ts';
import { firstOf, say } from '../say.ts';
import { idToken } from './audience.ts';

export function claimValue(name: string, claims: JsonObject): unknown {
  const path = parseClaimName(name);
  return path && readClaim(claims, path);
}

/** The claim that a setting may mean: of a path with dots the JSON Pointer, or a name that is spelled like it. */
export function meantClaim(name: string, claims: JsonObject): string | undefined {
  const pointer = `/${name.split('.').join('/')}`;
  if (name.includes('.') && claimValue(pointer, claims) !== undefined) return pointer;
  const alike = closest(name, ['', ...Object.keys(claims)]);
  return distance(name, alike) <= (name.length > 4 ? 2 : 1) ? alike : undefined;
}

/** What other issuers name the subject in. */
const SUBJECTS = ['sub', 'client_id', 'azp', 'appid', 'cid', 'oid', 'uid', 'user_id', 'email', 'username'];

export function invalidClaims({ cause, claims, issuer, sentence, propose }: About<'invalid_claims'>) {
  const name = 'claim' in cause.facts ? cause.facts.claim : '';
  const principal = issuer.principalClaims.map((each) => each.name);
  const isSubject = cause.problem === 'no_principal' || (cause.problem === 'missing' && principal.includes(name));
  const isOwn = principal.join() !== 'sub,client_id,azp';
  const meant = isOwn ? principal.flatMap((each) => meantClaim(each, claims) ?? [])[0] : undefined;
  const has = meant ?? SUBJECTS.find((each) => typeof claims[each] === 'string' && claims[each] !== '');
  const set = has && propose({ PRINCIPAL_CLAIM: isOwn && !meant ? [...principal, has].join(',') : has });
  return firstOf`
    - ${isSubject}: ${sentence} ${has ? `It has ${has}.` : ''}
      → ${isOwn && !meant && 'Delete PRINCIPAL_CLAIM, or:'} ${set ? say`${set}, or let` : 'Let'} the issuer write sub.
    - ${cause.problem === 'wrong_type'}: ${sentence} It is ${JSON.stringify(claimValue(name, claims))}.`;
}

const UNITS = { day: 86_400, hour: 3600, minute: 60, second: 1 } as const;

/** A time as people say it, and as clocks do: "3 hours ago (2026-01-31T12:00:00.000Z)". */
function whenIs(time: number, now: number): string {
  const names = Object.keys(UNITS) as (keyof typeof UNITS)[];
  const unit = names.find((each) => Math.abs(time - now) >= UNITS[each]) ?? 'second';
  const relative = new Intl.RelativeTimeFormat('en').format(Math.round((time - now) / UNITS[unit]), unit);
  const date = new Date(time * 1000);
  return Number.isNaN(date.getTime()) ? relative : `${relative} (${date.toISOString()})`;
}

const TEN_YEARS = 10 * 365 * 86_400;

export function times({ cause, claims, now }: About<'token_expired' | 'token_not_active'>) {
  const [exp, nbf, iat] = [claims.exp, claims.nbf ?? 0, claims.iat ?? 0].map(Number) as [number, number, number];
  return firstOf`
    - ${cause.problem === 'milliseconds' || Math.abs(exp) < TEN_YEARS}: The token's times (exp ${claims.exp}) are in
      milliseconds, or exp is a duration.
      → Let the issuer write seconds since 1970.
    - ${cause.reason === 'token_expired'}: The token expired ${whenIs(exp, now)}.
    - ${true}: The token is not valid yet: it will be ${whenIs(Math.max(nbf, iat), now)}.`;
}

/** REQUIRED_CLAIMS in another syntax, rewritten as `name=value` items: without quotes, and with one = in each. */
export function requirementsOf(text: string): string {
  const json = /^[{[]/.test(text) ? jsonOf(text) : undefined;
  if (Array.isArray(json)) return json.join(',');
  if (isObject(json)) return String(Object.entries(json).map(([name, value]) => `${name}=${asList(value).join('|')}`));
  return text.replace(/\s*!?={1,3}\s*/g, '=').replace(/=(["'“‘])([^,]*)["'”’]/g, '=$2');
}

/** A claim of REQUIRED_CLAIMS is missing or has another value. The setting is suspected before the token is. */
export function unacceptedClaim(facts: About<'unaccepted_claim'>) {
  const { cause, claims, issuer, settings, propose } = facts;
  const { claim } = cause.facts;
  const accepted = 'accepted' in cause.facts ? cause.facts.accepted : [];
  const isOf = (name: string) => name.startsWith('REQUIRED_CLAIMS') && settings[name]?.includes(claim);
  const setting = Object.keys(settings).find(isOf) ?? 'REQUIRED_CLAIMS';
  const text = settings[setting]?.trim() ?? '';
  const value = claimValue(claim, claims);
  const values = asList(value).map(String);
  const items = text.split(',').map((each) => each.trim());
  const item = items.find((each) => each.includes(claim)) ?? text;
  const set = (right: string) => propose({ [setting]: right }) || `Correct ${setting}.`;
  const replaced = (right: string) => set(text.replace(item, right));
  const isColon = String(/^([^=:/]+):[^=/]*$/.exec(item)?.[1]) in claims;
  const [, negated = ''] = /^(.*?)\s*!/.exec(item) ?? [];
  const alone = items.filter((each) => !each.includes('=') && values.includes(each));
  const others = items.filter((each) => !alone.includes(each)).join(',');
  const isScope = issuer.scopeClaims.some((each) => each.name === claim);
  const scope = accepted.find((each) => isScope && values.some((own) => own.split(' ').includes(each)));
  const meant = value === undefined ? meantClaim(claim, claims) : undefined;
  const alike = (each: string) => values.find((own) => own.toLowerCase() === each.toLowerCase());
  const spelled = accepted.find(alike) ?? '';
  const cure = firstOf`
    - ${/^[{[]|==/.test(item) || isColon}: ${isColon ? replaced(item.replace(':', '=')) : set(requirementsOf(text))} –
      the form is name=value: JSON, a colon, and = twice are read as a part of the name or the value.
    - ${negated}: ${claims[negated] ? replaced(`${negated}=${claims[negated]}`) : 'Name what is accepted.'} – there is
      no "!=", claims can only be required.
    - ${accepted.length > 1 && accepted.join('|') === value}: Take another claim, or check ${claim} in the back end: a
      value with "|" can't be required, because it separates alternatives.
    - ${alone[0]}: ${set(others.replace(item, `${item}|${alone.join('|')}`))} – a comma begins another requirement, and
      alternatives have a bar.
    - ${scope}: ${propose({ REQUIRED_SCOPES: scope })}, and delete ${item} in ${setting}, which compares whole claims.
    - ${meant}: ${replaced(item.replace(claim, meant ?? ''))} – the token has ${meant}, and no claim "${claim}".
    - ${spelled}: ${replaced(item.replace(spelled, String(alike(spelled))))} – capitals make a difference.`;
  const what = say`The token's claim ${claim} is ${JSON.stringify(value)}; ${setting} requires ${item}.`;
  return (
    idToken(facts) ??
    (cure
      ? say`${what}
    → ${cure}`
      : what)
  );
}
