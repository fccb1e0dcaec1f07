import { genesis, SendChain } from '../../src/chain/lane-chain.js';
import { StatementWriter } from '../../src/chain/statement-writer.js';
import type { VCLConfig } from '../../src/config.js';
import { ConnectionParts } from '../../src/connection/connection-parts.js';
import { ConnectionTimers } from '../../src/connection/connection-timers.js';
import type { DropReason } from '../../src/connection/drop-reason.js';
import { PacketReceiver } from '../../src/connection/packet-receiver.js';
import { PacketSender } from '../../src/connection/packet-sender.js';
import { ChaChaMask } from '../../src/crypto/chacha-block.js';
import type { Aead, CryptoProvider } from '../../src/crypto/provider.js';
import { packetKey, packetSalt } from '../../src/handshake/epoch-secrets.js';
import type { HandshakeResult } from '../../src/handshake/handshake-result.js';
import type { TransportParams } from '../../src/handshake/params.js';
import { MemoryBudget } from '../../src/message/memory-budget.js';
import type { RemoteAddress } from '../../src/path/remote-address.js';
import { resolveConfig } from '../../src/resolve-config.js';
import { ControlType, controlMessage, encodeStatement } from '../../src/wire/control-messages.js';
import {
  expandPacketNumber,
  maskRecord,
  RecordHeader,
  TAG_BYTES,
  unmaskHeader,
  unmaskOuter,
  writeRecordHeader,
} from '../../src/wire/record-header.js';
import { CLIENT, handshake, OPEN, params, SERVER } from '../handshake/support.js';
import { seeded } from '../scenario/support.js';
import { controlFrame } from './frames.js';

export const HOME: RemoteAddress = { address: '192.0.2.1', port: 1_111 };
const PN_BYTES = 4;
const NO_MASK = { mask: (_sample: Uint8Array, _at: number, out: Uint8Array) => void out.fill(0) };

/** What a rogue and its victim are made of. */
export interface RogueOptions {
  readonly config?: Partial<VCLConfig>;
  readonly victimParams?: Partial<TransportParams>;
  readonly rogueParams?: Partial<TransportParams>;
  /** The process that the victim's session belongs to. */
  readonly memory?: MemoryBudget;
  readonly crypto?: CryptoProvider;
}

/** A record of the victim, opened. */
export interface Opened {
  readonly pn: number;
  readonly plaintext: Uint8Array;
  readonly to: RemoteAddress;
  readonly bytes: number;
}

/** A client that holds the keys of its session and keeps no rule, and the server that has to bear it. */
export class Rogue {
  readonly victim: ConnectionParts;
  /** The victim's next packet number of path 0, as far as it was seen. */
  highestSeen = -1;
  now = 100;
  readonly issued = new Map<number, Uint8Array>();
  readonly #receiver: PacketReceiver;
  readonly #sender: PacketSender;
  readonly #timers: ConnectionTimers;
  readonly #crypto: CryptoProvider;
  readonly #result: HandshakeResult;
  readonly #sealers = new Map<number, Aead>();
  readonly #opener: Aead;
  readonly #hp: readonly [ChaChaMask, ChaChaMask];
  readonly #pns = new Map<number, number>();
  readonly #out = new Uint8Array(2_048);
  readonly #writer: StatementWriter;
  readonly #chains: readonly [SendChain, SendChain];
  #controlOffset = 0;

