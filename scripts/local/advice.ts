import type { Reason } from '../../src/decision.ts';
import { type Said, say } from './say.ts';

/** What each reason means, and what helps, in general. */
const ADVICE: Readonly<Record<Reason, Said>> = {
  unsupported_event: say`The event is not an authorizer event of API Gateway, or it names no method.
    → Attach the function to the API as its Lambda authorizer, not as an integration. TOKEN, REQUEST and both payload
    versions work.`,
  unsupported_resource: say`The path contains *, ? or \${, or it is longer than 512 characters, so a policy can't name
    it.
    → Set POLICY_RESOURCE=stage if such paths are right. Otherwise the caller's URL is wrong.`,
  missing_token: say`There is no token where it must be, or it does not have the form that it must have there.
    → Send "Authorization: Bearer" and the access token. A CORS preflight never has one: OPTIONS must not use the
    authorizer.`,
  malformed_token: say`What was sent is not a signed JWT: it is opaque, encrypted, cut off, in quotes, or a word such
    as undefined.
    → Send the whole access token. If it is opaque, request one for this API (Auth0: with audience).`,
  unsupported_type: say`The token is not an access token, according to its typ or its claim events.
    → Send the access token that the issuer makes for this API. Never add the types of other tokens to TOKEN_TYPES.`,
  unsupported_algorithm: say`The token is signed with an algorithm that is not accepted, or with another one than its
    key is published for.
    → Set ALGORITHMS to what the issuer signs with, such as RS256 or ES256. Unsigned tokens and shared secrets (HS256)
    are never accepted.`,
  unsupported_critical: say`The token's header asks for an extension (crit or b64), and this function supports none.
    → Let the issuer sign plain access tokens (RFC 7515), without extensions.`,
  unknown_issuer: say`The token's iss is not in TOKEN_ISSUER: it is from another tenant, realm, stage or version.
    → Compare the two. Request the token from the configured issuer, or correct TOKEN_ISSUER and JWKS_URI together.`,
  unknown_key: say`No key at JWKS_URI has the token's kid: JWKS_URI is another tenant's, or the token is older than
    the keys.
    → Set JWKS_URI to the jwks_uri of the issuer's discovery document. If it is that already, get a new token.`,
  invalid_signature: say`The key that the token names did not sign it: the token was changed, or JWKS_URI is another
    tenant's.
    → Set JWKS_URI to the jwks_uri of the issuer's discovery document. If it is that already, copy the token again.`,
  invalid_claims: say`A claim that the function needs is missing or has the wrong type.
    → Let the issuer write exp as a number and name the subject (RFC 9068). PRINCIPAL_CLAIM and SCOPE_CLAIM can name
    other claims.`,
  token_expired: say`The token expired.
    → Get a new access token. If it is new, a clock is wrong: CLOCK_TOLERANCE allows up to 300 seconds.`,
  token_not_active: say`The token is not valid yet: its nbf or iat is in the future.
    → Correct the clock that is wrong. CLOCK_TOLERANCE allows a difference of up to 300 seconds.`,
  unproven_binding: say`The token is bound to a key of its holder (claim cnf), and the caller did not prove to have that
    key.
    → Call with the token's certificate (TOKEN_BINDING=mtls) or a DPoP proof (TOKEN_BINDING=dpop), or request a token that
    is not bound.`,
  invalid_audience: say`The token is authentic, but it is for another audience than this API.
    → Request a token for this API. AUDIENCE is the API's own identifier. An ID token is for the application alone.`,
  unaccepted_claim: say`A claim of REQUIRED_CLAIMS is missing in the token, or it has another value.
    → Correct REQUIRED_CLAIMS, or send a token that has what it requires.`,
  insufficient_scope: say`The token lacks a scope that REQUIRED_SCOPES, or ROUTE_SCOPES for this route, requires.
    → Grant the scope to the client at the issuer and request a token with it. SCOPE_CLAIM names the claim that
    contains scopes.`,
  unlisted_route: say`ROUTE_SCOPES is set, and none of its entries matches this method and path.
    → Add an entry for the route, with the scopes that it requires. Upper and lower case and a slash at the end make a
    difference.`,
  authorized: say`Nothing: the request is permitted.
    → Nothing. If the API answers 403 all the same, look at its resource policy, and at POLICY_RESOURCE if API Gateway
    caches.`,
  keys_unavailable: say`The issuer's keys are unavailable from JWKS_URI, and no cached ones are young enough.
    → The fetch line in the log says why. Check JWKS_URI, the issuer, and whether the function can reach the internet
    (VPC).`,
  internal_error: say`The function failed because of a defect of its own.
    → Please report it, with the decision line and without the token.`,
};

/** What a reason means, and what helps, in general. */
export const adviceOf = (reason: Reason): Said => ADVICE[reason];

const cell = (text: string) => text.replaceAll('|', '\\|');

/** The rows of a table in Markdown: reason, what it means, what to do. */
export const adviceRows = (): readonly string[] =>
  Object.entries(ADVICE).map(
    ([reason, { problem, remedy }]) => `| \`${reason}\` | ${cell(problem)} | ${cell(remedy)} |`,
  );
