import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ackFrame, pingFrame } from './frames.js';
import { Rogue } from './rogue.js';

/** How long the answers of the peer really take. */
const ROUND_TRIP_MS = 40;
/** The most that a delay of an acknowledgement can say: 2^53 - 1 units of 8 us. */
const LONGEST_DELAY_MS = (Number.MAX_SAFE_INTEGER * 8) / 1_000;

/** Asks for packets and acknowledges the newest of them, with a delay that `lie` makes up. */
function converse(rogue: Rogue, rounds: number, lie: (round: number) => number): void {
  for (let round = 0; round < rounds && rogue.code < 0; round++) {
    rogue.now += ROUND_TRIP_MS;
    rogue.send(pingFrame(round), ackFrame([[rogue.highestSeen, rogue.highestSeen]], lie(round)));
    rogue.receive();
  }
}

describe('a peer that lies about how long it held an acknowledgement back', () => {
  it('makes the round trip no shorter than the real one less max_ack_delay', () => {
    const rogue = new Rogue();
    rogue.receive();
    converse(rogue, 200, () => LONGEST_DELAY_MS);
    const { rtt } = rogue.victim.paths.active;
    expect(rogue.code).toBe(-1);
    expect(rtt.smoothed).toBeGreaterThanOrEqual(ROUND_TRIP_MS - 25);
    expect(rtt.smoothed).toBeLessThanOrEqual(ROUND_TRIP_MS + 5);
  });

  it('never gets estimates or timers that are no numbers, negative or without end', () => {
    const delay = fc.oneof(
      fc.constantFrom(0, 0.008, 25, 1_000, LONGEST_DELAY_MS),
      fc.double({ min: 0, max: LONGEST_DELAY_MS, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(delay, { minLength: 30, maxLength: 30 }), (delays) => {
        const rogue = new Rogue();
        rogue.receive();
        converse(rogue, delays.length, (round) => delays[round]!);
        const { rtt, ptoMs } = rogue.victim.paths.active;
        expect(rogue.code).toBe(-1);
        expect(rtt.min).toBeGreaterThanOrEqual(0);
        expect(rtt.smoothed).toBeGreaterThanOrEqual(ROUND_TRIP_MS - 25);
        expect(rtt.smoothed).toBeLessThanOrEqual(2 * ROUND_TRIP_MS);
        expect(ptoMs).toBeGreaterThan(0);
        expect(ptoMs).toBeLessThan(1_000);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a peer that answers late on purpose', () => {
  it('is asked again no less often than every 2 s while something waits', () => {
    const rogue = new Rogue();
    rogue.receive();
    for (let round = 0; round < 20; round++) {
      rogue.now += 20_000;
      rogue.send(pingFrame(round), ackFrame([[rogue.highestSeen, rogue.highestSeen]]));
      rogue.receive();
    }
    const { loss, ptoMs } = rogue.victim.paths.active;
    expect(ptoMs).toBeLessThan(200_000);
    loss.setDataQueued(true);
    expect(loss.ptoIntervalMs).toBe(Math.max(ptoMs, 2_000));
    // The truth again, and the estimate follows it.
    converse(rogue, 200, () => 0);
    expect(rogue.victim.paths.active.ptoMs).toBeLessThan(500);
  });
});
