import { type ClaimName, readClaim } from './claim-name.ts';
import type { JsonObject } from './json.ts';
import { parseUrl } from './text.ts';

/** An issuer whose name differs from tenant to tenant: `https://login.microsoftonline.com/{tid}/v2.0`. */
export interface TenantNames {
  /** The claim that names the tenant of a token. */
  readonly claim: ClaimName;
  /** The name before and after the tenant. */
  readonly before: string;
  readonly after: string;
}

/** A URL with one placeholder, which is a whole segment of its path and the name of a claim. */
const TEMPLATE = /^([a-z][a-z\d+.-]*:\/\/[^/?#{}]+\/(?:[^?#{}]*\/)?)\{([\w.-]+)\}((?:[/?#][^{}]*)?)$/i;
/** Characters that need no encoding in a URL (RFC 3986, 2.3), and no dot segment. */
const TENANT = /^(?!\.\.?$)[\w.~-]+$/;

/** An issuer's name made comparable: one trailing slash is insignificant. */
export const normalizeIssuer = (issuer: string) => (issuer.endsWith('/') ? issuer.slice(0, -1) : issuer);

/** Reads the name of an issuer with a placeholder, `undefined` if it has none, or a wrong one. */
export function parseTenantNames(issuer: string): TenantNames | undefined {
  const [, before, name, after] = TEMPLATE.exec(normalizeIssuer(issuer)) ?? [];
  if (before === undefined || name === undefined || after === undefined) return undefined;
  return { claim: { name, path: [name] }, before, after };
}

/** Whether a name is the one that the issuer has for the tenant in the same token's claims. */
function isTenant({ claim, before, after }: TenantNames, name: string, claims: JsonObject): boolean {
  const tenant = readClaim(claims, claim);
  return typeof tenant === 'string' && TENANT.test(tenant) && name === before + tenant + after;
}

const hostOf = (text: string) => {
  const { protocol, hostname } = parseUrl(text) ?? {};
  return hostname ? `${protocol}//${hostname}` : undefined;
};

/**
 * Whether a key may verify a token, by the member `issuer` that Entra ID adds to a JWK: the tenants share one key set,
 * and a key of one must not verify tokens of another (Microsoft, "Validate the signing key issuer"). It says nothing
 * about tokens of other hosts.
 */
export function isKeyFor(keyIssuer: string, { iss, tid }: JsonObject): boolean {
  const issuer = typeof tid === 'string' ? keyIssuer.replaceAll('{tenantid}', () => tid) : keyIssuer;
  if (typeof iss !== 'string') return false;
  if (normalizeIssuer(iss) === normalizeIssuer(issuer)) return true;
  const host = hostOf(issuer);
  return host === undefined || host !== hostOf(iss);
}

interface Named {
  readonly settings: { readonly issuer: string; readonly tenants: TenantNames | undefined };
}

/**
 * Makes the lookup of the issuer that a token names in `iss`. Names are compared exactly. An issuer without a
 * placeholder precedes those with one; of these, the first one that fits counts.
 */
export function issuerLookup<T extends Named>(issuers: readonly T[]): (claims: JsonObject) => T | undefined {
  const named = issuers.filter(({ settings }) => !settings.tenants);
  const byName = new Map(named.map((issuer) => [normalizeIssuer(issuer.settings.issuer), issuer]));
  return (claims) => {
    if (typeof claims.iss !== 'string') return undefined;
    const name = normalizeIssuer(claims.iss);
    return byName.get(name) ?? issuers.find(({ settings: { tenants } }) => tenants && isTenant(tenants, name, claims));
  };
}
