// Loads the packages from a snapshot, and gives those that read files a file system in memory and
// cryptography that costs nothing.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT_URL = new URL('../..', import.meta.url).href;
const MODULE = /^packages\/[\w-]+\/dist\//;
/** Modules that read files people wrote: their files come from the fuzzer. */
const READERS = /^packages\/(vcl-protocol\/dist\/node\/identity|cli\/dist\/verify)\//;
const REPLACEMENTS = {
  'node:fs': new URL('memory-fs.mjs', import.meta.url).href,
  'node:fs/promises': new URL('memory-fs.mjs', import.meta.url).href,
  'vcl-protocol': new URL('../targets/support/fake-vcl.mjs', import.meta.url).href,
};

let folder = '';

/** Called by node. @param data the folder of the modules to load instead */
export function initialize(data) {
  folder = data.folder;
}

/** Called by node for every import. */
export function resolve(specifier, context, next) {
  const replacement = REPLACEMENTS[specifier];
  if (replacement !== undefined && READERS.test(pathOf(context.parentURL ?? ''))) {
    return { url: replacement, shortCircuit: true };
  }
  return next(specifier, context);
}

/** Called by node for every module. */
export function load(url, context, next) {
  const path = pathOf(url);
  if (!MODULE.test(path)) return next(url, context);
  const file = join(folder, path);
  if (!existsSync(file)) return next(url, context);
  return { format: 'module', source: readFileSync(file, 'utf8'), shortCircuit: true };
}

/** The path from the folder of the repository, with slashes; empty for what is elsewhere. */
function pathOf(url) {
  if (!url.startsWith(ROOT_URL)) return '';
  return fileURLToPath(url).slice(fileURLToPath(ROOT_URL).length).replaceAll('\\', '/');
}
