// The suites of the packages as modules that every runtime can load: the test files as they are, with
// the harness for vitest and with what was built for the sources.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { build } from 'esbuild';
import { listFiles, ROOT } from '../files.mjs';

/** What the harness cannot stand in for: replaced modules, false clocks, other parts of vitest. */
const NEEDS_VITEST = /\bvi\b[,. ]|node:inspector|node:vm|node:v8|child_process|'esbuild'/;
const CORE = /^packages\/core\/test\//;
const VECTORS =
  /^packages\/core\/test\/(crypto|.*\/vectors)|^packages\/vcl-protocol\/test\/crypto\/providers/;

/** The suites by name: which test files belong to each. */
export const SUITES = {
  vectors: (path) => VECTORS.test(path),
  core: (path) => CORE.test(path) && !VECTORS.test(path),
  'udp links': (path) => /^packages\/vcl-protocol\/test\/(links|udp\/real-sockets)/.test(path),
  'tcp and ws links': (path) => /^packages\/vcl-protocol\/test\/carriers\//.test(path),
};

/**
 * Makes a module of each suite.
 *
 * @param folder that gets them, inside the tree, so that packages are found from there
 * @param names of {@link SUITES}
 * @returns {Promise<Map<string, string>>} the path of the module that runs it, by suite
 */
export async function bundleSuites(folder, names) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const all = listFiles().filter((path) =>
    /^packages\/(core|vcl-protocol)\/test\/.*\.test\.ts$/.test(path),
  );
  const entries = new Map();
  for (const name of names) {
    const paths = all.filter((path) => SUITES[name](path) && !NEEDS_VITEST.test(readText(path)));
    entries.set(name, await bundleSuite(folder, name.replaceAll(' ', '-'), paths));
  }
  return entries;
}

async function bundleSuite(folder, name, paths) {
  const out = join(folder, name);
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: paths,
    outdir: out,
    // All in one folder, so that one way leads from each to the tree.
    entryNames: '[name]-[hash]',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    logLevel: 'error',
    plugins: [forRuntimes(out)],
  });
  const modules = Object.entries(metafile.outputs)
    .filter(([, { entryPoint }]) => entryPoint !== undefined)
    .map(([path, { entryPoint }]) => ({ name: entryPoint, module: join(ROOT, path) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const main = join(out, 'main.mjs');
  writeFileSync(main, mainText(out, modules));
  return main;
}

function mainText(out, modules) {
  const files = modules.map(
    ({ name, module }) => `  [${JSON.stringify(name)}, () => import(${quotedWay(out, module)})],`,
  );
  return `import { runFiles } from ${quotedWay(out, HARNESS)};
import { reportSuite } from ${quotedWay(out, REPORT)};
await reportSuite(runFiles, [
${files.join('\n')}
]);
`;
}

const HARNESS = join(ROOT, 'scripts/lib/runtimes/harness.mjs');
const REPORT = join(ROOT, 'scripts/lib/runtimes/report-suite.mjs');

/** Sources become what was built of them, vitest the harness; other packages stay packages. */
function forRuntimes(out) {
  return {
    name: 'for runtimes',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^vitest$/ }, () => ({ path: way(out, HARNESS), external: true }));
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const target = relative(ROOT, join(resolveDir, path)).split(sep).join('/');
        if (!/^packages\/[\w-]+\/src\//.test(target)) return undefined;
        const built = join(ROOT, target.replace('/src/', '/dist/'));
        return { path: way(out, built), external: true };
      });
      // By their place: Bun would take the sources, to which tsconfig.json points.
      onResolve({ filter: /^@vcl-protocol\/\w+$/ }, ({ path }) => {
        const built = join(ROOT, 'packages', path.split('/')[1], 'dist/index.js');
        return { path: way(out, built), external: true };
      });
      onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
        kind === 'entry-point' ? undefined : { path, external: true },
      );
      onLoad({ filter: /[\\/]packages[\\/].*\.ts$/ }, ({ path }) => ({
        contents: readFileSync(path, 'utf8').replaceAll(
          'import.meta.url',
          `new URL(${quotedWay(out, path)}, import.meta.url).href`,
        ),
        loader: 'ts',
      }));
    },
  };
}

/** How a module in `folder` imports a file of the tree. */
function way(folder, path) {
  const steps = relative(folder, path).split(sep).join('/');
  return steps.startsWith('.') ? steps : `./${steps}`;
}

function quotedWay(folder, path) {
  return JSON.stringify(way(folder, path));
}

function readText(path) {
  return readFileSync(join(ROOT, path), 'utf8');
}
