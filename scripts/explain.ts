import { toAlgorithm } from '../src/algorithms.ts';
import type { Config } from '../src/config/config.ts';
import { normalizeIssuer } from '../src/config/values.ts';
import { readEvent, readToken } from '../src/gateway/event.ts';
import type { JsonObject } from '../src/json.ts';
import type { Reason } from '../src/reasons.ts';
import { parseToken } from '../src/token/jws.ts';

/** What is wrong, in words, and what to do about it. */
export interface Explanation {
  readonly problem: string;
  readonly remedy: string;
}

/** A refusal of the function, and what it was about. */
export interface Refused {
  /** Of the decision line. */
  readonly reason: string;
  /** Of the decision line. */
  readonly detail: string;
  readonly event: unknown;
  readonly config: Config;
  /** Where the settings stand, in words. */
  readonly settings: string;
  /** The clock, in seconds since the epoch. */
  readonly now: number;
}

/** A refusal, with the user's own token taken apart: on the user's own terminal its values may be named. */
interface Facts extends Refused {
  readonly credentials: readonly unknown[];
  /** Both empty where the token can't be read. */
  readonly unverifiedHeader: JsonObject;
  readonly unverifiedClaims: JsonObject;
}

type Explain = (facts: Facts) => Explanation;

const NEW_TOKEN = 'Get a new access token and put it into event.json.';
const PLACEHOLDER = /^\W*(Bearer\W+)?ACCESS_TOKEN\W*$/i;
const LONGEST_QUOTE = 300;

/** What an event holds for a credential; nothing where it is no event of API Gateway. */
export function credentialsOf(event: unknown, config: Config): readonly unknown[] {
  try {
    return readEvent(event, config).credentials;
  } catch {
    return [];
  }
}

/** Whether a credential is still the word that stands in event.json.sample. */
export const isPlaceholder = (credential: unknown) =>
  typeof credential === 'string' && PLACEHOLDER.test(credential);

const quote = (value: unknown): string =>
  value === undefined ? 'missing' : JSON.stringify(value).slice(0, LONGEST_QUOTE);

/** One or several values, quoted. */
const quoteAll = (values: Iterable<unknown> | undefined): string => [...(values ?? [])].map(quote).join(', ');

/** A claim by name; never something that every object inherits. */
const claim = (claims: JsonObject, name: string): unknown =>
  Object.hasOwn(claims, name) ? claims[name] : undefined;

const isNumber = (value: unknown) => typeof value === 'number';

const asList = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A time as people say it, and as clocks do: "3 hours ago (2026-01-31T12:00:00.000Z)". */
function when(time: number, now: number): string {
  const [unit, length] = UNITS.find(([, length]) => Math.abs(time - now) >= length) ?? ['second', 1];
  const relative = new Intl.RelativeTimeFormat('en').format(Math.round((time - now) / length), unit);
  const date = new Date(time * 1000);
  return Number.isNaN(date.getTime()) ? relative : `${relative} (${date.toISOString()})`;
}

/** Where an issuer tells the address of its keys: OpenID Connect Discovery 1.0, 4. */
const discovery = (issuer: string) =>
  URL.canParse(issuer)
    ? `the "jwks_uri" in ${normalizeIssuer(issuer)}/.well-known/openid-configuration`
    : "the address that the issuer's documentation gives";

const issuerOf = ({ config, unverifiedClaims: { iss } }: Facts) =>
  config.issuers.find(
    ({ issuer }) => typeof iss === 'string' && normalizeIssuer(issuer) === normalizeIssuer(iss),
  ) ?? { issuer: '', jwksUri: '' };

const SIGNED_TOKEN =
  'Auth0 issues such tokens when the request named no audience: request one with "audience" set to the ' +
  'identifier of your API. With other issuers, look for the option that makes access tokens JWTs.';

const COPY_AGAIN =
  'Copy it again, all of it and nothing else: no quotes, no brackets, no dots for a part left out.';
/** It begins as every JWT does, with `{"`, and has one or two parts. */
const CUT_OFF = /^\s*Bearer\s+eyJ[^.]*(\.[^.]*)?$/i;

const STILL_SAMPLE: Explanation = {
  problem: 'event.json still holds ACCESS_TOKEN, the placeholder of event.json.sample.',
  remedy: 'Put your access token in its place, and leave `Bearer ` before it.',
};

const WRITE_BEARER = 'Write `Bearer `, with one blank after it, and then the access token.';

