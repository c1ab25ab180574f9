// Stands in for settingNames() and isSetting() of src/config.ts until they are there: then this file goes, and
// environment.ts imports them from '../../src/config.ts'.
const NUMBERED =
  'TOKEN_ISSUER JWKS_URI AUDIENCE AUDIENCE_CLAIM SCOPE_CLAIM PRINCIPAL_CLAIM REQUIRED_CLAIMS'.split(' ');
const OTHERS =
  `REQUIRED_SCOPES ROUTE_SCOPES TOKEN_BINDING ALGORITHMS TOKEN_TYPES CLOCK_TOLERANCE POLICY_RESOURCE
  INVALID_TOKEN CONTEXT_CLAIMS TOKEN_SOURCE USAGE_KEY_CLAIM SIMPLE_RESPONSES METRICS_NAMESPACE JWKS_MAX_AGE JWKS_MAX_STALE
  JWKS_COOLDOWN JWKS_TIMEOUT`.split(/\s+/);

export const settingNames = (): readonly string[] => [...NUMBERED, ...OTHERS];

export const isSetting = (name: string): boolean =>
  settingNames().includes(name) || NUMBERED.some((one) => new RegExp(`^${one}_[2-9]$`).test(name));
