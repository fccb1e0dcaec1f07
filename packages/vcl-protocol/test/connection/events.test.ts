import { describe, expect, it } from 'vitest';
import { MemoryNetwork, type VCLEvent } from '../../src/index.js';
import { expectedToFail, join, pattern, useConnections } from '../support/connections.js';

const { bind, pair } = useConnections();

describe('events', () => {
  it('reach a subscriber from before the handshake, in order', async () => {
    const server = await bind({ clients: 'any' });
    const client = await bind();
    const events = client.subscribe();
    await join(client, server);
    await server.send('hello');
    await client.recv();
    await client.rotateKeys();
    await client.close();
    const all: VCLEvent[] = [];
    for await (const event of events) all.push(event);
    expect(all[0]).toEqual({ type: 'Connected', peerIdentity: server.getPublicKey() });
    expect(all.find(({ type }) => type === 'PacketReceived')).toEqual({
      type: 'PacketReceived',
      lane: 'reliable',
      sequence: 0n,
      size: 5,
    });
    const order = all.map(({ type }) => type).filter((type) => type !== 'Verified');
    expect(order).toEqual(['Connected', 'PacketReceived', 'KeyRotated', 'Disconnected']);
  });

  it('reach any number of subscribers', async () => {
    const { client } = await pair();
    const subscriptions = [client.subscribe(), client.subscribe()];
    await client.ping();
    for (const subscription of subscriptions) {
      expect(await subscription.recv()).toMatchObject({ type: 'PongReceived' });
    }
  });

  it('tell how far the statements of the peer go', async () => {
    const { client, server } = await pair();
    const events = server.subscribe();
    await client.send('first');
    await client.send('second');
    await server.recv();
    await server.recv();
    await client.close();
    const through: bigint[] = [];
    for await (const event of events) if (event.type === 'Verified') through.push(event.through);
    expect(through.at(-1)).toBe(2n);
    expect(through).toEqual([...new Set(through)]);
  });

  it('tell what was dropped', async () => {
    let corrupt = false;
    const network = new MemoryNetwork({
      delivers: ({ data }) => {
        if (corrupt) data[data.length - 1]! ^= 1;
        return true;
      },
    });
    const { client, server } = await pair({ both: { network } });
    const events = server.subscribe();
    corrupt = true;
    await client.send('altered on the way');
    for await (const event of events) {
      if (event.type !== 'Dropped') continue;
      expect(event).toEqual({ type: 'Dropped', reason: 'authentication', count: 1 });
      break;
    }
    corrupt = false;
    expect((await server.recv()).text()).toBe('altered on the way');
  });

  it('tell of strays that belong to no session', async () => {
    const network = new MemoryNetwork();
    const server = await bind({ clients: 'any', network });
    const events = server.subscribe();
    const accepting = expectedToFail(server.acceptHandshake());
    const link = await network.open({ address: '127.0.0.9', port: 0, maxDatagramBytes: 500 });
    link.send(link.reserve()!.length, server.localAddress());
    expect(await events.recv()).toEqual({ type: 'Dropped', reason: 'unknown', count: 1 });
    server.abort();
    await expect(accepting).rejects.toThrow();
  });

  it('tell of messages that were delivered and will never be signed', async () => {
    const network = new MemoryNetwork();
    const config = { delivery: 'authenticated' } as const;
    const { client, server } = await pair({ both: { network, config } });
    const events = server.subscribe();
    await client.send(pattern(5_000));
    const packet = await server.recv();
    client.abort();
    await expectedToFail(server.recv()).catch(() => {});
    const types: string[] = [];
    for await (const event of events) types.push(event.type);
    expect(types.includes('Unverified')).toBe(!packet.verified);
    expect(types.slice(-2)).toEqual(['Error', 'Disconnected']);
  });
});
