import { type Algorithm, KEY_TYPES } from '../../src/algorithms.ts';
import type { Config, IssuerConfig } from '../../src/config/config.ts';
import { fetchJwks } from '../../src/keys/jwks.ts';
import { importKeys } from '../../src/keys/key-set.ts';
import { generateKey, signToken } from '../issuer.ts';

/**
 * A key that an issuer publishes, with an accepted algorithm that it is for.
 *
 * @throws Error where it can't be read from this machine
 */
export async function publishedKey({ jwksUri }: IssuerConfig, { algorithms }: Config) {
  if (jwksUri.startsWith('file:')) throw new Error('it is a file of the function');
  const { keys } = importKeys(await fetchJwks(jwksUri, AbortSignal.timeout(5000)));
  for (const { kid, alg: own, type } of keys) {
    const alg = [...algorithms].find((one) => KEY_TYPES[one] === type && (own ?? one) === one);
    if (alg !== undefined) return { kid, alg };
  }
  throw new Error('it publishes no key for ALGORITHMS');
}

/** The claim iss, and of an issuer with many tenants the claim that names one of those that are accepted. */
function issuerClaims({ issuer, tenants, requiredClaims }: IssuerConfig): Readonly<Record<string, string>> {
  if (!tenants) return { iss: issuer };
  const { claim, before, after } = tenants;
  const accepted = requiredClaims.find((required) => required.claim.name === claim.name)?.values[0];
  const tenant = accepted?.replace('*', 'x') ?? 'npm-run-check';
  return { iss: before + tenant + after, [claim.name]: tenant };
}

/** An access token that the function would accept if the issuer had signed it; a key of this process did. */
export async function forge(
  issuer: IssuerConfig,
  config: Config,
  { kid, alg }: { readonly kid: string | undefined; readonly alg: Algorithm },
): Promise<string> {
  const [audience] = issuer.audience;
  const [claim] = issuer.audienceClaims;
  const [typ = 'JWT'] = config.tokenTypes;
  const iat = Math.floor(Date.now() / 1000);
  const claims = { ...issuerClaims(issuer), sub: 'npm-run-check', aud: audience, iat, exp: iat + 300 };
  const own = { [claim?.name ?? 'aud']: audience, scope: config.requiredScopes.join(' ') };
  return signToken({ ...claims, ...own }, { ...(await generateKey('', alg)), kid }, typ);
}
