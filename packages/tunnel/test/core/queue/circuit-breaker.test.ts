import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../../src/core/queue/circuit-breaker.js';

const PACKET_BYTES = 1_400;
const RTT_MS = 40;
const MIN_CAP = 14;

/** Sends as much as is allowed, up to `bytesPerMs`. @returns the bytes that left */
function sendFor(breaker: CircuitBreaker, from: number, ms: number, bytesPerMs: number): number {
  let [sent, wanted] = [0, 0];
  for (let now = from; now < from + ms; now++) {
    wanted = Math.min(wanted + bytesPerMs, 10 * bytesPerMs + PACKET_BYTES);
    while (wanted >= PACKET_BYTES && breaker.allows(now)) {
      breaker.onSent(PACKET_BYTES, now);
      sent += PACKET_BYTES;
      wanted -= PACKET_BYTES;
    }
  }
  return sent;
}

/** One that has sent 1,400 bytes a millisecond for a second. */
function busy(rttMs = RTT_MS): CircuitBreaker {
  const breaker = new CircuitBreaker(() => rttMs);
  sendFor(breaker, 0, 1_000, PACKET_BYTES);
  return breaker;
}

describe('while packets get through', () => {
  it('nothing is capped', () => {
    const breaker = new CircuitBreaker(() => RTT_MS);
    expect(breaker.capBytesPerMs).toBe(Number.POSITIVE_INFINITY);
    expect(breaker.nextAt()).toBe(Number.POSITIVE_INFINITY);
    expect(sendFor(breaker, 0, 1_000, 100 * PACKET_BYTES)).toBe(100 * PACKET_BYTES * 1_000);
  });
});

describe('when nothing gets through', () => {
  it('the rate is half of what it was', () => {
    const breaker = busy();
    breaker.onPersistentCongestion(1_000);
    expect(breaker.capBytesPerMs).toBeCloseTo(PACKET_BYTES / 2, -2);
    const sent = sendFor(breaker, 1_000, 300, 2 * PACKET_BYTES);
    expect(sent / 300 / breaker.capBytesPerMs).toBeGreaterThan(0.95);
    expect(sent / 300 / breaker.capBytesPerMs).toBeLessThan(1.05);
  });

  it('it is halved again each round trip, and once in each', () => {
    const breaker = busy();
    breaker.onPersistentCongestion(1_000);
    const first = breaker.capBytesPerMs;
    for (let now = 1_000; now < 1_000 + RTT_MS; now++) breaker.onPersistentCongestion(now);
    expect(breaker.capBytesPerMs).toBe(first);
    breaker.onPersistentCongestion(1_000 + RTT_MS);
    expect(breaker.capBytesPerMs).toBe(first / 2);
    breaker.onPersistentCongestion(1_000 + 2 * RTT_MS);
    expect(breaker.capBytesPerMs).toBe(first / 4);
  });

  it('something may always leave', () => {
    const breaker = busy();
    for (let i = 0; i < 100; i++) breaker.onPersistentCongestion(1_000 + i * RTT_MS);
    expect(breaker.capBytesPerMs).toBe(MIN_CAP);
    const idle = new CircuitBreaker(() => RTT_MS);
    idle.onPersistentCongestion(5_000);
    expect(idle.capBytesPerMs).toBe(MIN_CAP);
  });

  it('what was sent long ago does not count', () => {
    const breaker = busy();
    breaker.onPersistentCongestion(30_000);
    expect(breaker.capBytesPerMs).toBe(MIN_CAP);
  });

  it('a queue is told when to ask again', () => {
    const breaker = busy();
    breaker.onPersistentCongestion(1_000);
    expect(breaker.allows(1_000)).toBe(false);
    const at = breaker.nextAt();
    expect(at).toBeGreaterThan(1_000);
    expect(breaker.allows(at)).toBe(true);
    breaker.onSent(PACKET_BYTES, at);
    expect(breaker.allows(at)).toBe(false);
    const next = breaker.nextAt();
    expect((next - at) * breaker.capBytesPerMs).toBeCloseTo(PACKET_BYTES, -1);
    expect(breaker.allows(next)).toBe(true);
  });

  it('a pause saves up no more than 20 ms of it', () => {
    const breaker = busy();
    breaker.onPersistentCongestion(1_000);
    breaker.onSent(0, 1_001);
    let burst = 0;
    for (; breaker.allows(1_150); burst += PACKET_BYTES) breaker.onSent(PACKET_BYTES, 1_150);
    expect(burst).toBeLessThanOrEqual(20 * breaker.capBytesPerMs + PACKET_BYTES);
  });
});