/** Shapes of an Authorization value that holds no token; the first that fits counts. */
const NO_TOKEN: readonly (readonly [RegExp, string, string])[] = [
  [/^\s*$/, 'is empty', WRITE_BEARER],
  [/^\s*Bearer\s*$/i, 'holds `Bearer ` and no access token after it', 'Put the access token there.'],
  [
    /^\s*Bearer\s/i,
    'holds more than one word after `Bearer `',
    'Write the access token in one piece: no blanks, no line breaks, and `Bearer ` only once.',
  ],
  [/./s, 'lacks `Bearer ` before the access token', WRITE_BEARER],
];

/** What went wrong at the endpoint, by the function's words for it. */
const ENDPOINT: readonly (readonly [RegExp, string, string])[] = [
  [/status 404/, 'answers 404: there is nothing at that address', 'Set JWKS_URI to'],
  [/status 3\d\d/, 'answers with a redirect, which is never followed', 'Set JWKS_URI to the final address:'],
  [
    /status [45]\d\d/,
    'can be reached, but answers with an error',
    'Open it in a browser. If the address is wrong, set JWKS_URI to',
  ],
  [
    /is not JSON/,
    'answers with something other than JSON, most likely a web page (HTML)',
    'Open it in a browser: it must show JSON that begins with "keys". Set JWKS_URI to',
  ],
  [
    /no JWK Set/,
    'answers with JSON that is no JWK Set: it has no "keys"',
    'If it is the discovery document, its "jwks_uri" is the address that is needed. Set JWKS_URI to',
  ],
  [
    /no usable key/,
    'answers with a JWK Set that holds no usable key; the log says why each was skipped',
    'Set JWKS_URI to',
  ],
  [/longer than/, 'answers with more than any JWK Set holds', 'Set JWKS_URI to'],
  [
    /did not answer in/,
    "can't be reached in time",
    'Check the network (a firewall or a proxy between? the function uses no proxy), or allow more time by ' +
      'JWKS_TIMEOUT. If the address is wrong, set JWKS_URI to',
  ],
  [
    /certificate/,
    "can't be reached safely: this machine does not trust its TLS certificate",
    'If a company proxy is between, name its certificate in NODE_EXTRA_CA_CERTS. If the address is wrong, set ' +
      'JWKS_URI to',
  ],
  [
    /ENOTFOUND|EAI_AGAIN/,
    "can't be reached: its host name is not known, or there is no network",
    'Check the spelling (is TENANT your own tenant?) and the network. If the address is wrong, set JWKS_URI to',
  ],
  [/./, "can't be reached", 'Check the address and the network. If the address is wrong, set JWKS_URI to'],
];

