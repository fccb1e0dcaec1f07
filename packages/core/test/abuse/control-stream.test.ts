import { describe, expect, it } from 'vitest';
import { CloseCode } from '../../src/wire/close-codes.js';
import {
  ControlType,
  controlMessage,
  encodeGap,
  encodeLeafWanted,
} from '../../src/wire/control-messages.js';
import { blockedFrame, controlFrame, creditFrame, pieceFrame, pingFrame } from './frames.js';
import { Rogue } from './rogue.js';

const IGNORED = 0x7f;

describe('pieces of the control stream', () => {
  it('may not lie beyond the window', () => {
    const rogue = new Rogue();
    rogue.send(controlFrame(65_530, new Uint8Array(7)));
    expect(rogue.code).toBe(CloseCode.LIMIT_EXCEEDED);
  });

  it('may not leave more than 1,024 holes', () => {
    const rogue = new Rogue();
    for (let i = 1; i < 1_200 && rogue.code < 0; i++) {
      rogue.send(controlFrame(4 * i, Uint8Array.of(1)));
    }
    expect(rogue.code).toBe(CloseCode.LIMIT_EXCEEDED);
  });

  it('come together in any order, however often', () => {
    const rogue = new Rogue();
    // Whole messages of an ignored type, so that the stream says nothing.
    const message = controlMessage(IGNORED, new Uint8Array(1_000).fill(3));
    const stream = new Uint8Array(60 * message.length);
    for (let i = 0; i < 60; i++) stream.set(message, i * message.length);
    for (let pass = 0; pass < 3; pass++) {
      for (let from = stream.length - 1_000; from >= 0; from -= 900) {
        rogue.send(controlFrame(from, stream.subarray(from, from + 1_000)));
      }
    }
    rogue.send(controlFrame(0, stream.subarray(0, 1_000)));
    rogue.send(controlFrame(stream.length, controlMessage(ControlType.GAP, new Uint8Array(0))));
    // The broken message right behind it was reached, so all before it was read.
    expect(rogue.code).toBe(CloseCode.FRAME_ENCODING);
  });
});

describe('a peer that asks and asks', () => {
  it('for leaves gets each of them once', () => {
    const rogue = new Rogue();
    rogue.receive();
    for (let i = 0; i < 2_000; i++) {
      const numbers = Array.from({ length: 256 }, (_, n) => n);
      rogue.control(ControlType.LEAF_WANTED, encodeLeafWanted({ lane: 1, numbers }));
    }
    expect(rogue.code).toBe(-1);
    expect(rogue.victim.control.backlog).toBeLessThan(2_000);
  });

  it('and acknowledges nothing runs out of credit before the answers fill the memory', () => {
    const rogue = new Rogue({ victimParams: { initialCreditLossyBytes: 2 ** 30 } });
    rogue.receive();
    let n = 0;
    // Each message is pushed out by later ones, which makes this side ask for its leaf.
    for (; n < 100_000 && rogue.code < 0; n += 50) {
      rogue.send(
        ...Array.from({ length: 50 }, (_, i) =>
          pieceFrame(1, (n + i) & 0xffff, 0, Uint8Array.of(1), 50),
        ),
      );
      rogue.receive();
      expect(rogue.victim.control.backlog).toBeLessThan(65_536);
    }
    expect(rogue.code).toBe(CloseCode.FLOW_CONTROL);
    expect(n).toBeLessThan(40_000);
  });

  it('for anything is closed when a mebibyte of answers waits', () => {
    const rogue = new Rogue();
    rogue.receive();
    for (let i = 0; i < 1_000 && rogue.code < 0; i++) {
      rogue.victim.sendControl(ControlType.REKEY_WANTED, new Uint8Array(1_100));
    }
    expect(rogue.code).toBe(CloseCode.LIMIT_EXCEEDED);
    expect(rogue.victim.control.backlog).toBeLessThan(1_060_000);
  });

  it('for credit gets one answer for each of its packets', () => {
    const rogue = new Rogue();
    rogue.receive();
    for (let i = 0; i < 100; i++) {
      rogue.now += 1;
      rogue.send(...Array.from({ length: 200 }, (_, k) => blockedFrame(k & 1)));
      expect(rogue.receive().length).toBeLessThanOrEqual(2);
    }
    expect(rogue.code).toBe(-1);
  });
});

