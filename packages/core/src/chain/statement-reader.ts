import type { CryptoProvider } from '../crypto/provider.js';
import type { StateCarrier } from '../state-carrier.js';
import type { StatementMessage } from '../wire/control-messages.js';
import { CheckpointBudget } from './checkpoint-budget.js';
import type { ChainDirection, ChainLane } from './lane.js';
import { MAX_PENDING_LEAVES, type ReceiveChain } from './lane-chain.js';
import {
  encodeStatement,
  NO_STATEMENT,
  STATEMENT_BYTES,
  StatementFlags,
  statementHash,
} from './statement.js';
import { UncoveredClock } from './uncovered-clock.js';

/** What {@link StatementReader} needs. */
export interface StatementReaderOptions {
  readonly crypto: Pick<CryptoProvider, 'sha256' | 'isValidPublicKey'>;
  /** The session id, 32 bytes. */
  readonly sid: Uint8Array;
  /** The direction of the peer's messages. */
  readonly direction: ChainDirection;
  /** The max_checkpoint_rate that this side advertised. */
  readonly maxRate: number;
  /** The max_uncovered that this side advertised. */
  readonly maxUncovered: number;
  /** The hash of this side's own signed statement, see `StatementWriter.hashOf`. */
  readonly ownHashOf: (k: number) => Uint8Array | undefined;
}

/** The rule that a statement broke: a name of `CloseCode` (SPEC 9.2). */
export type StatementViolation = 'CHAIN_INVALID' | 'CHECKPOINT_RATE' | 'LIMIT_EXCEEDED';

/** A signature to be checked: `verify(signer, statement, signature)`. */
export interface VerifyJob {
  readonly k: number;
  /** The 254 bytes of SPEC 8.3. */
  readonly statement: Uint8Array;
  readonly signature: Uint8Array;
  readonly signer: Uint8Array;
}

/** A statement whose signature is good. */
export interface VerifiedStatement extends StatementMessage {
  /** The 254 bytes. */
  readonly statement: Uint8Array;
  /** {@link statementHash} of them. */
  readonly hash: Uint8Array;
  /** Whether it covers a message that none before covered. */
  readonly coversNew: boolean;
}

/** A statement on its way, with the hash of the own statement that it names as seen. */
interface Queued {
  readonly message: StatementMessage;
  readonly seenHash: Uint8Array;
}

/** Statements that may wait for messages or for the verification before them. */
export const MAX_QUEUED_STATEMENTS = 16_384;

/** Statements that may arrive at once, beside two seconds of the double rate (SPEC 8.4). */
const RATE_BURST = 600;
const RATE_FACTOR = 2;
const RATE_BURST_SECONDS = 2;

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The statements of the peer: order, completeness, rate, signatures (SPEC 8.3, 8.4). */
export class StatementReader {
  readonly #options: StatementReaderOptions;
  readonly #rate: CheckpointBudget;
  readonly #clock = new UncoveredClock();
  #signer: Uint8Array | undefined;
  #queue: Queued[] = [];
  #queueHead = 0;
  /** The last statement received. */
  #last: StatementMessage | undefined;
  #job: (Queued & { readonly statement: Uint8Array; readonly hash: Uint8Array }) | undefined;
  #lastHash: Uint8Array = NO_STATEMENT;
  #verified = 0;
  #rVerified = 0;
  #lVerified = 0;
  #finalSeen = false;
  /** Messages received, by lane. */
  readonly #received: [number, number] = [0, 0];

  constructor(options: StatementReaderOptions) {
    const rate = RATE_FACTOR * options.maxRate;
    this.#options = options;
    this.#rate = new CheckpointBudget(rate, RATE_BURST + RATE_BURST_SECONDS * rate);
  }

  /** How many statements were verified: what VERIFIED and `seen` say. */
  get verified(): number {
    return this.#verified;
  }

  /** The hash of the last verified statement, or 32 zero bytes. */
  get lastHash(): Uint8Array {
    return this.#lastHash;
  }

  /** Whether OPEN is verified, so that messages may be delivered. */
  get opened(): boolean {
    return this.#verified > 0;
  }

