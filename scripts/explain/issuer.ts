import { importKeys } from '../../src/keys/key-set.ts';
import { asList, type Sees, type Table } from '../facts/facts.ts';
import { entriesOf } from '../facts/reply.ts';
import type { Values } from '../facts/table.ts';

const GRAPH = /^(00000003-0000-0000-c000-000000000000|https:\/\/graph\.microsoft\.com\/?)$/;

/** For Microsoft Graph: nobody but Microsoft can verify it. */
export const FOR_GRAPH: Sees = ({ claims, header, iss }) =>
  asList(claims.aud).some((aud) => GRAPH.test(String(aud))) ||
  ('nonce' in header && /microsoft|windows\.net/.test(iss));

/** A pattern of a configured issuer and the token's iss, with a blank between them. */
const pair =
  (pattern: RegExp): Sees =>
  ({ config, iss }) => {
    const found = config.issuers.find(({ issuer }) => pattern.test(`${issuer} ${iss.slice(0, 500)}`));
    return found && { configured: found.issuer };
  };

const ENTRA = 'https://(?:sts\\.windows\\.net|login\\.microsoftonline\\.com)/';

export const UNKNOWN_ISSUER: Table = {
  graph: FOR_GRAPH,
  noIss: ({ claims }) => claims.iss === undefined,
  issType: ({ claims }) => typeof claims.iss !== 'string' && { is: claims.iss },
  discovery: pair(/^\S*\/\.well-known\//),
  keysAddress: pair(/^\S*\/(certs|keys|jwks(\.json)?) /),
  common: pair(/^\S*\/(common|organizations|consumers)(\/\S*)? /),
  entraV1: pair(/^https:\/\/login\.microsoftonline\.com\/([^/ ]+)\S* https:\/\/sts\.windows\.net\/\1\//),
  entraV2: pair(/^https:\/\/sts\.windows\.net\/([^/ ]+)\S* https:\/\/login\.microsoftonline\.com\/\1\//),
  entraTenant: pair(new RegExp(`^${ENTRA}([^/ ]+)(?=[/ ])\\S* ${ENTRA}(?!\\1(/|$))`)),
  hostAlone: pair(/^([\w.-]+) https?:\/\/\1([:/]|$)/),
  spelling: pair(/^(?:https?:\/\/)?(\S*?)\/* (?:https?:\/\/)?\1\/*$/i),
  oktaOrg: pair(/^(https:\/\/[^/ ]+)\/oauth2\/\S* \1\/?$/),
  realmMissing: pair(/^(https?:\/\/[^/ ]+)(?!\S*\/realms\/)\S* \1\S*\/realms\//),
  realmAuth: pair(/^(https?:\/\/[^/ ]+)(?:\/auth)?(\/realms\/\S*?)\/? \1(?:\/auth)?\2\/?$/),
  realmHost: pair(/^https?:\/\/[^/ ]+(\/\S*?realms\/\S+?)\/? https?:\/\/[^/ ]+\1\/?$/),
  realmOther: pair(/^(https?:\/\/[^/ ]+)\S*\/realms\/\S* \1\S*\/realms\//),
  cognitoDomain: pair(/^\S*amazoncognito\.com\S* \S*cognito-idp\./),
  cognitoPool: pair(/^\S*cognito-idp\.\S* \S*cognito-idp\./),
  path: pair(/^(https?:\/\/[^/ ]+)\S* \1(\/|$)/),
  otherwise: () => true,
};

const isElsewhere: Sees = ({ published, issuer }) => published !== undefined && published !== issuer.jwksUri;

export const UNKNOWN_KEY: Table = {
  graph: FOR_GRAPH,
  elsewhere: isElsewhere,
  skipped: ({ reply, header }) => {
    const { skipped } = importKeys(entriesOf(reply));
    return skipped.find(({ kid }) => kid !== undefined && kid === header.kid) as Values | undefined;
  },
  noKid: ({ header, reply }) => header.kid === undefined && { count: entriesOf(reply).length },
  // an application of Entra ID with keys of its own: they are published for whoever names it
  entraApp: ({ issuer, claims }) =>
    new RegExp(`^${ENTRA}`).test(issuer.issuer) &&
    !/appid=/.test(issuer.jwksUri) && { client: String(asList(claims.aud)[0]).replace(/^api:\/\//, '') },
  old: ({ published, issuer }) => published === issuer.jwksUri,
  otherwise: () => true,
};

export const INVALID_SIGNATURE: Table = {
  graph: FOR_GRAPH,
  nonce: ({ header }) => 'nonce' in header,
  elsewhere: isElsewhere,
  noKid: ({ header }) => header.kid === undefined,
  own: ({ published, issuer }) => published === issuer.jwksUri,
  otherwise: () => true,
};
