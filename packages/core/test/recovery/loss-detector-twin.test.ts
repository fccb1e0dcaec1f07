import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AckRanges } from '../../src/recovery/ack-ranges.js';
import { NaiveRecovery } from './naive-recovery.js';
import { ackBlock, PathHarness } from './path-harness.js';

type Step =
  | { readonly kind: 'send'; readonly count: number; readonly ackOnly: boolean }
  | { readonly kind: 'skip' }
  | { readonly kind: 'deliver'; readonly pick: number }
  | { readonly kind: 'ack'; readonly delay: number }
  | { readonly kind: 'forget'; readonly below: number }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      count: fc.integer({ min: 1, max: 6 }),
      ackOnly: fc.nat(9).map((roll) => roll === 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('skip' as const) }) },
  { weight: 14, arbitrary: fc.record({ kind: fc.constant('deliver' as const), pick: fc.nat() }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ack' as const), delay: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), below: fc.nat(60) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('timeout' as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(30) }) },
);

/** A sender, a network that delivers in any order or not at all, and a receiver that acknowledges. */
class World {
  // A long initial estimate keeps lost packets remembered, so that every late ACK is understood.
  readonly path = new PathHarness({ initialRttMs: 200 });
  readonly naive = new NaiveRecovery(200, 25);
  readonly received = new AckRanges();
  readonly inTransit: number[] = [];
  now = 0;

  run(steps: readonly Step[]): void {
    for (const entry of steps) {
      this.play(entry);
      this.compare();
    }
  }

  private play(entry: Step): void {
    if (entry.kind === 'send') this.send(entry.count, !entry.ackOnly);
    else if (entry.kind === 'skip') this.path.sent.skip(this.path.sent.nextPacketNumber);
    else if (entry.kind === 'deliver') this.deliver(entry.pick);
    else if (entry.kind === 'ack') this.ack(entry.delay);
    else if (entry.kind === 'forget') this.received.dropBelow(this.received.largest - entry.below);
    else if (entry.kind === 'timeout') this.timeout();
    else this.now += entry.ms;
  }

  private send(count: number, ackEliciting: boolean): void {
    for (let index = 0; index < count; index++) {
      const packetNumber = this.path.send(this.now, { ackEliciting });
      this.naive.sent(packetNumber, this.now, ackEliciting);
      this.inTransit.push(packetNumber);
    }
  }

  private deliver(pick: number): void {
    const [packetNumber] = this.inTransit.splice(pick % Math.max(1, this.inTransit.length), 1);
    if (packetNumber !== undefined) this.received.add(packetNumber);
  }

  private ack(ackDelayMs: number): void {
    if (this.received.count === 0) return;
    const ranges: [number, number][] = [];
    const numbers: number[] = [];
    for (let index = 0; index < this.received.count; index++) {
      ranges.push([this.received.start(index), this.received.end(index)]);
      for (let n = this.received.start(index); n <= this.received.end(index); n++) numbers.push(n);
    }
    expect(this.path.loss.onAck(ackBlock(ranges, ackDelayMs), this.now)).toBe('ok');
    this.naive.acked(numbers, ackDelayMs, this.now);
  }

  private timeout(): void {
    const deadline = this.path.loss.nextDeadline();
    if (deadline === Number.POSITIVE_INFINITY) return;
    this.now = Math.max(this.now, deadline);
    if (this.path.loss.onTimeout(this.now) === 'lost') this.naive.detect(this.now);
  }

  private compare(): void {
    const { handler, loss } = this.path;
    expect([...handler.acked].sort(ascending)).toEqual(this.naive.withFate('acked'));
    expect([...handler.lost].sort(ascending)).toEqual(this.naive.withFate('lost', 'late'));
    expect(loss.packetsInFlight).toBe(this.naive.withFate('open').length);
    expect(loss.bytesInFlight).toBe(1_200 * loss.packetsInFlight);
    expect(this.path.rtt.smoothed).toBeCloseTo(this.naive.srtt, 6);
  }
}

describe('LossDetector against RFC 9002 written out', () => {
  it('reports every packet once, as acknowledged or lost, for any order of events', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const world = new World();
        world.run(steps);
        const { acked, lost, late } = world.path.handler;
        expect(new Set(acked).size).toBe(acked.length);
        expect(new Set(lost).size).toBe(lost.length);
        expect(new Set(late).size).toBe(late.length);
        expect(acked.filter((packetNumber) => lost.includes(packetNumber))).toEqual([]);
        expect(late.filter((packetNumber) => !lost.includes(packetNumber))).toEqual([]);
        const before = lost.length;
        expect(world.path.loss.discardAll(world.now)).toBe(lost.length - before);
        expect(acked.length + lost.length).toBe(world.naive.packets.size);
      }),
      { numRuns: 300 },
    );
  });

  it('leads to an end: with time passing, nothing stays outstanding behind an ACK', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const world = new World();
        world.run(steps);
        const { loss, sent } = world.path;
        for (let round = 0; round < 200 && loss.lossTimeMs !== Number.POSITIVE_INFINITY; round++) {
          world.now = Math.max(world.now, loss.lossTimeMs);
          expect(loss.onTimeout(world.now)).toBe('lost');
        }
        const oldest = sent.outstanding.first;
        expect(oldest === undefined || oldest.packetNumber > loss.largestAcked).toBe(true);
      }),
    );
  });
});

function ascending(left: number, right: number): number {
  return left - right;
}
