import { randomBytes } from 'node:crypto';
import { KeyPair } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import { invitationId } from '../src/index.js';
import {
  addressOf,
  connectedClient,
  peer,
  startClient,
  startServer,
  taken,
  udp4,
  until,
} from './vpn-support.js';

const payload = new TextEncoder().encode('through the tunnel');

describe('a tunnel', () => {
  it('connects, carries packets both ways, and says so', async () => {
    const side = await startServer();
    const client = await connectedClient(side);
    expect(client.events[0]).toMatchObject({ type: 'connected', carrier: 'udp' });
    expect(client.tunnel.addresses).toHaveLength(2);
    const out = udp4(addressOf(client), '10.9.0.1', payload);
    client.tun.inject(out);
    await until(() => client.tunnel.stats().packetsSent === 1);
    expect(await taken(side.tun, 1)).toEqual([out]);
    const back = udp4('10.9.0.1', addressOf(client), payload);
    side.tun.inject(back);
    expect(await taken(client.tun, 1)).toEqual([back]);
    const [status] = side.server.status().peers;
    expect(status).toMatchObject({ publicKey: client.key, packetsReceived: 1, packetsSent: 1 });
  });

  it('agrees on the smaller packets', async () => {
    const side = await startServer({ mtu: 1_400 });
    const large = await connectedClient(side, { mtu: 9_000 });
    const small = await connectedClient(side, { mtu: 1_300 });
    expect([large.tunnel.mtu, small.tunnel.mtu]).toEqual([1_400, 1_300]);
    side.tun.inject(udp4('10.9.0.1', addressOf(small), new Uint8Array(1_273)));
    // It may be cut, so it arrives in two pieces.
    const got = await taken(small.tun, 2);
    expect(got.every(({ length }) => length <= 1_300)).toBe(true);
  });

  it('takes packets of its own addresses only, and counts the others', async () => {
    const side = await startServer();
    const client = await connectedClient(side, {}, { allowedIps: ['192.168.7.0/24'] });
    client.tun.inject(udp4('10.9.0.77', '10.9.0.1', payload));
    client.tun.inject(udp4('192.168.7.3', '10.9.0.1', payload));
    const got = await taken(side.tun, 1);
    expect(got[0]!.subarray(12, 16)).toEqual(Uint8Array.of(192, 168, 7, 3));
    expect(side.server.status().peers[0]!.drops.foreignSource).toBe(1);
    side.tun.inject(udp4('10.9.0.1', '192.168.7.9', payload));
    await taken(client.tun, 1);
    side.tun.inject(udp4('10.9.0.1', '192.168.8.9', payload));
    expect(side.server.status().noRoute).toBe(1);
  });

  it.each(['allow', 'deny'] as const)('with clients who reach each other: %s', async (policy) => {
    const side = await startServer({ clientToClient: policy });
    const a = await connectedClient(side);
    const b = await connectedClient(side);
    a.tun.inject(udp4(addressOf(a), addressOf(b), payload));
    a.tun.inject(udp4(addressOf(a), '10.9.0.1', payload));
    const got = await taken(side.tun, policy === 'allow' ? 2 : 1);
    const drops = side.server.status().peers.map(({ drops: { clientToClient } }) => clientToClient);
    expect(Math.max(...drops)).toBe(policy === 'allow' ? 0 : 1);
    if (policy === 'deny') return;
    // What the system would do with it.
    side.tun.inject(got[0]!);
    await taken(b.tun, 1);
  });

  it('gives the same addresses again, also after a restart of the server', async () => {
    const identity = KeyPair.generate();
    const side = await startServer({ identity });
    const client = await connectedClient(side);
    const before = client.tunnel.addresses;
    await side.server.stop();
    await until(() => client.tunnel.state !== 'connected');
    await startServer({ identity, listen: side.address }, side.store);
    await until(() => client.tunnel.state === 'connected');
    expect(client.tunnel.addresses).toEqual(before);
    expect(client.tunnel.stats().reconnectCount).toBe(1);
    expect(client.events.map(({ type }) => type)).toContain('disconnected');
  });

  it('gives fixed addresses', async () => {
    const side = await startServer();
    const client = await connectedClient(side, {}, { addresses: ['10.9.0.50'] });
    expect(addressOf(client)).toBe('10.9.0.50');
  });
});

