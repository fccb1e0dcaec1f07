import { Carrier } from '@vcl-protocol/core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CarrierLink } from '../../src/carrier-link.js';
import type { StreamScheme } from '../../src/node/carriers/shared-port.js';
import { pattern } from '../support/connections.js';
import { makeCertificate } from './support/certificate.js';
import { type RecordedLink, recorded, take } from './support/recorded-link.js';
import { pairOver, type TestPort, useSharedPorts } from './support/shared-ports.js';

const ports = useSharedPorts();
let tls = { cert: '', key: '' };
beforeAll(async () => {
  tls = await makeCertificate();
});

async function pair(scheme: StreamScheme) {
  const port = await listen(scheme);
  return { port, ...(await pairOver(port, scheme, { tls: { ca: tls.cert } })) };
}

function listen(scheme: StreamScheme): Promise<TestPort> {
  return ports.listen({ accepts: [scheme], tls });
}

function send(link: CarrierLink, ...records: readonly Uint8Array[]): void {
  for (const record of records) {
    const used = record.slice();
    link.send(used);
    // It was copied or used up: what happens to it now must not matter.
    used.fill(0xee);
  }
  link.flush();
}

/** Sends until the link is full, with a bound on what the system may take before. */
function fill(link: CarrierLink): number {
  const record = pattern(16_000);
  for (let sent = 0; sent < 4_000; sent++) {
    if (link.remote.isFull) return sent;
    send(link, record);
  }
  throw new Error('never full');
}

