import { createRequire } from 'node:module';
import { afterEach, expect, test, vi } from 'vitest';
import { chooseProvider, listProviders } from '../../src/node/crypto/choose.js';
import { createOpensslProvider } from '../../src/node/crypto/openssl.js';
import { createSodiumProvider, loadSodiumProvider } from '../../src/node/crypto/sodium.js';

const ciphers = vi.hoisted(() => ({ list: undefined as string[] | undefined }));
vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:crypto')>();
  return { ...original, getCiphers: () => ciphers.list ?? original.getCiphers() };
});

const sodium = vi.hoisted(() => ({ load: undefined as (() => unknown) | undefined }));
vi.mock('node:module', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:module')>();
  const createRequire = (from: string | URL) => {
    const require = original.createRequire(from);
    return Object.assign((id: string) => (sodium.load ? sodium.load() : require(id)), {
      resolve: require.resolve,
    });
  };
  return { ...original, createRequire };
});

afterEach(() => {
  ciphers.list = undefined;
  sodium.load = undefined;
});

test('reports every provider, fastest first, and each that loads is chosen by its name', () => {
  const reports = listProviders();
  expect(reports.map((report) => report.name)).toEqual(['sodium-native', 'node', 'noble']);
  for (const { name, loads, reason } of reports) {
    expect(reason === undefined).toBe(loads);
    if (loads) expect(chooseProvider(name).name).toBe(name);
    else expect(() => chooseProvider(name)).toThrow(reason);
  }
});

test('chooses the first that loads, and always the same object', () => {
  const first = listProviders().find((report) => report.loads);
  expect(chooseProvider().name).toBe(first?.name);
  expect(chooseProvider()).toBe(chooseProvider());
  expect(chooseProvider('noble')).toBe(chooseProvider('noble'));
});

test('no provider of a real driver is insecure', () => {
  for (const { name, loads } of listProviders()) {
    if (loads) expect(chooseProvider(name).insecure).toBe(false);
  }
});

test('refuses an unknown name and says which there are', () => {
  const name: string = 'openssl';
  const choose = chooseProvider as (name: string) => unknown;
  expect(() => choose(name)).toThrow(
    expect.objectContaining({
      code: 'InvalidConfig',
      message: expect.stringContaining('sodium-native, node, noble'),
    }),
  );
});

test('an installed sodium-native loads', () => {
  const installed = isInstalled('sodium-native');
  expect(loadSodiumProvider()?.name).toBe(installed ? 'sodium-native' : undefined);
});

test('sodium-native is optional: absent, it is undefined and no exception', () => {
  sodium.load = () => {
    throw new Error('Cannot find module');
  };
  expect(loadSodiumProvider()).toBeUndefined();
  expect(() => createSodiumProvider()).toThrow(
    expect.objectContaining({
      code: 'InvalidConfig',
      message: expect.stringContaining('install sodium-native'),
      cause: expect.objectContaining({ message: 'Cannot find module' }),
    }),
  );
});

test.each([{}, null, { crypto_hash_sha256: 1 }])(
  'a sodium-native like %j is not used',
  (module) => {
    sodium.load = () => module;
    expect(loadSodiumProvider()).toBeUndefined();
    expect(() => createSodiumProvider()).toThrow('lacks functions');
  },
);

test('a runtime without the cipher gets a clear error', () => {
  ciphers.list = ['aes-256-gcm'];
  expect(() => createOpensslProvider()).toThrow(
    expect.objectContaining({
      code: 'InvalidConfig',
      message: expect.stringContaining('sodium-native or noble'),
    }),
  );
});

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}
