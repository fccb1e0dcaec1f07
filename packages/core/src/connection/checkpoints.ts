import type { ReceiveChain, SendChain } from '../chain/lane-chain.js';
import type { SessionLogWriter } from '../chain/session-log/log-writer.js';
import { StatementFlags } from '../chain/statement.js';
import type { StatementReader, VerifyJob } from '../chain/statement-reader.js';
import type { StatementWriter } from '../chain/statement-writer.js';
import type { CryptoProvider, Signer } from '../crypto/provider.js';
import type { Lane } from '../message/reliability.js';
import type { StateCarrier } from '../state-carrier.js';
import { CloseCode } from '../wire/close-codes.js';
import { ControlType, encodeStatement, type StatementMessage } from '../wire/control-messages.js';
import type { ControlSender } from './control-stream.js';
import type { KeyRing } from './key-ring.js';

/** A signature to make or to check outside of the core; answer with `handleSignatureDone`. */
export type SignatureJob =
  | { readonly kind: 'sign'; readonly message: Uint8Array }
  | {
      readonly kind: 'verify';
      readonly message: Uint8Array;
      readonly signature: Uint8Array;
      readonly publicKey: Uint8Array;
    };

/** What the checkpoints of a connection work with. */
export interface CheckpointsOptions {
  readonly crypto: CryptoProvider;
  readonly writer: StatementWriter;
  readonly reader: StatementReader;
  readonly own: readonly [SendChain, SendChain];
  readonly peer: readonly [ReceiveChain, ReceiveChain];
  readonly keys: KeyRing;
  readonly control: ControlSender;
  /** Signs this side's statements, here and now; without it signing is a job. */
  readonly signer: Signer | undefined;
  /** Whether signatures are checked here and now; else checking is a job. */
  readonly verifyInline: boolean;
  readonly log: SessionLogWriter | undefined;
  /** Unix time of a `now`, ms. */
  readonly unixTime: (now: number) => number;
  readonly sendControl: (type: number, body: Uint8Array) => void;
  readonly host: CheckpointHost;
}

/** What happens to the connection when statements move. */
export interface CheckpointHost {
  onOpen(): void;
  onVerified(reliableThrough: number, lossyThrough: number): void;
  /** Own statement `k` covers the lossy messages below `lossyThrough`. */
  onBegun(k: number, lossyThrough: number): void;
  /** The peer has verified so many own statements. */
  onSeenByPeer(statements: number): void;
  onPeerFinal(reliableThrough: number, lossyThrough: number): void;
  onViolation(code: number): void;
}

/** The statements of both directions: when to sign, what to check, what that says (SPEC 8.3, 8.4). */
export class Checkpoints {
  readonly #options: CheckpointsOptions;
  /** Own statements under way: number and the control offset behind which the peer has it. */
  #underway: { readonly k: number; readonly end: number }[] = [];
  readonly #jobs: SignatureJob[] = [];
  readonly #ethOf: (epoch: number) => Uint8Array | undefined;
  #checking: VerifyJob | undefined;
  #wantFinal = false;
  #queueEmpty = true;
  #blocked = false;

  constructor(options: CheckpointsOptions) {
    this.#options = options;
    this.#ethOf = (epoch) => options.keys.ethOf(epoch);
  }

  get writer(): StatementWriter {
    return this.#options.writer;
  }

  get reader(): StatementReader {
    return this.#options.reader;
  }

  /** Starts with OPEN. */
  open(now: number): void {
    this.writer.open();
    this.signIfDue(now);
  }

  /** What the decision to sign depends on: whether anything waits to be sent, and whether credit stops it. */
  setLoad(queueEmpty: boolean, blocked: boolean): void {
    this.#queueEmpty = queueEmpty;
    this.#blocked = blocked;
  }

  /** Everything is sent: the next statement is FINAL. */
  requestFinal(): void {
    this.#wantFinal = true;
  }

  get finalRequested(): boolean {
    return this.#wantFinal;
  }

  /** Whether the peer has this side's FINAL. */
  get finalDelivered(): boolean {
    return this.writer.finalSigned && this.#underway.length === 0 && this.#jobs.length === 0;
  }

