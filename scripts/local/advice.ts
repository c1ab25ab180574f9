import type { Reason } from '../../src/decision.ts';

/** What helps, in general, against a refusal for each reason: on call, and where no row of a page helps more. */
export const ADVICE: Readonly<Record<Reason, string>> = {
  unsupported_event:
    'Attach the function to the API as its Lambda authorizer, not as an integration. TOKEN, REQUEST and both payload versions work.',
  unsupported_resource:
    'If such a path is right, set POLICY_RESOURCE=stage, or if it is stage already, POLICY_RESOURCE=method with a TTL of 0.',
  missing_token:
    'In Authorization, send "Bearer ", with one space, and one access token on one line (no line break); elsewhere the token alone.',
  malformed_token:
    'Delete what is around the token (quotes, a comma, a URL), or copy it again, to its very end. If it is opaque, request one for this API (Auth0: with audience).',
  unsupported_type:
    'Send the access token that the issuer makes for this API. Never add the type of an ID token, a refresh token, a logout token or a proof to TOKEN_TYPES.',
  unsupported_algorithm:
    'Unsigned tokens and shared secrets (none, HS256) are never accepted: choose a signing key at the issuer, for RS256. If it signs with another algorithm, set ALGORITHMS to that.',
  unsupported_critical: 'Let the issuer sign plain access tokens (RFC 7515), without extensions.',
  unknown_issuer:
    'Compare tenant, realm and version. Request the token from the issuer in TOKEN_ISSUER, or correct TOKEN_ISSUER and JWKS_URI together.',
  unknown_key:
    "Set JWKS_URI to the jwks_uri of the issuer's discovery document. If it is that already, get a new token.",
  invalid_signature:
    "Set JWKS_URI to the jwks_uri of the issuer's discovery document. If it is that already, copy the token again.",
  invalid_claims:
    'Let the issuer write times as numbers, subject and audience as strings, and scopes as one text or a list of names (RFC 9068). PRINCIPAL_CLAIM and SCOPE_CLAIM can name other claims.',
  token_expired: 'Get a new access token. If it is new, a clock is wrong: CLOCK_TOLERANCE allows up to 300 seconds.',
  token_not_active: 'Wait, or set the clock right. CLOCK_TOLERANCE allows a difference of up to 300 seconds.',
  unproven_binding:
    "Call with the token's certificate (TOKEN_BINDING=mtls) or a DPoP proof (TOKEN_BINDING=dpop), or request a token that is not bound.",
  invalid_audience:
    "Request a token for this API. AUDIENCE is the API's own identifier. An ID token is for the application alone.",
  unaccepted_claim: 'If the token is right, correct REQUIRED_CLAIMS. Otherwise request one that has what it requires.',
  insufficient_scope:
    'If the requirement is right, grant the scope to the client at the issuer, and request a token with it. SCOPE_CLAIM names the claim that contains scopes.',
  unlisted_route:
    'Add an entry to ROUTE_SCOPES, with the scopes that it requires, or call another path: capitals, slashes and percent-encoding make a difference.',
  authorized:
    'Nothing. If the API answers 403 all the same, look at its resource policy, and at POLICY_RESOURCE if API Gateway caches.',
  keys_unavailable:
    'The fetch line in the log says why. Check JWKS_URI, the issuer, and whether the function can reach the internet (VPC).',
  internal_error: 'Please report it, with the decision line and without the token.',
};