  constructor(options: RogueOptions = {}) {
    const crypto = options.crypto ?? seeded(7);
    const made = handshake(
      { crypto, params: params(options.rogueParams) },
      { crypto, params: params(options.victimParams) },
    );
    this.#crypto = crypto;
    this.#result = made.clientResult;
    this.victim = this.#makeVictim(made.serverResult, options);
    this.#receiver = new PacketReceiver(this.victim);
    this.#sender = new PacketSender(this.victim);
    this.#timers = new ConnectionTimers(this.victim);
    const { hpKeys, sid } = this.#result;
    this.#hp = [new ChaChaMask(hpKeys[0]), new ChaChaMask(hpKeys[1])];
    this.#opener = this.#aead(1, 0);
    this.#chains = [
      new SendChain(crypto, genesis(crypto, sid, 0, 0)),
      new SendChain(crypto, genesis(crypto, sid, 0, 1)),
    ];
    this.#writer = new StatementWriter({
      crypto,
      sid,
      direction: 0,
      ownRate: 1e9,
      peerRate: 1e9,
      signing: 'group',
      maxUncovered: 1e9,
    });
    this.victim.signals.handshakeDone = true;
    this.victim.establish();
  }

  /** Sends one record with these frames on path 0 from home. @returns why it was dropped, if it was */
  send(...frames: readonly Uint8Array[]): DropReason | undefined {
    return this.sendVia(0, HOME, ...frames);
  }

  /** Sends one record on any path from any address. */
  sendVia(
    path: number,
    from: RemoteAddress,
    ...frames: readonly Uint8Array[]
  ): DropReason | undefined {
    const pn = this.#pns.get(path) ?? 0;
    this.#pns.set(path, pn + 1);
    const record = this.#seal(path, pn, frames);
    this.victim.now = this.now;
    if (this.victim.isEnded) return 'closed';
    const reason = this.#receiver.handle(record, path, from, this.now);
    if (reason !== undefined) this.victim.drops.add(reason);
    this.victim.onHandled();
    this.#timers.afterInput(this.now);
    return reason;
  }

  /** Leaves packet numbers out. */
  skipNumbers(count: number, path = 0): void {
    this.#pns.set(path, (this.#pns.get(path) ?? 0) + count);
  }

  /** Appends to the control stream, in order. */
  control(type: number, body: Uint8Array): DropReason | undefined {
    const bytes = controlMessage(type, body);
    const offset = this.#controlOffset;
    this.#controlOffset += bytes.length;
    return this.send(controlFrame(offset, bytes));
  }

  /** Signs what has been sent so far, OPEN first. */
  sign(): DropReason | undefined {
    const { eth } = this.#result.epoch0;
    this.#writer.open();
    const [r, l] = this.#chains;
    const { statement } = this.#writer.begin({
      now: this.now,
      timeMs: this.now,
      r,
      l,
      epoch: 0,
      eth,
      final: false,
    });
    const message = this.#writer.complete(CLIENT.sign(statement));
    return this.control(ControlType.STATEMENT, encodeStatement(message));
  }

  /** Takes up to `limit` records that the victim wants to send. */
  receive(limit = 1_000): Opened[] {
    const opened: Opened[] = [];
    while (opened.length < limit) {
      this.victim.now = this.now;
      const close = this.victim.closing.takeClose(this.now);
      const length =
        close === undefined
          ? this.victim.isEnded
            ? 0
            : this.#sender.poll(this.now, this.#out)
          : this.#sender.close(close, this.now, this.#out);
      if (length === 0) break;
      opened.push(this.#open(this.#out.slice(0, length), this.#sender.to));
    }
    return opened;
  }

  /** Lets time pass for the victim, in steps of its own timers. */
  wait(ms: number): void {
    const until = this.now + ms;
    for (let at = this.#timers.next(); at <= until; at = this.#timers.next()) {
      this.now = Math.max(at, this.now + 0.1);
      this.victim.now = this.now;
      this.#timers.handle(this.now);
      this.receive();
      if (this.victim.closing.phase === 'closed') break;
    }
    this.now = Math.max(this.now, until);
  }

  /** What the session ended with, or -1 while it goes on. */
  get code(): number {
    return this.victim.isEnded ? this.victim.closing.info.code : -1;
  }

  /** Throws away events and messages, as a driver takes them. */
  drain(): number {
    let messages = 0;
    while (this.victim.events.poll() !== undefined);
    while (this.victim.incoming.take(this.now) !== undefined) messages++;
    return messages;
  }

  #makeVictim(result: HandshakeResult, options: RogueOptions): ConnectionParts {
    let next = 0;
    return new ConnectionParts({
      crypto: this.#crypto,
      config: resolveConfig(options.config ?? {}),
      handshake: result,
      outer: OPEN,
      identity: SERVER,
      remote: HOME,
      localParams: params(options.victimParams),
      cids: {
        issue: (sequence) => {
          const cid = new Uint8Array(8).fill(++next);
          this.issued.set(sequence, cid);
          return cid;
        },
        retire: (sequence) => void this.issued.delete(sequence),
      },
      memory: options.memory ?? new MemoryBudget(48 * 1024 * 1024),
      now: this.now,
      unixOffsetMs: 1_700_000_000_000,
      ownCheckpointRate: 2_000,
      inlineSignatures: true,
      record: undefined,
      keyLog: false,
      wake: () => {},
    });
  }

  #aead(direction: 0 | 1, path: number): Aead {
    const secret = this.#result.epoch0.directionSecret(direction);
    const { createAead } = this.#crypto;
    return createAead(packetKey(this.#crypto, secret), packetSalt(this.#crypto, secret, path));
  }

  #seal(path: number, pn: number, frames: readonly Uint8Array[]): Uint8Array {
    const length = Math.max(
      4,
      frames.reduce((sum, frame) => sum + frame.length, 0),
    );
    const record = new Uint8Array(9 + PN_BYTES + length + TAG_BYTES);
    const start = writeRecordHeader(record, new Uint8Array(8), 0, pn, PN_BYTES);
    let at = start;
    for (const frame of frames) {
      record.set(frame, at);
      at += frame.length;
    }
    const sealer = this.#sealers.get(path) ?? this.#aead(0, path);
    this.#sealers.set(path, sealer);
    sealer.seal(pn, record, start, start + length);
    maskRecord(record, record.length, PN_BYTES, this.#hp[0], NO_MASK);
    return record;
  }

  #open(record: Uint8Array, to: RemoteAddress): Opened {
    const header = new RecordHeader();
    unmaskOuter(record, record.length, OPEN.omask);
    unmaskHeader(record, this.#hp[1], header);
    const pn = expandPacketNumber(this.highestSeen, header.truncatedPn, header.pnLength);
    const isOpen = this.#opener.open(pn, record, header.headerLength, record.length);
    if (isOpen) this.highestSeen = Math.max(this.highestSeen, pn);
    const plaintext = isOpen
      ? record.slice(header.headerLength, record.length - TAG_BYTES)
      : new Uint8Array(0);
    return { pn, plaintext, to, bytes: record.length };
  }
}
