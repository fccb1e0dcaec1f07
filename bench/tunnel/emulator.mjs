// The emulator of a link, compiled when it is needed: it measures, and is no part of the product.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './programs.mjs';
import { makeFolder } from './scratch.mjs';

const SOURCE = fileURLToPath(new URL('emulator.c', import.meta.url));

/** @returns the path of the program */
export function compileEmulator() {
  const path = join(makeFolder(), 'emulator');
  run(['gcc', '-O2', '-Wall', '-Wextra', '-o', path, SOURCE]);
  return path;
}
