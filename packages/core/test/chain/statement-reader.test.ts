import { describe, expect, it } from 'vitest';
import { genesis, ReceiveChain, SendChain } from '../../src/chain/lane-chain.js';
import { encodeStatement, STATEMENT_BYTES } from '../../src/chain/statement.js';
import {
  MAX_QUEUED_STATEMENTS,
  StatementReader,
  type StatementReaderOptions,
  type VerifyJob,
} from '../../src/chain/statement-reader.js';
import { StatementWriter } from '../../src/chain/statement-writer.js';
import { hex } from '../../src/crypto/bytes.js';
import type { StatementMessage } from '../../src/wire/control-messages.js';
import { crypto } from './node-crypto.js';
import { bytes32 } from './recorded-session.js';

const sid = bytes32(1);
const eth = bytes32(4);
const signer = crypto.createSigner(bytes32(7));
const ethOf = (epoch: number) => (epoch === 0 ? eth : undefined);

/** A peer that signs and the reader that checks; the network in between is the test. */
class Link {
  readonly writer: StatementWriter = new StatementWriter({
    crypto,
    sid,
    direction: 0,
    ownRate: 2_000,
    peerRate: 2_000,
    signing: 'group',
    maxUncovered: 16_384,
  });
  readonly send = [chain(0), chain(1)] as const;
  readonly receive: readonly [ReceiveChain, ReceiveChain] = [
    new ReceiveChain(crypto, genesis(crypto, sid, 0, 0)),
    new ReceiveChain(crypto, genesis(crypto, sid, 0, 1)),
  ];
  readonly reader: StatementReader;
  now = 0;

  constructor(options: Partial<StatementReaderOptions> = {}) {
    this.reader = new StatementReader({
      crypto,
      sid,
      direction: 0,
      maxRate: 2_000,
      maxUncovered: 16_384,
      ownHashOf: () => undefined,
      ...options,
    });
    this.reader.setSigner(signer.publicKey);
    this.writer.open();
  }

  static opened(options: Partial<StatementReaderOptions> = {}): Link {
    const link = new Link(options);
    link.deliver(link.statement());
    return link;
  }

  /** The sender numbers a message; its leaf. */
  number(lane: 0 | 1): Uint8Array {
    const leaf = crypto.sha256(Uint8Array.of(lane, this.send[lane].through));
    this.send[lane].append(leaf);
    this.writer.noteMessage(lane, this.now);
    return leaf;
  }

  /** A message that is numbered and arrives. */
  pass(lane: 0 | 1): void {
    const n = this.send[lane].through;
    this.receive[lane].addLeaf(n, this.number(lane));
    this.reader.noteUncovered(lane, n + 1);
  }

  statement(final = false): StatementMessage {
    const [r, l] = this.send;
    const job = this.writer.begin({ now: this.now, timeMs: 9, r, l, epoch: 0, eth, final });
    return this.writer.complete(signer.sign(job.statement));
  }

  next(): ReturnType<StatementReader['next']> {
    return this.reader.next(...this.receive, ethOf);
  }

  /** Receives, checks and completes. */
  deliver(message: StatementMessage): ReturnType<StatementReader['complete']> {
    expect(this.reader.receive(message, this.now)).toBe('ok');
    return this.check();
  }

  check(): ReturnType<StatementReader['complete']> {
    const { statement, signature, signer: key } = this.next() as VerifyJob;
    return this.reader.complete(crypto.verify(key, statement, signature));
  }
}

function chain(lane: 0 | 1): SendChain {
  return new SendChain(crypto, genesis(crypto, sid, 0, lane));
}

