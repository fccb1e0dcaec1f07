import { genesis, ReceiveChain, SendChain } from '../../src/chain/lane-chain.js';
import { LaneLeaves } from '../../src/chain/lane-leaves.js';
import type { PreviousSession } from '../../src/chain/session-log/log-entry.js';
import { SessionLogWriter } from '../../src/chain/session-log/log-writer.js';
import { StatementReader, type VerifiedStatement } from '../../src/chain/statement-reader.js';
import { StatementWriter } from '../../src/chain/statement-writer.js';
import { utf8 } from '../../src/crypto/bytes.js';
import { sessionId } from '../../src/crypto/session-id.js';
import { crypto } from './node-crypto.js';

export type Direction = 0 | 1;
export type Lane = 0 | 1;

export interface SessionOptions {
  readonly evidence?: 'identity' | 'session';
  readonly payloads?: 'kept' | 'redacted';
  readonly signing?: 'group' | 'message';
  /** Gives another session of the same peers. */
  readonly th?: number;
  readonly previous?: readonly [PreviousSession, PreviousSession];
  /** Log writers to go on with: client's and server's. */
  readonly logs?: readonly [SessionLogWriter, SessionLogWriter];
}

export const VERSION = 1;
export const START_MS = 1_700_000_000_000;

/** A 32-byte string that is easy to tell from others. */
export function bytes32(fill: number): Uint8Array {
  return new Uint8Array(32).fill(fill);
}

const identities = [bytes32(0x11), bytes32(0x22)].map((seed) => crypto.createSigner(seed));
const sessionSigners = [bytes32(0x33), bytes32(0x44)].map((seed) => crypto.createSigner(seed));

/**
 * Two peers on a network that does what the test says, each with a log. Nothing here decides what a
 * statement or a log looks like: that is the code under test, checked against vectors elsewhere.
 */
