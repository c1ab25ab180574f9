import { type ClaimName, parseClaimName } from '../claim-name.ts';
import { listOf, Mistake, QUOTED, type Reader, readBy, show, split, trimSpaces } from './values.ts';

export const claimName = readBy(
  parseClaimName,
  (text) => `in the JSON Pointer ${show(text)}, write ~ as ~0, and / in a name as ~1`,
);

export interface RequiredClaim {
  readonly claim: ClaimName;
  /** The accepted values, and patterns with `*` for one or more characters; empty if the claim need only be there. */
  readonly values: readonly string[];
}

function checkPattern(value: string): void {
  if (QUOTED.test(value)) throw new Mistake(`remove the quotation marks around ${value.slice(1, -1)}`);
  if (!value.includes('*') || /^(\*[^*]+|[^*]+\*)$/.test(value)) return;
  throw new Mistake(
    `${show(value)} is not a pattern: one * is allowed, at the beginning or end of a value, next to other characters`,
  );
}

export const requiredClaim: Reader<RequiredClaim> = (text) => {
  const [, name = '', , values] = /^([^=]*)(=(.*))?$/s.exec(text) ?? [];
  if (trimSpaces(name) === '' || name.includes('|'))
    throw new Mistake(`${show(text)} has no name of a claim before = or |`);
  const accepted = values === undefined ? [] : split(values, '|');
  for (const value of accepted) checkPattern(value);
  return { claim: claimName(trimSpaces(name)), values: accepted };
};

/** Names that this function or API Gateway uses. */
const RESERVED = ['scope', 'iss', 'error', 'error_description', 'principalId'];

/** Reads a claim of CONTEXT_CLAIMS, and the name under which the back end receives it. */
function contextClaim(text: string) {
  const [, key, name = text] = (/^([^=]*)=(.*)$/s.exec(text) ?? []).map(trimSpaces);
  if (key === undefined && name.startsWith('/')) throw new Mistake(`give ${show(text)} a name: name=${text}`);
  if (name === '' || (key !== undefined && !/^\w+$/.test(key)))
    throw new Mistake(`${show(text)} is not a name of letters, digits and _, then =, then a claim`);
  if (RESERVED.includes(key ?? name)) throw new Mistake(`the name ${key ?? name} is reserved`);
  return { key: key ?? name, claim: claimName(name) };
}

export function contextClaims(text: string) {
  const items = listOf(contextClaim)(text);
  const twice = items.find(({ key }, at) => items.findIndex((other) => other.key === key) !== at);
  if (twice) throw new Mistake(`${show(twice.key)} is listed twice`);
  return items;
}