  /** Signs what is due. */
  signIfDue(now: number): void {
    const { writer } = this;
    const final = this.#wantFinal && writer.signed > 0;
    writer.noteEpoch(this.#options.keys.sending.epoch);
    if (!writer.due(now, this.#queueEmpty, this.#blocked, final)) return;
    const { own, keys, unixTime, signer, host } = this.#options;
    const { epoch, secrets } = keys.sending;
    const job = writer.begin({
      now,
      timeMs: unixTime(now),
      r: own[0],
      l: own[1],
      epoch,
      eth: secrets.eth,
      final,
    });
    host.onBegun(job.k, own[1].through);
    if (signer === undefined) this.#jobs.push({ kind: 'sign', message: job.statement });
    else this.#signed(job.statement, signer.sign(job.statement));
  }

  /** A STATEMENT of the peer. @returns 0 or a close code */
  handleStatement(statement: StatementMessage, now: number): number {
    const verdict = this.reader.receive(statement, now);
    return verdict === 'ok' ? 0 : CloseCode[verdict];
  }

  /** SIGNER, session evidence. @returns 0 or a close code */
  handleSigner(publicKey: Uint8Array): number {
    return this.reader.setSigner(publicKey) ? 0 : CloseCode.SIGNATURE_INVALID;
  }

  /** Checks every statement whose messages are all here. */
  advance(now: number): void {
    for (;;) {
      const { peer, crypto, verifyInline, host } = this.#options;
      const next = this.reader.next(peer[0], peer[1], this.#ethOf);
      if (next === 'wait') return;
      if (next === 'violation') {
        host.onViolation(CloseCode.CHAIN_INVALID);
        return;
      }
      const { statement, signature, signer } = next;
      if (!verifyInline) {
        this.#checking = next;
        this.#jobs.push({ kind: 'verify', message: statement, signature, publicKey: signer });
        return;
      }
      if (!this.#verified(next, crypto.verify(signer, statement, signature), now)) return;
    }
  }

  /** The next signature to make or check, when that is done outside. */
  pollJob(): SignatureJob | undefined {
    return this.#jobs[0];
  }

  /** The oldest job is done. @param result the signature, or whether it was right */
  handleJobDone(result: Uint8Array | boolean, now: number): void {
    const job = this.#jobs.shift();
    if (job === undefined) return;
    if (job.kind === 'sign') {
      if (typeof result === 'boolean') this.#options.host.onViolation(CloseCode.INTERNAL);
      else this.#signed(job.message, result);
      return;
    }
    const checking = this.#checking;
    this.#checking = undefined;
    if (checking !== undefined && this.#verified(checking, result === true, now)) this.advance(now);
  }

  /** The control stream arrived up to `settled`: statements before it are the peer's. */
  onControlSettled(settled: number): void {
    while (this.#underway.length > 0 && this.#underway[0]!.end <= settled) {
      this.writer.noteAcknowledged(this.#underway.shift()!.k);
    }
    if (this.#underway.length === 0) this.#underway = [];
  }

  /** VERIFIED (SPEC 6.6). */
  onPeerVerified(statements: number): void {
    this.#seenByPeer(Math.min(statements, this.writer.signed));
  }

  /** An authentic record arrived. */
  heard(now: number): void {
    this.reader.heard(now);
  }

  noteLeaf(lane: Lane, now: number): void {
    this.writer.noteMessage(lane, now);
  }

  /** Messages of the peer below `through` have arrived. */
  noteUncovered(lane: Lane, through: number): void {
    this.reader.noteUncovered(lane, through);
  }

  deadline(): number {
    return this.writer.deadline();
  }

  /** Whether the peer owes a signature for too long (SPEC 8.4). */
  isOverdue(ptoMs: number): boolean {
    return this.reader.overdue(ptoMs);
  }

  /** Whether no statement is under way, in either direction, or waits for its signature. */
  get isIdle(): boolean {
    const isIdle = this.#underway.length === 0 && this.#jobs.length === 0;
    return isIdle && !this.writer.inFlight && this.reader.isIdle;
  }

  /** While it is idle: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.writer.carry(state);
    this.reader.carry(state);
    this.#wantFinal = state.flag(this.#wantFinal);
    this.#queueEmpty = state.flag(this.#queueEmpty);
    this.#blocked = state.flag(this.#blocked);
  }

  #seenByPeer(statements: number): void {
    this.writer.noteSeenByPeer(statements);
    this.#options.host.onSeenByPeer(statements);
  }

  #signed(statement: Uint8Array, signature: Uint8Array): void {
    const { sendControl, control, log } = this.#options;
    const message = this.writer.complete(signature);
    sendControl(ControlType.STATEMENT, encodeStatement(message));
    this.#underway.push({ k: message.k, end: control.end });
    log?.statement(statement, signature);
  }

  #verified(job: VerifyJob, valid: boolean, now: number): boolean {
    const { host, log } = this.#options;
    const outcome = this.reader.complete(valid);
    if (outcome === 'invalid') {
      host.onViolation(CloseCode.SIGNATURE_INVALID);
      return false;
    }
    log?.statement(job.statement, job.signature);
    this.writer.noteVerified(outcome.k, outcome.hash, outcome.coversNew);
    this.#seenByPeer(outcome.seen);
    if (outcome.k === 0) host.onOpen();
    host.onVerified(outcome.rThrough, outcome.lThrough);
    const isFinal = (outcome.flags & StatementFlags.FINAL) !== 0;
    if (isFinal) host.onPeerFinal(outcome.rThrough, outcome.lThrough);
    this.signIfDue(now);
    return true;
  }
}
