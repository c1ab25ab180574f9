import { anyOf } from './text.ts';

/**
 * Every sentence in the `detail` of a decision line, by reason and problem: the voice of this function on one page. A
 * name in braces is a fact that the sentence needs: configuration, the name of a claim or a place in a request, never
 * a value of an unverified token.
 */
export const SENTENCES = {
  unsupported_event: {
    not_an_object: 'The event is not an object.',
    unknown_kind: 'The event is not an authorizer event of API Gateway.',
    no_arn: 'The event has no usable {member}.',
    mixed_versions:
      'The event has no usable routeArn: its version is 2.0, but its methodArn belongs to version 1.0. A local emulator may mix them.',
    unnameable_stage: "A policy can't name the API and stage in the event's {member}.",
    cache_key_without_route: 'With ROUTE_SCOPES and simple responses, add $context.routeKey to the identity sources.',
    cache_key_with_others:
      'With ROUTE_SCOPES and simple responses, the identity sources must be $context.routeKey and those that TOKEN_SOURCE names.',
    cache_key_in_request:
      'A header or query parameter has the route key for its value, so API Gateway might take it for $context.routeKey.',
  },
  unsupported_resource: {
    unnameable:
      'The method ARN contains *, ? or the beginning of a policy variable, or is longer than {max} characters. POLICY_RESOURCE=stage accepts such paths.',
    pattern_too_long: 'In this stage, a route of ROUTE_SCOPES makes a resource of more than {max} characters.',
    indistinguishable:
      "This request is refused, but the policy of the stage would permit it, because IAM can't tell it from a route that is open. If ROUTE_SCOPES has no entry for it, add one. Otherwise set POLICY_RESOURCE=method with a TTL of 0.",
  },
  missing_token: {
    absent: 'The request has no token in {places}.',
    preflight: 'The request is a CORS preflight, which never has a token. Remove the authorizer from OPTIONS.',
    not_text: 'The value of {place} is not text.',
    invisible: 'The value of {place} contains the character {character}, which is invisible or looks like a space.',
    header_name: 'The value of {place} begins with the name of the header.',
    bearer_not_due: '"Bearer " precedes the token in {place}. Send the token alone there.',
    not_one_word: 'The value of {place} is not one word.',
    nothing_after_bearer: 'No token follows "Bearer" in {place}.',
    words_after_bearer: 'More than one word follows "Bearer" in {place}.',
    not_dpop: 'The value of {place} does not have the form "DPoP <token>".',
    dpop_not_due: 'The value of {place} has the scheme DPoP. TOKEN_BINDING=dpop accepts it.',
    no_bearer: 'The value of {place} is a token without "Bearer " before it.',
    not_bearer: 'The value of {place} does not have the form "Bearer <token>".',
    ambiguous: 'The request has tokens that differ, one of them in {place}.',
  },
  malformed_token: {
    too_long: 'The token is longer than {max} characters.',
    placeholder: 'A placeholder such as undefined or null is in the place of the token. The caller has no token.',
    encrypted: 'The token is encrypted (JWE, five parts). This function reads signed tokens only.',
    opaque: 'The token does not have three parts but {parts}: it is opaque, not a JWT.',
    character: 'The token contains the character {character}, which is not base64url.',
    unsigned: 'The token is unsigned: its third part, the signature, is empty.',
    not_canonical: 'A part of the token is empty or not canonical base64url.',
    not_utf8: "The token's {part} is not UTF-8.",
    not_json: "The token's {part} is not JSON.",
    not_an_object: "The token's {part} is not a JSON object.",
    kid_not_a_string: "The token's kid is not a string.",
  },
  unsupported_type: {
    typ: "The token's typ is not {accepted}.",
    events: 'The token has the claim events: it reports an event and gives no access.',
  },
  unsupported_algorithm: {
    not_accepted: "The token's alg is not {accepted}.",
    unsigned: 'The token is unsigned: its alg is none.',
    not_of_key: "The token's alg is not the one that its key is published for.",
    other_type: "The token's alg is {alg}, and its key is of another type: {type}.",
  },
  unsupported_critical: { extension: 'The token has the header parameter crit or b64.' },
  unknown_issuer: {
    iss: 'The claim iss is not {accepted}.',
    tenant: 'The claim iss is not {accepted}. A name in braces stands for the claim with that name in the same token.',
  },
  unknown_key: {
    no_kid: "The token has no kid, and no published key fits the token's alg.",
    skipped: "The key with the token's kid is published, but this function does not use it: {why}.",
    ignored: "The key with the token's kid is published, but it comes after the first {max} entries of the JWK Set.",
    other_issuer: "The key with the token's kid is published for the tokens of another issuer.",
    not_published: "No published key has the token's kid.",
  },
  invalid_signature: {
    mismatch: 'The signature does not match the key that the token names.',
    graph:
      'The signature does not match the key. The header has a nonce, so the token is for Microsoft Graph, which alone can verify it.',
  },
  invalid_claims: {
    missing: 'The claim {claim} is missing.',
    wrong_type: 'The claim {claim} is not {due}.',
    empty: 'The claim {claim} is empty and names nobody.',
    no_principal: 'The token does not name its subject: it has no claim {claims}.',
    too_deep: 'The claim {claim} is nested too deeply.',
  },
  token_expired: { exp: 'The claim exp is in the past.' },
  token_not_active: {
    future: 'The claim {claim} is in the future.',
    milliseconds: 'The claim {claim} is so far in the future that it seems to be in milliseconds, not seconds.',
  },
  unproven_binding: {
    not_bound_to_certificate: 'The token is not bound to a certificate: it has no claim cnf.',
    not_bound_to_key: 'The token is not bound to a key: it has no claim cnf.',
    refused: 'The token is bound to a key of its holder (claim cnf), and TOKEN_BINDING accepts no proof of it.',
    not_a_thumbprint: 'The claim cnf is not a certificate thumbprint (x5t#S256) alone.',
    no_certificate: 'The token is bound to a certificate, and the event has none.',
    other_certificate: 'The token is bound to another certificate.',
    not_a_jkt: 'The claim cnf is not the thumbprint of a key (jkt) alone.',
    bound_by_bearer:
      'The token is bound by DPoP, but the scheme of the request is not. Send it as "DPoP <token>", with a proof.',
    unbound_by_dpop: 'The scheme of the request is DPoP, but the token is not bound: it has no claim cnf.',
    no_place_for_proof:
      'The token is bound by DPoP, and this kind of event carries no proof. An authorizer of type REQUEST gets it.',
    no_proof: 'The token is bound by DPoP, and the request has no header DPoP.',
    several_proofs: 'The request has more than one DPoP proof.',
    proof_too_long: 'The DPoP proof is longer than {max} characters.',
    proof_malformed: 'The DPoP proof is not a signed JWT: three parts of base64url, two of them JSON objects.',
    proof_typ: "The DPoP proof's typ is not dpop+jwt.",
    proof_alg: "The DPoP proof's alg is not {accepted}.",
    proof_crit: 'The DPoP proof has the header parameter crit or b64.',
    proof_jwk: "The DPoP proof's jwk can't be used: {why}.",
    proof_jwk_alg: "The DPoP proof's jwk is not a key for its alg.",
    proof_jkt: "The DPoP proof's jwk is not the key that the token is bound to (jkt).",
    proof_htm: "The DPoP proof's htm is not the method of the request.",
    proof_htu: "The DPoP proof's htu is not the path of the request after a URL of DPOP_URLS ({urls}).",
    proof_behind: "The DPoP proof's iat is {seconds} s behind this function's clock, and {max} s are allowed.",
    proof_ahead: "The DPoP proof's iat is {seconds} s ahead of this function's clock, and {max} s are allowed.",
    proof_time: "The DPoP proof's {claim} is not a finite number.",
    proof_expired: "The DPoP proof's exp is in the past.",
    proof_not_active: "The DPoP proof's nbf is in the future.",
    proof_ath: "The DPoP proof's ath is not the hash of the token.",
    proof_jti: "The DPoP proof's jti is missing or empty.",
    proof_signature: "The DPoP proof's signature does not match its jwk.",
  },
  invalid_audience: {
    other: 'The claim {claim} does not contain {accepted}.',
    missing: 'The token has no claim {claims}, which must contain {accepted}.',
  },
  unaccepted_claim: {
    other: 'The claim {claim} is not {accepted}.',
    missing: 'The claim {claim} is missing. It must be {accepted}.',
    absent: 'The claim {claim} is missing.',
  },
  insufficient_scope: {
    lacking: 'The token lacks {missing}.',
    no_claim: 'The token lacks {missing}: it has no claim {claims}.',
    route: 'The route {route} requires {alternatives}, which the token lacks.',
  },
  unlisted_route: {
    no_entry: 'ROUTE_SCOPES has no entry for the method and path of this request.',
    spelling: 'The policy of the stage denies this path because of its spelling, such as percent-encoded letters.',
  },
  keys_unavailable: { no_answer: 'The keys of {issuer} are unavailable from {jwksUri}: {why}.' },
  internal_error: { defect: 'A defect of the authorizer: {place}.' },
} as const;

