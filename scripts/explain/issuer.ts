import { isObject } from '../../src/json.ts';
import { importKeys } from '../../src/keys/key-set.ts';
import { asList, type Facts, type Sees, type Table } from '../local/facts.ts';
import { entriesOf } from './keys.ts';

const GRAPH = [
  '00000003-0000-0000-c000-000000000000',
  'https://graph.microsoft.com',
  'https://graph.microsoft.com/',
];
const isForGraph = ({ claims, header }: Facts) =>
  asList(claims.aud).some((aud) => GRAPH.includes(String(aud))) ||
  ('nonce' in header && /microsoft|windows\.net/.test(String(claims.iss)));

/** Nobody but Microsoft can verify it. */
export const FOR_GRAPH = isForGraph;

/** A row about one of the configured issuers and the token's. */
const pair =
  (sees: (configured: string, iss: string) => unknown): Sees =>
  ({ config, iss }) => {
    const found = config.issuers.find(({ issuer }) => iss !== '' && sees(issuer, iss));
    return found && { configured: found.issuer };
  };

const partsOf = (text: string) => {
  const { hostname, pathname } = URL.canParse(text) ? new URL(text) : { hostname: '', pathname: '' };
  return { host: hostname, path: pathname.replace(/\/$/, '') };
};
const sameHost = (a: string, b: string) => partsOf(a).host !== '' && partsOf(a).host === partsOf(b).host;
const entraTenant = (issuer: string) =>
  /^https:\/\/(?:sts\.windows\.net|login\.microsoftonline\.com)\/([^/]+)/.exec(issuer)?.[1];
const isEntraV1 = (issuer: string) => issuer.startsWith('https://sts.windows.net/');
const loose = (issuer: string) =>
  issuer
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '');

export const UNKNOWN_ISSUER: Table = {
  graph: FOR_GRAPH,
  noIss: ({ claims }) => claims.iss === undefined,
  issType: ({ claims }) => typeof claims.iss !== 'string' && { is: claims.iss },
  discovery: pair((configured) => /\/\.well-known\//.test(configured)),
  keysAddress: pair((configured) => /\/(certs|keys|jwks(\.json)?)$/.test(configured)),
  common: pair((configured) => /\/(common|organizations|consumers)(\/|$)/.test(configured)),
  entraV1: pair(
    (configured, iss) =>
      entraTenant(configured) === entraTenant(iss) && isEntraV1(iss) && !isEntraV1(configured),
  ),
  entraV2: pair((configured, iss) => entraTenant(configured) === entraTenant(iss) && isEntraV1(configured)),
  entraTenant: pair(
    (configured, iss) => entraTenant(configured) !== undefined && entraTenant(iss) !== undefined,
  ),
  hostAlone: pair(
    (configured, iss) => !configured.includes('/') && partsOf(iss).host === configured.replace(/:.*/, ''),
  ),
  spelling: pair((configured, iss) => loose(configured) === loose(iss)),
  oktaOrg: pair(
    (configured, iss) =>
      /\/oauth2\//.test(configured) && sameHost(configured, iss) && partsOf(iss).path === '',
  ),
  realmMissing: pair(
    (configured, iss) =>
      sameHost(configured, iss) && /\/realms\//.test(iss) && !/\/realms\//.test(configured),
  ),
  realmAuth: pair(
    (configured, iss) =>
      sameHost(configured, iss) &&
      /\/realms\//.test(iss) &&
      partsOf(configured).path.replace('/auth', '') === partsOf(iss).path.replace('/auth', ''),
  ),
  realmOther: pair((configured, iss) => sameHost(configured, iss) && /\/realms\//.test(iss)),
  cognitoDomain: pair(
    (configured, iss) => /cognito-idp\./.test(iss) && /amazoncognito\.com/.test(configured),
  ),
  cognitoPool: pair((configured, iss) => /cognito-idp\./.test(iss) && /cognito-idp\./.test(configured)),
  path: pair((configured, iss) => sameHost(configured, iss)),
  otherwise: ({ iss }) => iss !== '',
};

/** Why a published key with the token's kid is not used. */
function skippedKey({ reply, header }: Facts) {
  const skip = importKeys(entriesOf(reply)).skipped.find(
    ({ kid }) => kid !== undefined && kid === header.kid,
  );
  return skip && { why: skip.why };
}

/** An application of Entra ID with keys of its own: they are published for whoever names the application. */
const needsAppId = ({ issuer, claims, published }: Facts) =>
  entraTenant(issuer.issuer) !== undefined &&
  (published === undefined || published === issuer.jwksUri) &&
  !/appid=/.test(issuer.jwksUri) && {
    client: asList(claims.aud)
      .join('')
      .replace(/^api:\/\//, ''),
  };

const isElsewhere = ({ published, issuer }: Facts) => published !== undefined && published !== issuer.jwksUri;

export const UNKNOWN_KEY: Table = {
  graph: FOR_GRAPH,
  elsewhere: isElsewhere,
  skipped: skippedKey,
  noKid: ({ header, reply }) =>
    header.kid === undefined && { count: entriesOf(reply).filter(isObject).length },
  entraApp: needsAppId,
  old: ({ published, issuer }) => published === issuer.jwksUri,
  otherwise: () => true,
};

export const INVALID_SIGNATURE: Table = {
  graph: FOR_GRAPH,
  nonce: ({ header }) => 'nonce' in header,
  elsewhere: (facts) => isElsewhere(facts),
  noKid: ({ header }) => header.kid === undefined,
  otherwise: () => true,
};
