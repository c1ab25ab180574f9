import { normalizeIssuer, parseTenantNames, type TenantNames } from '../issuer.ts';
import { type PerIssuer, SETTINGS, type Values } from './settings.ts';

/** What a token of one issuer is judged by. */
export interface IssuerConfig extends Omit<PerIssuer, 'issuers' | 'jwksUris'> {
  readonly issuer: string;
  readonly tenants: TenantNames | undefined;
  readonly jwksUri: string;
}

/** The settings with one number, or without one, as far as they could be read. */
export interface Group {
  /** What follows the names of the variables: `_2`, or nothing. */
  readonly suffix: string;
  readonly values: Partial<Values>;
}

/** Reports a problem with a variable: what to do, and why. */
export type Complain = (variable: string, remedy: string, why?: string) => void;

/** Claims that the administrator of a tenant can set to any value. */
const CHANGEABLE = ['email', 'upn', 'preferred_username', 'unique_name'];

/** Pairs the issuers of a group, which was read without a problem, with their URIs. */
export function issuersOf({ issuers, jwksUris, ...values }: Values): IssuerConfig[] {
  return issuers.map((issuer, position) => ({
    ...values,
    issuer,
    tenants: parseTenantNames(issuer),
    jwksUri: jwksUris[position] ?? jwksUris[0] ?? '',
  }));
}

function checkUris({ suffix, values: { issuers = [], jwksUris = [] } }: Group, complain: Complain): void {
  const [expected, count] = [issuers.length, jwksUris.length];
  if (expected === 0 || count <= 1 || count === expected) return;
  const issuerVariable = SETTINGS.issuers.name + suffix;
  const remedy =
    expected === 1
      ? `set it to one URI, because ${issuerVariable} has one issuer`
      : `set it to one URI for all ${expected} issuers of ${issuerVariable}, or to ${expected}, in the same order`;
  complain(SETTINGS.jwksUris.name + suffix, remedy, `it has ${count}`);
}

/** Who is accepted of an issuer's tenants is said, never assumed, and never by what a tenant can choose. */
function checkTenants({ suffix, values }: Group, isSet: (variable: string) => boolean, complain: Complain) {
  const { issuers = [], requiredClaims, principalClaims = [] } = values;
  const claims = new Set(issuers.flatMap((issuer) => parseTenantNames(issuer)?.claim.name ?? []));
  for (const claim of claims) {
    if (!requiredClaims || requiredClaims.some(({ claim: { path } }) => path.join('/') === claim)) continue;
    complain(
      SETTINGS.requiredClaims.name + suffix,
      `it must contain ${claim}=TENANT|TENANT with the tenants to accept, or ${claim} alone to accept every tenant there is`,
      `${SETTINGS.issuers.name + suffix} has the placeholder {${claim}}`,
    );
  }
  const changeable = principalClaims.find(({ path }) => CHANGEABLE.includes(path.join('/')));
  if (claims.size === 0 || !changeable) return;
  const { name } = SETTINGS.principalClaims;
  const remedy = `remove ${changeable.name}, which the administrator of any tenant can set to any value`;
  complain(isSet(name + suffix) ? name + suffix : name, remedy);
}

/** Checks what concerns several settings of an issuer, or several issuers. */
export function checkIssuers(groups: readonly Group[], isSet: (variable: string) => boolean, complain: Complain): void {
  const seen = new Set<string>();
  for (const group of groups) {
    checkUris(group, complain);
    checkTenants(group, isSet, complain);
    for (const issuer of group.values.issuers ?? []) {
      const name = normalizeIssuer(issuer).replace(/\{.*\}/, '{}');
      if (seen.has(name)) {
        const why = 'a slash at the end and the name in braces make no difference';
        complain(SETTINGS.issuers.name + group.suffix, 'remove the issuer that is listed twice', why);
      }
      seen.add(name);
    }
  }
}
