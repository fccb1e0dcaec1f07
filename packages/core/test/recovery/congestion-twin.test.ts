import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CongestionController } from '../../src/recovery/congestion/controller.js';
import { createCongestionController } from '../../src/recovery/congestion/create.js';
import { type NaiveController, NaiveCubic, NaiveNewReno } from './naive-controller.js';

const SEGMENT_BYTES = 1_200;

type Event =
  | {
      readonly kind: 'ack';
      readonly wait: number;
      readonly age: number;
      readonly bytes: number;
      readonly packets: number;
      readonly limited: boolean;
    }
  | { readonly kind: 'lose'; readonly wait: number; readonly age: number }
  | { readonly kind: 'idle'; readonly wait: number }
  | { readonly kind: 'persistent' };

const wait = fc.oneof(
  { weight: 9, arbitrary: fc.double({ min: 0, max: 60, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ min: 0, max: 4_000, noNaN: true }) },
);
const age = fc.double({ min: 0, max: 200, noNaN: true });
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.record({
      kind: fc.constant('ack' as const),
      wait,
      age,
      bytes: fc.integer({ min: 60, max: 1_200 }),
      packets: fc.integer({ min: 1, max: 60 }),
      limited: fc.nat(4).map((roll) => roll === 0),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('lose' as const), wait, age }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('idle' as const),
      wait: fc.double({ min: 0, max: 5_000, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('persistent' as const) }) },
);

const trace = fc.record({
  rttMs: fc.constantFrom(5, 40, 150, 600),
  events: fc.array(event, { maxLength: 400 }),
});

/** Plays the events to both and compares the windows after each. */
function play(
  controller: CongestionController,
  naive: NaiveController,
  { rttMs, events }: { readonly rttMs: number; readonly events: readonly Event[] },
) {
  let now = 1_000;
  for (const step of events) {
    if (step.kind !== 'persistent') now += step.wait;
    if (step.kind === 'persistent') {
      controller.onPersistentCongestion();
      naive.persistent();
    } else if (step.kind === 'idle') {
      controller.onSent(SEGMENT_BYTES, 0, now);
      naive.sent(0, now / 1_000);
    } else if (step.kind === 'lose') {
      controller.onCongestionEvent(now - step.age, now);
      naive.lost((now - step.age) / 1_000, now / 1_000);
    } else {
      const sentAt = now - step.age;
      const segments = step.bytes / SEGMENT_BYTES;
      for (let packet = 0; packet < step.packets; packet++) {
        controller.onAcked(step.bytes, sentAt, now, rttMs, step.limited);
        naive.acked(segments, sentAt / 1_000, now / 1_000, rttMs / 1_000, step.limited);
      }
    }
    expectClose(controller.cwndBytes / SEGMENT_BYTES, naive.cwnd);
    expectClose(controller.ssthreshBytes / SEGMENT_BYTES, naive.ssthresh);
  }
}

function expectClose(actual: number, expected: number): void {
  if (actual === expected) return;
  expect(Math.abs(actual - expected) / expected).toBeLessThan(1e-6);
}

describe('congestion controllers against the formulas written out', () => {
  it('NewReno follows RFC 9002 appendix B over any trace', () => {
    fc.assert(
      fc.property(trace, (events) => {
        play(createCongestionController('newreno', SEGMENT_BYTES), new NaiveNewReno(), events);
      }),
    );
  });

  it('CUBIC follows RFC 9438 over any trace', () => {
    fc.assert(
      fc.property(trace, (events) => {
        play(createCongestionController('cubic', SEGMENT_BYTES), new NaiveCubic(), events);
      }),
    );
  });

  it.each(['newreno', 'cubic'] as const)('%s never falls below two packets', (algorithm) => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const controller = createCongestionController(algorithm, SEGMENT_BYTES);
        let now = 0;
        for (const step of events) {
          now += 1;
          if (step.kind === 'ack') controller.onAcked(step.bytes, now, now, 40, step.limited);
          else if (step.kind === 'persistent') controller.onPersistentCongestion();
          else controller.onCongestionEvent(now, now);
          expect(controller.cwndBytes).toBeGreaterThanOrEqual(2 * SEGMENT_BYTES);
        }
      }),
    );
  });
});
