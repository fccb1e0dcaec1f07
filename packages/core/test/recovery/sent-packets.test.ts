import { describe, expect, it } from 'vitest';
import { VCLError } from '../../src/errors.js';
import { acknowledges, largestOf, smallestOf } from '../../src/recovery/ack-block.js';
import { PacketList } from '../../src/recovery/packet-list.js';
import { PacketState, type SentPacket } from '../../src/recovery/sent-packet.js';
import { SentPackets } from '../../src/recovery/sent-packets.js';
import { ackBlock } from './path-harness.js';

function send(sent: SentPackets, sentAt = 0, ackEliciting = true): SentPacket {
  const packet = sent.acquire();
  packet.sentAt = sentAt;
  packet.ackEliciting = ackEliciting;
  sent.onSent(packet);
  return packet;
}

function numbers(list: Pick<PacketList, 'first'>): number[] {
  const out: number[] = [];
  for (let packet = list.first; packet !== undefined; packet = packet.next) {
    out.push(packet.packetNumber);
  }
  return out;
}

describe('SentPacket', () => {
  it('carries any number of frames', () => {
    const packet = new SentPackets().acquire();
    const message = {};
    packet.addFrame(1, message, 10, 20);
    packet.addFrame(2, undefined, 0, 0);
    expect(packet.frameCount).toBe(2);
    expect(packet.frameRefs[0]).toBe(message);
    expect(packet.frameEnds[0]).toBe(20);
    expect(packet.frameKinds[1]).toBe(2);
  });

  it('does not count against the window when it is exempt', () => {
    const packet = new SentPackets().acquire();
    packet.inFlight = true;
    expect(packet.countsAgainstWindow).toBe(true);
    packet.mtuProbe = true;
    expect(packet.signalsCongestion).toBe(false);
    packet.exempt = true;
    expect(packet.countsAgainstWindow).toBe(false);
  });
});

describe('SentPackets', () => {
  it('uses records again, blank, without keeping what their frames referred to', () => {
    const sent = new SentPackets();
    const packet = sent.acquire();
    packet.addFrame(1, {}, 0, 5);
    packet.exempt = true;
    packet.epoch = 3;
    sent.release(packet);
    const again = sent.acquire();
    expect(again).toBe(packet);
    expect(again.frameCount).toBe(0);
    expect(again.frameRefs[0]).toBeUndefined();
    expect(again.exempt).toBe(false);
    expect(again.epoch).toBe(0);
    expect(again.state).toBe(PacketState.free);
    expect(sent.createdRecords).toBe(1);
  });

  it('hands out numbers that only grow', () => {
    const sent = new SentPackets();
    expect(send(sent).packetNumber).toBe(0);
    expect(send(sent).packetNumber).toBe(1);
    expect(sent.nextPacketNumber).toBe(2);
    const stale = sent.acquire(1);
    expect(() => sent.onSent(stale)).toThrow(VCLError);
  });

  it('does not use up a number when a datagram was not built after all', () => {
    const sent = new SentPackets();
    sent.release(sent.acquire());
    expect(send(sent).packetNumber).toBe(0);
  });

  it('keeps no ACK-only packet but knows for a while when it left', () => {
    const sent = new SentPackets();
    send(sent, 5, false);
    send(sent, 9);
    expect(numbers(sent.outstanding)).toEqual([1]);
    expect(sent.untrackedSentAt(0)).toBe(5);
    expect(sent.untrackedSentAt(1)).toBeNaN();
    for (let packet = 0; packet < 256; packet++) send(sent, 10, false);
    expect(sent.untrackedSentAt(0)).toBeNaN();
    expect(sent.untrackedSentAt(257)).toBe(10);
  });

  it('takes out what an ACK names, and nothing twice', () => {
    const sent = new SentPackets();
    for (let packet = 0; packet < 10; packet++) send(sent);
    const acked = new PacketList();
    sent.takeAcked(ackBlock([[7, 8], [2, 3], 0]), acked);
    expect(numbers(acked)).toEqual([0, 2, 3, 7, 8]);
    expect(numbers(sent.outstanding)).toEqual([1, 4, 5, 6, 9]);
    expect(sent.outstanding.count).toBe(5);
    const again = new PacketList();
    sent.takeAcked(ackBlock([[7, 8], [2, 3], 0]), again);
    expect(again.count).toBe(0);
  });

  it('calls an ACK of a number that was never sent optimistic', () => {
    const sent = new SentPackets();
    send(sent);
    expect(sent.isOptimistic(ackBlock([0]))).toBe(false);
    expect(sent.isOptimistic(ackBlock([1]))).toBe(true);
  });

  it('calls an ACK of a skipped number optimistic, also when a range runs over it', () => {
    const sent = new SentPackets();
    send(sent);
    sent.skip(1);
    send(sent);
    expect(sent.nextPacketNumber).toBe(3);
    expect(sent.isOptimistic(ackBlock([0, 2]))).toBe(false);
    expect(sent.isOptimistic(ackBlock([[0, 2]]))).toBe(true);
    expect(sent.isOptimistic(ackBlock([1]))).toBe(true);
  });

  it('counts numbers that were jumped over as skipped', () => {
    const sent = new SentPackets();
    const packet = sent.acquire(4);
    packet.ackEliciting = true;
    sent.onSent(packet);
    expect(sent.isOptimistic(ackBlock([4]))).toBe(false);
    expect(sent.isOptimistic(ackBlock([[3, 4]]))).toBe(true);
  });

  it('remembers the latest 64 skipped numbers', () => {
    const sent = new SentPackets();
    for (let round = 0; round < 65; round++) {
      sent.skip(2 * round);
      send(sent);
    }
    expect(sent.isOptimistic(ackBlock([0]))).toBe(false);
    for (let round = 1; round < 65; round++) {
      expect(sent.isOptimistic(ackBlock([2 * round]))).toBe(true);
    }
  });

  it('skips no other number than the next', () => {
    const sent = new SentPackets();
    expect(() => sent.skip(1)).toThrow(VCLError);
  });

  it('makes no new records while packets come and go', () => {
    const sent = new SentPackets();
    const acked = new PacketList();
    for (let round = 0; round < 2_000; round++) {
      send(sent);
      send(sent);
      sent.takeAcked(ackBlock([[0, sent.nextPacketNumber - 1]]), acked);
      for (let packet = acked.first; packet !== undefined; packet = acked.first) {
        acked.remove(packet);
        sent.release(packet);
      }
    }
    expect(sent.createdRecords).toBe(2);
  });
});

describe('an ACK block', () => {
  it('knows what it acknowledges', () => {
    const block = ackBlock([[5, 7], 2]);
    const inside = [0, 1, 2, 3, 4, 5, 6, 7, 8].filter((number) => acknowledges(block, number));
    expect(inside).toEqual([2, 5, 6, 7]);
    expect(largestOf(block)).toBe(7);
    expect(smallestOf(block)).toBe(2);
  });
});
