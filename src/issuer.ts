import type { Config, IssuerConfig } from './config/config.ts';
import { shownUri } from './keys/jwks.ts';
import { type KeyLine, KeySource } from './keys/key-source.ts';

/** An accepted issuer: what its tokens are judged by, and its keys. */
export interface Issuer {
  readonly settings: IssuerConfig;
  readonly keys: KeySource;
}

/** What keys are fetched with. */
export interface KeyOptions {
  /** Asks for the entries of a JWK Set; once it is aborted it rejects, with nothing left in flight. */
  readonly fetchJwks: (jwksUri: string, signal: AbortSignal) => Promise<readonly unknown[]>;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: (line: KeyLine) => void;
}

/** The configured issuers, each with a key set, an age and a cooldown of its own. */
export const createIssuers = (config: Config, { fetchJwks, now, log }: KeyOptions): readonly Issuer[] =>
  config.issuers.map((settings) => ({
    settings,
    keys: new KeySource({
      issuer: settings.issuer,
      jwksUri: shownUri(settings.jwksUri),
      fetchKeys: (signal) => fetchJwks(settings.jwksUri, signal),
      maxAge: config.jwksMaxAge * 1000,
      maxStale: config.jwksMaxStale * 1000,
      cooldown: config.jwksCooldown * 1000,
      timeout: config.jwksTimeout * 1000,
      now,
      log,
    }),
  }));
