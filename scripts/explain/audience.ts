import { type ClaimName, readClaim } from '../../src/claim-name.ts';
import { asList, type Facts, type Sees, type Table } from '../facts/facts.ts';
import { ID_TOKEN } from '../facts/id-token.ts';
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
    const valuesOf = (claim: ClaimName) => asList(readClaim(claims, claim)).map(String);
    const unmet = issuer.requiredClaims.find(({ claim, values }) =>
      values.length > 0 ? !valuesOf(claim).some((item) => values.includes(item)) : valuesOf(claim).length === 0,
    );
    const is = unmet && (valuesOf(unmet.claim).length > 0 ? JSON.stringify(readClaim(claims, unmet.claim)) : 'missing');
    return unmet && { name: unmet.claim.name, values: unmet.values.join(' or ') || 'it to be there', is };
  },
};

/** Values of the token and of AUDIENCE that are a pair in some way. */
const pair =
  (sees: (aud: string, accepted: string) => unknown): Sees =>
  ({ claims, issuer }) => {
    const auds = asList(claims.aud).map(String);
    const pairs = auds.flatMap((aud) => [...issuer.audience].map((accepted) => ({ aud, accepted })));
    return pairs.find(({ aud, accepted }) => sees(aud, accepted));
  };

const isKeycloak = ({ iss }: Facts) => /\/realms\/[^/]+\/?$/.test(iss);
const bare = (text: string) => text.toLowerCase().replace(/^https?:\/\/|\/+$/g, '');
const hasOnly =
  (pattern: RegExp): Sees =>
  ({ claims }) =>
    asList(claims.aud).length > 0 && asList(claims.aud).every((aud) => pattern.test(String(aud)));
const hasNoAud = ({ claims }: Facts) => claims.aud === undefined;
const readsAud = ({ issuer }: Facts) => issuer.audienceClaims.some(({ name }) => name === 'aud');

export const INVALID_AUDIENCE: Table = {
  idToken: ID_TOKEN,
  graph: FOR_GRAPH,
  cognito: (facts) => readsAud(facts) && hasNoAud(facts) && facts.claims.token_use === 'access',
  cognitoClient: ({ claims: { client_id: client }, issuer }) =>
    issuer.audienceClaims[0]?.name === 'client_id' && client !== undefined && { client },
  audienceClaim: (facts) => {
    const names = facts.issuer.audienceClaims.map(({ name }) => name);
    const isMeant = asList(facts.claims.aud).some((aud) => facts.issuer.audience.has(String(aud)));
    return !readsAud(facts) && isMeant && { names };
  },
  keycloakNone: (facts) => isKeycloak(facts) && hasNoAud(facts),
  keycloakAccount: (facts) => isKeycloak(facts) && asList(facts.claims.aud).includes('account'),
  spelling: pair((aud, accepted) => aud !== accepted && bare(aud) === bare(accepted)),
  entraGuid: pair((aud, accepted) => /^[\da-f-]{36}$/i.test(aud) && accepted === `api://${aud}`),
  entraUri: pair((aud, accepted) => aud === `api://${accepted}`),
  blank: pair((_, accepted) => / /.test(accepted)),
  userinfo: hasOnly(/\/userinfo$/),
  managementApi: hasOnly(/\/api\/v2\/$|^https:\/\/[\w.]+\.(azure\.com|windows\.net)/),
  sample: ({ issuer }) => issuer.audience.has('https://api.example.com/'),
  none: hasNoAud,
  uri: hasOnly(/^(https?|api|urn):/),
  otherwise: () => true,
};
