import { describe, expect, it } from 'vitest';
import { CODEL_INTERVAL_MS, CODEL_TARGET_MS, CodelState } from '../../../src/core/queue/codel.js';

const MTU = 1_500;
const BACKLOG = 50 * MTU;
const LONG_MS = 20;

/** When it drops, asked each `stepMs` about packets that have waited for `waitedMs`. */
function dropTimes(codel: CodelState, fromMs: number, toMs: number, waitedMs = LONG_MS): number[] {
  const times: number[] = [];
  for (let now = fromMs; now < toMs; now++) {
    while (codel.shouldDrop(waitedMs, BACKLOG, MTU, now)) times.push(now);
  }
  return times;
}

describe('CoDel', () => {
  it('leaves packets alone that wait for less than the target', () => {
    expect(dropTimes(new CodelState(), 0, 5_000, CODEL_TARGET_MS - 0.01)).toEqual([]);
  });

  it('puts up with a burst of less than an interval', () => {
    const codel = new CodelState();
    expect(dropTimes(codel, 0, CODEL_INTERVAL_MS)).toEqual([]);
    expect(codel.shouldDrop(0, BACKLOG, MTU, CODEL_INTERVAL_MS)).toBe(false);
    expect(dropTimes(codel, 101, 201)).toEqual([]);
  });

  it('drops after an interval, and then the sooner the more it has dropped (RFC 8289 4.4)', () => {
    const times = dropTimes(new CodelState(), 0, 560);
    let next = CODEL_INTERVAL_MS;
    const law = [next];
    for (let count = 1; next < 559; count++) {
      next += CODEL_INTERVAL_MS / Math.sqrt(count);
      law.push(Math.ceil(next));
    }
    expect(times).toEqual(law.filter((time) => time < 560));
    expect(times.length).toBeGreaterThan(7);
  });

  it('never drops what fits one packet, however long it waits', () => {
    const codel = new CodelState();
    for (let now = 0; now < 5_000; now++) {
      expect(codel.shouldDrop(1_000, MTU, MTU, now)).toBe(false);
    }
  });

  it('stops as soon as a packet has waited for less', () => {
    const codel = new CodelState();
    dropTimes(codel, 0, 400);
    expect(codel.shouldDrop(1, BACKLOG, MTU, 400)).toBe(false);
    expect(dropTimes(codel, 401, 500)).toEqual([]);
  });

  it('goes on where it was when it has to begin again soon (RFC 8289 5.6)', () => {
    const codel = new CodelState();
    const before = dropTimes(codel, 0, 1_000).length;
    codel.shouldDrop(1, BACKLOG, MTU, 1_000);
    const soon = dropTimes(codel, 1_001, 1_301).length;
    const fresh = dropTimes(new CodelState(), 1_001, 1_301).length;
    expect(before).toBeGreaterThan(15);
    expect(soon).toBeGreaterThan(2 * fresh);
  });

  it('begins anew when it had to do nothing for long', () => {
    const codel = new CodelState();
    dropTimes(codel, 0, 1_000);
    codel.shouldDrop(1, BACKLOG, MTU, 1_000);
    const late = dropTimes(codel, 10_000, 10_300).length;
    expect(late).toBe(dropTimes(new CodelState(), 10_000, 10_300).length);
  });

  it('forgets how long packets have waited when the queue runs empty', () => {
    const codel = new CodelState();
    codel.shouldDrop(LONG_MS, BACKLOG, MTU, 0);
    codel.onEmpty();
    expect(codel.shouldDrop(LONG_MS, BACKLOG, MTU, 5_000)).toBe(false);
    expect(dropTimes(codel, 5_000, 5_100)).toEqual([]);
    expect(dropTimes(codel, 5_100, 5_101)).toEqual([5_100]);
  });

  it('may be asked many times about the same packet', () => {
    const codel = new CodelState();
    dropTimes(codel, 0, 101);
    for (let i = 0; i < 100; i++) {
      expect(codel.shouldDrop(LONG_MS, BACKLOG, MTU, 150)).toBe(false);
    }
  });
});