/** Links of every kind, each between two sockets of this machine. */
describe.each(['tcp', 'ws', 'wss'] as const)('a link over %s', (scheme) => {
  it('carries records of any length, both ways, in order', async () => {
    const { client, server } = await pair(scheme);
    const lengths = [1, 2, 125, 126, 1_200, 16_384, 65_534, 65_535, 3];
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      send(from.link, ...lengths.map(pattern));
      const came = await take(to, lengths.length);
      expect(came).toEqual(lengths.map(pattern));
      expect(came.every((one) => one.constructor === Uint8Array)).toBe(true);
    }
  });

  it('knows both ends', async () => {
    const { client, server, port } = await pair(scheme);
    const { remote, local } = client.link;
    expect({ address: remote.address, port: remote.port }).toEqual(port.port.local);
    expect(server.link.remote).toMatchObject(local);
    expect(server.link.local).toEqual(port.port.local);
    const carrier = scheme === 'tcp' ? Carrier.Tcp : Carrier.WebSocket;
    expect(remote).toMatchObject({ carrier, isOrdered: true, maxRecordBytes: 65_535 });
  });

  it('is full when the other side does not read, and drains when it reads again', async () => {
    const { client, server } = await pair(scheme);
    server.link.pause();
    const sent = fill(client.link);
    expect(client.drains.size).toBe(0);
    server.link.resume();
    await client.drains.next();
    expect(client.link.remote.isFull).toBe(false);
    const came = await take(server, sent);
    expect(came.every((one) => one.length === 16_000)).toBe(true);
  });

  it('wakes who waits at the remote for room', async () => {
    const { client, server } = await pair(scheme);
    server.link.pause();
    fill(client.link);
    const woken = new Promise<boolean>((resolve) => {
      client.link.remote.whenChanged(() => resolve(client.link.remote.isFull));
    });
    server.link.resume();
    expect(await woken).toBe(false);
  });

  it('delivers all that was sent before it is closed, and tells the other side', async () => {
    const { client, server } = await pair(scheme);
    send(server.link, pattern(10));
    for (let i = 0; i < 40; i++) client.link.send(pattern(16_000 + i));
    await client.link.close();
    expect((await take(server, 40)).map((one) => one.length)).toEqual(
      Array.from({ length: 40 }, (_, i) => 16_000 + i),
    );
    expect(await server.closings.next()).toEqual({ done: false, value: undefined });
    expect(server.link.remote.isLost).toBe(true);
    expect(client.closings.size).toBe(0);
    expect(client.link.remote.isLost).toBe(true);
  });

  it('loses nothing of what was sent when the other side was sending as well', async () => {
    const { client, server } = await pair(scheme);
    for (let i = 0; i < 20; i++) send(server.link, pattern(16_000));
    send(client.link, pattern(5_000));
    await client.link.close();
    expect((await take(server, 1))[0]).toEqual(pattern(5_000));
  });

  it('is lost when the other side goes without a word', async () => {
    const { client, server } = await pair(scheme);
    client.link.destroy();
    await server.closings.next();
    expect(server.link.remote.isLost).toBe(true);
    send(server.link, pattern(100));
    expect(server.closings.size).toBe(0);
    await server.link.close();
  });

  it('ends on the peer that does not answer, in time', async () => {
    const { client, server } = await pair(scheme);
    server.link.pause();
    fill(client.link);
    await client.link.close();
    expect(client.link.remote.isLost).toBe(true);
  });

  it('can be ended several times, from within a record too', async () => {
    const { client, server } = await pair(scheme);
    const port = await listen(scheme);
    const other = await port.dial(scheme, { tls: { ca: tls.cert } });
    send(other.link, pattern(1), pattern(2), pattern(3));
    const { value: link } = await port.links.next();
    const came: number[] = [];
    await new Promise<void>((resolve) => {
      link?.start({
        onRecord: (record) => {
          came.push(record.length);
          link.destroy();
          setImmediate(resolve);
        },
        onDrain: () => undefined,
        onClosed: () => came.push(-1),
      });
    });
    expect(came).toEqual([1]);
    await Promise.all([client.link.close(), client.link.close(), server.link.close()]);
    client.link.destroy();
    await client.link.close();
  });

  it('keeps what came before the start, and hands it over in a later turn', async () => {
    const port = await listen(scheme);
    const client = await port.dial(scheme, { tls: { ca: tls.cert } });
    send(client.link, pattern(10), pattern(20), pattern(2_000));
    const { value: link } = await port.links.next();
    send(client.link, pattern(30));
    // One round trip of another carrier, so that all of it has arrived.
    await pairOver(port, scheme, { tls: { ca: tls.cert } });
    const server = recorded(link!);
    expect(server.records.size).toBe(0);
    expect((await take(server, 4)).map((one) => one.length)).toEqual([10, 20, 2_000, 30]);
  });

  it('tells of the loss after what came before the start', async () => {
    const port = await listen(scheme);
    const client = await port.dial(scheme, { tls: { ca: tls.cert } });
    send(client.link, pattern(10));
    const { value: link } = await port.links.next();
    await client.link.close();
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      link?.start({
        onRecord: (record) => order.push(`record ${record.length}`),
        onDrain: () => undefined,
        onClosed: () => {
          order.push('closed');
          resolve();
        },
      });
    });
    expect(order).toEqual(['record 10', 'closed']);
  });

  it('sends many small records of a turn at little cost to the reader', async () => {
    const { client, server } = await pair(scheme);
    send(client.link, ...Array.from({ length: 5_000 }, (_, i) => pattern(1 + (i % 50))));
    const came = await take(server, 5_000);
    expect(came.reduce((sum, one) => sum + one.length, 0)).toBe(127_500);
  });

  it('goes on after more was sent than it holds, many times', async () => {
    const { client, server } = await pair(scheme);
    const total = 600;
    const sending = (async () => {
      for (let sent = 0; sent < total; sent++) {
        while (client.link.remote.isFull) await client.drains.next();
        send(client.link, pattern(16_384));
      }
    })();
    const came = await take(server, total);
    await sending;
    expect(came.every((one) => one[16_383] === pattern(16_384)[16_383])).toBe(true);
  });
});

describe('garbage from the other side', () => {
  it.each([
    ['a length of 0', Buffer.of(0, 0)],
    ['a length of 0 after records', Buffer.of(0, 1, 7, 0, 2, 7, 7, 0, 0)],
  ])('ends a TCP link: %s', async (_, bytes) => {
    const port = await ports.listen();
    const socket = port.connectRaw();
    socket.write(Buffer.concat([Buffer.of(0, 1, 1), bytes]));
    const { value } = await port.links.next();
    const server: RecordedLink = recorded(value!);
    const { value: error } = await server.closings.next();
    expect(error).toMatchObject({ code: 'InvalidPacket' });
    expect((await port.drops.next()).value).toBe('garbage');
  });
});
