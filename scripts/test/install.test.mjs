import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { whyInstall } from '../install.mjs';

const A = { version: '1.0.0', integrity: 'sha512-a' };
const LINK = { resolved: 'packages/core', link: true };
const OTHER_PLATFORM = { version: '2.0.0', optional: true, os: ['aix'] };

let root;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vcl-install-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Writes both lists, and the packages of the second as npm would. */
function prepare(wanted, installed) {
  write('package-lock.json', { packages: { '': { name: 'vcl' }, ...wanted } });
  write('node_modules/.package-lock.json', { packages: installed });
  for (const path of Object.keys(installed)) write(`${path}/package.json`, {});
}

function write(path, value) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(value));
}

test('nothing is due when both lists agree, save for other platforms', () => {
  prepare(
    { 'node_modules/a': A, 'node_modules/core': LINK, 'node_modules/b': OTHER_PLATFORM },
    { 'node_modules/a': A, 'node_modules/core': LINK },
  );
  expect(whyInstall(root)).toBeUndefined();
});

test('an installation is due in a fresh clone', () => {
  write('package-lock.json', { packages: { 'node_modules/a': A } });
  expect(whyInstall(root)).toBe('nothing is installed');
});

test('an installation is due when the list in node_modules is cut off', () => {
  prepare({ 'node_modules/a': A }, { 'node_modules/a': A });
  writeFileSync(join(root, 'node_modules/.package-lock.json'), '{"packages":');
  expect(whyInstall(root)).toBe('nothing is installed');
});

test.each([
  ['was added', {}, 'node_modules/a is not installed'],
  [
    'has another version',
    { 'node_modules/a': { ...A, version: '0.9.0' } },
    'node_modules/a is 0.9.0',
  ],
  [
    'has other contents',
    { 'node_modules/a': { ...A, integrity: 'sha512-b' } },
    'node_modules/a is 1.0.0',
  ],
  ['is too many', { 'node_modules/a': A, 'node_modules/c': A }, 'node_modules/c is installed but'],
])('an installation is due when a package %s', (_, installed, reason) => {
  prepare({ 'node_modules/a': A }, installed);
  expect(whyInstall(root)).toContain(reason);
});

test('an installation is due when the folder of a package is gone', () => {
  prepare({ 'node_modules/a': A }, { 'node_modules/a': A });
  rmSync(join(root, 'node_modules/a'), { recursive: true });
  expect(whyInstall(root)).toBe('node_modules/a is incomplete');
});
