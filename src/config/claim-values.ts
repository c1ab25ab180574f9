import { type ClaimName, parseClaimName } from '../claim-name.ts';
import { listOf, Mistake, type Reader, show, split, trimBlanks } from './values.ts';

export const claimName: Reader<ClaimName> = (text) => {
  const name = parseClaimName(text);
  if (!name) throw new Mistake(`in the JSON Pointer ${show(text)}, ~ is written ~0 and / in a name ~1`);
  return name;
};

/** A requirement of REQUIRED_CLAIMS. */
export interface RequiredClaim {
  readonly claim: ClaimName;
  /** The accepted values; none where the claim need only be there. */
  readonly values: readonly string[];
}

export const requiredClaim: Reader<RequiredClaim> = (text) => {
  const [, name = '', , values] = /^([^=]*)(=(.*))?$/s.exec(text) ?? [];
  if (trimBlanks(name) === '' || name.includes('|'))
    throw new Mistake(`${show(text)} has no name before = or |`);
  return { claim: claimName(trimBlanks(name)), values: values === undefined ? [] : split(values, '|') };
};

/** A claim of CONTEXT_CLAIMS, and the name under which the back end gets it. */
export interface ContextClaim {
  readonly key: string;
  readonly claim: ClaimName;
}

/** Names that `context` uses itself, or API Gateway. */
const RESERVED = ['scope', 'iss', 'error', 'error_description', 'principalId'];

const contextClaim: Reader<ContextClaim> = (text) => {
  const [, key, name = text] = (/^([^=]*)=(.*)$/s.exec(text) ?? []).map(trimBlanks);
  if (key === undefined && name.startsWith('/'))
    throw new Mistake(`${show(text)} needs a name: name=${text}`);
  if (name === '' || (key !== undefined && !/^\w+$/.test(key))) {
    throw new Mistake(`in ${show(text)}, a name of letters, digits and _ stands before =, a claim after it`);
  }
  if (RESERVED.includes(key ?? name)) throw new Mistake(`${key ?? name} is a name that is taken`);
  return { key: key ?? name, claim: claimName(name) };
};

export const contextClaims: Reader<readonly ContextClaim[]> = (text) => {
  const items = listOf(contextClaim)(text);
  const twice = items.find(({ key }, at) => items.findIndex((other) => other.key === key) !== at);
  if (twice) throw new Mistake(`${show(twice.key)} is there twice`);
  return items;
};
