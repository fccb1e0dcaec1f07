import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bundleForBrowsers } from '../check-bundle.mjs';

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcl-bundle-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name, text) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('a bundle is as large as what is used of it', async () => {
  write('part.mjs', "export const used = 'u'.repeat(9); export const unused = () => fetch('x');");
  const entry = write('entry.mjs', "export { used } from './part.mjs';");
  const { bytes, parts, problems } = await bundleForBrowsers(entry);
  expect(problems).toEqual([]);
  expect(bytes).toBeLessThan(200);
  expect(parts.map(({ path }) => path.split('/').at(-1))).toEqual(['part.mjs', 'entry.mjs']);
});

test('what is of Node is named with the file that imports it', async () => {
  write('part.mjs', "export { readFileSync } from 'node:fs';");
  const entry = write('entry.mjs', "export * from './part.mjs';");
  const { problems } = await bundleForBrowsers(entry);
  expect(problems).toEqual([expect.stringMatching(/part\.mjs: imports node:fs/)]);
});
