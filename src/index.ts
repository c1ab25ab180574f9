// biome-ignore-all assist/source/organizeImports: what has node:https in it comes first. With that, Node begins to read
// its root certificates, on a thread of its own, and is done or nearly so by the time the keys are asked for: in the
// order of the alphabet a cold start takes some 3 ms of 80 longer (Node 24).
import { fetchJwks } from './jwks-endpoint.ts';
import { createAuthorizer, type Handler } from './authorizer.ts';
import { readConfig } from './config.ts';
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
export const handler: Handler = createAuthorizer({ config, keySources, now, log });
