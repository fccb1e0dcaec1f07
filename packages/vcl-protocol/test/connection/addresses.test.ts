import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { MemoryNetwork } from '../../src/index.js';
import { addressOf, expectedToFail, join, useConnections } from '../support/connections.js';

const { bind, pair } = useConnections();

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
if (!hasIpv6) console.info('IPv6 is not tested: this machine has no ::1');

describe('addresses', () => {
  it('connects by name', async () => {
    const server = await bind({ clients: 'any' }, 'localhost:0');
    const client = await bind({}, 'localhost:0');
    const accepted = server.acceptHandshake();
    const { port } = server.localAddress();
    await client.connect(`localhost:${port}`, { server: server.getPublicKey() });
    await accepted;
    expect(client.peerIdentity).toEqual(server.getPublicKey());
  });

  it.runIf(hasIpv6)('connects over IPv6', async () => {
    const { client, server } = await pair({ address: '[::1]:0' });
    await client.send('over IPv6');
    expect((await server.recv()).text()).toBe('over IPv6');
    expect(server.remoteAddress()?.address).toBe('::1');
  });

  it.runIf(hasIpv6)('reaches IPv6 and IPv4 from [::]', async () => {
    for (const address of ['127.0.0.1:0', '[::1]:0']) {
      const server = await bind({ clients: 'any' }, address);
      const client = await bind({}, '[::]:0');
      await join(client, server);
      expect(client.remoteAddress()).toEqual(server.localAddress());
    }
  });

  it.runIf(hasIpv6)('serves IPv4 on [::] and shows it as IPv4', async () => {
    const server = await bind({ clients: 'any' }, '[::]:0');
    const client = await bind();
    const accepted = server.acceptHandshake();
    const { port } = server.localAddress();
    await client.connect(`127.0.0.1:${port}`, { server: server.getPublicKey() });
    await accepted;
    expect(server.remoteAddress()?.address).toBe('127.0.0.1');
  });

  it('tries the next address of a name when the first does not answer', async () => {
    const network = new MemoryNetwork({ hosts: { 'two.test': ['192.0.2.1', '192.0.2.2'] } });
    const server = await bind({ clients: 'any', network }, '192.0.2.2:7000');
    const client = await bind({ network }, '192.0.2.9:0');
    const accepted = server.acceptHandshake();
    await client.connect('two.test:7000', { server: server.getPublicKey() });
    await accepted;
    expect(client.remoteAddress()).toEqual({ address: '192.0.2.2', port: 7000 });
  });

  it('shows its identity to one of the addresses only', async () => {
    const hosts = { 'two.test': ['192.0.2.1', '192.0.2.2'] };
    const network = new MemoryNetwork({ hosts });
    const identities = await Promise.all(
      hosts['two.test'].map((address) => bind({ clients: 'any', network }, `${address}:7000`)),
    );
    const accepted = identities.map((server) => expectedToFail(server.acceptHandshake()));
    const client = await bind({ network }, '192.0.2.9:0');
    await client.connect('two.test:7000', { server: () => true });
    expect(await Promise.race(accepted.map((one, i) => one.then(() => i)))).toBe(0);
    expect(identities[1]?.peerIdentity).toBeUndefined();
  });

  it('says which address to bind when a host cannot be reached from the one it has', async () => {
    const client = await bind();
    await expect(client.connect('[::1]:8080')).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining("bind '[::]:0'"),
    });
  });

  it('says when a name has no address', async () => {
    const client = await bind();
    await expect(client.connect('no-such-host.invalid:8080')).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('no-such-host.invalid'),
    });
  });

  it('says when another socket has the address', async () => {
    const first = await bind();
    await expect(bind({}, addressOf(first))).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('choose another port'),
    });
  });

  it('frees the address when it is closed', async () => {
    const { client, server } = await pair();
    const address = addressOf(server);
    await client.close();
    await server.close();
    const again = await bind({}, address);
    expect(addressOf(again)).toBe(address);
  });
});
