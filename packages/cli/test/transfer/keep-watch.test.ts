import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoppedError } from '../../src/transfer/roles/channel.js';
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

  it('is not told otherwise, nor to a peer that is gone', async () => {
    const [channel] = MemoryChannel.pair();
    await stopPeer(new Error('bug'), channel, { close, isClosed: () => false });
    await stopPeer(new StoppedError('full'), channel, { close, isClosed: () => true });
    expect(channel.sent).toEqual([]);
  });
});