type Names = readonly string[];
const digits = (count: number) => String(count);

/** The facts that aren't text: how a sentence writes each of them. */
const WRITERS = {
  max: digits,
  parts: digits,
  seconds: digits,
  accepted: anyOf,
  claims: anyOf,
  places: anyOf,
  urls: anyOf,
  missing: (scopes: Names) => scopes.join(' '),
  alternatives: (all: readonly Names[]) => all.map((scopes) => scopes.join(' ')).join(', or '),
} satisfies Record<string, (value: never) => string>;

type FactName<Sentence> = Sentence extends `${string}{${infer Name}}${infer Rest}` ? Name | FactName<Rest> : never;
type Fact<Name> = Name extends keyof typeof WRITERS ? Parameters<(typeof WRITERS)[Name]>[0] : string;

export type Sentences = typeof SENTENCES;

/** The facts of a sentence, as the parameters of a function: none, or one object. */
export type FactsOf<Sentence> = [FactName<Sentence>] extends [never]
  ? []
  : [facts: { readonly [Name in FactName<Sentence>]: Fact<Name> }];

/** Why a request is decided as it is: a reason, what exactly the problem is, and the facts of its sentence. */
export type Cause = {
  [R in keyof Sentences]: {
    [P in keyof Sentences[R]]: { readonly reason: R; readonly problem: P; readonly facts: FactsOf<Sentences[R][P]>[0] };
  }[keyof Sentences[R]];
}[keyof Sentences];

/** The sentence for a cause. */
export function sentenceOf({ reason, problem, facts }: Cause): string {
  const sentences: Readonly<Record<string, string>> = SENTENCES[reason];
  const values: Readonly<Record<string, unknown>> = { ...facts };
  const writers: Readonly<Record<string, (value: never) => string>> = WRITERS;
  return (sentences[problem] ?? '').replace(/\{(\w+)\}/g, (_, name) =>
    (writers[name] ?? String)(values[name] as never),
  );
}
