import { describe, expect, it } from 'vitest';
import { MemoryNetwork } from '../../src/index.js';
import { pattern, readAll, useConnections } from '../support/connections.js';

const { bind, pair } = useConnections();

describe('metrics of a connection', () => {
  it('count messages, packets, fragments, handshakes and rotations of both sides', async () => {
    const { client, server } = await pair();
    const reading = readAll(server);
    await client.send('12345');
    await client.send(pattern(10_000));
    await client.rotateKeys();
    await client.close();
    await reading;
    const [mine, theirs] = [client.metrics(), server.metrics()];
    expect(mine).toMatchObject({ bytesSent: 10_005, fragmentsSent: 1, handshakes: 1 });
    expect(theirs).toMatchObject({
      bytesReceived: 10_005,
      fragmentsReassembled: 1,
      keyRotations: 1,
    });
    expect(mine.packetsSent).toBeGreaterThan(9);
    expect(theirs.packetsReceived).toBeGreaterThan(9);
    expect(mine.avgRtt()).toBeGreaterThan(0);
    expect(mine.currentCwnd()).toBeGreaterThan(0);
    expect(mine.throughputSentBps()).toBeGreaterThan(0);
  });

  it('are one object that is brought up to date, and can be reset', async () => {
    const { client } = await pair();
    const metrics = client.metrics();
    await client.send('before');
    await client.ping();
    expect(client.metrics()).toBe(metrics);
    expect(metrics.bytesSent).toBe(6);
    metrics.reset();
    await client.send('after');
    await client.ping();
    client.metrics();
    expect(metrics.bytesSent).toBe(5);
    expect(metrics.handshakes).toBe(0);
  });

  it('count what was dropped by reason, strays included', async () => {
    let copy = false;
    const network = new MemoryNetwork({
      delivers: (datagram) => {
        if (copy) copies.push(datagram.data.slice());
        return true;
      },
    });
    const copies: Uint8Array[] = [];
    const { client, server } = await pair({ both: { network } });
    copy = true;
    await client.send('again and again');
    await server.recv();
    copy = false;
    const link = await network.open({ address: '127.0.0.9', port: 0, maxDatagramBytes: 1_500 });
    for (const data of [copies[0]!, copies[0]!, pattern(200)]) {
      link.reserve()!.set(data);
      link.send(data.length, server.localAddress());
    }
    await client.ping();
    const metrics = server.metrics();
    expect(metrics.packetsDroppedReplay).toBe(2);
    expect(metrics.droppedByReason.get('unknown')).toBe(1);
    expect(metrics.totalDropped()).toBe(3);
  });

  it('begin at zero', async () => {
    const connection = await bind();
    expect(connection.metrics()).toMatchObject({ bytesSent: 0, packetsSent: 0, handshakes: 0 });
    expect(connection.metrics().lossRate()).toBe(0);
  });
});

describe('flow', () => {
  it('is there before the session, and live in it', async () => {
    const idle = await bind({ config: { flowWindowSize: 7 } });
    expect(idle.flow().canSend()).toBe(true);
    expect(idle.flow().windowSize()).toBe(7);
    expect(idle.flow().srtt()).toBeUndefined();
    const { client } = await pair();
    await client.ping();
    const flow = client.flow();
    expect(flow.srtt()).toBeGreaterThan(0);
    expect(flow.cwnd()).toBeGreaterThanOrEqual(10);
    expect(flow.lossRate()).toBe(0);
    expect(flow.totalSent()).toBeGreaterThan(0);
  });
});
