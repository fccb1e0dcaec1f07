import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StallWatch } from '../../src/demo/stall-watch.js';

describe('watching for progress', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('aborts after a time without any', () => {
    const watch = new StallWatch(20_000);
    vi.advanceTimersByTime(19_999);
    expect(watch.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(watch.signal.reason).toMatchObject({
      code: 'Timeout',
      message: expect.stringContaining('nothing arrived for 20 s'),
    });
  });

  it('starts over with each', () => {
    const watch = new StallWatch(1_000);
    for (let round = 0; round < 10; round++) {
      vi.advanceTimersByTime(900);
      watch.progress();
    }
    expect(watch.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1_000);
    expect(watch.signal.aborted).toBe(true);
  });

  it('ends with stop', () => {
    const watch = new StallWatch(1_000);
    watch.stop();
    vi.advanceTimersByTime(10_000);
    expect(watch.signal.aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
