import { handler, refresh } from './floor.mjs';

// is loaded once the keys are there
await refresh().catch(() => undefined);

export { handler };
