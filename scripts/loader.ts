import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Node takes a relative path there as one from the working folder. */
const locate = (module: string) =>
  module.startsWith('.') ? pathToFileURL(resolve(module)).href : import.meta.resolve(module);

/**
 * The options of Node with which this process loads TypeScript, for a process that it starts: by tsx, or from what
 * `npm test` compiled.
 */
export const LOADER_ARGS: readonly string[] = process.execArgv.flatMap((option, at, options) => {
  const [name, value = options[at + 1]] = option.split('=', 2);
  return name === '--import' && value ? [`--import=${locate(value)}`] : [];
});
