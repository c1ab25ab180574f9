import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

/** A module that the bundle does without: why that is safe, and what stands in its place. */
interface Trimmed {
  /** Its path below `node_modules`, or that of the folder it is in. */
  readonly module: string;
  readonly why: string;
  /** The file in its place. Without one, whatever is taken from the module throws when it is called. */
  readonly standIn?: string;
}

/** All that is left out: four fifths of the bundle, and most of the time that it takes to load. */
const TRIMMED: readonly Trimmed[] = [
  {
    module: 'jwks-rsa/src/utils.js',
    why: 'converts keys, through jose, for getSigningKey(); only getKeys() is called',
  },
  { module: 'jwks-rsa/src/wrappers/cache.js', why: 'the cache, which is off' },
  { module: 'jwks-rsa/src/wrappers/rateLimit.js', why: 'the rate limit, which is off' },
  {
    module: 'jwks-rsa/src/wrappers/interceptor.js',
    why: 'for keys from elsewhere, an option that is not used',
  },
  { module: 'jwks-rsa/src/integrations', why: 'for Express, Hapi, Koa and Passport' },
  { module: 'jsonwebtoken/sign.js', why: 'nothing is signed here' },
  { module: 'ms', why: 'reads durations in words for the options maxAge and expiresIn, which are not used' },
  {
    module: 'debug',
    why: "jwks-rsa's debugging output: it would hold whole keys, and the log is log.ts's",
    standIn: 'stand-ins/debug.cjs',
  },
  {
    module: 'semver',
    why: 'jsonwebtoken asks whether Node is older than 16.9',
    standIn: 'stand-ins/semver.cjs',
  },
  {
    module: 'jws',
    why: 'decodes anew what token.ts has decoded, and takes signatures through regular expressions and DER',
    standIn: 'stand-ins/jws.ts',
  },
];

/** The packages that may be in the bundle. A new one is a decision, not an accident of an update. */
const BUNDLED = ['jsonwebtoken', 'jwks-rsa'];

/** Reading a member gives a function, for libraries take what they need when they load; calling it is loud. */
const loud = (module: string) => `
  const fail = (name) => () => { throw new Error(${JSON.stringify(module)} + ' was left out of the bundle: ' + name); };
  module.exports = new Proxy(fail('module'), { get: (target, name) => fail(String(name)) });`;

/** Of its own, so that what is loud is not taken for an ES module because of its package's `type`. */
const NAMESPACE = 'trimmed';

/** An esbuild plugin that leaves out what is listed, and fails the build where the lists and the bundle differ. */
export const trim: Plugin = {
  name: 'trim',
  setup({ resolve, onResolve, onLoad, onEnd }) {
    const missing = new Set(TRIMMED);
    const extra = new Set<string>();
    onResolve({ filter: /./ }, async ({ path, pluginData, ...options }) => {
      if (pluginData === NAMESPACE || options.kind === 'entry-point') return undefined;
      const resolved = await resolve(path, { ...options, pluginData: NAMESPACE });
      const [, inside] = resolved.path.replaceAll('\\', '/').split(/.*\/node_modules\//);
      if (inside === undefined) return resolved;
      const trimmed = TRIMMED.find(({ module }) => inside === module || inside.startsWith(`${module}/`));
      if (trimmed) {
        missing.delete(trimmed);
        const { module, standIn } = trimmed;
        if (standIn) return { path: fileURLToPath(new URL(standIn, import.meta.url)) };
        return { path: module, namespace: NAMESPACE };
      }
      const name = inside.split('/', inside.startsWith('@') ? 2 : 1).join('/');
      if (!BUNDLED.includes(name)) extra.add(name);
      return resolved;
    });
    onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({ contents: loud(path) }));
    onEnd(() => ({
      errors: [
        ...[...missing].map(({ module }) => `${module} is to be left out, but nothing asks for it`),
        ...[...extra].map((name) => `${name} is new in the bundle; scripts/trim.ts lists what may be there`),
      ].map((text) => ({ text })),
    }));
  },
};
