// What a page has to load: all that vcl-protocol exports for browsers, with the cryptography of noble,
// in one minified bundle. Nothing of Node may be in it, and it may not grow without notice. Pages load
// less, as their bundlers leave out what they do not import. `--list` prints what it consists of.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { ROOT } from './lib/files.mjs';
import { isMain, report } from './lib/report.mjs';

const ENTRY = 'packages/vcl-protocol/dist/web/index.js';
const LIMIT_KB = 115;
const KB = 1_000;

/**
 * Bundles an entry for browsers.
 *
 * @param entry path from the root
 * @returns the bundle's bytes after gzip; the files in it with their minified bytes, largest first;
 * what is wrong with it
 */
export async function bundleForBrowsers(entry) {
  const { metafile, outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    tsconfigRaw: {},
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
    // They would end the build; like this they are named with the file that imports them.
    external: ['node:*'],
  });
  const [output] = Object.values(metafile.outputs);
  return {
    bytes: gzipSync(outputFiles[0].contents).length,
    parts: Object.entries(output.inputs)
      .map(([path, { bytesInOutput }]) => ({ path, bytes: bytesInOutput }))
      .sort((a, b) => b.bytes - a.bytes),
    problems: problemsOf(metafile),
  };
}

function problemsOf({ inputs }) {
  return Object.entries(inputs).flatMap(([path, { imports }]) => {
    const ofNode = imports.filter((one) => one.path.startsWith('node:'));
    const problems = ofNode.map((one) => `${path}: imports ${one.path}: ask #platform instead`);
    if (path.includes('/dist/node/')) problems.push(`${path}: is of Node: who imports it?`);
    return problems;
  });
}

if (isMain(import.meta.url)) {
  const { bytes, parts, problems } = await bundleForBrowsers(ENTRY);
  if (process.argv.includes('--list')) {
    for (const part of parts) console.log(`${String(part.bytes).padStart(7)} ${part.path}`);
  }
  console.log(`bundle: ${(bytes / KB).toFixed(1)} KB gzip`);
  if (bytes > LIMIT_KB * KB) {
    problems.push(`the bundle is larger than ${LIMIT_KB} KB: see check-bundle.mjs --list`);
  }
  report('bundle', problems, `${parts.length} files, none of them of Node`);
}
