import { handler, refresh } from './floor-core.mjs';

// is loaded once the keys are there
await refresh().catch(() => undefined);

export { handler };
