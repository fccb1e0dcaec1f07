import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DropReport } from '../../src/quic/child/drop-report.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('DropReport', () => {
  it('tells each reason once a second, with its count', () => {
    const told: [string, number][] = [];
    const report = new DropReport((reason, count) => told.push([reason, count]));
    for (let i = 0; i < 1_000; i++) report.count('junk');
    report.count('full');
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual([
      ['junk', 1_000],
      ['full', 1],
    ]);
    vi.advanceTimersByTime(10_000);
    expect(told).toHaveLength(2);
    report.count('junk');
    vi.advanceTimersByTime(1_000);
    expect(told.at(-1)).toEqual(['junk', 1]);
  });
});
