// biome-ignore-all assist/source/organizeImports: what has node:https in it comes first. With that, Node begins to read
// its root certificates, on a thread of its own, and is done or nearly so by the time the keys are asked for: in the
// order of the alphabet a cold start takes some 3 ms of 80 longer (Node 24).
import { fetchJwks } from './keys/jwks.ts';
import { createAuthorizer, type Handler } from './authorizer.ts';
import { readConfig } from './config/config.ts';
import { createIssuers } from './issuer.ts';
import { createLog } from './log/log.ts';
import { FetchCounter } from './log/metrics.ts';
import { writeStdout } from './log/stdout.ts';
import { rehearse } from './rehearsal.ts';

/** Milliseconds that loading waits for keys: Lambda gives it ten seconds, and a request can ask again. */
const MAX_LOADING = 2000;

const config = readConfig(process.env);
const now = Date.now;
const log = createLog(now, writeStdout);
const fetches = new FetchCounter();
const issuers = createIssuers(config, {
  fetchJwks,
  now,
  log: (line) => {
    fetches.count(line);
    log(line);
  },
});

// Lambda runs what is awaited here at full CPU, whatever the memory, and does not freeze it half-way
const patience = { left: () => MAX_LOADING, end: `loading waits no longer than ${MAX_LOADING / 1000} s` };
await Promise.all([...issuers.map(({ keys }) => keys.prefetch(patience)), rehearse(config)]);

/** The Lambda function: `index.handler`. */
export const handler: Handler = createAuthorizer({ config, issuers, now, log, fetches });
