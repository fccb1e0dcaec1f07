import type { CryptoProvider } from '../crypto/provider.js';
import { VCLError } from '../errors.js';
import type { StateCarrier } from '../state-carrier.js';
import type { StatementMessage } from '../wire/control-messages.js';
import { CheckpointBudget } from './checkpoint-budget.js';
import type { ChainDirection, ChainLane } from './lane.js';
import type { LaneHead } from './lane-chain.js';
import type { SigningBudget } from './signing-budget.js';
import {
  encodeStatement,
  NO_STATEMENT,
  STATEMENT_BYTES,
  StatementFlags,
  statementHash,
} from './statement.js';
import { StatementHistory } from './statement-history.js';
import { UnacknowledgedCover } from './unacknowledged-cover.js';

/** What {@link StatementWriter} needs. */
export interface StatementWriterOptions {
  readonly crypto: Pick<CryptoProvider, 'sha256'>;
  /** The session id, 32 bytes. */
  readonly sid: Uint8Array;
  /** The direction of this side's messages. */
  readonly direction: ChainDirection;
  /** Statements a second that this side can afford to sign. */
  readonly ownRate: number;
  /** What this side spends on all its sessions. Default: each may sign as if it were alone. */
  readonly signingBudget?: SigningBudget | undefined;
  /** The peer's max_checkpoint_rate (SPEC 4.2). */
  readonly peerRate: number;
  /** Whether a statement may cover several messages or exactly one. */
  readonly signing: 'group' | 'message';
  /** The peer's max_uncovered (SPEC 4.2). */
  readonly maxUncovered: number;
}

/** What the next statement is to say beside what the writer knows itself. */
export interface StatementInput {
  readonly now: number;
  /** Unix time in milliseconds. */
  readonly timeMs: number;
  readonly r: LaneHead;
  readonly l: LaneHead;
  /** The sending epoch and its transcript hash. */
  readonly epoch: number;
  readonly eth: Uint8Array;
  /** Whether this is FINAL. */
  readonly final: boolean;
}

/** A statement to be signed: Ed25519 over `statement`. */
export interface SignatureJob {
  readonly k: number;
  /** The 254 bytes of SPEC 8.3. */
  readonly statement: Uint8Array;
}

/** The longest a message waits for its signature when the budget is short (SPEC 8.4). */
const MAX_SIGNATURE_WAIT_MS = 50;
/** After so many messages a statement is due while the queue is still full (SPEC 8.4). */
const MAX_GROUP_MESSAGES = 4_096;
/** Receipts are at least this far from the statement before (SPEC 8.4). */
const RECEIPT_INTERVAL_MS = 1_000;

/** A long message of the other lane may have its number already, though not its leaf. */
const HALF_SENT_MESSAGES = 1;

const NEVER: number = Number.POSITIVE_INFINITY;

/** The statements of this side: when one is due, what it says, which are signed (SPEC 8.3, 8.4). */
export class StatementWriter {
  readonly #options: StatementWriterOptions;
  readonly #budget: CheckpointBudget;
  readonly #maxWaitMs: number;
  readonly #history = new StatementHistory();
  readonly #cover = new UnacknowledgedCover();
  #openWanted = false;
  #finalBegun = false;
  #job:
    | { readonly message: Omit<StatementMessage, 'signature'>; readonly hash: Uint8Array }
    | undefined;
  #lastHash: Uint8Array = NO_STATEMENT;
  #lastBegunAt = 0;
  /** When a statement that only lacks budget can be signed. */
  #affordableAt: number = NEVER;
  #appended = 0;
  #covered = 0;
  #oldestUncoveredAt: number = NEVER;
  #seen = 0;
  #seenHash: Uint8Array = NO_STATEMENT;
  #receiptWanted = false;
  /** The sending epoch, and that of the last statement. */
  #epoch = 0;
  #signedEpoch = 0;

  constructor(options: StatementWriterOptions) {
    const rate = Math.min(options.ownRate, options.peerRate);
    this.#options = options;
    this.#budget = new CheckpointBudget(rate);
    this.#maxWaitMs = Math.max(MAX_SIGNATURE_WAIT_MS, 1_000 / rate);
  }

  /** Messages appended to the chains that no statement begun so far covers. */
  get uncovered(): number {
    return this.#appended - this.#covered;
  }

