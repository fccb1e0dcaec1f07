import { describe, expect, it } from 'vitest';
import { TransportMode, VCLConfig, VCLConnection } from '../../src/index.js';
import { addressOf, join, pattern, readAll, useConnections } from '../support/connections.js';

const { bind, pair } = useConnections();

describe("the guide's quick start", () => {
  it('sends five messages that arrive whole, in order and verified', async () => {
    const { client, server } = await pair();
    const reading = readAll(server);
    for (let i = 1; i <= 5; i++) await client.send(`Message ${i}`);
    await client.close();
    expect(await reading).toEqual([1, 2, 3, 4, 5].map((i) => `Message ${i}`));
  });

  it('tells each side who the other is', async () => {
    const { client, server } = await pair();
    expect(client.peerIdentity).toEqual(server.getPublicKey());
    expect(server.peerIdentity).toEqual(client.getPublicKey());
    expect(client.remoteAddress()).toEqual(server.localAddress());
    expect(server.remoteAddress()).toEqual(client.localAddress());
  });

  it('describes a received message', async () => {
    const { client, server } = await pair();
    await client.send('first');
    await client.send(new Uint8Array([1, 2, 3]), { kind: 7, reliability: 'reliable' });
    await server.recv();
    const packet = await server.recv();
    expect([...packet.payload]).toEqual([1, 2, 3]);
    expect(packet).toMatchObject({ number: 1, lane: 'reliable', type: 7, verified: true });
    expect(packet.hash).toHaveLength(32);
  });

  it('carries messages of 0 bytes and of many datagrams', async () => {
    const { client, server } = await pair();
    const long = pattern(1_000_000);
    await client.send(new Uint8Array(0));
    await client.send(long);
    expect((await server.recv()).payload).toHaveLength(0);
    expect(Buffer.compare((await server.recv()).payload, long)).toBe(0);
  });

  it('takes the data as it is when send is called', async () => {
    const { client, server } = await pair();
    const data = Buffer.from('before');
    const sent = client.send(data);
    data.write('after!');
    await sent;
    expect((await server.recv()).text()).toBe('before');
  });

  it('reads and writes at the same time, in both directions', async () => {
    const { client, server } = await pair();
    const [fromServer, fromClient] = [client.recv(), server.recv()];
    await Promise.all([client.send('to the server'), server.send('to the client')]);
    expect((await fromServer).text()).toBe('to the client');
    expect((await fromClient).text()).toBe('to the server');
  });

  it('gives each of several readers a message of its own, in the order they asked', async () => {
    const { client, server } = await pair();
    const readers = [server.recv(), server.recv(), server.recv()];
    for (const text of ['a', 'b', 'c']) await client.send(text);
    expect((await Promise.all(readers)).map((packet) => packet.text())).toEqual(['a', 'b', 'c']);
  });

  it('closes at the end of an `await using` block', async () => {
    const server = await bind({ clients: 'any' });
    const reading = (async () => {
      await server.acceptHandshake();
      return await readAll(server);
    })();
    let left: VCLConnection;
    {
      await using client = await VCLConnection.bind('127.0.0.1:0');
      left = client;
      await client.connect(addressOf(server), { server: server.getPublicKey() });
      await client.send('in the block');
    }
    expect(await reading).toEqual(['in the block']);
    expect(left.isClosed()).toBe(true);
  });

  it('works with each of the cryptographic providers, also across them', async () => {
    for (const [mine, theirs] of [
      ['noble', 'node'],
      ['node', 'sodium-native'],
    ] as const) {
      const server = await bind({ clients: 'any', crypto: theirs });
      const client = await bind({ crypto: mine });
      await join(client, server);
      await client.send(mine);
      expect((await server.recv()).text()).toBe(mine);
    }
  });

  it('works under each preset that travels over UDP', async () => {
    const { auto, gaming, streaming, vpn } = VCLConfig;
    for (const preset of [auto(), gaming(), streaming(), vpn()]) {
      const config = { ...preset, transport: TransportMode.Udp };
      const { client, server } = await pair({ both: { config } });
      await client.send('hello');
      expect((await server.recv()).text()).toBe('hello');
    }
  });
});