describe('who is let in', () => {
  it('is none of those whom nobody has named', async () => {
    const side = await startServer();
    const client = await startClient(side);
    await until(() => client.events.some(({ type }) => type === 'attemptFailed'));
    expect(client.tunnel.lastError?.message).toMatch(/refuse/);
    expect(side.server.status().peers).toEqual([]);
  });

  it('is who brings an invitation, once, under the name that it has', async () => {
    const side = await startServer();
    const secret = new Uint8Array(randomBytes(32));
    const invitation = {
      id: invitationId(secret),
      name: 'phone',
      expiresAt: undefined,
      usesLeft: 1,
    };
    await side.store.putInvitation(invitation);
    const first = await startClient(side, { invitation: secret, name: 'my-host' });
    await until(() => first.tunnel.state === 'connected');
    expect((await side.store.read()).peers).toMatchObject([
      { publicKey: first.key, name: 'phone' },
    ]);
    expect(side.server.status().peers[0]!.name).toBe('phone');
    // Another one, so that a handshake may complete at all.
    const other = invitationId(new Uint8Array(randomBytes(32)));
    await side.store.putInvitation({ ...invitation, id: other });
    const second = await startClient(side, { invitation: secret });
    await until(() => second.tunnel.state === 'failed');
    expect(second.tunnel.lastError?.message).toMatch(/invitation is unknown/);
  });

  it('is out at once when removed, and does not come back', async () => {
    const side = await startServer();
    const client = await connectedClient(side);
    await side.store.removePeer(client.key);
    await until(() => client.tunnel.state === 'failed');
    expect(client.tunnel.lastError?.message).toMatch(/not allowed/);
    await until(() => side.server.status().peers.length === 0);
  });

  it('is one session of a key, as long as that answers (K8)', async () => {
    const side = await startServer();
    const identity = KeyPair.generate();
    await side.store.putPeer(peer(identity));
    const first = await startClient(side, { identity });
    await until(() => first.tunnel.state === 'connected');
    const second = await startClient(side, { identity });
    await until(() => second.events.some(({ type }) => type === 'attemptFailed'));
    expect(second.tunnel.lastError?.message).toMatch(/connected already/);
    expect(first.tunnel.state).toBe('connected');
    await first.tunnel.stop();
    await until(() => second.tunnel.state === 'connected');
  });
});

describe('an end', () => {
  it('closes the device and the session, once', async () => {
    const side = await startServer();
    const client = await connectedClient(side);
    await Promise.all([client.tunnel.stop(), client.tunnel.stop()]);
    expect([client.tun.isClosed, client.tunnel.state]).toEqual([true, 'stopped']);
    await until(() => side.server.status().peers.length === 0);
    await side.server.stop();
    expect(side.tun.isClosed).toBe(true);
  });

  it('of the device is the end of the tunnel', async () => {
    const side = await startServer();
    const client = await connectedClient(side);
    client.tun.lose(new Error('it was removed'));
    await until(() => client.tunnel.state === 'failed');
    expect(client.tunnel.lastError?.message).toBe('it was removed');
  });

  it('of its device is the end of a server, which says so', async () => {
    const side = await startServer();
    const client = await connectedClient(side);
    side.tun.lose(new Error('it was removed'));
    expect((await side.server.ended)?.message).toBe('it was removed');
    expect(side.tun.isClosed).toBe(true);
    await until(() => client.tunnel.state !== 'connected');
  });

  it('that was wanted has no reason', async () => {
    const { server } = await startServer();
    await server.stop();
    expect(await server.ended).toBeUndefined();
  });
});

describe('a change while a server runs', () => {
  it('of what clients are told reaches them', async () => {
    const identity = KeyPair.generate();
    const options = { identity, addresses: ['10.9.0.1/24'], listen: '127.0.0.1:0' };
    const side = await startServer(options);
    const { store } = side;
    const client = await connectedClient(side);
    side.server.reload({ ...options, store, clientToClient: 'deny' });
    const other = await connectedClient(side);
    client.tun.inject(udp4(addressOf(client), addressOf(other), payload));
    await until(() => side.server.status().peers.some(({ drops }) => drops.clientToClient === 1));
  });

  it.each([
    ['mtu', { mtu: 1_300 }],
    ['addresses', { addresses: ['10.10.0.1/24'] }],
  ])('of %s is refused, and nothing changes', async (field, changed) => {
    const identity = KeyPair.generate();
    const options = { identity, addresses: ['10.9.0.1/24'], listen: '127.0.0.1:0' };
    const { server, store } = await startServer(options);
    expect(() => server.reload({ ...options, store, ...changed })).toThrow(
      `${field} cannot change while the server runs`,
    );
    expect(server.settings.mtu).toBe(1_420);
  });
});