  /** Messages sent that no acknowledged statement covers (SPEC 8.4). */
  get sentUncovered(): number {
    return this.#appended - this.#cover.acknowledged;
  }

  /** Statements whose signature is complete. */
  get signed(): number {
    return this.#history.count;
  }

  /** The hash of the last statement begun, or 32 zero bytes; what `previous` of a log names. */
  get lastHash(): Uint8Array {
    return this.#lastHash;
  }

  /** Whether a signature is awaited. */
  get inFlight(): boolean {
    return this.#job !== undefined;
  }

  /** Whether FINAL is begun, and whether it is signed. */
  get finalBegun(): boolean {
    return this.#finalBegun;
  }
  get finalSigned(): boolean {
    return this.#finalBegun && this.#job === undefined;
  }

  /** Asks for OPEN: {@link due} from now on, and nothing may be numbered before it is begun. */
  open(): void {
    this.#openWanted = true;
  }

  /** A message was numbered and its leaf appended to its chain. */
  noteMessage(_lane: ChainLane, now: number): void {
    if (this.uncovered === 0) this.#oldestUncoveredAt = now;
    this.#appended++;
  }

  /**
   * A statement of the peer was verified; the next own one names it as seen.
   *
   * @param k its number @param hash its {@link statementHash}
   * @param coversNew whether it covers a message that none before covered: only then a receipt is
   *   wanted, so that receipts do not answer receipts for ever
   */
  noteVerified(k: number, hash: Uint8Array, coversNew: boolean): void {
    this.#seen = k + 1;
    this.#seenHash = hash;
    if (coversNew) this.#receiptWanted = true;
  }

  /** Messages leave under the keys of `epoch` from here on; a statement confirms them (SPEC 8.4). */
  noteEpoch(epoch: number): void {
    this.#epoch = epoch;
  }

  /** The peer has received statement `k`. */
  noteAcknowledged(k: number): void {
    this.#cover.acknowledge(k);
  }

  /** The peer says, in a statement or in VERIFIED, that it has verified so many of this side's. */
  noteSeenByPeer(seen: number): void {
    if (seen > 0) this.#cover.acknowledge(seen - 1);
  }

