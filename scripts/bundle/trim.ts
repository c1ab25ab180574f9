import { createRequire } from 'node:module';
import type { Plugin } from 'esbuild';

/** A module that the bundle does without, and why that is safe. */
interface Trimmed {
  /** The name of its package, and its path in that, or the name alone. */
  readonly module: string;
  readonly why: string;
  /** The JavaScript expression in its place; `true` only for what is true. Without one, whatever is taken from the module throws when it is called. */
  readonly becomes?: string;
}

/** All that is left out: three quarters of the bundle, and most of the time that it takes to load. */
const TRIMMED: readonly Trimmed[] = [
  {
    module: 'jwks-rsa/src/index.js',
    why: 'loads what is for Express, Hapi, Koa and Passport; only the client is used',
    becomes: "{ JwksClient: require('jwks-rsa/src/JwksClient').JwksClient }",
  },
  {
    module: 'jwks-rsa/src/wrappers/index.js',
    why: 'loads the cache and the rate limit, which are off, and an option that is not used',
    becomes: `{
      request: require('jwks-rsa/src/wrappers/request').default,
      callbackSupport: require('jwks-rsa/src/wrappers/callbackSupport').default,
    }`,
  },
  {
    module: 'jwks-rsa/src/utils.js',
    why: 'converts keys, through jose, for getSigningKey(); only getKeys() is called',
  },
  {
    module: 'debug',
    why: "jwks-rsa's debugging output: it would hold whole keys, and the log is log/log.ts's",
    becomes: '() => () => {}',
  },
  {
    module: 'jsonwebtoken/index.js',
    why: 'loads what signs; nothing is signed here',
    becomes: `{
      verify: require('jsonwebtoken/verify'),
      JsonWebTokenError: require('jsonwebtoken/lib/JsonWebTokenError'),
    }`,
  },
  {
    module: 'jsonwebtoken/lib/timespan.js',
    why: 'reads the option maxAge, which is not used, through the library ms',
  },
  ...['psSupported', 'asymmetricKeyDetailsSupported', 'rsaPssKeyDetailsSupported'].map((name) => ({
    module: `jsonwebtoken/lib/${name}.js`,
    why: 'asks, through the library semver, whether Node is older than 16.9',
    becomes: 'true',
  })),
  { module: 'jws/lib/sign-stream.js', why: 'signs; nothing is signed here' },
  { module: 'jws/lib/data-stream.js', why: 'takes tokens as streams; here they are strings' },
  {
    module: 'buffer-equal-constant-time',
    why: 'compares HMACs, which are never accepted; it also needs SlowBuffer, which Node 25 no longer has',
  },
];

/** The packages that may be in the bundle. A new one is a decision, not an accident of an update. */
const BUNDLED = ['jsonwebtoken', 'jwks-rsa', 'jws', 'jwa', 'ecdsa-sig-formatter', 'safe-buffer'];

/** Reading a member gives a function, for libraries take what they need when they load; calling it throws. */
const throwing = (module: string) => `
  const name = '${module} was left out of the bundle';
  const fail = (member) => () => {
    throw Object.assign(new Error(name + ': ' + member), { name });
  };
  module.exports = new Proxy(fail('module'), { get: (target, member) => fail(String(member)) });`;

/** Of its own, so that what throws is not taken for an ES module because of its package's `type`. */
const NAMESPACE = 'trimmed';

/** A file as the lists name it: by what follows the last `node_modules` of its path. */
const nameOf = (path: string) =>
  path
    .split(/(?:^|[\\/])node_modules[\\/]/)
    .at(-1)
    ?.replaceAll('\\', '/') ?? '';

/** An esbuild plugin that leaves out what is listed, and fails the build where the lists and the bundle differ. */
export const trim: Plugin = {
  name: 'trim',
  setup({ initialOptions, resolve, onResolve, onLoad, onEnd }) {
    const { absWorkingDir = '' } = initialOptions;
    const missing = new Set(TRIMMED);
    onResolve({ filter: /./ }, async ({ path, pluginData, ...options }) => {
      if (pluginData === NAMESPACE || options.kind === 'entry-point') return undefined;
      const resolved = await resolve(path, { ...options, pluginData: NAMESPACE });
      if (resolved.namespace !== 'file' || resolved.errors.length > 0) return resolved;
      const name = nameOf(resolved.path);
      const trimmed = TRIMMED.find(({ module }) => name === module || name.startsWith(`${module}/`));
      if (!trimmed) return resolved;
      missing.delete(trimmed);
      if (trimmed.becomes === 'true' && createRequire(resolved.path)(resolved.path) !== true) {
        return { errors: [{ text: `${trimmed.module} is to become true, and is not true` }] };
      }
      return { path: trimmed.module, namespace: NAMESPACE, pluginData: trimmed };
    });
    onLoad({ filter: /./, namespace: NAMESPACE }, ({ pluginData }) => ({
      contents: pluginData.becomes ? `module.exports = ${pluginData.becomes}` : throwing(pluginData.module),
      resolveDir: absWorkingDir,
    }));
    onEnd(({ metafile }) => {
      const isExpected = (input: string) =>
        /^(src\/|trimmed:|built-in:)/.test(input) || BUNDLED.some((name) => nameOf(input).startsWith(`${name}/`));
      const extra = Object.keys(metafile?.inputs ?? {}).filter((input) => !isExpected(input));
      return {
        errors: [
          ...[...missing].map(({ module }) => `${module} is to be left out, but nothing asks for it`),
          ...extra.map((input) => `${input} is new in the bundle; scripts/bundle/trim.ts lists what may be there`),
        ].map((text) => ({ text })),
      };
    });
  },
};
