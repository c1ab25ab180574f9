import type { JsonObject } from '../../src/json.ts';
import { asList } from './facts.ts';

const SCOPES = ['scope', 'scp', 'scopes', 'roles', 'permissions', 'groups_scope'];
const ABOUT_A_PERSON = ['email', 'name', 'given_name', 'preferred_username', 'picture', 'sid', 'auth_time'];
/** Of Entra ID's access tokens; of Firebase and Cloudflare Access, whose only tokens are for APIs too. */
const NONE = ['azpacr', 'appidacr', 'firebase', 'identity_nonce'];

/**
 * What makes a token look like an ID token (OpenID Connect Core 1.0, 2), in words. Cognito says it in `token_use`,
 * Keycloak in a claim `typ`; else it is one if it has no scope and tells of a person or a sign-in.
 */
export function signsOfIdToken(header: JsonObject, claims: JsonObject): string | undefined {
  if (claims.token_use !== undefined) return claims.token_use === 'id' ? 'token_use is id' : undefined;
  if (claims.typ !== undefined && typeof claims.typ === 'string') return claims.typ === 'ID' ? 'typ is ID' : undefined;
  const has = (name: string) => Object.hasOwn(claims, name);
  if (/at\+jwt$/i.test(String(header.typ)) && !has('nonce') && !has('at_hash')) return undefined;
  const hash = ['at_hash', 'c_hash'].find(has);
  if (hash !== undefined) return `it has ${hash}`;
  if (has('nonce') && !has('scope') && !has('scp')) return 'it has nonce and no scope';
  if (SCOPES.some(has) || NONE.some(has)) return undefined;
  const azp = asList(claims.aud).length === 1 && has('azp') && claims.azp === asList(claims.aud)[0];
  const signs = ABOUT_A_PERSON.filter(has);
  if (signs.length === 0 && !azp) return undefined;
  const what = signs.length > 0 ? `it has ${signs.join(', ')} and no scope` : 'it has no scope';
  return azp ? `${what}, and its aud is the client itself` : what;
}