describe('a statement on its way in', () => {
  it('is rebuilt as it was signed, from what is here', () => {
    const link = Link.opened();
    expect(link.reader.opened).toBe(true);
    link.pass(0);
    link.pass(1);
    const verified = link.deliver(link.statement());
    expect(verified).toMatchObject({ k: 1, rThrough: 1, lThrough: 1, coversNew: true });
    expect(link.reader.verified).toBe(2);
    expect(hex(link.reader.lastHash)).toBe(hex(link.writer.lastHash));
    expect([link.reader.verifiedThrough(0), link.reader.verifiedThrough(1)]).toEqual([1, 1]);
  });

  it('waits until all it covers has come, by message or GAP', () => {
    const link = Link.opened();
    const r = [link.number(0), link.number(0)];
    const lost = link.number(1);
    expect(link.reader.receive(link.statement(), 0)).toBe('ok');
    expect(link.next()).toBe('wait');
    link.receive[0].addLeaf(1, r[1]!);
    expect(link.next()).toBe('wait');
    link.receive[0].addLeaf(0, r[0]!);
    expect(link.next()).toBe('wait');
    link.receive[1].addGap(0, lost);
    expect(link.check()).toMatchObject({ k: 1, rThrough: 2, lThrough: 1 });
  });

  it('waits for the verdict on the one before, and for the signer', () => {
    const link = new Link();
    const keyless = new StatementReader({
      crypto,
      sid,
      direction: 0,
      maxRate: 10,
      maxUncovered: 64,
      ownHashOf: () => undefined,
    });
    const messages = [link.statement(), link.statement()];
    for (const message of messages) {
      link.reader.receive(message, 0);
      keyless.receive(message, 0);
    }
    expect(keyless.next(...link.receive, ethOf)).toBe('wait');
    expect(link.next()).toMatchObject({ k: 0 });
    expect(link.next()).toBe('wait');
    expect(link.reader.complete(true)).toMatchObject({ k: 0, coversNew: false });
    expect(link.check()).toMatchObject({ k: 1 });
    expect(link.next()).toBe('wait');
  });

  it('keeps its signature when the buffer it came in is used again', () => {
    const link = new Link();
    const message = link.statement();
    const signature = message.signature.slice();
    link.reader.receive({ ...message, signature }, 0);
    signature.fill(0);
    expect(link.check()).toMatchObject({ k: 0 });
  });

  it('is invalid when the messages are others than those signed', () => {
    const link = Link.opened();
    link.number(0);
    link.receive[0].addLeaf(0, bytes32(3));
    expect(link.deliver(link.statement())).toBe('invalid');
    expect(link.reader.verified).toBe(1);
  });

  it('names an own statement as seen, by its hash', () => {
    const asked: number[] = [];
    const ownHashOf = (k: number) => {
      asked.push(k);
      return k < 6 ? bytes32(6) : undefined;
    };
    const link = Link.opened({ ownHashOf });
    link.writer.noteVerified(4, bytes32(6), false);
    expect(link.deliver(link.statement())).toMatchObject({ seen: 5 });
    expect(asked).toEqual([4]);
    link.writer.noteVerified(6, bytes32(6), false);
    expect(link.reader.receive(link.statement(), 0)).toBe('CHAIN_INVALID');
  });

  it('is invalid when it saw another statement of ours than we signed', () => {
    const link = Link.opened({ ownHashOf: () => bytes32(6) });
    link.writer.noteVerified(0, bytes32(5), false);
    expect(link.deliver(link.statement())).toBe('invalid');
  });

  it('says nothing new when it is a receipt', () => {
    const link = Link.opened();
    link.pass(0);
    link.deliver(link.statement());
    expect(link.deliver(link.statement())).toMatchObject({ coversNew: false });
  });

  it('tells that the peer is done', () => {
    const link = Link.opened();
    link.pass(0);
    const final = link.statement(true);
    expect(link.reader.isBeyondFinal(0, 0)).toBe(false);
    expect(link.deliver(final)).toMatchObject({ flags: 2 });
    expect(link.reader.finalSeen).toBe(true);
    expect([link.reader.isBeyondFinal(0, 0), link.reader.isBeyondFinal(0, 1)]).toEqual([
      false,
      true,
    ]);
    expect(link.reader.isBeyondFinal(1, 0)).toBe(true);
  });

  it('is not verified by a key that is none', () => {
    const { reader } = new Link();
    expect(reader.setSigner(Uint8Array.of(1, ...new Uint8Array(31)))).toBe(false);
    expect(reader.setSigner(signer.publicKey)).toBe(true);
  });
});

