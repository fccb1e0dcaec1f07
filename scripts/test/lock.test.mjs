import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { missingEntries } from '../complete-lock.mjs';

test('package-lock.json names the binaries of every platform: else run npm run lock', () => {
  const lock = JSON.parse(
    readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
  );
  expect(Object.keys(missingEntries(lock))).toEqual([]);
});

test('what is missing is written with its platform, what is there is left alone', () => {
  const optionalDependencies = {
    'tool-linux-x64-musl': '1.0.0',
    'tool-linux-x64-gnu': '1.0.0',
    'tool-darwin-arm64': '1.0.0',
    'tool-win32-x64-msvc': '1.0.0',
    fsevents: '~2.3.2',
  };
  const lock = {
    packages: {
      'node_modules/tool': { version: '1.0.0', dev: true, optionalDependencies },
      'node_modules/tool-linux-x64-gnu': { version: '1.0.0' },
    },
  };
  const common = { version: '1.0.0', dev: true, optional: true };
  expect(missingEntries(lock)).toEqual({
    'node_modules/tool-linux-x64-musl': { ...common, os: ['linux'], cpu: ['x64'], libc: ['musl'] },
    'node_modules/tool-darwin-arm64': { ...common, os: ['darwin'], cpu: ['arm64'] },
    'node_modules/tool-win32-x64-msvc': { ...common, os: ['win32'], cpu: ['x64'] },
  });
});
