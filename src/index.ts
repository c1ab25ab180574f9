import type { Handler } from './authorizer.ts';
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

/** What judges, and the library that it needs, are loaded while the keys are on their way. */
const authorizer = new Promise<Handler>((resolve, reject) => {
  setImmediate(() => {
    import('./authorizer.ts')
      .then(({ createAuthorizer }) => resolve(createAuthorizer({ config, keySources, now, log })))
      .catch(reject);
  });
});

/** The Lambda function: `index.handler`. */
export const handler: Handler = async (event, context) => (await authorizer)(event, context);