describe('when packets get through again', () => {
  it('the cap doubles after four round trips, at least 400 ms, and vanishes', () => {
    const breaker = busy();
    breaker.onPersistentCongestion(1_000);
    const first = breaker.capBytesPerMs;
    sendFor(breaker, 1_000, 400, 300);
    expect(breaker.capBytesPerMs).toBe(first);
    breaker.allows(1_400);
    expect(breaker.capBytesPerMs).toBe(2 * first);
    sendFor(breaker, 1_400, 4_000, 300);
    expect(breaker.capBytesPerMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('a greedy sender is back at its rate within seconds', () => {
    const breaker = busy();
    for (let i = 0; i < 20; i++) breaker.onPersistentCongestion(1_000 + i * RTT_MS);
    sendFor(breaker, 1_800, 6_000, PACKET_BYTES);
    expect(breaker.capBytesPerMs).toBe(Number.POSITIVE_INFINITY);
    expect(sendFor(breaker, 7_800, 100, PACKET_BYTES)).toBe(100 * PACKET_BYTES);
  });

  it('a long way takes its own four round trips', () => {
    const breaker = busy(500);
    breaker.onPersistentCongestion(1_000);
    const first = breaker.capBytesPerMs;
    sendFor(breaker, 1_000, 1_999, PACKET_BYTES);
    expect(breaker.capBytesPerMs).toBe(first);
  });

  it('a relapse right after it grew halves what is sent at once', () => {
    const breaker = busy();
    breaker.onPersistentCongestion(1_000);
    const first = breaker.capBytesPerMs;
    sendFor(breaker, 1_000, 401, PACKET_BYTES);
    expect(breaker.capBytesPerMs).toBe(2 * first);
    breaker.onPersistentCongestion(1_405);
    // Less than the new cap was sent by then.
    expect(breaker.capBytesPerMs / first).toBeCloseTo(0.5, 1);
  });

  it('an idle hour ends it, also when the next thing heard is congestion', () => {
    const breaker = busy();
    for (let i = 0; i < 20; i++) breaker.onPersistentCongestion(1_000 + i * RTT_MS);
    expect(breaker.allows(3_600_000)).toBe(true);
    expect(breaker.capBytesPerMs).toBe(Number.POSITIVE_INFINITY);

    const silent = busy();
    silent.onPersistentCongestion(1_000);
    silent.onPersistentCongestion(3_600_000);
    expect(silent.capBytesPerMs).toBe(MIN_CAP);
  });
});

describe('whatever happens', () => {
  const step = fc.record({
    waitMs: fc.double({ min: 0, max: 500, noNaN: true }),
    isCongested: fc.boolean(),
    packets: fc.nat(50),
  });

  it('the cap is never below the least, and asking again at nextAt helps', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(300), (steps, rttMs) => {
        const breaker = new CircuitBreaker(() => rttMs);
        let now = 1;
        for (const { waitMs, isCongested, packets } of steps) {
          now += waitMs;
          if (isCongested) breaker.onPersistentCongestion(now);
          for (let i = 0; i < packets && breaker.allows(now); i++) breaker.onSent(1_400, now);
          expect(breaker.capBytesPerMs).toBeGreaterThanOrEqual(MIN_CAP);
          if (breaker.allows(now)) continue;
          const at = breaker.nextAt();
          expect(at).toBeGreaterThan(now);
          // A datagram at the lowest rate takes 100 ms.
          expect(at - now).toBeLessThan(102);
          expect(breaker.allows(at + 1e-6)).toBe(true);
        }
      }),
    );
  });
});
