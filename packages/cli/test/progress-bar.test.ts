import { describe, expect, it } from 'vitest';
import { ProgressBar } from '../src/progress-bar.js';
import { FakeSink } from './support/fake-io.js';

const MEGABYTE = 1_000_000;

function barOn(sink: FakeSink): { bar: ProgressBar; clock: { nowMs: number } } {
  const clock = { nowMs: 5_000 };
  const bar = new ProgressBar({ totalBytes: 10 * MEGABYTE, sink, now: () => clock.nowMs });
  return { bar, clock };
}

describe('a progress bar that is not on a terminal', () => {
  it('prints a line each 10 %', () => {
    const sink = new FakeSink();
    const { bar, clock } = barOn(sink);
    for (let step = 0; step <= 100; step++) {
      clock.nowMs = 5_000 + 10 * step;
      bar.update(step * 0.1 * MEGABYTE);
    }
    bar.clear();
    expect(sink.lines).toHaveLength(10);
    expect(sink.lines[0]).toBe(' 10 %  1.00 MB of 10.0 MB  10.0 MB/s  900 ms left');
    expect(sink.lines[9]).toBe('100 %  10.0 MB of 10.0 MB  10.0 MB/s  done');
  });

  it('prints one line for a leap over several', () => {
    const sink = new FakeSink();
    const { bar, clock } = barOn(sink);
    clock.nowMs += 1_000;
    bar.update(5.5 * MEGABYTE);
    bar.update(5.9 * MEGABYTE);
    expect(sink.lines).toEqual([' 55 %  5.50 MB of 10.0 MB  5.50 MB/s  818 ms left']);
  });

  it('never goes beyond the end', () => {
    const sink = new FakeSink();
    const { bar } = barOn(sink);
    bar.update(11 * MEGABYTE);
    expect(sink.lines).toEqual(['100 %  10.0 MB of 10.0 MB  -  done']);
  });
});

describe('a progress bar on a terminal', () => {
  it('draws over itself', () => {
    const sink = new FakeSink({ isTty: true });
    const { bar, clock } = barOn(sink);
    clock.nowMs += 1_000;
    bar.update(2.5 * MEGABYTE);
    expect(sink.text).toBe(
      `\r[${'#'.repeat(10)}${'.'.repeat(30)}]  25 %  2.50 MB of 10.0 MB  2.50 MB/s  3.00 s left\x1b[K`,
    );
  });

  it('draws ten times a second at most, and the end always', () => {
    const sink = new FakeSink({ isTty: true });
    const { bar, clock } = barOn(sink);
    for (let ms = 0; ms < 1_000; ms++) {
      clock.nowMs = 5_000 + ms;
      bar.update(ms * 1_000);
    }
    expect(sink.text.split('\r')).toHaveLength(1 + 10);
    bar.update(10 * MEGABYTE);
    expect(sink.text).toContain('done');
  });

  it.each([30, 50, 60, 80, 200])('stays on one line of %d columns', (columns) => {
    const sink = new FakeSink({ isTty: true, columns });
    const { bar, clock } = barOn(sink);
    clock.nowMs += 100_000;
    bar.update(MEGABYTE);
    const shown = sink.text.replace('\r', '').replace('\x1b[K', '');
    expect(shown.length).toBeLessThanOrEqual(columns);
    expect(shown).toContain('10 %');
  });

  it('takes itself off once', () => {
    const sink = new FakeSink({ isTty: true });
    const { bar } = barOn(sink);
    bar.clear();
    expect(sink.text).toBe('');
    bar.update(MEGABYTE);
    sink.text = '';
    bar.clear();
    bar.clear();
    expect(sink.text).toBe('\r\x1b[K');
  });

  it('gives no time left before anything came', () => {
    const sink = new FakeSink({ isTty: true });
    barOn(sink).bar.update(0);
    expect(sink.text).toContain('0 %  0 B of 10.0 MB');
    expect(sink.text).not.toMatch(/left|NaN|Infinity/);
  });
});