  /** Whether another message may be numbered and sent (SPEC 8.4). */
  mayNumberMore(): boolean {
    if (this.#nextNumber === 0 || this.#finalBegun) return false;
    if (this.#options.signing === 'message' && this.uncovered > 0) return false;
    return this.sentUncovered < this.#options.maxUncovered - HALF_SENT_MESSAGES;
  }

  /**
   * Whether a statement is to be begun now (SPEC 8.4), a receipt included.
   *
   * @param queueEmpty no message waits for a number
   * @param blocked credit holds the queue
   * @param final FINAL is wanted: everything is sent
   */
  due(now: number, queueEmpty: boolean, blocked: boolean, final: boolean): boolean {
    this.#affordableAt = NEVER;
    if (!this.#mayBegin) return false;
    if (this.#nextNumber === 0) return true;
    if (this.uncovered > 0 && now >= this.#latest) return true;
    const isNewEpoch = this.#epoch !== this.#signedEpoch;
    const isDue = final || isNewEpoch || this.receiptDue(now);
    if (!isDue && !this.#groupEnds(queueEmpty || blocked)) return false;
    const affordableAt = Math.max(
      this.#budget.availableAt(now),
      this.#options.signingBudget?.availableAt(now) ?? now,
    );
    if (affordableAt <= now) return true;
    this.#affordableAt = affordableAt;
    return false;
  }

  /** Whether a receipt is due: messages of the peer were verified and there is nothing to sign. */
  receiptDue(now: number): boolean {
    return this.#receiptPending && now >= this.#lastBegunAt + RECEIPT_INTERVAL_MS;
  }

  /** When {@link due} is to be asked again though nothing else happens: absolute ms or Infinity. */
  deadline(): number {
    if (!this.#mayBegin) return NEVER;
    if (this.#nextNumber === 0) return 0;
    const latest = this.uncovered > 0 ? this.#latest : NEVER;
    const receipt = this.#receiptPending ? this.#lastBegunAt + RECEIPT_INTERVAL_MS : NEVER;
    return Math.min(latest, receipt, this.#affordableAt);
  }

  /**
   * Builds the next statement. One is in flight at a time: {@link complete} comes before the next.
   *
   * @throws VCLError `ChainValidationFailed` when one is in flight, after FINAL, or when messages
   *   were numbered before OPEN
   */
  begin(input: StatementInput): SignatureJob {
    const { sid, direction, crypto } = this.#options;
    const { r, l, epoch, eth, final } = input;
    const k = this.#nextNumber;
    this.#checkBegin(k, r.through + l.through);
    const flags = (k === 0 ? StatementFlags.OPEN : 0) | (final ? StatementFlags.FINAL : 0);
    const timeMs = Math.floor(input.timeMs);
    const head = { flags, k, rThrough: r.through, lThrough: l.through, seen: this.#seen };
    const message = { ...head, epoch, timeMs };
    const previousHash = this.#lastHash;
    const statement = new Uint8Array(STATEMENT_BYTES);
    const links = { rLink: r.link, lLink: l.link, seenHash: this.#seenHash };
    encodeStatement({ ...message, ...links, sid, direction, previousHash, eth }, statement);
    this.#lastHash = statementHash(crypto, statement);
    this.#job = { message, hash: this.#lastHash };
    this.#noteBegun(input);
    return { k, statement };
  }

  /** The signature of the statement in flight. @returns what goes onto the control stream */
  complete(signature: Uint8Array): StatementMessage {
    const job = this.#job;
    if (job === undefined) {
      throw new VCLError('ChainValidationFailed', 'no statement awaits a signature: begin one');
    }
    this.#job = undefined;
    this.#history.push(job.hash);
    return { ...job.message, signature };
  }

  /**
   * The hash of own statement `k`, which the peer names as seen; undefined until it is signed. What
   * the peer has seen never goes back, so the statements before `k` are forgotten.
   */
  hashOf(k: number): Uint8Array | undefined {
    this.#history.forgetBelow(Math.min(k, this.#history.count - 1));
    return this.#history.hashOf(k);
  }

  /** With no signature awaited: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#budget.carry(state);
    this.#history.carry(state);
    this.#cover.carry(state);
    this.#openWanted = state.flag(this.#openWanted);
    this.#finalBegun = state.flag(this.#finalBegun);
    this.#lastHash = state.bytes(this.#lastHash);
    this.#lastBegunAt = state.number(this.#lastBegunAt);
    this.#affordableAt = state.number(this.#affordableAt);
    this.#appended = state.number(this.#appended);
    this.#covered = state.number(this.#covered);
    this.#oldestUncoveredAt = state.number(this.#oldestUncoveredAt);
    this.#seen = state.number(this.#seen);
    this.#seenHash = state.bytes(this.#seenHash);
    this.#receiptWanted = state.flag(this.#receiptWanted);
    this.#epoch = state.number(this.#epoch);
    this.#signedEpoch = state.number(this.#signedEpoch);
  }

  get #nextNumber(): number {
    return this.#history.count + (this.#job === undefined ? 0 : 1);
  }

  get #mayBegin(): boolean {
    return this.#openWanted && this.#job === undefined && !this.#finalBegun;
  }

  get #latest(): number {
    return this.#oldestUncoveredAt + this.#maxWaitMs;
  }

  get #receiptPending(): boolean {
    return this.#receiptWanted && this.uncovered === 0 && this.#mayBegin;
  }

  #groupEnds(nothingFollows: boolean): boolean {
    if (this.uncovered === 0) return false;
    return nothingFollows || this.uncovered >= MAX_GROUP_MESSAGES || !this.mayNumberMore();
  }

  #checkBegin(k: number, total: number): void {
    if (this.#job !== undefined || this.#finalBegun) {
      const reason = this.#finalBegun ? 'FINAL ends this direction' : 'a statement is in flight';
      throw new VCLError('ChainValidationFailed', `${reason}: ask due before begin`);
    }
    if (k === 0 && total > 0) {
      throw new VCLError('ChainValidationFailed', 'OPEN covers no message: number none before it');
    }
  }

  #noteBegun(input: StatementInput): void {
    this.#budget.take(input.now);
    this.#options.signingBudget?.take(input.now);
    this.#lastBegunAt = input.now;
    this.#affordableAt = NEVER;
    this.#oldestUncoveredAt = NEVER;
    this.#receiptWanted = false;
    this.#epoch = input.epoch;
    this.#signedEpoch = input.epoch;
    this.#finalBegun = input.final;
    this.#covered = this.#appended;
    this.#cover.push(this.#covered);
  }
}
