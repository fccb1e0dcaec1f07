// Bundles the page for the browser, in memory, and answers requests for it.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const HEADERS = {
  // WebAssembly is for libsodium; everything else comes from here, as modules.
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src data:; " +
    "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};
const SCRIPT = 'text/javascript; charset=utf-8';

/** @returns what has `answer(request, response)` for the page and its parts */
export async function buildPage() {
  const { outputFiles } = await build({
    entryPoints: [pathOf('page/main.js')],
    outdir: 'page',
    write: false,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    // The condition `browser` of the package gives the build for browsers.
    platform: 'browser',
    target: 'es2022',
    // The packages as they are published, whatever a tsconfig.json around here maps them to.
    tsconfigRaw: {},
  });
  const files = new Map([
    ['/', ['text/html; charset=utf-8', await readFile(pathOf('page/index.html'))]],
    ['/style.css', ['text/css; charset=utf-8', await readFile(pathOf('page/style.css'))]],
    ...outputFiles.map(({ path, contents }) => [`/${basename(path)}`, [SCRIPT, contents]]),
  ]);
  return { answer: (request, response) => answer(files, request, response) };
}

function answer(files, request, response) {
  const [path] = (request.url ?? '/').split('?');
  const found = request.method === 'GET' ? files.get(path) : undefined;
  if (found === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' });
    response.end('There is nothing here.\n');
    return;
  }
  const [type, contents] = found;
  response.writeHead(200, { ...HEADERS, 'content-type': type });
  response.end(contents);
}

function pathOf(name) {
  return fileURLToPath(new URL(name, import.meta.url));
}
