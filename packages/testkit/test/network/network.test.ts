import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LinkConditions } from '../../src/network/conditions.js';
import { TraceHash } from '../../src/trace-hash.js';
import { ALICE, BOB, CAROL, Lab, numbered } from '../support/lab.js';

const NASTY: Partial<LinkConditions> = {
  loss: 0.2,
  burst: 3,
  reorder: 0.3,
  duplicate: 0.05,
  corrupt: 0.05,
  truncate: 0.02,
  delayMs: 20,
  jitterMs: 10,
  bandwidthBitsPerSecond: 5_000_000,
  queueBytes: 10_000,
  mtu: 1200,
  blackHole: [[100, 150]],
};

function traceOf(lab: Lab): string {
  const hash = new TraceHash();
  for (const { at, from, now, data } of lab.received) {
    hash.addText(at);
    hash.addText(from);
    hash.addNumber(now);
    hash.addBytes(data);
  }
  return hash.digest();
}

function nastyTrace(seed: number, changes: Partial<LinkConditions> = {}): string {
  const lab = new Lab(seed, { ...NASTY, ...changes });
  lab.stream(500, { bytes: 900 });
  return traceOf(lab);
}

describe('SimulatedNetwork', () => {
  it('repeats itself for the same seed and not for another', () => {
    expect(nastyTrace(1)).toBe(nastyTrace(1));
    expect(new Set([1, 2, 3, 4, 5].map((seed) => nastyTrace(seed))).size).toBe(5);
  });

  it('loses the same datagrams when another condition changes', () => {
    const survivors = (changes: Partial<LinkConditions>): number[] => {
      const lab = new Lab('same', { loss: 0.3, burst: 2, ...changes });
      lab.stream(300);
      return lab.numbers.sort((left, right) => left - right);
    };
    const expected = survivors({});
    expect(expected.length).toBeLessThan(300);
    expect(survivors({ delayMs: 50, jitterMs: 40 })).toEqual(expected);
    expect(survivors({ reorder: 0.5 })).toEqual(expected);
  });

  it('keeps the fate of one link apart from the traffic of another', () => {
    const lab = new Lab('apart', { loss: 0.3 });
    const busy = new Lab('apart', { loss: 0.3 });
    for (let index = 0; index < 100; index++) {
      lab.network.send(ALICE, BOB, numbered(index, 4), 0);
      busy.network.send(BOB, ALICE, numbered(7000, 4), 0);
      busy.network.send(ALICE, BOB, numbered(index, 4), 0);
      busy.network.send(CAROL, BOB, numbered(8000, 4), 0);
    }
    lab.settle();
    busy.settle();
    expect(busy.numbers.filter((number) => number < 7000)).toEqual(lab.numbers);
  });

  it('accounts for every datagram, whatever the conditions', () => {
    const shares = fc.record({
      loss: fc.double({ min: 0, max: 1, noNaN: true }),
      burst: fc.double({ min: 1, max: 10, noNaN: true }),
      reorder: fc.double({ min: 0, max: 1, noNaN: true }),
      duplicate: fc.double({ min: 0, max: 1, noNaN: true }),
      corrupt: fc.double({ min: 0, max: 1, noNaN: true }),
      truncate: fc.double({ min: 0, max: 1, noNaN: true }),
      bandwidthBitsPerSecond: fc.integer({ min: 10_000, max: 10_000_000 }),
      queueBytes: fc.nat(20_000),
      mtu: fc.integer({ min: 400, max: 1500 }),
    });
    fc.assert(
      fc.property(fc.integer(), shares, (seed, conditions) => {
        const lab = new Lab(seed, { ...conditions, blackHole: [[20, 30]] });
        for (let index = 0; index < 60; index++) {
          lab.time.runUntil(index);
          lab.network.send(ALICE, BOB, numbered(index, 300 + index * 10), index);
        }
        lab.network.detach(BOB);
        lab.settle();
        const c = lab.network.counters(ALICE, BOB);
        const ended = c.delivered + c.lost + c.tooBig + c.queueDropped + c.blackHoled;
        expect(ended + c.unroutable).toBe(c.sent + c.duplicated);
        expect(c.delivered).toBe(lab.received.length);
      }),
      { numRuns: 50 },
    );
  });

  it('never delivers from within send, and gives every receiver bytes of its own', () => {
    const lab = new Lab('own', { duplicate: 1 });
    const data = numbered(7, 4);
    lab.network.send(ALICE, BOB, data, 0);
    expect(lab.received.length).toBe(0);
    data.fill(0xff);
    lab.settle();
    expect(lab.numbers).toEqual([7, 7]);
    lab.received[0]!.data.fill(0);
    expect(lab.numbers).toEqual([0, 7]);
  });

  it('copies the bytes of a Buffer too, whose slice() shares memory', () => {
    const lab = new Lab('buffer');
    const data = Buffer.from([0, 0, 0, 9]);
    lab.network.send(ALICE, BOB, data, 0);
    lab.network.inject(ALICE, BOB, data);
    data.fill(0xff);
    lab.settle();
    expect(lab.numbers).toEqual([9, 9]);
  });

  it('is not confused by a caller that reuses its address object', () => {
    const lab = new Lab('reuse', { delayMs: 10 });
    const to = { ...BOB };
    lab.network.send(ALICE, to, numbered(1, 4), 0);
    to.port = CAROL.port;
    to.address = CAROL.address;
    lab.network.send(ALICE, to, numbered(2, 4), 0);
    lab.settle();
    expect(lab.received.map(({ at }) => at)).toEqual(['10.0.0.2:2000', '[fd00::3]:3000']);
  });

  it('sets conditions per direction, for links that exist and links to come', () => {
    const lab = new Lab('direction');
    lab.network.send(ALICE, BOB, numbered(1, 4), 0);
    lab.settle();
    lab.network.setConditions(ALICE, BOB, { delayMs: 30 });
    lab.network.setConditions(BOB, undefined, { delayMs: 70 });
    expect(lab.network.conditions(BOB, CAROL).delayMs).toBe(70);
    lab.network.send(ALICE, BOB, numbered(2, 4), 0);
    lab.network.send(BOB, ALICE, numbered(3, 4), 0);
    lab.network.send(ALICE, CAROL, numbered(4, 4), 0);
    lab.settle();
    expect(lab.received.map(({ now }) => now)).toEqual([0, 0, 30, 70]);
  });

  it('changes only the named conditions, and leaves what is in flight alone', () => {
    const lab = new Lab('change', { delayMs: 100, mtu: 500 });
    lab.network.send(ALICE, BOB, numbered(1, 4), 0);
    lab.network.setConditions(ALICE, BOB, { loss: 1 });
    lab.network.send(ALICE, BOB, numbered(2, 4), 0);
    lab.settle();
    expect([lab.numbers, lab.time.now]).toEqual([[1], 100]);
    expect(lab.network.conditions(ALICE, BOB)).toMatchObject({ delayMs: 100, mtu: 500, loss: 1 });
  });

  it('keeps the order when the delay shrinks under way', () => {
    const lab = new Lab('shrink', { delayMs: 100 });
    lab.network.send(ALICE, BOB, numbered(1, 4), 0);
    lab.network.setConditions(undefined, undefined, { delayMs: 1 });
    lab.network.send(ALICE, BOB, numbered(2, 4), 0);
    lab.settle();
    expect(lab.numbers).toEqual([1, 2]);
  });

  it('refuses conditions out of range before it changes anything', () => {
    const lab = new Lab('range');
    expect(() => lab.network.setConditions(ALICE, BOB, { delayMs: 5, loss: 2 })).toThrow('loss');
    expect(lab.network.conditions(ALICE, BOB).delayMs).toBe(0);
  });

  it('lets an address be attached once, and only attached ones send', () => {
    const lab = new Lab('attach');
    expect(() => lab.attach(BOB)).toThrow('10.0.0.2:2000 is in use');
    lab.network.detach(BOB);
    expect(() => lab.network.send(BOB, ALICE, numbered(1, 4), 0)).toThrow('not attached');
    lab.attach(BOB);
    lab.network.send(ALICE, BOB, numbered(1, 4), 0);
    lab.settle();
    expect(lab.numbers).toEqual([1]);
  });

  it('counts what finds nobody', () => {
    const lab = new Lab('nobody', { delayMs: 10 });
    lab.network.send(ALICE, BOB, numbered(1, 4), 0);
    lab.network.send(ALICE, { address: '10.9.9.9', port: 1 }, numbered(2, 4), 0);
    lab.network.detach(BOB);
    lab.settle();
    expect(lab.network.counters(ALICE).unroutable).toBe(2);
    expect(lab.network.counters(ALICE, BOB).unroutable).toBe(1);
    expect(lab.network.counters(undefined, CAROL).sent).toBe(0);
  });
});