describe('open GAPs', () => {
  it('may not lie further ahead than the window', () => {
    const rogue = new Rogue();
    const gap = encodeGap({ lane: 1, n: 8_192, length: 1, leaf: new Uint8Array(32) });
    rogue.control(ControlType.GAP, gap);
    expect(rogue.code).toBe(CloseCode.LIMIT_EXCEEDED);
  });

  it('of which the messages are never signed for end the session', () => {
    const rogue = new Rogue();
    rogue.sign();
    for (let n = 0; n < 40_000 && rogue.code < 0; n++) {
      const gap = encodeGap({ lane: 1, n, length: 0, leaf: new Uint8Array(32) });
      rogue.control(ControlType.GAP, gap);
      if (n % 100 === 0) rogue.drain();
    }
    expect(rogue.code).toBe(CloseCode.SIGNATURE_OVERDUE);
  });
});

describe('statements', () => {
  it('faster than this side checks end the session, after a bounded number of checks', () => {
    const rogue = new Rogue({ victimParams: { maxCheckpointRate: 10 } });
    rogue.receive();
    let signed = 0;
    for (; signed < 5_000 && rogue.code < 0; signed++) {
      rogue.now += 1;
      rogue.sign();
      rogue.drain();
    }
    expect(rogue.code).toBe(CloseCode.CHECKPOINT_RATE);
    // 600 and four seconds of the rate at once, twice the rate from then on (SPEC 8.4).
    expect(signed).toBeLessThan(600 + 40 + 20 * 5 + 10);
  });

  it('are answered with receipts at most once a second', () => {
    const rogue = new Rogue();
    rogue.receive();
    const sentBefore = rogue.victim.checkpoints.writer.signed;
    for (let i = 0; i < 200; i++) {
      rogue.wait(20);
      rogue.sign();
      rogue.send(pingFrame(i));
      rogue.receive();
    }
    expect(rogue.code).toBe(-1);
    expect(rogue.victim.checkpoints.writer.signed - sentBefore).toBeLessThanOrEqual(5);
  });
});

describe('a peer that gives credit byte by byte', () => {
  it('gets a piece for each round trip, not for each byte', () => {
    const rogue = new Rogue({ rogueParams: { initialCreditReliableBytes: 0 } });
    rogue.sign();
    rogue.receive();
    rogue.victim.outgoing.enqueue({
      payload: new Uint8Array(5_000),
      kind: 0,
      reliability: 'reliable',
      deadline: Number.POSITIVE_INFINITY,
      maxRetries: 0,
      priority: 0,
    });
    const before = rogue.victim.counters.packetsSent;
    for (let bytes = 1; bytes <= 200; bytes++) {
      rogue.now += 0.1;
      rogue.send(creditFrame(0, bytes, 100));
      rogue.receive();
    }
    const { reliable } = rogue.victim.outgoing;
    expect(200 - reliable.credit.bytesLeft).toBe(1);
    // The rest is acknowledgements of its own packets.
    expect(rogue.victim.counters.packetsSent - before).toBeLessThan(120);
    expect(rogue.code).toBe(-1);
  });

  it('cannot take credit back', () => {
    const rogue = new Rogue();
    rogue.send(creditFrame(0, 1_000_000, 20_000));
    rogue.send(creditFrame(0, 5, 1));
    expect(rogue.victim.outgoing.reliable.credit.maxBytes).toBe(1_000_000);
    expect(rogue.code).toBe(-1);
  });

  it('cannot give so much that numbers lose their precision', () => {
    const rogue = new Rogue();
    rogue.send(creditFrame(0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
    expect(rogue.victim.outgoing.reliable.credit.bytesLeft).toBe(Number.MAX_SAFE_INTEGER);
  });
});
