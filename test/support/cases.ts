import type { Asked, Case } from './suite.ts';

/** A value as JSON writes it, for the name of a case. */
export const nameOf = (value: unknown) => JSON.stringify(value) ?? 'absent';

/** A token whose claim holds something else, and what should come of it. */
export const claim = (claimName: string, value: unknown, expected: Case[2]): Case => [
  `${claimName} ${nameOf(value)}`,
  { claims: { [claimName]: value } },
  expected,
];

/** Tokens whose claim is of the wrong type. */
export const invalid = (claimName: string, ...values: readonly unknown[]): Case[] =>
  values.map((value) => claim(claimName, value, 'invalid_claims'));

/** A claim as JSON text, for numbers and names that no object literal can hold. */
export const claimText = (claimName: string, json: string): Asked => ({
  claims: { [claimName]: undefined },
  claimsText: (claims) => `{${JSON.stringify(claimName)}:${json},${claims.slice(1)}`,
});
