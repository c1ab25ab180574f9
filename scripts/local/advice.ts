import type { Reason } from '../../src/decision.ts';

/** What helps, in general, against a refusal for each reason: on call, and where no row of a page helps more. */
export const ADVICE: Readonly<Record<Reason, string>> = {
  unsupported_event: 'Attach the function to the API as its Lambda authorizer, not as an integration.',
  unsupported_resource:
    'If the path is right, set POLICY_RESOURCE=stage, or if it is that already, POLICY_RESOURCE=method and a TTL of 0.',
  missing_token:
    'Send "Bearer " and one access token in Authorization, elsewhere the token alone. Delete line breaks and spaces.',
  malformed_token:
    'Delete quotes and the like around the token, or copy it again to its end. If it is opaque, request a JWT.',
  unsupported_type:
    'Send the access token for this API. Never add the type of an ID token, a refresh token or a proof to TOKEN_TYPES.',
  unsupported_algorithm:
    'Choose a signing key for RS256 at the issuer, or set ALGORITHMS to its own; shared secrets are never accepted.',
  unsupported_critical: 'Let the issuer sign plain access tokens (RFC 7515), without extensions.',
  unknown_issuer: 'Request the token from the issuer in TOKEN_ISSUER, or correct TOKEN_ISSUER and JWKS_URI together.',
  unknown_key:
    "Set JWKS_URI to the jwks_uri of the issuer's discovery document. If it is that already, get a new token.",
  invalid_signature:
    "Set JWKS_URI to the jwks_uri of the issuer's discovery document. If it is that already, copy the token again.",
  invalid_claims:
    'Let the issuer write times as numbers and scopes as a list of names, or correct PRINCIPAL_CLAIM or SCOPE_CLAIM.',
  token_expired: 'Get a new access token. If it is new, a clock is wrong: CLOCK_TOLERANCE allows up to 300 seconds.',
  token_not_active: 'Wait, or set the clock right. CLOCK_TOLERANCE allows a difference of up to 300 seconds.',
  unproven_binding:
    'Send its certificate (TOKEN_BINDING=mtls) or a DPoP proof (TOKEN_BINDING=dpop), or a token that is not bound.',
  invalid_audience:
    "Request a token for this API. AUDIENCE is the API's own identifier. An ID token is for the application alone.",
  unaccepted_claim: 'If the token is right, correct REQUIRED_CLAIMS. Otherwise request one that has what it requires.',
  insufficient_scope:
    'If the requirement is right, grant the scope to the client. SCOPE_CLAIM names the claim that contains scopes.',
  unlisted_route:
    'Add an entry to ROUTE_SCOPES, or call another path: capitals, slashes and percent-encoding make a difference.',
  authorized:
    'Nothing. If callers get 403 all the same, look at the resource policy; if answers are cached, at POLICY_RESOURCE.',
  keys_unavailable: 'The fetch line in the log says why. Check JWKS_URI, the issuer, and the internet access (VPC).',
  internal_error: 'Please report it, with the decision line and without the token.',
};
