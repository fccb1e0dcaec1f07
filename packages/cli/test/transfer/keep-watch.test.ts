import { VCLError } from '@vcl-protocol/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoppedError } from '../../src/transfer/roles/channel.js';
import { farewell } from '../../src/transfer/session/farewell.js';
import { keepWatch } from '../../src/transfer/session/keep-watch.js';
import { stopPeer } from '../../src/transfer/session/stop-peer.js';
import { MemoryChannel } from './support/channel-pair.js';

/** A connection whose peer answers as long as `isAlive` says. */
function connectionOf(isAlive: () => boolean) {
  let pings = 0;
  const abort = vi.fn();
  const ping = async ({ signal }: { signal?: AbortSignal } = {}): Promise<number> => {
    pings++;
    if (isAlive()) return 1;
    return await new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  };
  return { ping, abort, pings: () => pings };
}

describe('the watch over a session', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    // Fake timers do not reach AbortSignal.timeout.
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('time is up')), ms);
      return controller.signal;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('lets a peer live that answers', async () => {
    const connection = connectionOf(() => true);
    const unwatch = keepWatch(connection);
    await vi.advanceTimersByTimeAsync(60_000);
    unwatch();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connection.pings()).toBe(12);
    expect(connection.abort).not.toHaveBeenCalled();
  });

  it('ends the session of one that is silent for 15 s', async () => {
    const connection = connectionOf(() => false);
    keepWatch(connection);
    await vi.advanceTimersByTimeAsync(19_999);
    expect(connection.abort).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(connection.abort).toHaveBeenCalledOnce();
    expect(connection.pings()).toBe(1);
  });

  it('does nothing any more once it is ended', async () => {
    const connection = connectionOf(() => false);
    const unwatch = keepWatch(connection);
    await vi.advanceTimersByTimeAsync(6_000);
    unwatch();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connection.abort).not.toHaveBeenCalled();
  });
});

describe('a transfer that fails', () => {
  const close = vi.fn(async () => {});

  it('is told to the peer when trying again is of no use', async () => {
    const [channel] = MemoryChannel.pair();
    await stopPeer(new StoppedError('full'), channel, { close, isClosed: () => false });
    expect(channel.sent).toEqual([{ type: 'stop', reason: 'full' }]);
    expect(close).toHaveBeenCalled();
  });

  it('is not told to the peer that has said so', async () => {
    const [channel] = MemoryChannel.pair();
    close.mockClear();
    await stopPeer(StoppedError.fromPeer('no'), channel, { close, isClosed: () => false });
    expect(channel.sent).toEqual([]);
    expect(close).toHaveBeenCalledOnce();
  });

  it.each([
    [new VCLError('InvalidPacket', 'the peer sent nonsense'), 'the peer sent nonsense'],
    [new Error('bug in /a/path'), 'it has failed'],
    [
      new VCLError('IoError', 'cannot use /a/path', {
        cause: Object.assign(new Error('x'), { code: 'EROFS' }),
      }),
      'it has failed: the disk is read-only',
    ],
  ])('is told without what the peer need not know: %s', async (error, reason) => {
    const [channel] = MemoryChannel.pair();
    await stopPeer(error, channel, { close, isClosed: () => false });
    expect(channel.sent).toEqual([{ type: 'stop', reason }]);
  });

  it('is not told when only the link has failed, nor to a peer that is gone', async () => {
    const [channel] = MemoryChannel.pair();
    for (const code of ['ConnectionClosed', 'Timeout'] as const) {
      await stopPeer(new VCLError(code, 'lost'), channel, { close, isClosed: () => false });
    }
    await stopPeer(new StoppedError('full'), channel, { close, isClosed: () => true });
    expect(channel.sent).toEqual([]);
  });
});

describe('a transfer that is settled', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const outcomeOf = (channel: MemoryChannel) => {
    const ended = vi.fn();
    void farewell(channel).then(ended);
    return ended;
  };

  it('ends with its client, however that goes', async () => {
    for (const how of ['end', 'cut'] as const) {
      const [client, server] = MemoryChannel.pair();
      const ended = outcomeOf(server);
      await vi.advanceTimersByTimeAsync(9_999);
      expect(ended).not.toHaveBeenCalled();
      client[how]();
      await vi.advanceTimersByTimeAsync(0);
      expect(ended).toHaveBeenCalledOnce();
    }
  });

  it('does not wait longer than 10 s for a client that stays', async () => {
    const ended = outcomeOf(MemoryChannel.pair()[1]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ended).toHaveBeenCalledOnce();
  });
});