const EXPLANATIONS = {
  unsupported_event: ({ event, detail }) => {
    const { type, methodArn, routeArn } = (event ?? {}) as JsonObject;
    if (methodArn === undefined && routeArn === undefined) {
      return {
        problem: 'event.json has no methodArn.',
        remedy: 'Add "methodArn", the ARN of the method that is called, as in event.json.sample.',
      };
    }
    if (type !== 'TOKEN' && type !== 'REQUEST') {
      return {
        problem: `The type in event.json is ${quote(type)}, not "TOKEN".`,
        remedy: 'Write "type": "TOKEN", as in event.json.sample.',
      };
    }
    return {
      problem: `event.json can't be used. ${detail}`,
      remedy: 'Write it as in event.json.sample: arn:aws:execute-api:region:account:apiId/stage/method/path.',
    };
  },

  unsupported_resource: () => ({
    problem: 'The methodArn in event.json holds * or ?, or is longer than 512 characters.',
    remedy: 'Name one method, without * and ?, or set POLICY_RESOURCE=stage.',
  }),

  missing_token: ({ event, credentials: [credential, ...others] }) => {
    const isToken = (event as JsonObject).type === 'TOKEN'; // it was known for one kind of event or another
    const name = isToken ? 'authorizationToken' : 'Authorization header';
    if (others.some((other) => other !== credential)) {
      return { problem: 'event.json holds several tokens that differ.', remedy: 'Leave one of them.' };
    }
    if (isPlaceholder(credential)) return STILL_SAMPLE;
    if (typeof credential !== 'string') {
      return { problem: `event.json has no ${name}.`, remedy: `Add it. ${WRITE_BEARER}` };
    }
    const [, what = '', remedy = ''] = NO_TOKEN.find(([shape]) => shape.test(credential)) ?? [];
    return { problem: `The ${name} in event.json ${what}.`, remedy };
  },

  malformed_token: ({ credentials, detail }) => {
    if (credentials.some(isPlaceholder)) return STILL_SAMPLE;
    if (/encrypted/.test(detail)) {
      return { problem: 'The token is encrypted (five parts), not a signed JWT.', remedy: SIGNED_TOKEN };
    }
    if (credentials.some((value) => CUT_OFF.test(String(value)))) {
      return { problem: 'The token is cut off: a JWT has three parts.', remedy: COPY_AGAIN };
    }
    if (/opaque/.test(detail)) {
      return { problem: 'The token is opaque, not a JWT, which has three parts.', remedy: SIGNED_TOKEN };
    }
    return {
      problem: `The token is not a signed JWT as its issuer wrote it. ${detail}`,
      remedy: COPY_AGAIN,
    };
  },

  unsupported_type: ({ unverifiedHeader: { typ }, config, settings }) => ({
    problem: `The token's typ is ${quote(typ)}; accepted are ${quoteAll(config.tokenTypes)}.`,
    remedy: `Send an access token. If that is what your issuer calls them, add it to TOKEN_TYPES in ${settings}.`,
  }),

  unsupported_algorithm: ({ unverifiedHeader: { alg, kid }, config, settings }) => {
    if (isAlgorithm(alg) && config.algorithms.has(alg)) {
      return {
        problem: `The token's alg is ${quote(alg)}, but its key ${quote(kid)} is published for another.`,
        remedy: 'Ask the issuer: a token of its own would be signed with the alg of its key.',
      };
    }
    return {
      problem: `The token's alg is ${quote(alg)}; accepted are ${quoteAll(config.algorithms)}.`,
      remedy: isAlgorithm(alg)
        ? `If your issuer signs with it, set ALGORITHMS=${alg} in ${settings}.`
        : 'Let the issuer sign with RS256 (in Auth0 a setting of the API); alg none and shared secrets (HS256) are never accepted.',
    };
  },

  unsupported_critical: () => ({
    problem: 'The header of the token holds crit or b64: it needs an extension that is not understood here.',
    remedy: 'Let the issuer sign plain access tokens (RFC 7515), without extensions.',
  }),

  unknown_issuer: ({ unverifiedClaims: { iss }, config: { issuers }, settings }) => ({
    problem:
      `The issuer differs: the token's iss is ${quote(iss)}, ` +
      `TOKEN_ISSUER is ${quoteAll(issuers.map(({ issuer }) => issuer))}.`,
    remedy:
      `Get a token from the issuer that ${settings} names; or, if the token's is the right one, set TOKEN_ISSUER ` +
      `to it exactly, and JWKS_URI to its keys.`,
  }),

  unknown_key: (facts) => {
    const { issuer, jwksUri } = issuerOf(facts);
    const { kid } = facts.unverifiedHeader;
    return {
      problem:
        kid === undefined
          ? `The token names no key (kid), and ${jwksUri} has not exactly one that fits.`
          : `The token's key ${quote(kid)} is unknown at JWKS_URI, ${jwksUri}: wrong tenant, or an old token?`,
      remedy: `Set JWKS_URI to ${discovery(issuer)}. If it is that already, get a new token: the issuer has changed its keys.`,
    };
  },

  invalid_signature: ({ unverifiedHeader: { kid } }) => ({
    problem: `The signature is wrong: the token was changed or cut, or signed with another key than ${quote(kid)}.`,
    remedy: 'Copy the token again, all of it. If that does not help, get a new one.',
  }),

  invalid_claims: ({ detail }) => ({
    problem: `The token's claims can't be used. ${detail}`,
    remedy:
      'Let the issuer write access tokens with exp and sub (or client_id, or azp) of the types that RFC 9068 gives.',
  }),

  token_expired: ({ unverifiedClaims: { exp }, now }) => ({
    problem: `The token expired ${when(Number(exp), now)}.`,
    remedy: NEW_TOKEN,
  }),

  token_not_active: ({ unverifiedClaims: { nbf, iat }, now }) => ({
    problem: `The token is not valid yet: it will be ${when(Math.max(...[nbf, iat].filter(isNumber)), now)}.`,
    remedy:
      "Wait, or set this machine's clock right. CLOCK_TOLERANCE allows a difference of up to 300 seconds.",
  }),

  invalid_audience: ({ unverifiedClaims, config: { audience, audienceClaim }, settings }) => {
    const wanted = quoteAll(audience);
    const actual = asList(claim(unverifiedClaims, audienceClaim));
    const request = `Request a token for the audience ${wanted}`;
    if (actual.length > 0) {
      return {
        problem: `The token is for another audience: its ${audienceClaim} is ${quoteAll(actual)}, not ${wanted}.`,
        remedy: `${request}; or, if the token's audience is your API, set AUDIENCE to it in ${settings}.`,
      };
    }
    const clientId = audienceClaim === 'aud' ? claim(unverifiedClaims, 'client_id') : undefined;
    const cognito =
      ' If it is an access token of Cognito, which names its client instead, set ' +
      `AUDIENCE_CLAIM=client_id and AUDIENCE=${clientId} in ${settings}.`;
    return {
      problem: `The token is for no audience: it has no ${audienceClaim}, and AUDIENCE is ${wanted}.`,
      remedy: `${request}.${clientId === undefined ? '' : cognito}`,
    };
  },

  insufficient_scope: ({ unverifiedClaims, config: { scopeClaims, requiredScopes }, settings }) => {
    const name = scopeClaims.find((candidate) => Object.hasOwn(unverifiedClaims, candidate));
    const actual = asList(name === undefined ? undefined : unverifiedClaims[name])
      .flatMap((text) => String(text).split(' '))
      .filter((scope) => scope !== '');
    const missing = requiredScopes.filter((scope) => !actual.includes(scope));
    return {
      problem: `The token lacks the scope ${quoteAll(missing)}; it has ${quoteAll(actual) || 'none'}.`,
      remedy:
        'Grant that scope to the client at the issuer, and request a token with it. Which scopes are required ' +
        `stands in REQUIRED_SCOPES in ${settings}, which claim holds them in SCOPE_CLAIM.`,
    };
  },

  keys_unavailable: (facts) => {
    const { issuer, jwksUri } = issuerOf(facts);
    // without the address, which may hold any word
    const cause = facts.detail.split(`${jwksUri}: `).at(-1) ?? '';
    const [, what = '', remedy = ''] = ENDPOINT.find(([fault]) => fault.test(cause)) ?? [];
    return {
      problem: `JWKS_URI, ${jwksUri}, ${what} (${cause.replace(/\.$/, '')}).`,
      remedy: `${remedy} ${discovery(issuer)}.`,
    };
  },

  internal_error: ({ detail }) => ({
    problem: `The function failed. ${detail}`,
    remedy: 'That should not happen, whatever the token: please report it, without the token.',
  }),
} satisfies Record<Exclude<Reason, 'authorized'>, Explain>;

