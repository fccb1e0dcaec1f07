import { describe, expect, it } from 'vitest';
import { decodeStatement, NO_STATEMENT, statementHash } from '../../src/chain/statement.js';
import { hex } from '../../src/crypto/bytes.js';
import { crypto } from './node-crypto.js';
import { bytes32 } from './recorded-session.js';
import { Sender, SIGNATURE, sid } from './statement-support.js';

describe('what a statement says', () => {
  it('is all that is signed, and what travels is a part of it', () => {
    const sender = Sender.opened();
    const seenHash = bytes32(8);
    sender.number(3, 0);
    sender.number(2, 1);
    sender.writer.noteVerified(6, seenHash, true);
    sender.now = 20;
    const previousHash = sender.writer.lastHash;
    const job = sender.begin();
    const numbers = { flags: 0, k: 1, rThrough: 3, lThrough: 2, seen: 7, epoch: 3, timeMs: 5_020 };
    expect(decodeStatement(job.statement)).toEqual({
      ...numbers,
      sid,
      direction: 0,
      previousHash,
      rLink: sender.r.link,
      lLink: sender.l.link,
      seenHash,
      eth: bytes32(4),
    });
    expect(sender.writer.lastHash).toEqual(statementHash(crypto, job.statement));
    expect(sender.writer.complete(SIGNATURE)).toEqual({ ...numbers, signature: SIGNATURE });
  });

  it('begins with OPEN, which covers and follows nothing', () => {
    const sender = new Sender();
    sender.writer.open();
    const { k, statement } = sender.begin();
    expect(k).toBe(0);
    expect(decodeStatement(statement)).toMatchObject({
      flags: 1,
      rThrough: 0,
      lThrough: 0,
      seen: 0,
      previousHash: NO_STATEMENT,
      seenHash: NO_STATEMENT,
    });
  });

  it('can be remembered by number once it is signed', () => {
    const sender = new Sender();
    sender.writer.open();
    const { statement } = sender.begin();
    expect(sender.writer.hashOf(0)).toBeUndefined();
    sender.writer.complete(SIGNATURE);
    expect(hex(sender.writer.hashOf(0)!)).toBe(hex(statementHash(crypto, statement)));
    expect(sender.writer.signed).toBe(1);
  });

  it('is forgotten when the peer has named a later one as seen', () => {
    const sender = Sender.opened();
    for (let i = 0; i < 5; i++) sender.sign();
    sender.writer.noteSeenByPeer(6);
    const known = [0, 3, 2, 5, 4].map((k) => sender.writer.hashOf(k) !== undefined);
    expect(known).toEqual([true, true, false, true, false]);
    expect(sender.writer.hashOf(99)).toBeUndefined();
    expect(sender.writer.hashOf(5)).toBeDefined();
  });

  it('is one at a time, and none after FINAL', () => {
    const sender = new Sender();
    const refusal = expect.objectContaining({ code: 'ChainValidationFailed' });
    sender.writer.open();
    expect(() => sender.writer.complete(SIGNATURE)).toThrow(refusal);
    sender.begin();
    expect(sender.writer.inFlight).toBe(true);
    expect(() => sender.begin()).toThrow(refusal);
    sender.writer.complete(SIGNATURE);
    sender.begin(true);
    expect([sender.writer.finalBegun, sender.writer.finalSigned]).toEqual([true, false]);
    expect(sender.writer.complete(SIGNATURE).flags).toBe(2);
    expect(sender.writer.finalSigned).toBe(true);
    expect(() => sender.begin()).toThrow(refusal);
    expect(sender.due('empty', true)).toBe(false);
    expect(sender.writer.mayNumberMore()).toBe(false);
    expect(sender.writer.deadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it('may be OPEN and FINAL at once', () => {
    const sender = new Sender();
    sender.writer.open();
    expect(sender.sign(true).flags).toBe(3);
  });

  it('cannot be OPEN after a message', () => {
    const sender = new Sender();
    sender.writer.open();
    sender.number();
    expect(() => sender.begin()).toThrow('number none before it');
  });
});

describe('OPEN', () => {
  it('is due once asked for, and before any message', () => {
    const sender = new Sender();
    expect(sender.due('empty')).toBe(false);
    expect(sender.writer.deadline()).toBe(Number.POSITIVE_INFINITY);
    sender.writer.open();
    expect(sender.writer.mayNumberMore()).toBe(false);
    expect(sender.due()).toBe(true);
    expect(sender.writer.deadline()).toBe(0);
    sender.begin();
    expect(sender.writer.mayNumberMore()).toBe(true);
  });
});

describe('a statement is due', () => {
  it('at once when the queue runs empty or credit blocks it', () => {
    const sender = Sender.opened();
    expect(sender.due('empty')).toBe(false);
    sender.number();
    expect(sender.due('busy')).toBe(false);
    expect(sender.due('empty')).toBe(true);
    expect(sender.due('blocked')).toBe(true);
  });

  it('not while another is in flight', () => {
    const sender = Sender.opened();
    sender.number();
    sender.begin();
    sender.number();
    expect(sender.due('empty')).toBe(false);
    expect(sender.writer.deadline()).toBe(Number.POSITIVE_INFINITY);
    sender.writer.complete(SIGNATURE);
    expect(sender.due('empty')).toBe(true);
  });

  it('50 ms after the oldest uncovered message while the queue is busy', () => {
    const sender = Sender.opened();
    sender.now = 1_000;
    sender.number();
    sender.now = 1_030;
    sender.number();
    expect(sender.writer.deadline()).toBe(1_050);
    sender.now = 1_049.9;
    expect(sender.due()).toBe(false);
    sender.now = 1_050;
    expect(sender.due()).toBe(true);
    sender.sign();
    expect(sender.writer.deadline()).toBe(Number.POSITIVE_INFINITY);
    sender.number();
    expect(sender.writer.deadline()).toBe(1_100);
  });

  it('a period of a slow budget later at the latest', () => {
    const sender = Sender.opened({ peerRate: 10 });
    sender.now = 1_000;
    sender.number();
    expect(sender.writer.deadline()).toBe(1_100);
  });

  it('after 4,096 messages', () => {
    const sender = Sender.opened();
    sender.number(4_000, 0);
    sender.number(95, 1);
    expect(sender.due()).toBe(false);
    expect(sender.writer.uncovered).toBe(4_095);
    sender.number();
    expect(sender.due()).toBe(true);
    sender.sign();
    expect(sender.writer.uncovered).toBe(0);
  });

  it('when FINAL is wanted, though nothing is uncovered', () => {
    const sender = Sender.opened();
    expect(sender.due('empty', false)).toBe(false);
    expect(sender.due('empty', true)).toBe(true);
  });

  it('within a budget of the smaller rate, and the deadline says when it has grown', () => {
    for (const rates of [
      { ownRate: 200, peerRate: 2_000 },
      { ownRate: 2_000, peerRate: 200 },
    ]) {
      const sender = Sender.opened(rates);
      expect(sender.drainBudget()).toBe(9);
      expect(sender.writer.deadline()).toBeCloseTo(5, 1);
      sender.now = sender.writer.deadline();
      expect(sender.due('empty')).toBe(true);
    }
  });

  it('often enough for one message a millisecond, and never above the rate', () => {
    const sender = Sender.opened({ peerRate: 100 });
    let signed = 0;
    let longestWait = 0;
    let oldest = Number.NaN;
    for (; sender.now < 10_000; sender.now++) {
      if (sender.writer.uncovered === 0) oldest = sender.now;
      sender.number();
      if (!sender.due('empty')) continue;
      sender.sign();
      signed++;
      longestWait = Math.max(longestWait, sender.now - oldest);
    }
    expect(signed).toBeGreaterThan(990);
    expect(signed).toBeLessThanOrEqual(1_000 + 5);
    expect(longestWait).toBeLessThanOrEqual(50);
  });
});

describe('messages that no acknowledged statement covers', () => {
  it('are at most max_uncovered, with one to spare for a message that is half sent', () => {
    const sender = Sender.opened({ maxUncovered: 64 });
    sender.number(62);
    expect(sender.writer.mayNumberMore()).toBe(true);
    sender.number();
    expect(sender.writer.mayNumberMore()).toBe(false);
    expect(sender.due('busy')).toBe(true);
    const { k } = sender.begin();
    sender.writer.complete(SIGNATURE);
    expect(sender.writer.sentUncovered).toBe(63);
    expect(sender.writer.mayNumberMore()).toBe(false);
    sender.writer.noteAcknowledged(k);
    expect(sender.writer.sentUncovered).toBe(0);
    expect(sender.writer.mayNumberMore()).toBe(true);
  });

  it('are counted from the newest acknowledged statement, whatever order that news comes in', () => {
    const sender = Sender.opened();
    for (let k = 1; k <= 4; k++) {
      sender.number(10);
      sender.sign();
    }
    sender.number(3);
    expect(sender.writer.sentUncovered).toBe(43);
    sender.writer.noteAcknowledged(3);
    expect(sender.writer.sentUncovered).toBe(13);
    sender.writer.noteAcknowledged(1);
    sender.writer.noteAcknowledged(3);
    sender.writer.noteAcknowledged(99);
    expect(sender.writer.sentUncovered).toBe(13);
    sender.writer.noteSeenByPeer(5);
    expect(sender.writer.sentUncovered).toBe(3);
  });
});

describe('signing each message', () => {
  it('numbers one at a time and has it signed at once', () => {
    const sender = Sender.opened({ signing: 'message' });
    for (let n = 1; n <= 5; n++) {
      expect(sender.writer.mayNumberMore()).toBe(true);
      sender.number();
      expect(sender.writer.mayNumberMore()).toBe(false);
      expect(sender.due('busy')).toBe(true);
      expect(sender.sign().rThrough).toBe(n);
    }
  });
});

describe('a receipt', () => {
  it('is due a second after the last statement, once new messages were verified', () => {
    const sender = Sender.opened();
    sender.now = 5_000;
    expect(sender.writer.receiptDue(sender.now)).toBe(false);
    sender.writer.noteVerified(1, bytes32(2), true);
    expect(sender.writer.receiptDue(sender.now)).toBe(true);
    expect(sender.due('empty')).toBe(true);
    expect(sender.sign().seen).toBe(2);
    sender.now = 5_200;
    sender.writer.noteVerified(2, bytes32(3), true);
    sender.writer.noteVerified(3, bytes32(4), true);
    expect(sender.writer.deadline()).toBe(6_000);
    sender.now = 5_999;
    expect(sender.due('empty')).toBe(false);
    sender.now = 6_000;
    expect(sender.due('empty')).toBe(true);
    expect(sender.sign().seen).toBe(4);
  });

  it('is not due for a receipt, so that two idle peers fall silent', () => {
    const sender = Sender.opened();
    sender.writer.noteVerified(1, bytes32(2), false);
    expect(sender.writer.receiptDue(99_999)).toBe(false);
    expect(sender.writer.deadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it('is not due when a statement for messages says the same soon', () => {
    const sender = Sender.opened();
    sender.writer.noteVerified(1, bytes32(2), true);
    sender.now = 2_000;
    sender.number();
    expect(sender.writer.receiptDue(sender.now)).toBe(false);
    sender.sign();
    expect(sender.writer.deadline()).toBe(Number.POSITIVE_INFINITY);
  });
});
