import { handler, refresh } from './floor-core.mjs';

// asks for the keys while loading, and does not wait for them: what everything is compared with
refresh().catch(() => undefined);

export { handler };
