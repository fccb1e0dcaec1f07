import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  MemoryNetwork,
  type VCLConnection,
  VCLListener,
  verifySessionLog,
} from '../../src/index.js';
import { useTemporaryDirectory } from '../identity/temporary-directory.js';
import { addressOf, readAll, useConnections } from '../support/connections.js';

const { bind, listen } = useConnections();
const path = useTemporaryDirectory();

describe('closing a recorded connection of a listener', () => {
  it('works when the peer has closed before', async () => {
    const { client, server } = await recordedPair();
    const reading = readAll(server);
    await client.send('all of it');
    await client.close();
    expect(await reading).toEqual(['all of it']);
    await expect(server.close()).resolves.toBeUndefined();
    await expect(server.close()).resolves.toBeUndefined();
    const [log = ''] = await readdir(path('logs'));
    expect((await verifySessionLog(path('logs', log))).status).toBe('whole');
  });

  it('works when both sides close at once', async () => {
    const { client, server } = await recordedPair();
    expect(await Promise.all([server.close(), client.close()])).toEqual([undefined, undefined]);
  });

  it('works after it was aborted', async () => {
    const { server } = await recordedPair();
    server.abort();
    await expect(server.close()).resolves.toBeUndefined();
    await expect(server.close()).resolves.toBeUndefined();
  });

  async function recordedPair(): Promise<{ client: VCLConnection; server: VCLConnection }> {
    const listener = await listen({ record: { directory: path('logs') } });
    const client = await bind();
    await client.connect(addressOf(listener), { server: listener.getPublicKey() });
    return { client, server: await listener.accept() };
  }
});

describe('the signal of a listener', () => {
  it('cuts short a close that waits for a silent peer', async () => {
    let isUp = true;
    const network = new MemoryNetwork({ delivers: () => isUp });
    const controller = new AbortController();
    const listener = await listen({ network, signal: controller.signal });
    const client = await bind({ network });
    await client.connect(addressOf(listener), { server: listener.getPublicKey() });
    await listener.accept();
    isUp = false;
    const closing = listener.close();
    controller.abort();
    await expect(closing).resolves.toBeUndefined();
    expect(listener.connections.size).toBe(0);
  });
});

describe('the limits of a listener', () => {
  it.each([0, -1, 0.5, Number.NaN, '8', null])(
    'are whole numbers from 1: not %s',
    async (limit) => {
      for (const name of ['backlog', 'maxConnections']) {
        const options = { clients: 'any' as const, network: new MemoryNetwork(), [name]: limit };
        await expect(VCLListener.bind('127.0.0.1:0', options)).rejects.toMatchObject({
          code: 'InvalidConfig',
          message: expect.stringContaining(`${name} must be a whole number`),
        });
      }
    },
  );
});
