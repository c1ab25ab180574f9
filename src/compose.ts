import { createAuthorizer, type Decision, type Issuer } from './authorizer.ts';
import type { Config } from './config/config.ts';
import { shownUri } from './config/jwks-uri.ts';
import { decisionLine } from './decision-line.ts';
import { type KeyLine, KeySource } from './keys/key-source.ts';
import { createLog } from './log/log.ts';
import { FetchCounter } from './log/metrics.ts';

/** What the function needs in addition to its own code. */
export interface World {
  readonly config: Config;
  /** Fetches the entries of a JWK Set. Once it is aborted it rejects, with nothing left in flight. */
  readonly fetchJwks: (jwksUri: string, signal: AbortSignal) => Promise<readonly unknown[]>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly write: (line: string) => void;
  readonly observe?: (decision: Decision) => void;
}

/** Puts the function together: the one place that does, for Lambda, the rehearsal, a laptop and the tests. */
export function compose({ config, fetchJwks, now, write, observe }: World) {
  const log = createLog(now, write);
  const fetches = new FetchCounter();
  const logKeys = (line: KeyLine) => {
    fetches.count(line);
    log(line);
  };
  /** One for each `JWKS_URI`, even if several issuers share it. */
  const sources = new Map<string, KeySource>();
  function keysAt(jwksUri: string): KeySource {
    const sharing = config.issuers.filter((issuer) => issuer.jwksUri === jwksUri);
    const others = sharing.length > 1 ? ` and ${sharing.length - 1} more` : '';
    return new KeySource({
      issuer: `${sharing[0]?.issuer}${others}`,
      jwksUri: shownUri(jwksUri),
      fetchKeys: (signal) => fetchJwks(jwksUri, signal),
      maxAge: config.jwksMaxAge * 1000,
      maxStale: config.jwksMaxStale * 1000,
      cooldown: config.jwksCooldown * 1000,
      timeout: config.jwksTimeout * 1000,
      now,
      log: logKeys,
    });
  }
  const issuers = config.issuers.map((settings): Issuer => {
    const keys = sources.get(settings.jwksUri) ?? keysAt(settings.jwksUri);
    sources.set(settings.jwksUri, keys);
    return { settings, keys };
  });
  const record = (decision: Decision) => {
    log(decisionLine(decision, config, now(), fetches));
    observe?.(decision);
  };
  return { handler: createAuthorizer({ config, issuers, now, record }), keySources: [...sources.values()] };
}
