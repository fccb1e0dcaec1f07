import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DROP, type PacketFates } from '../../src/demo/packet-fates.js';
import { RelayDirection } from '../../src/demo/relay-direction.js';

/** A direction in which datagrams, numbered by their first byte, meet these fates. */
function direction(...fates: number[]): { relay: RelayDirection; sent: number[] } {
  const sent: number[] = [];
  const source: Pick<PacketFates, 'next'> = { next: () => fates.shift() ?? 0 };
  const relay = new RelayDirection(source, (datagram) => sent.push(datagram[0]!));
  return { relay, sent };
}

describe('one direction of the relay', () => {
  it('passes on, drops and counts', () => {
    const { relay, sent } = direction(0, DROP, 0);
    for (let n = 0; n < 3; n++) relay.accept(Uint8Array.of(n, 0), 10 * n);
    expect(sent).toEqual([0, 2]);
    expect(relay.stats).toEqual({
      received: 3,
      receivedBytes: 6,
      dropped: 1,
      reordered: 0,
      longestDelayMs: 0,
    });
  });

  it('lets later datagrams overtake one that is held back', () => {
    const { relay, sent } = direction(2, 0, 0);
    relay.accept(Uint8Array.of(0), 0);
    relay.accept(Uint8Array.of(1), 0.5);
    expect(relay.isHolding).toBe(true);
    relay.release(1.9);
    expect(sent).toEqual([1]);
    relay.accept(Uint8Array.of(2), 2.25);
    expect(sent).toEqual([1, 0, 2]);
    expect(relay.isHolding).toBe(false);
    expect(relay.stats).toMatchObject({ reordered: 1, longestDelayMs: 2.25 });
  });

  it('releases in the order in which they are due', () => {
    const { relay, sent } = direction(2, 1, 1.5);
    for (let n = 0; n < 3; n++) relay.accept(Uint8Array.of(n), 0);
    relay.release(5);
    expect(sent).toEqual([1, 2, 0]);
    expect(relay.stats.reordered).toBe(1);
  });

  it('does not call one overtaken that was only late', () => {
    const { relay, sent } = direction(1, 0);
    relay.accept(Uint8Array.of(0), 0);
    relay.accept(Uint8Array.of(1), 3);
    expect(sent).toEqual([0, 1]);
    expect(relay.stats.reordered).toBe(0);
  });

  it('loses nothing but what it drops, whatever the fates', () => {
    const fate = fc.oneof(fc.constant(0), fc.constant(DROP), fc.double({ min: 0.01, max: 2 }));
    const arrivals = fc.array(fc.record({ fate, waitMs: fc.integer({ min: 0, max: 3 }) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(arrivals, (packets) => {
        const { relay, sent } = direction(...packets.map((each) => each.fate));
        let now = 0;
        for (const [n, { waitMs }] of packets.entries()) {
          now += waitMs;
          relay.accept(Uint8Array.of(n), now);
        }
        relay.release(now + 2);
        const spared = [...packets.keys()].filter((n) => packets[n]!.fate !== DROP);
        expect(relay.isHolding).toBe(false);
        expect([...sent].sort((a, b) => a - b)).toEqual(spared);
        expect(relay.stats.dropped).toBe(packets.length - spared.length);
        expect(relay.stats.longestDelayMs).toBeLessThan(2 + 3);
      }),
    );
  });
});
