// Customization hooks (Node's documentation, "Module: node:module API"). A source keeps its own URL, so that paths
// relative to it, stacks and coverage are those of the source; and it costs a process a sixth of what tsx does.
import { readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url).href;
const COMPILED = new URL('.compiled/', ROOT).href;

/** @type {import('node:module').LoadHookSync & import('node:module').LoadHook} */
export function load(url, context, nextLoad) {
  if (!url.startsWith(ROOT) || !url.endsWith('.ts')) return nextLoad(url, context);
  const compiled = new URL(`${url.slice(ROOT.length, -'.ts'.length)}.js`, COMPILED);
  return { format: 'module', source: readFileSync(compiled), shortCircuit: true };
}
