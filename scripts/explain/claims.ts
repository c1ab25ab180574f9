import { readClaim } from '../../src/claim-name.ts';
import { asList, type Sees, type Table } from '../facts/facts.ts';
import { whenIs } from '../facts/time.ts';

const isNumber = (value: unknown): value is number => typeof value === 'number';
const claimIs =
  (names: readonly string[], sees: (value: unknown) => boolean): Sees =>
  ({ claims }) => {
    const name = names.find((each) => each in claims && sees(claims[each]));
    return name !== undefined && { name, is: claims[name] };
  };

const TIMES = ['exp', 'nbf', 'iat'];
/** What other issuers name the subject in; none that its holder can change, such as email. */
const SUBJECTS = ['appid', 'cid', 'oid', 'uid', 'common_name', 'user_id'];

export const INVALID_CLAIMS: Table = {
  textTime: claimIs(TIMES, (value) => typeof value === 'string'),
  noExp: ({ claims }) => (claims.exp ?? null) === null,
  timeType: claimIs(TIMES, (value) => !isNumber(value) || !Number.isFinite(value)),
  audType: claimIs(['aud'], (value) => asList(value).some((item) => typeof item !== 'string')),
  subjectType: claimIs(['sub', 'client_id', 'azp'], (value) => typeof value !== 'string'),
  emptySubject: ({ issuer, claims }) => {
    const named = issuer.principalClaims.filter((name) => readClaim(claims, name) !== undefined);
    return named[0] && named.every((name) => readClaim(claims, name) === '') && { name: named[0].name };
  },
  noSubject: ({ issuer: { principalClaims }, claims }) => {
    const other = SUBJECTS.find((name) => typeof claims[name] === 'string' && claims[name] !== '') ?? 'CLAIM';
    const names = principalClaims.map(({ name }) => name);
    return principalClaims.every((name) => readClaim(claims, name) === undefined) && { names, other };
  },
  scopeType: ({ issuer, claims }) => {
    const name = issuer.scopeClaims.find((each) => readClaim(claims, each) !== undefined);
    const is = name && readClaim(claims, name);
    const isWrong = asList(is).some((item) => typeof item === 'number' || typeof item === 'boolean');
    return name && isWrong && { name: name.name, is: JSON.stringify(is) };
  },
  otherwise: ({ detail }) => detail !== '',
};

const A_THOUSAND_YEARS = 1000 * 365 * 86_400;

export const TOKEN_EXPIRED: Table = {
  duration: ({ claims: { exp } }) => isNumber(exp) && exp >= 0 && exp < 10 * 365 * 86_400 && { exp },
  noLifetime: ({ claims: { exp, iat } }) => exp === iat && { exp, iat },
  otherwise: ({ claims: { exp }, now }) => isNumber(exp) && { time: whenIs(exp, now) },
};

export const TOKEN_NOT_ACTIVE: Table = {
  milliseconds: ({ claims, now }) => {
    const names = TIMES.filter((name) => isNumber(claims[name]) && Number(claims[name]) > now + A_THOUSAND_YEARS);
    return names.length > 0 && { names: names.join(' and ') };
  },
  otherwise: ({ claims: { nbf, iat }, now }) => {
    const times = [nbf, iat].filter(isNumber);
    return times.length > 0 && { time: whenIs(Math.max(...times), now) };
  },
};
