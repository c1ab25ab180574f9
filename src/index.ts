// biome-ignore-all assist/source/organizeImports: the module with node:https in it comes first. Then Node begins to
// read its root certificates on a thread of its own, and has them when the keys are fetched. In alphabetical order a
// cold start takes some 3 ms of 80 longer (Node 24).
import { fetchJwks } from './keys/jwks.ts';
import type { Handler } from './authorizer.ts';
import { compose } from './compose.ts';
import { readConfig } from './config/config.ts';
import { writeStdout } from './log/stdout.ts';
import { rehearse } from './rehearsal.ts';

/** Milliseconds that loading waits for keys: Lambda gives it ten seconds, and a request can ask again. */
const MAX_LOADING = 2000;

const config = readConfig(process.env);
const composition = compose({ config, fetchJwks, now: Date.now, write: writeStdout });

// Lambda runs what is awaited here at full CPU with any memory size, and does not freeze it half-way
const deadline = {
  remaining: () => MAX_LOADING,
  reason: `loading waits no longer than ${MAX_LOADING / 1000} s`,
};
const keys = composition.keySources.map((source) => source.prefetch(deadline));
// a rehearsal that fails costs the first request some time; that doesn't justify refusing it
await Promise.all([...keys, rehearse(config).catch(() => undefined)]);

/** The Lambda function: `index.handler`. */
export const handler: Handler = composition.handler;
