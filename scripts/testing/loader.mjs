// For Node's option --import: what is loaded from a TypeScript file is what compile.ts made of it.
import { register } from 'node:module';

process.setSourceMapsEnabled(true);
register('./hooks.mjs', import.meta.url);
