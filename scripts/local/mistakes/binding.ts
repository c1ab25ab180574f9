import { isObject } from '../../../src/json.ts';
import { type Facts, tokenIn } from '../facts.ts';
import { type Maybe, plain, say } from '../say.ts';

/** The DPoP proof in the event, taken apart; of course nothing of it is verified. */
function proofIn(event: unknown): ReturnType<typeof tokenIn> {
  const headers = isObject(event) && isObject(event.headers) ? event.headers : {};
  const name = Object.keys(headers).find((each) => each.toLowerCase() === 'dpop') ?? '';
  return tokenIn(String(headers[name] ?? ''));
}

/** What helps, by what the function says. */
const CURES: Readonly<Record<string, string>> = {
  no_certificate: 'An event of type REQUEST has it in requestContext.identity.clientCert.clientCertPem, if the API uses mutual TLS.',
  other_certificate: 'Call with the certificate with which the token was requested. The one in event.json must be readable PEM.',
  bound_by_bearer: 'Write "DPoP " in the place of "Bearer ", and add the header DPoP with a proof.',
  unbound_by_dpop: 'Write "Bearer " in the place of "DPoP ", or request a token that is bound by DPoP.',
  no_place_for_proof: 'Use an event of type REQUEST: npm start -- --event rest. Then add the header DPoP with a proof to it.',
  no_proof: 'Add "DPoP" to headers in event.json: a proof for this request, made less than a minute ago (RFC 9449, 4.2).',
  proof_htm: 'Let the client make a proof for each request, with its own method.',
  proof_htu: 'DPOP_URLS must be the URL under which callers know the stage, and htu that URL and the path. If the proof is right, correct DPOP_URLS.',
  proof_behind: 'Let the client make a new proof for each request. If it does, a clock is wrong.',
  proof_ath: 'The proof was made for another token, or without one: ath is the base64url SHA-256 of this access token.',
  proof_jkt: 'Sign the proof with the key with which the token was requested, and put that key into jwk.',
};

/** The token is bound to a key that the caller did not prove (RFC 7800). */
export function unprovenBinding({ cause, claims: { cnf }, event, config, method, path, sentence, propose }: Facts): Maybe {
  if (cause?.reason !== 'unproven_binding') return undefined;
  const { problem } = cause;
  const ways = Object.keys(Object(cnf)).join();
  const { claims: proof } = proofIn(event);
  if (problem === 'not_bound_to_key' || problem === 'not_bound_to_certificate')
    return say`${sentence} TOKEN_BINDING=${config.tokenBinding} accepts only tokens that are.\nRequest one that is bound to ${problem === 'not_bound_to_key' ? 'a key by DPoP (RFC 9449)' : 'the client certificate (RFC 8705)'}, or: ${propose({ TOKEN_BINDING: config.tokenBinding.replace('-only', '') })}, which accepts both kinds.`;
  if (/^(refused|not_a_thumbprint|not_a_jkt)$/.test(problem)) {
    const what = say`The token is bound to ${ways === 'jkt' ? 'a key of its client by DPoP (cnf with jkt)' : ways === 'x5t#S256' ? 'a client certificate (cnf with x5t#S256)' : 'a key (cnf) in another way than by DPoP or a client certificate alone'}, and TOKEN_BINDING is ${config.tokenBinding}.`;
    if (ways === 'jkt') return say`${what}\nIf your callers send DPoP proofs: TOKEN_BINDING=dpop and DPOP_URLS, with an authorizer of type REQUEST and a TTL of 0. Otherwise request a plain bearer token: no DPoP for this client at the issuer.`;
    if (ways === 'x5t#S256') return say`${what}\nIf the API uses mutual TLS: ${propose({ TOKEN_BINDING: 'mtls' })}, and no cache (TTL 0). Otherwise request a token that is not bound.`;
    return say`${what}\nRequest a token that is not bound.`;
  }
  const own = problem === 'proof_htm' ? say` It is "${proof.htm}", and the request is ${method}.` : problem === 'proof_htu' ? say` It is "${proof.htu}", and the path is ${path}.` : '';
  return say`${sentence}${own}\n${plain(CURES[problem] ?? 'Let the client make the proof as RFC 9449, 4.2 says, and send exactly one.')}`;
}
