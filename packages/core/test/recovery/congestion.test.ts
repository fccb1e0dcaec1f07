import { describe, expect, it } from 'vitest';
import { VCLError } from '../../src/errors.js';
import { createCongestionController } from '../../src/recovery/congestion/create.js';

const BYTES = 1_200;
const RTT_MS = 50;

describe.each(['newreno', 'cubic'] as const)('%s', (algorithm) => {
  it('starts with a window of 10 packets in slow start', () => {
    const controller = createCongestionController(algorithm, BYTES);
    expect(controller.name).toBe(algorithm);
    expect(controller.cwndBytes).toBe(12_000);
    expect(controller.inSlowStart).toBe(true);
    expect(controller.ssthreshBytes).toBe(Number.POSITIVE_INFINITY);
  });

  it('doubles per round trip in slow start', () => {
    const controller = createCongestionController(algorithm, BYTES);
    for (let packet = 0; packet < 10; packet++) controller.onAcked(BYTES, 0, 50, RTT_MS, false);
    expect(controller.cwndBytes).toBe(24_000);
  });

  it('does not grow while the application is the limit', () => {
    const controller = createCongestionController(algorithm, BYTES);
    for (let packet = 0; packet < 100; packet++) controller.onAcked(BYTES, 0, 50, RTT_MS, true);
    expect(controller.cwndBytes).toBe(12_000);
  });

  it('reduces once per recovery period', () => {
    const controller = createCongestionController(algorithm, BYTES);
    expect(controller.onCongestionEvent(10, 100)).toBe(true);
    const reduced = controller.cwndBytes;
    expect(reduced).toBeLessThan(12_000);
    expect(controller.onCongestionEvent(100, 120)).toBe(false);
    expect(controller.cwndBytes).toBe(reduced);
    expect(controller.onCongestionEvent(101, 160)).toBe(true);
    expect(controller.cwndBytes).toBeLessThan(reduced);
  });

  it('does not grow for packets sent before the recovery period', () => {
    const controller = createCongestionController(algorithm, BYTES);
    controller.onCongestionEvent(10, 100);
    const reduced = controller.cwndBytes;
    controller.onAcked(BYTES, 100, 150, RTT_MS, false);
    expect(controller.cwndBytes).toBe(reduced);
    controller.onAcked(BYTES, 101, 151, RTT_MS, false);
    expect(controller.cwndBytes).toBeGreaterThan(reduced);
  });

  it('falls to two packets on persistent congestion and starts slowly again', () => {
    const controller = createCongestionController(algorithm, BYTES);
    controller.onCongestionEvent(10, 100);
    controller.onPersistentCongestion();
    expect(controller.cwndBytes).toBe(2_400);
    expect(controller.inSlowStart).toBe(true);
    controller.onAcked(BYTES, 90, 150, RTT_MS, false);
    expect(controller.cwndBytes).toBe(3_600);
  });

  it('undoes a reduction for losses that were none', () => {
    const controller = createCongestionController(algorithm, BYTES);
    controller.onCongestionEvent(10, 100);
    controller.onSpuriousLoss();
    expect(controller.cwndBytes).toBe(12_000);
    expect(controller.inSlowStart).toBe(true);
    controller.onCongestionEvent(50, 110);
    expect(controller.cwndBytes).toBeLessThan(12_000);
  });

  it('does not undo twice, nor after persistent congestion', () => {
    const controller = createCongestionController(algorithm, BYTES);
    controller.onCongestionEvent(10, 100);
    controller.onPersistentCongestion();
    controller.onSpuriousLoss();
    expect(controller.cwndBytes).toBe(2_400);
  });

  it('never shrinks by undoing', () => {
    const controller = createCongestionController(algorithm, BYTES);
    controller.onCongestionEvent(10, 100);
    for (let time = 101; time < 20_000; time++) {
      controller.onAcked(BYTES, time, time, RTT_MS, false);
    }
    const grown = controller.cwndBytes;
    expect(grown).toBeGreaterThan(12_000);
    controller.onSpuriousLoss();
    expect(controller.cwndBytes).toBe(grown);
  });

  it('admits what fits into the window and no more', () => {
    const controller = createCongestionController(algorithm, BYTES);
    expect(controller.canSend(10_800, BYTES)).toBe(true);
    expect(controller.canSend(10_801, BYTES)).toBe(false);
  });

  it('keeps its window when only the datagram size changes', () => {
    const controller = createCongestionController(algorithm, BYTES);
    controller.setMaxDatagramBytes(1_400);
    expect(controller.cwndBytes).toBe(12_000);
    controller.onCongestionEvent(1, 1);
    controller.onPersistentCongestion();
    expect(controller.cwndBytes).toBe(2_800);
    controller.setMaxDatagramBytes(1_452);
    expect(controller.cwndBytes).toBe(2_904);
  });

  it('starts afresh on another path', () => {
    const controller = createCongestionController(algorithm, BYTES);
    controller.onCongestionEvent(10, 100);
    controller.reset(1_400);
    expect(controller.cwndBytes).toBe(14_000);
    expect(controller.inSlowStart).toBe(true);
    expect(controller.onCongestionEvent(50, 101)).toBe(true);
  });
});

