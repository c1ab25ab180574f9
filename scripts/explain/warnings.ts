import { asList, type Table } from '../local/facts.ts';
import { signsOfIdToken } from './id-token.ts';

/** What is permitted, and should not be. */
export const WARNINGS: Table = {
  idToken: ({ header, claims }) => {
    const signs = signsOfIdToken(header, claims);
    return signs !== undefined && { signs };
  },
  account: ({ issuer, claims }) => issuer.audience.has('account') && asList(claims.aud).includes('account'),
  ignoredBinding: ({ claims, config }) => 'cnf' in claims && config.tokenBinding === 'ignore',
};
