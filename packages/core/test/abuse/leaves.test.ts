import { describe, expect, it } from 'vitest';
import { ControlType, encodeLeafWanted } from '../../src/wire/control-messages.js';
import { FrameType } from '../../src/wire/frame-types.js';
import { encodeVerified } from '../../src/wire/frames/verified-frame.js';
import { Writer } from '../../src/wire/writer.js';
import { upTo } from '../scenario/support.js';
import { ackFrame } from './frames.js';
import { Rogue } from './rogue.js';

const MIB = 1024 * 1024;
/** A GAP on the control stream, at most: type, length, lane, number, length of the message, leaf. */
const GAP_BYTES = 40;

/** A victim that is sending lossy messages to a peer that takes them all. */
function talkingVictim(count: number): Rogue {
  const rogue = new Rogue({ rogueParams: { initialCreditLossyBytes: 16 * MIB } });
  rogue.sign();
  for (let sent = 0; sent < count; sent += 50) {
    for (let i = 0; i < Math.min(50, count - sent); i++) {
      rogue.victim.outgoing.enqueue({
        payload: new Uint8Array(100),
        kind: 0,
        reliability: 'unreliable',
        deadline: Number.POSITIVE_INFINITY,
        maxRetries: 0,
        priority: 0,
      });
    }
    settle(rogue);
  }
  return rogue;
}

/** Takes what the victim sends and acknowledges it, until nothing more comes. */
function settle(rogue: Rogue): void {
  for (let round = 0; round < 50; round++) {
    rogue.wait(5);
    rogue.receive();
    rogue.send(ackFrame([[rogue.highestSeen, rogue.highestSeen]]));
    if (rogue.victim.outgoing.isSettled && rogue.victim.control.backlog === 0) return;
  }
}

function want(rogue: Rogue, from: number, count: number): void {
  const numbers = Array.from({ length: count }, (_, i) => from + i);
  rogue.control(ControlType.LEAF_WANTED, encodeLeafWanted({ lane: 1, numbers }));
}

function verifiedFrame(statements: number): Uint8Array {
  const writer = new Writer();
  const buffer = new Uint8Array(16);
  writer.reset(buffer, 0, buffer.length);
  encodeVerified(writer, statements);
  expect(buffer[0]).toBe(FrameType.VERIFIED);
  return buffer.slice(0, writer.pos);
}

/** The numbers below `count` of which the victim still gives the leaf away. */
function leavesGiven(rogue: Rogue, count: number): number[] {
  return upTo(count).filter((n) => {
    const before = rogue.victim.control.end;
    want(rogue, n, 1);
    return rogue.victim.control.end > before;
  });
}

describe('a storm of LEAF_WANTED', () => {
  it('gets each leaf once, however often it asks', () => {
    const rogue = talkingVictim(500);
    const before = rogue.victim.control.end;
    for (let i = 0; i < 1_000; i++) want(rogue, 100, 200);
    expect(rogue.victim.control.end - before).toBeLessThanOrEqual(200 * GAP_BYTES);
    expect(rogue.victim.control.end - before).toBeGreaterThan(200 * 35);
    expect(rogue.code).toBe(-1);
  });

  it('gets none of messages that were never sent', () => {
    const rogue = talkingVictim(10);
    const before = rogue.victim.control.end;
    for (let i = 0; i < 200; i++) want(rogue, 5_000 + 256 * i, 256);
    expect(rogue.victim.control.end).toBe(before);
  });

  it('gets at most the newest 4,096', () => {
    const rogue = talkingVictim(4_500);
    expect(rogue.victim.outgoing.isSettled).toBe(true);
    const given = leavesGiven(rogue, 4_500);
    expect(given).toEqual(upTo(4_500).slice(404));
  });
});

describe('kept leaves', () => {
  it('are released when the peer says that it has verified what covers them', () => {
    const rogue = talkingVictim(300);
    const { signed } = rogue.victim.checkpoints.writer;
    expect(signed).toBeGreaterThan(1);
    rogue.send(verifiedFrame(signed));
    expect(leavesGiven(rogue, 300)).toEqual([]);
  });

  it('stay as far as the peer has not verified', () => {
    const rogue = talkingVictim(100);
    const { writer } = rogue.victim.checkpoints;
    // The first statement is OPEN, which covers nothing.
    rogue.send(verifiedFrame(1));
    expect(leavesGiven(rogue, 10)).toEqual(upTo(10));
    rogue.send(verifiedFrame(writer.signed - 1));
    const left = leavesGiven(rogue, 100);
    expect(left[0]).toBeGreaterThan(10);
    expect(left).toEqual(upTo(100).slice(left[0]));
  });

  it('of later messages are kept as before', () => {
    const rogue = talkingVictim(100);
    rogue.send(verifiedFrame(rogue.victim.checkpoints.writer.signed));
    for (let i = 0; i < 10; i++) {
      rogue.victim.outgoing.enqueue({
        payload: new Uint8Array(100),
        kind: 0,
        reliability: 'unreliable',
        deadline: Number.POSITIVE_INFINITY,
        maxRetries: 0,
        priority: 0,
      });
    }
    settle(rogue);
    expect(leavesGiven(rogue, 110)).toEqual(upTo(110).slice(100));
  });
});