/**
 * Cognito says it in `token_use`, Keycloak in a claim `typ`; `at_hash` and `nonce` are claims of ID tokens (OpenID
 * Connect Core 1.0, 2). An access token may repeat a nonce, but then it has a scope beside it.
 */
function isIdToken({ token_use, typ, at_hash, nonce, scope, scp }: JsonObject): boolean {
  if (token_use !== undefined) return token_use === 'id';
  const hasScope = scope !== undefined || scp !== undefined;
  return typ === 'ID' || at_hash !== undefined || (nonce !== undefined && !hasScope);
}

/** What an ID token is refused for: it is authentic, and permits nothing. */
const NOT_PERMITTED = ['invalid_audience', 'insufficient_scope'];

const ID_TOKEN: Explanation = {
  problem: 'It looks like an ID token, which is for the application that signed the user in, not for an API.',
  remedy: 'Take the "access_token" of the issuer\'s answer, not the "id_token".',
};

const isRefusal = (reason: string): reason is keyof typeof EXPLANATIONS =>
  Object.hasOwn(EXPLANATIONS, reason);

/** The unverified parts of the event's token, where it can be read. */
function takeApart(event: unknown, config: Config) {
  try {
    return parseToken(bearerToken(readEvent(event, config)));
  } catch {
    return { unverifiedHeader: {}, unverifiedClaims: {} };
  }
}

/** Explains a refusal to the person who made the request. */
export function explain(refused: Refused): Explanation {
  const { event, config, reason } = refused;
  const { unverifiedHeader, unverifiedClaims } = takeApart(event, config);
  const credentials = credentialsOf(event, config);
  const explainReason: Explain = EXPLANATIONS[isRefusal(reason) ? reason : 'internal_error'];
  const { problem, remedy } = explainReason({ ...refused, credentials, unverifiedHeader, unverifiedClaims });
  return NOT_PERMITTED.includes(reason) && isIdToken(unverifiedClaims)
    ? { problem: `${problem} ${ID_TOKEN.problem}`, remedy: `${ID_TOKEN.remedy} ${remedy}` }
    : { problem, remedy };
}
