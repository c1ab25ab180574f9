// For Node's option --import: what is loaded from a TypeScript file is what compile.ts made of it.
import module from 'node:module';
import { load } from './hooks.mjs';

process.setSourceMapsEnabled(true);
// Node 20 has hooks on a thread of their own only, which Node 26 warns of
if (module.registerHooks) module.registerHooks({ load });
else module.register('./hooks.mjs', import.meta.url);
