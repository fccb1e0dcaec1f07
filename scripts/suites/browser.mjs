// The browser suite: Debian's Chromium opens the example of examples/browser twice, on noble and on
// libsodium, and talks with its Node server. `npm run browser [-- --full] [-- --screenshot]`; with either
// of them docs/browser.png is made anew.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../lib/files.mjs';
import { runSteps, tool } from '../lib/steps.mjs';
import { Checks } from './attack/checks.mjs';
import { findChromium } from './browser/chromium.mjs';

const MB = 1_000_000;
const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    screenshot: { type: 'boolean', default: false },
  },
});
const checks = new Checks();

const { path, reason } = findChromium();
if (path === undefined) checks.skip('pages in a browser', reason);
else {
  build();
  await inFolder(path);
}
checks.finish();

/** Builds what is not there; what is there may be somebody's work in progress. */
function build() {
  if (existsSync(join(ROOT, 'packages/vcl-protocol/dist/web/index.js'))) return;
  const failed = runSteps([['build', tool('typescript/bin/tsc', '-b', 'tsconfig.build.json')]]);
  if (failed !== undefined) throw new Error('the build has failed: its errors stand above');
}

async function inFolder(chromium) {
  const folder = mkdtempSync(join(tmpdir(), 'vcl-browser-'));
  try {
    // It loads what was built.
    const { pagesAndServer } = await import('./browser/pages.mjs');
    await pagesAndServer(checks, {
      chromium,
      folder,
      fileBytes: values.full ? 40 * MB : 10 * MB,
      screenshot: values.full || values.screenshot ? join(ROOT, 'docs', 'browser.png') : undefined,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
