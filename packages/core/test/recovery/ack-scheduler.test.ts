import { describe, expect, it } from 'vitest';
import { AckScheduler, ackThresholdFor } from '../../src/recovery/ack-scheduler.js';

describe('AckScheduler', () => {
  it('wants nothing before anything arrives', () => {
    const acks = new AckScheduler();
    expect(acks.deadline).toBe(Number.POSITIVE_INFINITY);
    expect(acks.shouldAckNow(1e9)).toBe(false);
    expect(acks.isPending).toBe(false);
    expect(acks.ackDelayMs(5)).toBe(0);
  });

  it('acknowledges a lone packet after 25 ms', () => {
    const acks = new AckScheduler();
    acks.onPacketReceived(0, true, 100, false);
    expect(acks.isPending).toBe(true);
    expect(acks.shouldAckNow(100)).toBe(false);
    expect(acks.deadline).toBe(125);
    expect(acks.shouldAckNow(125)).toBe(true);
  });

  it('acknowledges every second packet at once', () => {
    const acks = new AckScheduler();
    acks.onPacketReceived(0, true, 0, false);
    acks.onPacketReceived(1, true, 1, false);
    expect(acks.shouldAckNow(1)).toBe(true);
    acks.onAckSent();
    expect(acks.shouldAckNow(1)).toBe(false);
    acks.onPacketReceived(2, true, 2, false);
    expect(acks.shouldAckNow(2)).toBe(false);
  });

  it('acknowledges at once after a gap or a late packet', () => {
    const acks = new AckScheduler();
    acks.onPacketReceived(5, true, 0, true);
    expect(acks.shouldAckNow(0)).toBe(true);
    expect(acks.deadline).toBe(0);
  });

  it('never acknowledges for the sake of an ACK-only packet', () => {
    const acks = new AckScheduler();
    for (let packet = 0; packet < 10; packet++) acks.onPacketReceived(packet, false, packet, true);
    expect(acks.isPending).toBe(false);
    expect(acks.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('keeps the deadline of the first packet that waits', () => {
    const acks = new AckScheduler({ threshold: 10 });
    acks.onPacketReceived(0, true, 0, false);
    acks.onPacketReceived(1, true, 20, false);
    expect(acks.deadline).toBe(25);
  });

  it('follows the frequency the peer asked for, and at least every packet', () => {
    const acks = new AckScheduler();
    acks.setFrequency(8);
    for (let packet = 0; packet < 7; packet++) acks.onPacketReceived(packet, true, 0, false);
    expect(acks.shouldAckNow(0)).toBe(false);
    acks.onPacketReceived(7, true, 0, false);
    expect(acks.shouldAckNow(0)).toBe(true);
    acks.setFrequency(0);
    expect(acks.threshold).toBe(1);
  });

  it('waits as long as the carrier needs', () => {
    const acks = new AckScheduler({ maxAckDelayMs: 100, threshold: 4 });
    acks.onPacketReceived(0, true, 10, false);
    expect(acks.deadline).toBe(110);
  });

  it('reports how long the largest packet has waited', () => {
    const acks = new AckScheduler();
    acks.onPacketReceived(3, true, 10, false);
    acks.onPacketReceived(1, true, 18, true);
    expect(acks.ackDelayMs(20)).toBe(10);
    acks.onPacketReceived(4, false, 19, false);
    expect(acks.ackDelayMs(20)).toBe(1);
  });

  it('starts again on another path', () => {
    const acks = new AckScheduler({ threshold: 3 });
    acks.setFrequency(8);
    acks.onPacketReceived(3, true, 10, true);
    acks.reset();
    expect(acks.threshold).toBe(3);
    expect(acks.isPending).toBe(false);
    expect(acks.shouldAckNow(1_000)).toBe(false);
    expect(acks.ackDelayMs(1_000)).toBe(0);
  });

  it('is asked for every 8th packet above 100 in flight', () => {
    expect(ackThresholdFor(0)).toBe(2);
    expect(ackThresholdFor(100)).toBe(2);
    expect(ackThresholdFor(101)).toBe(8);
  });
});
