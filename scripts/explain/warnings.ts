import { asList, type Table } from '../facts/facts.ts';
import { ID_TOKEN } from '../facts/id-token.ts';

/** What is permitted, and should not be. */
export const WARNINGS: Table = {
  idToken: ID_TOKEN,
  milliseconds: ({ claims, now }) => Number(claims.exp) > now * 100,
  account: ({ issuer, claims }) => issuer.audience.has('account') && asList(claims.aud).includes('account'),
  ignoredBinding: ({ claims, config }) => 'cnf' in claims && config.tokenBinding === 'ignore',
};
