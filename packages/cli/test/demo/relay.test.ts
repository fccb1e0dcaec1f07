import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DROP, PacketFates } from '../../src/demo/packet-fates.js';
import { Relay, type RelayOptions } from '../../src/demo/relay.js';

const SHARES = { lossShare: 0.1, heldShare: 0.1, maxDelayMs: 2, seed: 99 };
const COUNT = 500;

describe('the relay', () => {
  it('carries datagrams both ways, but those that the seed condemns', async () => {
    const { server, client, relay } = await lab();
    const there = collect(server, expected(SHARES.seed).length);
    sendAll(client, relay.address.port);
    const arrived = await there;
    expect(arrived.numbers.toSorted((a, b) => a - b)).toEqual(expected(SHARES.seed));

    const back = collect(client, expected(~SHARES.seed).length);
    sendAll(server, arrived.port);
    const returned = await back;
    expect(returned.numbers.toSorted((a, b) => a - b)).toEqual(expected(~SHARES.seed));
    expect(returned.port).toBe(relay.address.port);
  });

  it('counts what it did', async () => {
    const { server, client, relay } = await lab();
    const survivors = expected(SHARES.seed).length;
    const there = collect(server, survivors);
    sendAll(client, relay.address.port);
    const { numbers } = await there;
    const overtaken = numbers.filter((n, at) => n < Math.max(-1, ...numbers.slice(0, at))).length;
    expect(relay.stats.toServer).toMatchObject({
      received: COUNT,
      receivedBytes: COUNT * DATAGRAM_BYTES,
      dropped: COUNT - survivors,
      reordered: overtaken,
    });
    expect(overtaken).toBeGreaterThan(0);
    expect(relay.stats.toClient.received).toBe(0);
  });

  it('answers the client at the address it sent from last', async () => {
    const { server, client, relay } = await lab({ lossShare: 0, heldShare: 0 });
    const roamed = await socket();
    for (const each of [client, roamed]) {
      const there = collect(server, 1);
      each.send(datagram(1), relay.address.port, '127.0.0.1');
      const { port } = await there;
      const back = collect(each, 1);
      server.send(datagram(2), port, '127.0.0.1');
      expect((await back).numbers).toEqual([2]);
    }
  });

  it('takes nothing from others for the server', async () => {
    const { server, client, relay } = await lab({ lossShare: 0, heldShare: 0 });
    const stranger = await socket();
    const there = collect(server, 1);
    client.send(datagram(1), relay.address.port, '127.0.0.1');
    const { port } = await there;
    const back = collect(client, 1);
    stranger.send(datagram(7), port, '127.0.0.1');
    server.send(datagram(3), port, '127.0.0.1');
    expect((await back).numbers).toEqual([3]);
    expect(relay.stats.toClient.received).toBe(1);
  });

  it('outlives a server that is gone', async () => {
    const gone = await socket();
    const { port } = gone.address();
    await new Promise<void>((resolve) => gone.close(resolve));
    const { client, relay } = await lab({ server: { address: '127.0.0.1', port } });
    sendAll(client, relay.address.port);
    const { server: other, relay: second } = await lab({ lossShare: 0, heldShare: 0 });
    const there = collect(other, 1);
    client.send(datagram(5), second.address.port, '127.0.0.1');
    expect((await there).numbers).toEqual([5]);
  });

  it('may be closed twice, and while it holds datagrams', async () => {
    const { client, relay, server } = await lab({ lossShare: 0, heldShare: 0.5 });
    const there = collect(server, 1);
    sendAll(client, relay.address.port);
    await there;
    relay.close();
    expect(() => relay.close()).not.toThrow();
  });

  it('says when it cannot open', async () => {
    const server = { address: 'not an address', port: 1 };
    await expect(Relay.start({ ...SHARES, server })).rejects.toMatchObject({ code: 'IoError' });
  });
});

const DATAGRAM_BYTES = 100;

function datagram(n: number): Buffer {
  const bytes = Buffer.alloc(DATAGRAM_BYTES);
  bytes.writeUInt32BE(n);
  return bytes;
}

/** The numbers of the datagrams that get through. */
function expected(seed: number): number[] {
  const fates = new PacketFates({ ...SHARES, seed });
  return Array.from({ length: COUNT }, (_, n) => n).filter(() => fates.next() !== DROP);
}

async function lab(
  options: Partial<RelayOptions> = {},
): Promise<{ server: Socket; client: Socket; relay: Relay }> {
  const [server, client] = [await socket(), await socket()];
  const relay = await Relay.start({ ...SHARES, server: server.address(), ...options });
  onTestFinished(() => relay.close());
  return { server, client, relay };
}

async function socket(): Promise<Socket> {
  const opened = createSocket({ type: 'udp4', recvBufferSize: 2 ** 22 });
  opened.bind(0, '127.0.0.1');
  await once(opened, 'listening');
  onTestFinished(() => {
    opened.removeAllListeners();
    try {
      opened.close();
    } catch {
      // A test closed it.
    }
  });
  return opened;
}

function sendAll(from: Socket, port: number): void {
  for (let n = 0; n < COUNT; n++) from.send(datagram(n), port, '127.0.0.1');
}

/** Resolves when `count` datagrams have come, with their numbers and the port of the last. */
function collect(at: Socket, count: number): Promise<{ numbers: number[]; port: number }> {
  return new Promise((resolve) => {
    const numbers: number[] = [];
    at.on('message', function listen(message, { port }) {
      numbers.push(message.readUInt32BE());
      if (numbers.length < count) return;
      at.off('message', listen);
      resolve({ numbers, port });
    });
  });
}
