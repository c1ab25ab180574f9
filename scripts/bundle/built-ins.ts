import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';

const NAMESPACE = 'built-in';

/** An import of names from a built-in module, as it stands in our sources. */
const IMPORT = /^import \{([^}]*)\} from '(node:[\w/]+)';$/gm;

/** The same names, taken from the module; types go. */
const take = (_import: string, names: string, module: string) => {
  const values = names.split(',').filter((name) => name.trim() !== '' && !/^\s*type /.test(name));
  const pattern = values.map((name) => name.replace(' as ', ': ')).join(',');
  return values.length > 0 ? `const {${pattern}} = process.getBuiltinModule('${module}');` : '';
};

/**
 * An esbuild plugin that takes Node's built-in modules by `process.getBuiltinModule`. An ES module's `import … from
 * 'node:crypto'` makes Node build a namespace of all that the module exports, lazily loaded parts (webcrypto)
 * included: 20 ms of a cold start and 5 MB, measured. A namespace that esbuild builds for a CommonJS module costs 3 ms.
 */
export const builtIns: Plugin = {
  name: NAMESPACE,
  setup({ onResolve, onLoad }) {
    const names = new Set(builtinModules);
    onLoad({ filter: /\.(ts|mjs)$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(IMPORT, take),
      loader: path.endsWith('.ts') ? 'ts' : 'js',
    }));
    // for libraries, which are CommonJS
    onResolve({ filter: /^(node:)?[\w/]+$/ }, ({ path, kind, importer }) => {
      const name = path.replace(/^node:/, '');
      if (!names.has(name)) return undefined;
      if (kind !== 'require-call' && importer.endsWith('.ts')) {
        return {
          errors: [{ text: `only "import { … } from 'node:${name}';" is taken without a namespace` }],
        };
      }
      return { path: name, namespace: NAMESPACE };
    });
    onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }));
  },
};
