import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CarrierLink } from '../../src/carrier-link.js';
import { CarrierDialer } from '../../src/carriers/carrier-dialer.js';
import { CarrierTries } from '../../src/carriers/carrier-tries.js';
import { withResolvers } from '../support/with-resolvers.js';
import { FakeDials, FakeLink, useFakeClock, ways } from './fakes.js';

beforeEach(useFakeClock);
afterEach(() => {
  vi.useRealTimers();
});

function makeTries(...schemes: Parameters<typeof ways>) {
  const dials = new FakeDials();
  const spoken: CarrierLink[] = [];
  const failures: unknown[] = [];
  const tries = new CarrierTries(new CarrierDialer(ways(...schemes), dials.dial), {
    onCarrier: (link) => spoken.push(link),
    onFailed: (error) => failures.push(error),
  });
  return { dials, spoken, failures, tries };
}

describe('CarrierTries', () => {
  it('speaks on no carrier before datagrams have had 250 ms', async () => {
    const { dials, spoken, tries } = makeTries('tcp');
    tries.start(true);
    await vi.advanceTimersByTimeAsync(100);
    const link = new FakeLink();
    dials.calls[0]?.resolve(link);
    await vi.advanceTimersByTimeAsync(149);
    expect(spoken).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(spoken).toEqual([link]);
  });

  it('connects nothing at all where datagrams answer at once', async () => {
    const { dials, tries } = makeTries('tcp', 'ws');
    tries.start(true);
    await vi.advanceTimersByTimeAsync(20);
    tries.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(dials.calls).toHaveLength(0);
  });

  it('speaks at once where there are no datagrams, and on the next way 250 ms later', async () => {
    const { dials, spoken, tries } = makeTries('tcp', 'ws');
    tries.start(false);
    const [first, second] = [new FakeLink(), new FakeLink()];
    dials.calls[0]?.resolve(first);
    await vi.advanceTimersByTimeAsync(0);
    expect(spoken).toEqual([first]);
    await vi.advanceTimersByTimeAsync(250);
    dials.calls[1]?.resolve(second);
    await vi.advanceTimersByTimeAsync(0);
    expect(spoken).toEqual([first, second]);
    expect(tries.pending).toBe(0);
  });

  it('counts those that may still come, and tells of those that will not', async () => {
    const { dials, failures, tries } = makeTries('tcp', 'ws');
    tries.start(false);
    expect(tries.pending).toBe(2);
    const error = new Error('refused');
    dials.calls[0]?.reject(error);
    await vi.advanceTimersByTimeAsync(0);
    expect(failures).toEqual([error]);
    expect(tries.pending).toBe(1);
  });

  it('destroys those that wait for their turn when it stops, and those that come later', async () => {
    const { dials, spoken, failures, tries } = makeTries('tcp', 'ws');
    tries.start(true);
    await vi.advanceTimersByTimeAsync(60);
    const waiting = new FakeLink();
    dials.calls[0]?.resolve(waiting);
    await vi.advanceTimersByTimeAsync(10);
    tries.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(waiting.ended).toBe('destroyed');
    expect(dials.calls[0]?.signal.aborted).toBe(true);
    expect([spoken, failures, tries.pending]).toEqual([[], [], 0]);
  });

  it('destroys one that connects although it was given up', async () => {
    const spoken: CarrierLink[] = [];
    const late = withResolvers<CarrierLink>();
    const stubborn = new CarrierTries(new CarrierDialer(ways('tcp'), () => late.promise), {
      onCarrier: (link) => spoken.push(link),
      onFailed: () => {},
    });
    stubborn.start(false);
    stubborn.stop();
    const link = new FakeLink();
    late.resolve(link);
    await vi.advanceTimersByTimeAsync(0);
    expect(link.ended).toBe('destroyed');
    expect(spoken).toEqual([]);
    expect(stubborn.pending).toBe(0);
  });
});
