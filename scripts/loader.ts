/** The options of Node with which a process that this one starts loads TypeScript, in any working folder. */
export const LOADER_ARGS: readonly string[] = [`--import=${import.meta.resolve('tsx')}`];