export class RecordedSession {
  readonly sid: Uint8Array;
  readonly writers: readonly [StatementWriter, StatementWriter];
  readonly logs: readonly [SessionLogWriter, SessionLogWriter];
  /** Statements by direction, as bytes. */
  readonly statements: [Uint8Array[], Uint8Array[]] = [[], []];
  now = 0;
  readonly #th: Uint8Array;
  readonly #signers: typeof identities;
  readonly #readers: readonly [StatementReader, StatementReader];
  readonly #sends: readonly (readonly [SendChain, SendChain])[];
  readonly #receives: readonly (readonly [ReceiveChain, ReceiveChain])[];
  readonly #leaves: readonly (readonly [LaneLeaves, LaneLeaves])[];
  readonly #counts: [[number, number], [number, number]] = [
    [0, 0],
    [0, 0],
  ];
  #epoch = 0;
  readonly #eths: Uint8Array[];

  constructor(options: SessionOptions = {}) {
    const { evidence = 'identity', payloads = 'kept', signing = 'group' } = options;
    this.#th = bytes32(options.th ?? 0x55);
    this.#eths = [this.#th];
    const [clientKey, serverKey] = identities.map((signer) => signer.publicKey);
    this.sid = sessionId(crypto, {
      version: VERSION,
      clientKey: clientKey!,
      serverKey: serverKey!,
      th: this.#th,
    });
    this.#signers = evidence === 'identity' ? identities : sessionSigners;
    const both = <T>(make: (d: Direction) => T): [T, T] => [make(0), make(1)];
    const lanes = <T>(make: (d: Direction, lane: Lane) => T) =>
      both((d) => both((lane) => make(d, lane)));
    const start = (d: Direction, lane: Lane) => genesis(crypto, this.sid, d, lane);
    this.#sends = lanes((d, lane) => new SendChain(crypto, start(d, lane)));
    this.#receives = lanes((d, lane) => new ReceiveChain(crypto, start(d, lane)));
    const exporter = bytes32(0x66);
    this.#leaves = lanes(
      (direction, lane) => new LaneLeaves({ crypto, exporter, direction, lane }),
    );
    const base = { crypto, sid: this.sid, maxUncovered: 16_384 };
    const rates = { ownRate: 2_000, peerRate: 2_000, signing };
    this.writers = both((direction) => new StatementWriter({ ...base, ...rates, direction }));
    this.#readers = both((direction) => {
      const ownHashOf = (k: number) => this.writers[direction === 0 ? 1 : 0].hashOf(k);
      return new StatementReader({ ...base, direction, maxRate: 2_000, ownHashOf });
    });
    this.logs = options.logs ?? both(() => new SessionLogWriter({ crypto, payloads }));
    const [clientSigner, serverSigner] = this.#signers.map((signer) => signer.publicKey);
    for (const side of [0, 1] as const) {
      this.#readers[side].setSigner(this.#signers[side]!.publicKey);
      this.logs[side].session({
        version: VERSION,
        recorder: side === 0 ? 'client' : 'server',
        evidence,
        clientKey: clientKey!,
        serverKey: serverKey!,
        clientSigner: clientSigner!,
        serverSigner: serverSigner!,
        th: this.#th,
        startedTimeMs: START_MS,
        previous: options.previous?.[side],
      });
      this.writers[side].open();
    }
    this.sign(0);
    this.sign(1);
  }

  /** A message; `lost` never arrives and its GAP does, `late` arrives after its GAP. */
  send(
    d: Direction,
    lane: Lane,
    text: string | Uint8Array,
    fate: 'arrives' | 'lost' | 'late' = 'arrives',
  ): number {
    const payload = typeof text === 'string' ? utf8(text) : text;
    const kind = 7;
    const n = this.#sends[d]![lane].through;
    const leaf = this.#leaves[d]![lane].leaf(kind, n, payload);
    const salt = this.#leaves[d]![lane].salt(n);
    this.#sends[d]![lane].append(leaf);
    this.writers[d].noteMessage(lane, this.now);
    this.#counts[d][lane] = n + 1;
    const [own, peer] = [this.logs[d], this.logs[d === 0 ? 1 : 0]];
    own.message(d, lane, kind, n, payload, salt, leaf);
    if (fate !== 'arrives') {
      this.#receives[d]![lane].addGap(n, leaf);
      for (const log of this.logs) log.gap({ direction: d, lane, n, length: payload.length, leaf });
    }
    if (fate === 'lost') return n;
    this.#receives[d]![lane].addLeaf(n, leaf);
    this.#readers[d].noteUncovered(lane, n + 1);
    peer.message(d, lane, kind, n, payload, salt, leaf);
    return n;
  }

  /** New keys for both directions. */
  rekey(): void {
    this.#epoch++;
    this.#eths.push(crypto.sha256(this.#eths.at(-1)!));
    for (const log of this.logs) log.epoch(this.#epoch, this.#eths[this.#epoch]!);
  }

  /** A statement of direction `d`, from the one side to the other and into both logs. */
  sign(d: Direction, final = false): VerifiedStatement {
    const writer = this.writers[d];
    const [r, l] = this.#sends[d]!;
    const eth = this.#eths[this.#epoch]!;
    const timeMs = START_MS + this.now;
    const job = writer.begin({ now: this.now, timeMs, r, l, epoch: this.#epoch, eth, final });
    const message = writer.complete(this.#signers[d]!.sign(job.statement));
    this.logs[d].statement(job.statement, message.signature);
    this.statements[d].push(job.statement);
    const verified = this.#deliver(d, message);
    this.logs[d === 0 ? 1 : 0].statement(verified.statement, verified.signature);
    const peer = this.writers[d === 0 ? 1 : 0];
    peer.noteVerified(verified.k, verified.hash, verified.coversNew);
    peer.noteSeenByPeer(verified.seen);
    writer.noteAcknowledged(verified.k);
    this.now += 1;
    return verified;
  }

  /** FINAL both ways and END. */
  finish(): this {
    this.sign(0, true);
    this.sign(1, true);
    return this.end();
  }

  /** END without FINAL. */
  end(): this {
    for (const side of [0, 1] as const) {
      this.logs[side].end({ closeCode: 0, remote: side === 1, messages: this.#counts });
    }
    return this;
  }

  /** What a following session names as `previous`: by client and by server. */
  previous(): [PreviousSession, PreviousSession] {
    const [client, server] = [this.writers[0].lastHash, this.writers[1].lastHash];
    return [
      { sid: this.sid, ownHash: client, seenHash: server },
      { sid: this.sid, ownHash: server, seenHash: client },
    ];
  }

  /** The client's log so far (0) or the server's (1); once. */
  take(side: 0 | 1 = 0): Uint8Array {
    return this.logs[side].take()!;
  }

  #deliver(d: Direction, message: ReturnType<StatementWriter['complete']>): VerifiedStatement {
    const reader = this.#readers[d];
    const [r, l] = this.#receives[d]!;
    if (reader.receive(message, this.now) !== 'ok') throw new Error('statement refused');
    const job = reader.next(r, l, (epoch) => this.#eths[epoch]);
    if (typeof job === 'string') throw new Error(`statement not ready: ${job}`);
    const verified = reader.complete(crypto.verify(job.signer, job.statement, job.signature));
    if (verified === 'invalid') throw new Error('signature refused');
    return verified;
  }
}
