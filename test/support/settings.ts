import assert from 'node:assert/strict';
import { type Config, ConfigurationError, type Environment, readConfig } from '../../src/config/config.ts';
import { Refusal } from '../../src/decision.ts';
import { sentenceOf } from '../../src/sentences.ts';

/** Everything that is needed, and nothing else. */
export const NEEDED: Environment = {
  TOKEN_ISSUER: 'https://issuer.example/',
  JWKS_URI: 'https://issuer.example/.well-known/jwks.json',
  AUDIENCE: 'https://api.example',
};

/** A claim by its own name, and one by a JSON Pointer. */
export const claim = (name: string, path: readonly string[] = [name]) => ({ name, path });

type Issuer = Config['issuers'][number];

/** What the only issuer is judged by where nothing but what is needed is set. */
export const ISSUER: Issuer = {
  issuer: 'https://issuer.example/',
  tenants: undefined,
  jwksUri: 'https://issuer.example/.well-known/jwks.json',
  audience: new Set(['https://api.example']),
  audienceClaims: [claim('aud')],
  principalClaims: [claim('sub'), claim('client_id'), claim('azp')],
  scopeClaims: [claim('scope'), claim('scp')],
  requiredClaims: [],
};

/** A setting that is read, of the one issuer or of all. */
export type Read = Partial<Omit<Config, 'issuers'> & Issuer>;

/** Those members of an object that a test looks at. */
export const pick = <T extends object>(object: T, keys: readonly string[]): Partial<T> =>
  Object.fromEntries(keys.map((key) => [key, object[key as keyof T]])) as Partial<T>;

/** What the issuers are judged by, and nothing that is not in the type. */
export const issuersOf = (config: Config) => config.issuers.map((issuer) => pick(issuer, Object.keys(ISSUER)));

/** The problems that are told: the lines of the message, but for the first. */
export function problems(env: Environment): string[] {
  try {
    readConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    assert.deepEqual([error.name, error.stack], ['ConfigurationError', '']);
    const [first, ...lines] = error.message.split('\n- ');
    assert.equal(first, 'Settings are missing or wrong:');
    return lines;
  }
  return [];
}

/** The problems of what is needed and these. */
export const problemsWith = (env: Environment) => problems({ ...NEEDED, ...env });

/** The settings, and those of the one issuer. */
export function settingsOf(env: Environment = {}) {
  const config = readConfig({ ...NEEDED, ...env });
  const [issuer] = config.issuers;
  assert.ok(issuer, 'an issuer');
  return { config, issuer };
}

/** Why something is refused; nothing where it is not. */
export function refusalOf(judge: () => unknown): { reason?: string; message?: string } {
  try {
    judge();
    return {};
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { reason: error.cause.reason, message: sentenceOf(error.cause) };
  }
}
