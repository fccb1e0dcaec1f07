import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReceiveCredit, SendCredit } from '../../src/message/credit.js';

describe('the credit of a sender', () => {
  it('grows to the largest value it was told and never shrinks', () => {
    const credit = new SendCredit(100, 10);
    expect(credit.raise(90, 9)).toBe(false);
    expect(credit.raise(50, 12)).toBe(true);
    expect([credit.maxBytes, credit.maxMessages]).toEqual([100, 12]);
  });

  it('counts what was spent since the start', () => {
    const credit = new SendCredit(100, 2);
    credit.spendMessage();
    credit.spendBytes(70);
    expect([credit.bytesLeft, credit.messagesLeft]).toEqual([30, 1]);
    credit.raise(170, 2);
    expect(credit.bytesLeft).toBe(100);
  });
});

function receiver(windowBytes: number, maxWindowBytes = windowBytes): ReceiveCredit {
  return new ReceiveCredit({ windowBytes, maxWindowBytes, windowMessages: 16 });
}

describe('the credit a receiver grants', () => {
  it('catches a peer that sends more bytes or messages than it was granted', () => {
    const bytes = receiver(100);
    expect(bytes.receive(100, 1)).toBe(true);
    expect(bytes.receive(1, 0)).toBe(false);
    const messages = receiver(100);
    expect(messages.receive(0, 16)).toBe(true);
    expect(messages.receive(0, 1)).toBe(false);
  });

  it('grants again what was released, once it is worth a frame', () => {
    const credit = receiver(100);
    credit.receive(24, 1);
    credit.release(24, 1, 0, 10);
    expect(credit.due).toBe(false);
    credit.release(1, 1, 0, 10);
    expect(credit.due).toBe(true);
    expect(credit.grantedBytes).toBe(100);
    credit.grant();
    expect([credit.grantedBytes, credit.grantedMessages]).toEqual([125, 18]);
    expect(credit.due).toBe(false);
  });

  it('is due for messages without bytes as well', () => {
    const credit = receiver(100);
    for (let i = 0; i < 4; i++) credit.release(0, 1, 0, 10);
    expect(credit.due).toBe(true);
  });

  it('grants the message at the head of the lane as it comes, so that one larger than the window ends', () => {
    const credit = receiver(100);
    let sent = 0;
    for (let total = 1_000; sent < total; ) {
      const step = Math.min(credit.grantedBytes - sent, total - sent);
      expect(step).toBeGreaterThan(0);
      sent += step;
      expect(credit.receive(step, 0)).toBe(true);
      credit.setHead(sent);
      credit.grant();
    }
    credit.setHead(0);
    credit.release(1_000, 1, 0, 10);
    credit.grant();
    expect(credit.grantedBytes).toBe(1_100);
  });

  it('never takes back what it granted', () => {
    const credit = receiver(100);
    credit.setHead(60);
    credit.grant();
    credit.setHead(0);
    credit.grant();
    expect(credit.grantedBytes).toBe(160);
  });

  it('never grants more than a window beyond what was consumed', () => {
    const step = fc.record({ bytes: fc.nat(80), afterMs: fc.nat(60) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const credit = receiver(100, 1_600);
        let consumed = 0;
        let now = 0;
        for (const { bytes, afterMs } of steps) {
          now += afterMs;
          consumed += bytes;
          credit.release(bytes, 1, now, 10);
          credit.grant();
          expect(credit.grantedBytes).toBeLessThanOrEqual(consumed + credit.windowBytes);
          expect(credit.windowBytes).toBeLessThanOrEqual(1_600);
        }
      }),
    );
  });
});

describe('the tuning of the window', () => {
  it('doubles a window that is used up within two round trips, up to its limit', () => {
    const credit = receiver(100, 350);
    const windows: number[] = [];
    for (let now = 1_000; now < 1_060; now += 10) {
      credit.release(credit.windowBytes / 2, 1, now, 10);
      windows.push(credit.windowBytes);
    }
    expect(windows).toEqual([100, 200, 350, 350, 350, 350]);
  });

  it('leaves a window alone that a slow sender or reader does not use up', () => {
    const credit = receiver(100, 1_600);
    for (let now = 0; now < 1_000; now += 20) credit.release(50, 1, now, 10);
    expect(credit.windowBytes).toBe(100);
  });

  it('leaves a window alone that was set by hand', () => {
    const credit = receiver(100, 100);
    for (let now = 0; now < 100; now++) credit.release(100, 1, now, 10);
    expect(credit.windowBytes).toBe(100);
  });

  it('counts a message under way, so that a single long one does not crawl', () => {
    const credit = receiver(100, 1_600);
    for (let now = 1_000, head = 0; now < 1_040; now += 10) {
      head += credit.windowBytes;
      credit.setHead(head);
      credit.tune(now, 10);
    }
    expect(credit.windowBytes).toBe(800);
  });
});
