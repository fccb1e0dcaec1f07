import { expect, it } from 'vitest';
import { loadOptional, loadSocks, loadWs } from '../../src/node/carriers/load-optional.js';

it('loads what is installed', async () => {
  expect((await loadWs()).WebSocketServer).toBeTypeOf('function');
  expect((await loadSocks()).SocksClient).toBeTypeOf('function');
});

it('says what to install', async () => {
  const missing = new Error('Cannot find package');
  const loading = loadOptional('some-package', 'This', () => Promise.reject(missing));
  await expect(loading).rejects.toMatchObject({
    code: 'InvalidConfig',
    message: 'This needs the package some-package: run npm install some-package',
    cause: missing,
  });
});
