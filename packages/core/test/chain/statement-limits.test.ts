import { describe, expect, it } from 'vitest';
import { MAX_QUEUED_STATEMENTS } from '../../src/chain/statement-reader.js';
import { Link } from './statement-support.js';

describe('the rate of statements', () => {
  it('may be twice what was advertised, for ever', () => {
    const link = Link.opened({ maxRate: 10 });
    for (let i = 0; i < 3_000; i++) {
      link.now += 50;
      expect(link.deliver(link.statement())).toMatchObject({ coversNew: false });
    }
  });

  it('may not stay above that', () => {
    const link = Link.opened({ maxRate: 10 });
    let accepted = 0;
    for (; accepted < 10_000; accepted++) {
      link.now += 40;
      const message = link.statement();
      if (link.reader.receive(message, link.now) !== 'ok') break;
      link.check();
    }
    const seconds = link.now / 1_000;
    expect(accepted).toBeLessThanOrEqual(20 * seconds + 600 + 40);
    expect(accepted).toBeGreaterThan(3_000);
    expect(link.reader.receive(link.statement(), link.now)).toBe('CHECKPOINT_RATE');
  });

  it('may come in a burst after a stall', () => {
    const link = Link.opened({ maxRate: 2_000 });
    for (let i = 0; i < 8_000; i++) expect(link.reader.receive(link.statement(), 0)).toBe('ok');
  });

  it('does not let a queue grow without bound', () => {
    const link = Link.opened({ maxRate: 2_000 });
    link.number(0);
    let verdict = 'ok';
    let queued = 0;
    for (; verdict === 'ok' && queued < 100_000; queued++) {
      link.now += 1;
      verdict = link.reader.receive(link.statement(), link.now);
    }
    expect(verdict).toBe('LIMIT_EXCEEDED');
    expect(queued).toBe(MAX_QUEUED_STATEMENTS + 1);
  });
});

describe('a signature that does not come', () => {
  const PTO = 100;

  /** Records arrive every `intervalMs` for `durationMs`. @returns when the peer is overdue */
  function overdueAfter(link: Link, intervalMs: number, durationMs: number): number | undefined {
    const start = link.now;
    while (link.now - start < durationMs) {
      link.now += intervalMs;
      link.reader.heard(link.now);
      if (link.reader.overdue(PTO)) return link.now - start;
    }
    return undefined;
  }

  function withMessage(lane: 0 | 1 = 0): Link {
    const link = Link.opened();
    link.reader.heard(link.now);
    link.pass(lane);
    return link;
  }

  it('is overdue after 30 s and 10 PTO in which the peer was heard', () => {
    for (const lane of [0, 1] as const) {
      expect(overdueAfter(withMessage(lane), 10, 40_000)).toBe(31_010);
    }
  });

  it('is not overdue while the peer is silent: a gap counts 250 ms', () => {
    const link = withMessage();
    expect(overdueAfter(link, 60_000, 100 * 60_000)).toBeUndefined();
    expect(overdueAfter(link, 60_000, 60 * 60_000)).toBe(25 * 60_000);
  });

  it('is not overdue when it comes in time, and the clock starts over', () => {
    const link = withMessage();
    for (let i = 0; i < 5; i++) {
      expect(overdueAfter(link, 10, 30_500)).toBeUndefined();
      link.deliver(link.statement());
      link.pass(0);
    }
  });

  it('is overdue by the oldest message without one, not by the newest', () => {
    const link = withMessage();
    const message = link.statement();
    expect(overdueAfter(link, 10, 30_000)).toBeUndefined();
    link.pass(0);
    expect(overdueAfter(link, 10, 500)).toBeUndefined();
    link.deliver(message);
    expect(overdueAfter(link, 10, 40_000)).toBe(30_510);
  });

  it('is still overdue when statements come that cannot be checked', () => {
    const link = Link.opened();
    link.reader.heard(link.now);
    link.number(1);
    link.pass(1);
    expect(link.reader.receive(link.statement(), link.now)).toBe('ok');
    expect(link.next()).toBe('wait');
    expect(overdueAfter(link, 10, 40_000)).toBe(31_010);
  });

  it('is overdue at once for more than max_uncovered messages', () => {
    const link = Link.opened({ maxUncovered: 64 });
    for (let i = 0; i < 32; i++) {
      link.pass(0);
      link.pass(1);
    }
    expect(link.reader.overdue(PTO)).toBe(false);
    const message = link.statement();
    link.pass(0);
    expect(link.reader.overdue(PTO)).toBe(true);
    link.reader.receive(message, 0);
    expect(link.reader.overdue(PTO)).toBe(false);
  });

  it('does not become overdue by messages that are covered or known already', () => {
    const link = withMessage();
    link.deliver(link.statement());
    link.reader.noteUncovered(0, 1);
    link.reader.noteUncovered(0, 0);
    expect(overdueAfter(link, 10, 20_000)).toBeUndefined();
  });
});