describe('a statement that breaks a rule', () => {
  const message = (changes: Partial<StatementMessage>): StatementMessage => ({
    flags: 0,
    k: 1,
    rThrough: 0,
    lThrough: 0,
    seen: 0,
    epoch: 0,
    timeMs: 0,
    signature: new Uint8Array(64),
    ...changes,
  });

  it.each([
    ['no OPEN', { k: 0 }],
    ['OPEN with another number', { k: 1, flags: 1 }],
    ['OPEN for a message of lane R', { k: 0, flags: 1, rThrough: 1 }],
    ['OPEN for a message of lane L', { k: 0, flags: 1, lThrough: 1 }],
  ])('is refused as the first: %s', (_what, changes) => {
    expect(new Link().reader.receive(message(changes), 0)).toBe('CHAIN_INVALID');
  });

  it.each([
    ['a number twice', { k: 1 }],
    ['a number left out', { k: 3 }],
    ['OPEN again', { flags: 1 }],
    ['fewer messages of lane R', { rThrough: 4 }],
    ['fewer messages of lane L', { lThrough: 5 }],
    ['less seen', { seen: 1 }],
    ['an earlier epoch', { epoch: 1 }],
    ['an own statement that never was', { seen: 9 }],
  ])('is refused later: %s', (_what, changes) => {
    const link = new Link({ ownHashOf: (k) => (k < 5 ? bytes32(k) : undefined) });
    link.reader.receive(message({ k: 0, flags: 1 }), 0);
    const good = { k: 1, rThrough: 5, lThrough: 6, seen: 2, epoch: 2 };
    expect(link.reader.receive(message(good), 0)).toBe('ok');
    expect(link.reader.receive(message({ ...good, k: 2, ...changes }), 0)).toBe('CHAIN_INVALID');
  });

  it('is refused after FINAL, or as a FINAL for less than has come', () => {
    const link = Link.opened();
    link.pass(0);
    expect(link.reader.receive(message({ flags: 2 }), 0)).toBe('CHAIN_INVALID');
    expect(link.reader.receive(message({ flags: 2, rThrough: 1 }), 0)).toBe('ok');
    expect(link.reader.receive(message({ k: 2, rThrough: 1 }), 0)).toBe('CHAIN_INVALID');
  });

  it('is a violation when it covers more than can exist', () => {
    const link = Link.opened();
    link.reader.receive(message({ lThrough: 10_000_000 }), 0);
    expect(link.next()).toBe('violation');
  });

  it('is a violation when a FINAL leaves a message out that came ahead of others', () => {
    const link = Link.opened();
    link.receive[0].addLeaf(5, bytes32(1));
    link.reader.receive(message({ flags: 2 }), 0);
    expect(link.next()).toBe('violation');
  });

  it('is a violation when its key epoch never was', () => {
    const link = Link.opened();
    link.reader.receive(message({ epoch: 7 }), 0);
    expect(link.next()).toBe('violation');
  });

  it('is invalid when any byte of it was not signed', () => {
    const link = new Link();
    const good = link.statement();
    for (const changes of [{ timeMs: 8 }, { signature: new Uint8Array(64) }, { flags: 3 }]) {
      const reader = new Link();
      expect(reader.deliver({ ...good, ...changes })).toBe('invalid');
      expect(reader.reader.opened).toBe(false);
    }
  });
});

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

  it('is overdue after 3 s and 10 PTO in which the peer was heard', () => {
    for (const lane of [0, 1] as const) {
      expect(overdueAfter(withMessage(lane), 10, 10_000)).toBe(4_010);
    }
  });

  it('is not overdue while the peer is silent: a gap counts 250 ms', () => {
    const link = withMessage();
    expect(overdueAfter(link, 60_000, 15 * 60_000)).toBeUndefined();
    expect(overdueAfter(link, 60_000, 2 * 60_000)).toBe(2 * 60_000);
  });

  it('is not overdue when it comes in time, and the clock starts over', () => {
    const link = withMessage();
    for (let i = 0; i < 5; i++) {
      expect(overdueAfter(link, 10, 3_500)).toBeUndefined();
      link.deliver(link.statement());
      link.pass(0);
    }
  });

  it('is overdue by the oldest message without one, not by the newest', () => {
    const link = withMessage();
    const message = link.statement();
    expect(overdueAfter(link, 10, 3_000)).toBeUndefined();
    link.pass(0);
    expect(overdueAfter(link, 10, 500)).toBeUndefined();
    link.deliver(message);
    expect(overdueAfter(link, 10, 10_000)).toBe(3_510);
  });

  it('is still overdue when statements come that cannot be checked', () => {
    const link = Link.opened();
    link.reader.heard(link.now);
    link.number(1);
    link.pass(1);
    expect(link.reader.receive(link.statement(), link.now)).toBe('ok');
    expect(link.next()).toBe('wait');
    expect(overdueAfter(link, 10, 10_000)).toBe(4_010);
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

describe('what is to be verified', () => {
  it('is the 254 bytes of the specification', () => {
    const link = Link.opened();
    link.pass(1);
    const previousHash = link.reader.lastHash;
    const message = link.statement();
    link.reader.receive(message, 0);
    const expected = new Uint8Array(STATEMENT_BYTES);
    const [rLink, lLink] = [link.send[0].link, link.send[1].link];
    const rest = {
      sid,
      direction: 0,
      previousHash,
      rLink,
      lLink,
      seenHash: bytes32(0),
      eth,
    } as const;
    encodeStatement({ ...message, ...rest }, expected);
    const { statement, signature, k } = link.next() as VerifyJob;
    expect(k).toBe(1);
    expect(hex(statement)).toBe(hex(expected));
    expect(hex(signature)).toBe(hex(message.signature));
  });
});
