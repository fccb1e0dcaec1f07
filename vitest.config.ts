import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`./packages/${path}`, import.meta.url));

/** Tests run on the sources, so that a failing line is the line that was written. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^#platform$/, replacement: source('vcl-protocol/src/node/platform.ts') },
      { find: /^@vcl-protocol\/core\/internal$/, replacement: source('core/src/internal.ts') },
      { find: /^@vcl-protocol\/core$/, replacement: source('core/src/index.ts') },
      { find: /^vcl-protocol\/native$/, replacement: source('vcl-protocol/src/node/native.ts') },
      { find: /^vcl-protocol$/, replacement: source('vcl-protocol/src/index.ts') },
      { find: /^@vcl-protocol\/tunnel$/, replacement: source('tunnel/src/index.ts') },
      { find: /^@vcl-protocol\/testkit$/, replacement: source('testkit/src/index.ts') },
    ],
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'scripts/test/*.test.mjs'],
    setupFiles: ['scripts/test/own-home.mjs'],
    testTimeout: 60_000,
  },
});