  /** Whether no statement waits, for messages or for its verification. */
  get isIdle(): boolean {
    return this.#queueHead === this.#queue.length && this.#job === undefined;
  }

  /** Whether FINAL is verified. */
  get finalSeen(): boolean {
    return this.#finalSeen;
  }

  /** Messages of a lane that a verified statement covers. */
  verifiedThrough(lane: ChainLane): number {
    return lane === 0 ? this.#rVerified : this.#lVerified;
  }

  /**
   * The key that signs: the peer's identity, or what SIGNER announced. Until then nothing verifies.
   *
   * @returns false when the key is not valid (SPEC 2.3)
   */
  setSigner(publicKey: Uint8Array): boolean {
    if (!this.#options.crypto.isValidPublicKey(publicKey)) return false;
    this.#signer = publicKey.slice();
    return true;
  }

  /** Takes a statement off the control stream; it waits for {@link next}. */
  receive(message: StatementMessage, now: number): 'ok' | StatementViolation {
    if (!this.#rate.take(now)) return 'CHECKPOINT_RATE';
    if (this.#queue.length - this.#queueHead >= MAX_QUEUED_STATEMENTS) return 'LIMIT_EXCEEDED';
    if (!this.#inTurn(message) || this.#leavesMessagesBehind(message)) return 'CHAIN_INVALID';
    const { seen } = message;
    const seenHash = seen === 0 ? NO_STATEMENT : this.#options.ownHashOf(seen - 1);
    if (seenHash === undefined) return 'CHAIN_INVALID';
    // The decoder's signature is a view into a buffer that will be reused.
    const kept = { ...message, signature: message.signature.slice() };
    this.#queue.push({ message: kept, seenHash });
    this.#last = kept;
    return 'ok';
  }

  /**
   * The next signature to check, once everything its statement covers is here.
   *
   * @param ethOf the transcript hash of an epoch, undefined when it never was
   */
  next(
    chainR: ReceiveChain,
    chainL: ReceiveChain,
    ethOf: (epoch: number) => Uint8Array | undefined,
  ): 'wait' | 'violation' | VerifyJob {
    const head = this.#queue[this.#queueHead];
    if (this.#job !== undefined || head === undefined || this.#signer === undefined) return 'wait';
    const { message } = head;
    if (contradicts(message, message.rThrough, chainR)) return 'violation';
    if (contradicts(message, message.lThrough, chainL)) return 'violation';
    const reachable = chainR.canReach(message.rThrough) && chainL.canReach(message.lThrough);
    if (!reachable) return 'wait';
    const eth = ethOf(message.epoch);
    if (eth === undefined) return 'violation';
    const links = {
      rLink: chainR.advanceTo(message.rThrough),
      lLink: chainL.advanceTo(message.lThrough),
    };
    return this.#startJob(head, this.#signer, { ...links, eth });
  }

  /** The verdict on the signature of the job that {@link next} gave. */
  complete(valid: boolean): VerifiedStatement | 'invalid' {
    const job = this.#job;
    this.#job = undefined;
    if (job === undefined || !valid) return 'invalid';
    const { message, statement, hash } = job;
    const coversNew = message.rThrough > this.#rVerified || message.lThrough > this.#lVerified;
    this.#verified++;
    this.#lastHash = hash;
    this.#rVerified = message.rThrough;
    this.#lVerified = message.lThrough;
    this.#finalSeen = (message.flags & StatementFlags.FINAL) !== 0;
    this.#clock.covered(0, message.rThrough);
    this.#clock.covered(1, message.lThrough);
    return { ...message, statement, hash, coversNew };
  }

  /** An authentic record of the peer arrived. */
  heard(now: number): void {
    this.#clock.heard(now);
  }

  /**
   * A message arrived whole.
   *
   * @param through lane R: messages received without a hole before them; lane L: one more than the
   *   highest number received
   */
  noteUncovered(lane: ChainLane, through: number): void {
    if (through <= this.#received[lane]) return;
    this.#received[lane] = through;
    if (through > this.verifiedThrough(lane)) this.#clock.received(lane, through);
  }

  /** Whether the peer owes a signature for too long or for too many messages (SPEC 8.4). */
  overdue(ptoMs: number): boolean {
    return this.#uncovered > this.#options.maxUncovered || this.#clock.overdue(ptoMs);
  }

  /** Whether message `n` lies beyond the FINAL received: CHAIN_INVALID. */
  isBeyondFinal(lane: ChainLane, n: number): boolean {
    const last = this.#last;
    if (last === undefined || (last.flags & StatementFlags.FINAL) === 0) return false;
    return n >= (lane === 0 ? last.rThrough : last.lThrough);
  }

  /** With none waiting: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#rate.carry(state);
    this.#clock.carry(state);
    const signer = state.bytes(this.#signer ?? NO_BYTES);
    this.#signer = signer.length === 0 ? undefined : signer;
    this.#last = carriedStatement(state, this.#last);
    this.#lastHash = state.bytes(this.#lastHash);
    this.#verified = state.number(this.#verified);
    this.#rVerified = state.number(this.#rVerified);
    this.#lVerified = state.number(this.#lVerified);
    this.#finalSeen = state.flag(this.#finalSeen);
    this.#received[0] = state.number(this.#received[0]);
    this.#received[1] = state.number(this.#received[1]);
  }

  /** Messages received that no received statement covers. */
  get #uncovered(): number {
    const [r, l] = this.#received;
    return (
      Math.max(0, r - (this.#last?.rThrough ?? 0)) + Math.max(0, l - (this.#last?.lThrough ?? 0))
    );
  }

  #inTurn(message: StatementMessage): boolean {
    const last = this.#last;
    const isOpen = (message.flags & StatementFlags.OPEN) !== 0;
    if (last === undefined) {
      return message.k === 0 && isOpen && message.rThrough === 0 && message.lThrough === 0;
    }
    if (message.k !== last.k + 1 || isOpen || (last.flags & StatementFlags.FINAL) !== 0)
      return false;
    const forward = message.rThrough >= last.rThrough && message.lThrough >= last.lThrough;
    return forward && message.seen >= last.seen && message.epoch >= last.epoch;
  }

  /** Whether a FINAL covers less than what has arrived. */
  #leavesMessagesBehind(message: StatementMessage): boolean {
    if ((message.flags & StatementFlags.FINAL) === 0) return false;
    return this.#received[0] > message.rThrough || this.#received[1] > message.lThrough;
  }

  #startJob(
    head: Queued,
    signer: Uint8Array,
    rest: { readonly rLink: Uint8Array; readonly lLink: Uint8Array; readonly eth: Uint8Array },
  ): VerifyJob {
    const { crypto, sid, direction } = this.#options;
    const { message, seenHash } = head;
    const statement = new Uint8Array(STATEMENT_BYTES);
    const previousHash = this.#lastHash;
    encodeStatement({ ...message, ...rest, sid, direction, previousHash, seenHash }, statement);
    this.#job = { ...head, statement, hash: statementHash(crypto, statement) };
    this.#dequeue();
    return { k: message.k, statement, signature: message.signature, signer };
  }

  #dequeue(): void {
    this.#queueHead++;
    if (this.#queueHead === this.#queue.length) {
      this.#queue = [];
      this.#queueHead = 0;
      return;
    }
    if (this.#queueHead < 64 || this.#queueHead * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#queueHead);
    this.#queueHead = 0;
  }
}

/** Whether a statement covers what cannot exist, or a FINAL less than what does. */
function contradicts(message: StatementMessage, through: number, chain: ReceiveChain): boolean {
  if (through > chain.through + MAX_PENDING_LEAVES) return true;
  return (message.flags & StatementFlags.FINAL) !== 0 && chain.highest > through;
}

function carriedStatement(
  state: StateCarrier,
  known: StatementMessage | undefined,
): StatementMessage | undefined {
  if (!state.flag(known !== undefined)) return undefined;
  return {
    flags: state.number(known?.flags ?? 0),
    k: state.number(known?.k ?? 0),
    rThrough: state.number(known?.rThrough ?? 0),
    lThrough: state.number(known?.lThrough ?? 0),
    seen: state.number(known?.seen ?? 0),
    epoch: state.number(known?.epoch ?? 0),
    timeMs: state.number(known?.timeMs ?? 0),
    signature: state.bytes(known?.signature ?? NO_BYTES),
  };
}
