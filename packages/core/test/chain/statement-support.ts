import { genesis, ReceiveChain, SendChain } from '../../src/chain/lane-chain.js';
import {
  StatementReader,
  type StatementReaderOptions,
  type VerifyJob,
} from '../../src/chain/statement-reader.js';
import { StatementWriter, type StatementWriterOptions } from '../../src/chain/statement-writer.js';
import type { StatementMessage } from '../../src/wire/control-messages.js';
import { crypto } from './node-crypto.js';
import { bytes32 } from './recorded-session.js';

export const SIGNATURE: Uint8Array = new Uint8Array(64).fill(9);
export const sid: Uint8Array = bytes32(1);
export const eth: Uint8Array = bytes32(4);
export const signer = crypto.createSigner(bytes32(7));
export const ethOf = (epoch: number) => (epoch === 0 ? eth : undefined);

/** A sender whose signer takes no time unless told. */
export class Sender {
  readonly writer: StatementWriter;
  readonly r: SendChain = new SendChain(crypto, genesis(crypto, sid, 0, 0));
  readonly l: SendChain = new SendChain(crypto, genesis(crypto, sid, 0, 1));
  now = 0;

  constructor(options: Partial<StatementWriterOptions> = {}) {
    this.writer = new StatementWriter({
      crypto,
      sid,
      direction: 0,
      ownRate: 2_000,
      peerRate: 2_000,
      signing: 'group',
      maxUncovered: 16_384,
      ...options,
    });
  }

  /** A sender that has signed OPEN. */
  static opened(options: Partial<StatementWriterOptions> = {}): Sender {
    const sender = new Sender(options);
    sender.writer.open();
    sender.sign();
    return sender;
  }

  number(count = 1, lane: 0 | 1 = 0): void {
    for (let i = 0; i < count; i++) {
      (lane === 0 ? this.r : this.l).append(bytes32(i & 0xff));
      this.writer.noteMessage(lane, this.now);
    }
  }

  begin(final = false): ReturnType<StatementWriter['begin']> {
    const { now, r, l } = this;
    return this.writer.begin({
      now,
      timeMs: 5_000.5 + now,
      r,
      l,
      epoch: 3,
      eth: bytes32(4),
      final,
    });
  }

  sign(final = false): ReturnType<StatementWriter['complete']> {
    this.begin(final);
    return this.writer.complete(SIGNATURE);
  }

  due(queue: 'empty' | 'busy' | 'blocked' = 'busy', final = false): boolean {
    return this.writer.due(this.now, queue === 'empty', queue === 'blocked', final);
  }

  /** Signs whenever due while the queue runs empty again and again. */
  drainBudget(): number {
    let signed = 0;
    for (;;) {
      this.number();
      if (!this.due('empty')) return signed;
      this.sign();
      signed++;
    }
  }
}

/** A peer that signs and the reader that checks; the network in between is the test. */
export class Link {
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
    if (this.reader.receive(message, this.now) !== 'ok') throw new Error('statement refused');
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
