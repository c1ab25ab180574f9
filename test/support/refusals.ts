import assert from 'node:assert/strict';
import { type Environment, readConfig } from '../../src/config/config.ts';
import { Refusal } from '../../src/decision.ts';
import { sentenceOf } from '../../src/sentences.ts';
import { AUDIENCE } from './tokens.ts';

/** The settings, and those of the one issuer. */
export function settingsOf(env: Environment = {}) {
  const config = readConfig({
    TOKEN_ISSUER: 'https://issuer.example/',
    JWKS_URI: 'https://issuer.example/jwks',
    AUDIENCE,
    ...env,
  });
  const [issuer] = config.issuers;
  assert.ok(issuer);
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
