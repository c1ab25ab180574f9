import { readClaim } from '../../src/claim-name.ts';
import { asList, type Facts, type Sees, type Table } from '../local/facts.ts';
import { ID_TOKEN } from './id-token.ts';
import { FOR_GRAPH } from './issuer.ts';

const binding = ({ claims: { cnf } }: Facts) => Object.keys(Object(cnf)).join();

/** The token is bound to a key, which the caller did not prove (RFC 7800). */
export const UNPROVEN_BINDING: Table = {
  unbound: ({ claims }) => !('cnf' in claims),
  dpop: (facts) => binding(facts).includes('jkt'),
  otherWay: (facts) => binding(facts) !== 'x5t#S256',
  mtlsRefused: ({ config }) => config.tokenBinding === 'refuse',
  noCertificate: ({ event }) => !JSON.stringify(event).includes('clientCertPem'),
  otherwise: () => true,
};

export const UNACCEPTED_CLAIM: Table = {
  idToken: ID_TOKEN,
  otherwise: ({ issuer, claims }) => {
    const unmet = issuer.requiredClaims.find(({ claim, values }) => {
      const items = asList(readClaim(claims, claim));
      return (
        items.length === 0 || (values.length > 0 && !items.some((item) => values.includes(String(item))))
      );
    });
    const is = unmet && readClaim(claims, unmet.claim);
    const values = unmet?.values.join(' or ') || 'it to be there';
    return unmet && { name: unmet.claim.name, values, is: is === undefined ? 'missing' : JSON.stringify(is) };
  },
};

/** Values of the token and of AUDIENCE that are a pair in some way. */
const pair =
  (sees: (aud: string, accepted: string) => unknown): Sees =>
  ({ claims, issuer }) => {
    for (const aud of asList(claims.aud)) {
      const accepted = [...issuer.audience].find((each) => typeof aud === 'string' && sees(aud, each));
      if (accepted !== undefined) return { aud, accepted };
    }
    return undefined;
  };

const isKeycloak = ({ iss }: Facts) => /\/realms\/[^/]+\/?$/.test(iss);
const bare = (text: string) =>
  text
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '');
const hasOnly =
  (pattern: RegExp): Sees =>
  ({ claims }) =>
    asList(claims.aud).length > 0 && asList(claims.aud).every((aud) => pattern.test(String(aud)));
const readsAud = ({ issuer }: Facts) => issuer.audienceClaims.some(({ name }) => name === 'aud');

export const INVALID_AUDIENCE: Table = {
  idToken: ID_TOKEN,
  graph: FOR_GRAPH,
  cognito: (facts) =>
    readsAud(facts) && facts.claims.aud === undefined && facts.claims.token_use === 'access',
  cognitoClient: ({ claims, issuer }) =>
    issuer.audienceClaims[0]?.name === 'client_id' &&
    claims.client_id !== undefined && { client: claims.client_id },
  audienceClaim: (facts) =>
    !readsAud(facts) &&
    asList(facts.claims.aud).some((aud) => facts.issuer.audience.has(String(aud))) && {
      names: facts.issuer.audienceClaims.map(({ name }) => name),
    },
  keycloakNone: (facts) => isKeycloak(facts) && facts.claims.aud === undefined,
  keycloakAccount: (facts) => isKeycloak(facts) && asList(facts.claims.aud).includes('account'),
  spelling: pair((aud, accepted) => aud !== accepted && bare(aud) === bare(accepted)),
  entraGuid: pair((aud, accepted) => /^[\da-f-]{36}$/i.test(aud) && accepted === `api://${aud}`),
  entraUri: pair((aud, accepted) => aud === `api://${accepted}`),
  blank: pair((_, accepted) => / /.test(accepted)),
  userinfo: hasOnly(/\/userinfo$/),
  managementApi: hasOnly(/\/api\/v2\/$/),
  sample: ({ issuer }) => issuer.audience.has('https://api.example.com/'),
  none: ({ claims }) => claims.aud === undefined,
  uri: hasOnly(/^(https?|api|urn):/),
  otherwise: () => true,
};
