import { describe, expect, it } from 'vitest';
import { ALICE, BOB, Lab, numbered, numberOf, type Received } from '../support/lab.js';

describe('a simulated link', () => {
  it('delivers everything in order, unchanged and at once when nothing was set', () => {
    const lab = new Lab('perfect');
    lab.stream(100, { bytes: 100 });
    expect(lab.numbers).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(lab.received.map(({ now }) => now)).toEqual(lab.numbers.map((number) => number + 1));
    expect(lab.network.counters()).toMatchObject({
      sent: 100,
      delivered: 100,
      sentBytes: 10_000,
      deliveredBytes: 10_000,
    });
  });

  it('loses its share in bursts, and counts it', () => {
    const lab = new Lab('loss', { loss: 0.2, burst: 4 });
    lab.stream(20_000);
    const { sent, delivered, lost } = lab.network.counters(ALICE, BOB);
    expect(sent).toBe(20_000);
    expect(delivered + lost).toBe(sent);
    expect(Math.abs(lost / sent - 0.2)).toBeLessThan(0.02);
    const { numbers } = lab;
    const gaps = numbers.map((number, index) => number - (numbers[index - 1] ?? -1) - 1);
    const bursts = gaps.filter((gap) => gap > 0);
    expect(Math.abs(lost / bursts.length - 4)).toBeLessThan(0.4);
  });

  it('really reorders: held-back datagrams are overtaken, the others keep their order', () => {
    const lab = new Lab('reorder', { reorder: 0.3, reorderDelayMs: 20, delayMs: 5 });
    lab.stream(5000);
    const { reordered, delivered } = lab.network.counters();
    expect(delivered).toBe(5000);
    expect(Math.abs(reordered / 5000 - 0.3)).toBeLessThan(0.03);
    const isLate = ({ data, now }: Received): boolean => now > numberOf(data) + 6;
    const late = lab.received.filter(isLate);
    expect(late.length).toBe(reordered);
    for (const { data, now } of late) expect(now - numberOf(data) - 6).toBeLessThanOrEqual(20);
    const rest = lab.received.filter((datagram) => !isLate(datagram));
    expect(rest.map(({ data }) => numberOf(data))).toEqual(
      rest.map(({ data }) => numberOf(data)).sort((left, right) => left - right),
    );
    const { numbers } = lab;
    expect(numbers.some((number, index) => number < (numbers[index - 1] ?? 0))).toBe(true);
  });

  it('delays by delay and jitter, without reordering', () => {
    const lab = new Lab('jitter', { delayMs: 50, jitterMs: 10 });
    lab.stream(2000, { everyMs: 20 });
    const delays = lab.received.map(({ data, now }) => now - (numberOf(data) + 1) * 20);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...delays)).toBeLessThan(60);
    expect(delays.reduce((sum, delay) => sum + delay, 0) / 2000).toBeCloseTo(55, 0);
    const dense = new Lab('dense', { jitterMs: 30 });
    dense.stream(2000);
    expect(dense.numbers).toEqual(Array.from({ length: 2000 }, (_, index) => index));
  });

  it('duplicates with whole copies', () => {
    const lab = new Lab('duplicate', { duplicate: 0.05, corrupt: 1 });
    for (let index = 0; index < 5000; index++) lab.network.send(ALICE, BOB, new Uint8Array(8), 0);
    lab.settle();
    const { duplicated, delivered, corrupted } = lab.network.counters();
    expect(Math.abs(duplicated / 5000 - 0.05)).toBeLessThan(0.01);
    expect([delivered, corrupted]).toEqual([5000 + duplicated, 5000]);
    const whole = lab.received.filter(({ data }) => data.every((byte) => byte === 0));
    expect(whole.length).toBe(duplicated);
  });

  it('flips exactly one bit, and every bit sooner or later', () => {
    const lab = new Lab('corrupt', { corrupt: 1 });
    const zeros = new Uint8Array(2);
    for (let index = 0; index < 500; index++) lab.network.send(ALICE, BOB, zeros, 0);
    lab.settle();
    const values = lab.received.map(({ data }) => (data[0]! << 8) | data[1]!);
    expect(new Set(values)).toEqual(new Set(Array.from({ length: 16 }, (_, bit) => 1 << bit)));
    expect([...zeros]).toEqual([0, 0]);
  });

  it('corrupts and truncates its shares; empty datagrams stay whole', () => {
    const lab = new Lab('damage', { corrupt: 0.01, truncate: 0.1 });
    lab.stream(10_000, { bytes: 40 });
    const { corrupted, truncated } = lab.network.counters();
    expect(Math.abs(corrupted / 10_000 - 0.01)).toBeLessThan(0.004);
    expect(Math.abs(truncated / 10_000 - 0.1)).toBeLessThan(0.015);
    const short = lab.received.filter(({ data }) => data.length < 40);
    expect(short.length).toBe(truncated);
    expect(new Set(short.map(({ data }) => data.length)).size).toBe(40);

    const empty = new Lab('empty', { corrupt: 1, truncate: 1 });
    empty.network.send(ALICE, BOB, new Uint8Array(0), 0);
    empty.settle();
    expect(empty.received[0]!.data.length).toBe(0);
    expect(empty.network.counters()).toMatchObject({ corrupted: 0, truncated: 0, delivered: 1 });
  });

  it('shapes to its bandwidth and drops the tail of a full queue', () => {
    const lab = new Lab('shape', {
      bandwidthBitsPerSecond: 1_000_000,
      queueBytes: 20_000,
      delayMs: 10,
    });
    lab.stream(1000, { bytes: 500 });
    const { delivered, queueDropped } = lab.network.counters();
    expect(delivered + queueDropped).toBe(1000);
    const spanMs = lab.received.at(-1)!.now - lab.received[0]!.now;
    expect(((delivered - 1) * 500 * 8) / spanMs).toBeCloseTo(1000, 0);
    expect(Math.abs(delivered - 290)).toBeLessThan(5);
    const waits = lab.received.map(({ data, now }) => now - numberOf(data) - 1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(10 + 160);
  });

  it('drops larger datagrams than its MTU silently', () => {
    const lab = new Lab('mtu', { mtu: 1200 });
    for (const bytes of [1199, 1200, 1201]) {
      lab.network.send(ALICE, BOB, numbered(bytes, bytes), 0);
    }
    lab.settle();
    expect(lab.numbers).toEqual([1199, 1200]);
    expect(lab.network.counters()).toMatchObject({ sent: 3, delivered: 2, tooBig: 1 });
  });

  it('swallows what is sent within a black hole', () => {
    const lab = new Lab('hole', { blackHole: [[10, 20]], delayMs: 5 });
    lab.stream(30);
    const missing = Array.from({ length: 30 }, (_, index) => index).filter(
      (index) => !lab.numbers.includes(index),
    );
    expect(missing).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
    expect(lab.network.counters().blackHoled).toBe(10);
  });
});
