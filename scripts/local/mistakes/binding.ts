import { isObject } from '../../../src/json.ts';
import { type Facts, tokenIn } from '../facts.ts';
import { type Maybe, say } from '../say.ts';

/** The DPoP proof in the event, taken apart; of course nothing of it is verified. */
function proofIn(event: unknown): ReturnType<typeof tokenIn> {
  const headers = isObject(event) && isObject(event.headers) ? event.headers : {};
  const name = Object.keys(headers).find((each) => each.toLowerCase() === 'dpop') ?? '';
  return tokenIn(String(headers[name] ?? ''));
}

/** The token is bound to a key that the caller did not prove (RFC 7800). */
export function unprovenBinding({ cause, claims: { cnf }, event, config, method, path, sentence, propose }: Facts): Maybe {
  if (cause?.reason !== 'unproven_binding') return undefined;
  const ways = Object.keys(Object(cnf)).join();
  const { claims: proof } = proofIn(event);
  switch (cause.problem) {
    case 'not_bound':
      return say`${sentence} TOKEN_BINDING=${config.tokenBinding} accepts only tokens that are.\nRequest one that is bound to ${cause.facts.to === 'a key' ? 'a key by DPoP (RFC 9449)' : 'the client certificate (RFC 8705)'}, or: ${propose({ TOKEN_BINDING: config.tokenBinding.replace('-only', '') })}, which accepts both kinds.`;
    case 'refused':
      if (ways === 'jkt')
        return say`The token is bound to a key of its client by DPoP (cnf with jkt), and TOKEN_BINDING is refuse.\nIf your callers send DPoP proofs: TOKEN_BINDING=dpop and DPOP_URLS, with an authorizer of type REQUEST and a TTL of 0. Otherwise request a plain bearer token: no DPoP for this client at the issuer.`;
      if (ways === 'x5t#S256') return say`The token is bound to a client certificate (cnf with x5t#S256), and TOKEN_BINDING is refuse.\nIf the API uses mutual TLS: ${propose({ TOKEN_BINDING: 'mtls' })}, and no cache (TTL 0). Otherwise request a token that is not bound.`;
      return say`The token is bound to a key (cnf) in another way than by DPoP or a client certificate alone.\nRequest a token that is not bound.`;
    case 'not_a_thumbprint':
    case 'not_a_jkt':
      return say`${sentence}\n${ways === 'jkt' ? 'The token is bound by DPoP: see TOKEN_BINDING=dpop.' : ways === 'x5t#S256' ? 'The token is bound by mutual TLS: see TOKEN_BINDING=mtls.' : 'Request a token that is bound in this way, or in none.'}`;
    case 'no_certificate':
      return say`The token is bound to a client certificate, and event.json has none.\nAn event of type REQUEST has it in requestContext.identity.clientCert.clientCertPem, if the API uses mutual TLS.`;
    case 'other_certificate':
      return say`${sentence} Or the one in event.json can't be read.\nCall with the certificate with which the token was requested.`;
    case 'bound_by_bearer':
      return say`${sentence}\nWrite "DPoP " in the place of "Bearer ", and add the header DPoP with a proof.`;
    case 'unbound_by_dpop':
      return say`${sentence}\nWrite "Bearer " in the place of "DPoP ", or request a token that is bound by DPoP.`;
    case 'no_place_for_proof':
      return say`${sentence}\nUse an event of type REQUEST: npm start -- --event rest. Then add the header DPoP with a proof to it.`;
    case 'no_proof':
      return say`${sentence}\nAdd "DPoP" to headers in event.json: a proof for ${method} ${path}, made less than a minute ago (RFC 9449, 4.2).`;
    case 'proof_htm':
      return say`${sentence} It is "${proof.htm}", and the request is ${method}.\nLet the client make a proof for each request, with its own method.`;
    case 'proof_htu':
      return say`${sentence} It is "${proof.htu}", and the path is ${path}.\nDPOP_URLS must be the URL under which callers know the stage, and htu that URL and the path. If the proof is right, correct DPOP_URLS.`;
    case 'proof_iat':
      return say`${sentence}\nLet the client make a new proof for each request. If it does, a clock is wrong.`;
    case 'proof_ath':
      return say`${sentence}\nThe proof was made for another token, or without one: ath is the base64url SHA-256 of this access token.`;
    case 'proof_jkt':
      return say`${sentence}\nSign the proof with the key with which the token was requested, and put that key into jwk.`;
    default:
      return say`${sentence}\nLet the client make the proof as RFC 9449, 4.2 says, and send exactly one.`;
  }
}
