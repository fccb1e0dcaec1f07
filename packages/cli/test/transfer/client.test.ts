import { VCLError } from '@vcl-protocol/core';
import { KeyPair, MemoryNetwork, VCLListener } from 'vcl-protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConnectionChannel, StoppedError } from '../../src/transfer/roles/channel.js';
import { type ClientOptions, runClient } from '../../src/transfer/session/client.js';
import type { KnownServer } from '../../src/transfer/session/known-server.js';
import type { TransferMessage } from '../../src/transfer/wire/messages.js';

/** What the server does with its nth client, after HELLO. */
type Serve = (channel: ConnectionChannel, n: number) => Promise<void>;

async function worldOf(serve: Serve) {
  const network = new MemoryNetwork();
  const listener = await VCLListener.bind('127.0.0.1:7000', { clients: 'any', network });
  onTestFinished(() => listener.close({ lingerMs: 0 }));
  let clients = 0;
  const served = (async () => {
    for await (const connection of listener) {
      const channel = new ConnectionChannel(connection);
      await channel.receive();
      await serve(channel, clients++).catch(() => {});
      await connection.close({ lingerMs: 100 }).catch(() => {});
    }
  })();
  served.catch(() => {});
  const retries: number[] = [];
  const options = {
    network,
    address: '127.0.0.1:7000',
    server: { trust: listener.getPublicKey(), settle: async () => false } as unknown as KnownServer,
    identity: KeyPair.generate(),
    record: undefined,
    signal: new AbortController().signal,
    logger: undefined,
    action: 'push',
    paths: [],
    giveUpMs: 60_000,
    transfer: async () => {},
    onRetry: (_reason: string, waitMs: number) => void retries.push(waitMs),
    sleep: async () => {},
  } satisfies ClientOptions;
  return { options, retries, clients: () => clients };
}

const WELCOME: TransferMessage = { type: 'welcome', version: 1 };

describe('a client', () => {
  it('transfers in one session when nothing happens', async () => {
    const world = await worldOf((channel) => channel.send(WELCOME));
    let transfers = 0;
    await runClient({ ...world.options, transfer: async () => void transfers++ });
    expect([transfers, world.retries, world.clients()]).toEqual([1, [], 1]);
  });

  it('says which server was lost, when it is not to wait for it', async () => {
    const world = await worldOf((channel) => channel.send(WELCOME));
    const run = runClient({
      ...world.options,
      giveUpMs: 0,
      transfer: async () => {
        throw new VCLError('Timeout', 'nothing was heard');
      },
    });
    await expect(run).rejects.toMatchObject({
      code: 'Timeout',
      message: '127.0.0.1:7000 was lost: nothing was heard',
    });
    expect(world.retries).toEqual([]);
  });

  it('tells what carries each session', async () => {
    const world = await worldOf((channel) => channel.send(WELCOME));
    const told: string[] = [];
    let transfers = 0;
    await runClient({
      ...world.options,
      onCarrier: (carrier) => told.push(carrier),
      transfer: async () => {
        if (transfers++ === 0) throw new VCLError('ConnectionClosed', 'lost');
      },
    });
    expect(told).toEqual(['udp', 'udp']);
  });

  it('connects again when a session is lost, and waits longer each time it has no success', async () => {
    const world = await worldOf(async (channel, n) => {
      // The first and the last are welcome; those in between are sent away without a word.
      if (n === 0 || n === 3) await channel.send(WELCOME);
    });
    let transfers = 0;
    await runClient({
      ...world.options,
      transfer: async () => {
        if (transfers++ === 0) throw new VCLError('ConnectionClosed', 'lost');
      },
    });
    expect(transfers).toBe(2);
    expect(world.retries).toEqual([500, 1000, 2000]);
  });

  it.each([
    ['gives up on a server that welcomes it and ends the session at once', 1_000, true],
    ['does not give up as long as there are sessions that last', 20_000, false],
  ])('%s', async (_, lastsMs, isGivenUp) => {
    const world = await worldOf((channel) => channel.send(WELCOME));
    let nowMs = 0;
    let transfers = 0;
    const run = runClient({
      ...world.options,
      now: () => nowMs,
      sleep: async () => {
        nowMs += 5_000;
      },
      transfer: async () => {
        nowMs += lastsMs;
        if (++transfers < 20) throw new VCLError('ConnectionClosed', 'lost');
      },
    });
    if (!isGivenUp) await run;
    else await expect(run).rejects.toThrow('did not come back within 60 s');
    expect(transfers).toBe(isGivenUp ? 12 : 20);
  });

  it('does not try again what would end in the same way', async () => {
    const world = await worldOf((channel) => channel.send(WELCOME));
    const errors = [
      new StoppedError('stop'),
      new VCLError('InvalidPacket', 'bad'),
      new TypeError('bug'),
    ];
    for (const error of errors) {
      const run = runClient({ ...world.options, transfer: () => Promise.reject(error) });
      await expect(run).rejects.toBe(error);
    }
    expect(world.retries).toEqual([]);
  });

  it('does not try again what cannot be repeated', async () => {
    const world = await worldOf((channel) => channel.send(WELCOME));
    const lost = new VCLError('ConnectionClosed', 'lost');
    const run = runClient({ ...world.options, giveUpMs: 0, transfer: () => Promise.reject(lost) });
    await expect(run).rejects.toBe(lost);
  });

  it('is told why a server does not serve it', async () => {
    const world = await worldOf((channel) => channel.send({ type: 'stop', reason: 'no' }));
    await expect(runClient(world.options)).rejects.toThrow('the peer says: no');
  });

  it('speaks to no other version', async () => {
    const world = await worldOf((channel) => channel.send({ type: 'welcome', version: 9 }));
    await expect(runClient(world.options)).rejects.toThrow('version 9');
  });

  it('ends with the reason of its signal', async () => {
    const world = await worldOf((channel) => channel.send(WELCOME));
    const controller = new AbortController();
    const run = runClient({
      ...world.options,
      signal: controller.signal,
      transfer: async (channel) => {
        controller.abort(new Error('enough'));
        await channel.receive();
      },
    });
    await expect(run).rejects.toThrow('enough');
  });
});
