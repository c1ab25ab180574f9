import { createAuthorizer } from './authorizer.ts';
import { readConfig } from './config.ts';
import { fetchJwks } from './jwks-endpoint.ts';
import { KeySource } from './key-source.ts';
import { createLog } from './log.ts';

const config = readConfig(process.env);
const now = Date.now;
const log = createLog(now);
const keySources = config.issuers.map(
  (issuer) => new KeySource({ issuer, config, fetchKeys: fetchJwks, now, log }),
);
for (const source of keySources) source.fetchEarly();

/** The Lambda function: `index.handler`. */
export const handler = createAuthorizer({ config, keySources, now, log });
