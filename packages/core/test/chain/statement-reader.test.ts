import { describe, expect, it } from 'vitest';
import { encodeStatement, STATEMENT_BYTES } from '../../src/chain/statement.js';
import { StatementReader, type VerifyJob } from '../../src/chain/statement-reader.js';
import { hex } from '../../src/crypto/bytes.js';
import type { StatementMessage } from '../../src/wire/control-messages.js';
import { crypto } from './node-crypto.js';
import { bytes32 } from './recorded-session.js';
import { eth, ethOf, Link, sid, signer } from './statement-support.js';

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
