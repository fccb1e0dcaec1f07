import { describe, expect, it } from 'vitest';
import { MemoryNetwork, type VCLEvent } from '../../src/index.js';
import { expectedToFail, pattern, useConnections } from '../support/connections.js';
import { lossyNetwork } from '../support/lossy-network.js';

const { bind, pair } = useConnections();

/** So small that a few messages fill everything on the way. */
const SMALL = {
  sendBufferBytes: 8_192,
  flowWindowSize: 4,
  receiveWindowMaxBytes: 8_192,
} as const;

describe('send', () => {
  it('waits while a reader does not read, and goes on when it does', async () => {
    const { client, server } = await pair({ both: { config: SMALL } });
    const message = pattern(1_000);
    let accepted = 0;
    const sending = (async () => {
      for (let i = 0; i < 100; i++) {
        await client.send(message);
        accepted++;
      }
    })();
    // A ping behind what was sent: by its answer the messages before it have had their chance.
    for (let i = 0; i < 5; i++) await client.ping();
    expect(accepted).toBeGreaterThan(8);
    expect(accepted).toBeLessThan(30);
    for (let i = 0; i < 100; i++) expect((await server.recv()).number).toBe(i);
    await sending;
  });

  it('keeps the order of many that wait', async () => {
    const { client, server } = await pair({ both: { config: SMALL } });
    const all = Array.from({ length: 60 }, (_, i) => client.send(`${i}`.padEnd(500)));
    for (let i = 0; i < 60; i++) expect((await server.recv()).text().trim()).toBe(`${i}`);
    await Promise.all(all);
  });

  it('stops waiting when its signal is aborted, and then has sent nothing', async () => {
    const { client, server } = await pair({ both: { config: SMALL } });
    const controller = new AbortController();
    const { signal } = controller;
    const all = Array.from({ length: 20 }, () => client.send(pattern(1_000)));
    const last = expectedToFail(client.send('never', { signal }));
    controller.abort();
    await expect(last).rejects.toBe(signal.reason);
    await expect(client.send('neither', { signal })).rejects.toBe(signal.reason);
    for (let i = 0; i < 20; i++) expect((await server.recv()).payload).toHaveLength(1_000);
    await Promise.all(all);
    await client.send('the next');
    expect((await server.recv()).text()).toBe('the next');
  });

  it('fails while it waits when the connection is closed', async () => {
    const { client } = await pair({ both: { config: SMALL } });
    const all = Array.from({ length: 30 }, () => expectedToFail(client.send(pattern(1_000))));
    client.abort();
    await expect(all.at(-1)).rejects.toMatchObject({ code: 'ConnectionClosed' });
  });

  it('refuses a message beyond the limit of either side, with the limit', async () => {
    const { client } = await pair({ server: { config: { maxMessageBytes: 1_000 } } });
    await expect(client.send(pattern(1_001))).rejects.toMatchObject({
      code: 'MessageTooBig',
      message: expect.stringContaining('1000'),
    });
    await client.send(pattern(1_000));
  });

  it.each([
    [{ reliability: 'sometimes' as 'reliable' }, 'reliability'],
    [{ deadlineMs: -1 }, 'deadlineMs'],
    [{ priority: Number.NaN }, 'priority'],
    [{ kind: 65_536 }, 'kind'],
    [{ kind: 1.5 }, 'kind'],
  ])('refuses %j', async (options, name) => {
    const { client } = await pair();
    await expect(client.send('x', options)).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringContaining(name),
    });
  });

  it('takes bytes and text only', async () => {
    const { client } = await pair();
    await expect(client.send(42 as unknown as string)).rejects.toThrow(TypeError);
  });

  it('before there is a peer says so; likewise all that needs one', async () => {
    const client = await bind();
    for (const operation of [client.send('x'), client.ping(), client.rotateKeys()]) {
      await expect(operation).rejects.toMatchObject({ code: 'NoPeerAddress' });
    }
    await expect(client.recv()).rejects.toMatchObject({ code: 'NoSharedSecret' });
    expect(() => client[Symbol.asyncIterator]()).toThrow(
      expect.objectContaining({ code: 'NoSharedSecret' }),
    );
  });

  it('during the handshake asks to wait for it', async () => {
    const client = await bind({ network: new MemoryNetwork() });
    const connecting = expectedToFail(client.connect('127.0.0.1:9'));
    await expect(client.send('x')).rejects.toMatchObject({ code: 'NoSharedSecret' });
    await client.close();
    await expect(connecting).rejects.toThrow();
  });

  it('delivers every reliable message through a network that loses a tenth', async () => {
    const { client, server } = await pair({ both: { network: lossyNetwork(0.1, 42) } });
    const count = 200;
    const sending = (async () => {
      for (let i = 0; i < count; i++)
        await client.send(pattern(i * 37), { reliability: 'reliable' });
    })();
    for (let i = 0; i < count; i++) {
      const { number, payload } = await server.recv();
      expect(number).toBe(i);
      expect(Buffer.compare(payload, pattern(i * 37))).toBe(0);
    }
    await sending;
    expect(client.metrics().packetsRetransmitted).toBeGreaterThan(0);
  });

  it('loses unreliable messages with their datagrams, and tells of each', async () => {
    const { client, server } = await pair({ both: { network: lossyNetwork(0.2, 3) } });
    const events = server.subscribe();
    const count = 100;
    for (let i = 0; i < count; i++) await client.send(pattern(800), { reliability: 'unreliable' });
    const numbers: bigint[] = [];
    const gaps: bigint[] = [];
    const closing = client.close();
    for await (const packet of server) {
      expect(packet.lane).toBe('lossy');
      numbers.push(packet.sequence);
    }
    await closing;
    await server.close();
    for await (const event of events) if (event.type === 'Gap') gaps.push(checkedGap(event));
    const all = [...numbers, ...gaps].sort((a, b) => Number(a - b));
    expect(all).toEqual(Array.from({ length: count }, (_, i) => BigInt(i)));
    expect(gaps.length).toBeGreaterThan(0);
  });

  it('gives a lossy message up on demand: ackPacket', async () => {
    let isCut = false;
    const network = new MemoryNetwork({ delivers: () => !isCut });
    const { client, server } = await pair({ both: { network } });
    isCut = true;
    await client.send('given up', { reliability: 'partial' });
    const isSent = () => client.metrics().packetsSent;
    const before = isSent();
    await expect.poll(isSent).toBeGreaterThan(before);
    expect(client.ackPacket(0n)).toBe(true);
    expect(client.ackPacket(0)).toBe(false);
    expect(client.ackPacket(99)).toBe(false);
    isCut = false;
    await client.send('wanted', { reliability: 'partial' });
    expect((await server.recv()).text()).toBe('wanted');
  });
});

function checkedGap({ sequence, leaf, lane }: Extract<VCLEvent, { type: 'Gap' }>): bigint {
  expect(lane).toBe('lossy');
  expect(leaf).toHaveLength(32);
  return sequence;
}