describe('NewReno', () => {
  it('halves on loss and adds one packet per round trip', () => {
    const controller = createCongestionController('newreno', BYTES);
    controller.onCongestionEvent(0, 0);
    expect(controller.cwndBytes).toBe(6_000);
    for (let packet = 0; packet < 5; packet++) controller.onAcked(BYTES, 1, 50, RTT_MS, false);
    expect(controller.cwndBytes).toBeGreaterThan(6_900);
    expect(controller.cwndBytes).toBeLessThan(7_200);
  });
});

describe('CUBIC', () => {
  it('falls to 0.7 of its window on loss', () => {
    const controller = createCongestionController('cubic', BYTES);
    controller.onCongestionEvent(0, 0);
    expect(controller.cwndBytes).toBeCloseTo(8_400, 6);
  });

  it('climbs back to the window of the last loss, rests there, then probes beyond', () => {
    const controller = createCongestionController('cubic', BYTES);
    for (let packet = 0; packet < 990; packet++) controller.onAcked(BYTES, 0, 50, RTT_MS, false);
    expect(controller.cwndBytes / BYTES).toBe(1_000);
    controller.onCongestionEvent(100, 100);
    const secondsToPlateau = Math.cbrt((1_000 * 0.3) / 0.4);
    const atPlateau = growFor(controller, 101, secondsToPlateau * 1_000);
    expect(atPlateau / BYTES).toBeGreaterThan(990);
    expect(atPlateau / BYTES).toBeLessThan(1_010);
    const beyond = growFor(controller, 101 + secondsToPlateau * 1_000, 8_000);
    expect(beyond / BYTES).toBeGreaterThan(1_100);
  });

  it('aims lower when a loss comes before the last plateau was reached', () => {
    const rttMs = 400;
    const controller = createCongestionController('cubic', BYTES);
    for (let packet = 0; packet < 990; packet++) controller.onAcked(BYTES, 0, 50, rttMs, false);
    controller.onCongestionEvent(100, 100);
    controller.onCongestionEvent(101, 200);
    expect(controller.cwndBytes / BYTES).toBeCloseTo(490, 6);
    // The second loss came at 700 of 1,000 packets: the new plateau is 0.85 * 700.
    const plateau = 595;
    const secondsToPlateau = Math.cbrt((plateau - 490) / 0.4);
    const reached = growFor(controller, 201, secondsToPlateau * 1_000, rttMs);
    expect(Math.abs(reached / BYTES - plateau)).toBeLessThan(2);
  });

  it.each(['sent after silence', 'acknowledged while the application was the limit'])(
    'does not count time that a packet %s has ended',
    (how) => {
      const controller = createCongestionController('cubic', BYTES);
      for (let packet = 0; packet < 490; packet++) controller.onAcked(BYTES, 0, 50, RTT_MS, false);
      controller.onCongestionEvent(100, 100);
      const before = growFor(controller, 101, 1_000);
      if (how.startsWith('sent')) controller.onSent(BYTES, 0, 60_000);
      else controller.onAcked(BYTES, 59_950, 60_000, RTT_MS, true);
      const after = growFor(controller, 60_000, RTT_MS);
      expect(after / before).toBeLessThan(1.1);
    },
  );

  it('grows by at most half its window per round trip, however far the curve has run', () => {
    const controller = createCongestionController('cubic', BYTES);
    controller.onCongestionEvent(0, 0);
    controller.onAcked(BYTES, 1, 50, RTT_MS, false);
    const before = controller.cwndBytes;
    controller.onAcked(BYTES, 1, 60_000, RTT_MS, false);
    expect(controller.cwndBytes - before).toBeCloseTo(BYTES / 2, 6);
  });

  it('goes on as if nothing had been after an undone reduction', () => {
    const [disturbed, calm] = ['cubic', 'cubic'].map(() => {
      const controller = createCongestionController('cubic', BYTES);
      for (let packet = 0; packet < 490; packet++) controller.onAcked(BYTES, 0, 50, RTT_MS, false);
      controller.onCongestionEvent(100, 100);
      growFor(controller, 101, 1_000);
      return controller;
    });
    disturbed!.onCongestionEvent(1_100, 1_101);
    growFor(disturbed!, 1_102, 50);
    disturbed!.onSpuriousLoss();
    for (const controller of [disturbed!, calm!]) controller.onSent(BYTES, 0, 9_000);
    expect(growFor(disturbed!, 9_000, 2_000)).toBeCloseTo(growFor(calm!, 9_000, 2_000), 3);
  });
});

describe('createCongestionController', () => {
  it('refuses what it does not know', () => {
    expect(() => createCongestionController('newreno', 0)).toThrow(VCLError);
    expect(() => createCongestionController('vegas' as 'cubic', BYTES)).toThrow(VCLError);
  });
});

/** Acknowledges a full window per round trip for `durationMs`. @returns the window then */
function growFor(
  controller: ReturnType<typeof createCongestionController>,
  from: number,
  durationMs: number,
  rttMs: number = RTT_MS,
): number {
  for (let now = from; now < from + durationMs; now += rttMs / 10) {
    const packets = controller.cwndBytes / BYTES / 10;
    for (let packet = 0; packet < packets; packet++) {
      controller.onAcked(BYTES, now, now, rttMs, false);
    }
  }
  return controller.cwndBytes;
}
