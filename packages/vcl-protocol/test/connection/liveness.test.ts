import { describe, expect, it } from 'vitest';
import { MemoryNetwork } from '../../src/index.js';
import { expectedToFail, join, pattern, readAll, useConnections } from '../support/connections.js';

const { bind, pair } = useConnections();

/** A network that can be cut. */
function cuttable(): { network: MemoryNetwork; cut: () => void } {
  let isCut = false;
  const network = new MemoryNetwork({ delivers: () => !isCut });
  return {
    network,
    cut: () => {
      isCut = true;
    },
  };
}

describe('the inactivity timeout', () => {
  it('ends a session whose peer is gone, while recv waits', async () => {
    const { network, cut } = cuttable();
    const { client } = await pair({ both: { network } });
    client.setTimeout(0.05);
    const events = client.subscribe();
    const waiting = expectedToFail(client.recv());
    cut();
    await expect(waiting).rejects.toMatchObject({
      code: 'Timeout',
      message: expect.stringContaining('idle timeout'),
    });
    const types: string[] = [];
    for await (const event of events) types.push(event.type);
    expect(types.slice(-2)).toEqual(['Error', 'Disconnected']);
    expect(client.isClosed()).toBe(true);
  });

  it('is not put off by sending into the void', async () => {
    const { network, cut } = cuttable();
    const { client } = await pair({ both: { network } });
    client.setTimeout(0.05);
    const reading = expectedToFail(readAll(client));
    cut();
    let isOver = false;
    reading.catch(() => {
      isOver = true;
    });
    while (!isOver) {
      await client.send('into the void').catch(() => {});
      await new Promise((later) => setImmediate(later));
    }
    await expect(reading).rejects.toMatchObject({ code: 'Timeout' });
  });

  it('ends the waiting of all other operations, too', async () => {
    const { network, cut } = cuttable();
    const { client } = await pair({ both: { network, config: { sendBufferBytes: 1_024 } } });
    client.setTimeout(0.05);
    cut();
    const waiting = [client.ping(), client.rotateKeys(), client.send(pattern(2_000))];
    waiting.push(client.send('behind a full buffer'));
    const outcomes = await Promise.allSettled(waiting);
    expect(outcomes.map((outcome) => outcome.status)).toEqual([
      'rejected',
      'rejected',
      'fulfilled',
      'rejected',
    ]);
    for (const outcome of outcomes) {
      if (outcome.status !== 'rejected') continue;
      expect(outcome.reason).toMatchObject({
        code: 'ConnectionClosed',
        cause: { code: 'Timeout' },
      });
    }
  });

  it('is off at 0, on both sides', async () => {
    const { client, server } = await pair({ both: { idleTimeoutMs: 0 } });
    for (const side of [client, server]) expect(side.getTimeout()).toBe(0);
    await client.send('still here');
    expect((await server.recv()).text()).toBe('still here');
  });

  it('is 60 s by default, may be a fraction, and holds for the sessions to come', async () => {
    const server = await bind({ clients: 'any' });
    expect(server.getTimeout()).toBe(60);
    server.setTimeout(0.25);
    const client = await bind({ idleTimeoutMs: 1_500 });
    await join(client, server);
    expect(server.getTimeout()).toBe(0.25);
    expect(client.getTimeout()).toBe(1.5);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32])('cannot be %d', async (seconds) => {
    const connection = await bind();
    expect(() => connection.setTimeout(seconds)).toThrow(
      expect.objectContaining({ code: 'InvalidConfig' }),
    );
    expect(connection.getTimeout()).toBe(60);
  });

  it('leaves a quiet session alone whose peer is there and pings', async () => {
    const { client, server } = await pair();
    for (let i = 0; i < 3; i++) await client.ping();
    expect(server.lastActivity().getTime()).toBeGreaterThan(0);
    expect(server.isClosed()).toBe(false);
  });
});

describe('lastActivity', () => {
  it('goes on with what is sent and received', async () => {
    const idle = await bind();
    expect(Date.now() - idle.lastActivity().getTime()).toBeLessThan(60_000);
    const { client } = await pair();
    const before = client.lastActivity().getTime();
    await client.ping();
    expect(client.lastActivity().getTime()).toBeGreaterThanOrEqual(Math.floor(before));
  });
});

describe('ping', () => {
  it('measures each way of its own, without anybody reading', async () => {
    const { client, server } = await pair();
    const all = await Promise.all([client.ping(), client.ping(), server.ping()]);
    for (const latencyMs of all) expect(latencyMs).toBeGreaterThan(0);
  });

  it('is answered also when more than 16 are under way', async () => {
    const { client } = await pair();
    const all = await Promise.all(Array.from({ length: 50 }, () => client.ping()));
    expect(all.every((latencyMs) => latencyMs > 0)).toBe(true);
  });

  it('is told on both sides', async () => {
    const { client, server } = await pair();
    const [mine, theirs] = [client.subscribe(), server.subscribe()];
    const latencyMs = await client.ping();
    expect(await mine.recv()).toEqual({ type: 'PongReceived', latencyMs });
    expect(await theirs.recv()).toEqual({ type: 'PingReceived' });
  });

  it('can be given up', async () => {
    const { network, cut } = cuttable();
    const { client } = await pair({ both: { network } });
    cut();
    const controller = new AbortController();
    const waiting = expectedToFail(client.ping({ signal: controller.signal }));
    controller.abort();
    await expect(waiting).rejects.toBe(controller.signal.reason);
    await expect(client.ping({ signal: controller.signal })).rejects.toBe(controller.signal.reason);
  });
});

describe('rotateKeys', () => {
  it('works from either side while messages are on their way', async () => {
    const { client, server } = await pair();
    const count = 300;
    const sending = (async () => {
      for (let i = 0; i < count; i++) {
        await client.send(pattern(2_000));
        if (i % 100 === 50) await (i === 150 ? server : client).rotateKeys();
      }
      await client.close();
    })();
    expect(await readAll(server)).toHaveLength(count);
    await sending;
    expect(client.metrics().keyRotations).toBe(3);
  });

  it('resolves for both sides when both ask at once', async () => {
    const { client, server } = await pair();
    const events = [client.subscribe(), server.subscribe()];
    await Promise.all([client.rotateKeys(), server.rotateKeys()]);
    for (const stream of events) {
      expect(await stream.recv()).toMatchObject({ type: 'KeyRotated', epoch: 1 });
    }
  });

  it('can be given up', async () => {
    const { network, cut } = cuttable();
    const { client } = await pair({ both: { network } });
    cut();
    const controller = new AbortController();
    const waiting = expectedToFail(client.rotateKeys({ signal: controller.signal }));
    controller.abort();
    await expect(waiting).rejects.toBe(controller.signal.reason);
  });
});
