import { describe, expect, it } from 'vitest';
import { VirtualTime } from '../src/clock.js';

function recorder(log: string[], name: string) {
  return { run: (now: number) => log.push(`${name}@${now}`) };
}

describe('VirtualTime', () => {
  it('jumps from action to action', () => {
    const time = new VirtualTime();
    const log: string[] = [];
    time.schedule(20.5, recorder(log, 'late'));
    time.schedule(10, recorder(log, 'early'));
    expect([time.now, time.nextAt, time.pending]).toEqual([0, 10, 2]);
    expect([time.step(), time.step(), time.step()]).toEqual([true, true, false]);
    expect(log).toEqual(['early@10', 'late@20.5']);
    expect(time.now).toBe(20.5);
  });

  it('leaves later actions and the clock alone when nothing is due', () => {
    const time = new VirtualTime(5);
    time.schedule(10, recorder([], 'later'));
    expect(time.step(9)).toBe(false);
    expect([time.now, time.pending]).toEqual([5, 1]);
  });

  it('runs what was scheduled for the past now, after what is due now', () => {
    const time = new VirtualTime(100);
    const log: string[] = [];
    time.schedule(100, recorder(log, 'now'));
    time.schedule(1, recorder(log, 'past'));
    time.runUntil(100);
    expect(log).toEqual(['now@100', 'past@100']);
  });

  it('runs an action that an action schedules', () => {
    const time = new VirtualTime();
    const log: string[] = [];
    time.schedule(1, { run: () => time.schedule(1, recorder(log, 'inner')) });
    time.runUntil(3);
    expect([log, time.now]).toEqual([['inner@1'], 3]);
  });

  it('does not run what was cancelled', () => {
    const time = new VirtualTime();
    const log: string[] = [];
    const appointment = time.schedule(1, recorder(log, 'never'));
    expect([time.cancel(appointment), time.cancel(appointment)]).toEqual([true, false]);
    time.runUntil(10);
    expect([log, time.nextAt]).toEqual([[], Number.POSITIVE_INFINITY]);
  });

  it('never goes back', () => {
    const time = new VirtualTime(50);
    time.runUntil(10);
    expect(time.now).toBe(50);
  });

  it('refuses times that are no point of time', () => {
    const time = new VirtualTime();
    for (const at of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => time.schedule(at, recorder([], 'x'))).toThrow(RangeError);
      expect(() => time.runUntil(at)).toThrow(RangeError);
      expect(() => new VirtualTime(at)).toThrow(RangeError);
    }
  });
});
