import type { ReceiveChain, SendChain } from '../chain/lane-chain.js';
import type { SessionLogWriter } from '../chain/session-log/log-writer.js';
import { StatementReader, type StatementReaderOptions } from '../chain/statement-reader.js';
import { StatementWriter } from '../chain/statement-writer.js';
import type { CryptoProvider, Signer } from '../crypto/provider.js';
import type { Direction } from '../message/reliability.js';
import type { CheckpointHost, CheckpointsOptions } from './checkpoints.js';
import type { ConnectionParts } from './connection-parts.js';
import type { ControlSender } from './control-stream.js';
import type { KeyRing } from './key-ring.js';
import type { PerLane } from './session-chains.js';

/** What the checkpoints find in their connection. A class, so that a session costs no closures. */
export class CheckpointParts implements CheckpointsOptions, CheckpointHost, StatementReaderOptions {
  readonly writer: StatementWriter;
  readonly reader: StatementReader;
  readonly #parts: ConnectionParts;

  constructor(parts: ConnectionParts) {
    const { crypto, handshake, config, ownCheckpointRate, signingBudget } = parts.options;
    this.#parts = parts;
    this.writer = new StatementWriter({
      crypto,
      sid: handshake.sid,
      direction: parts.chains.sending,
      ownRate: ownCheckpointRate,
      signingBudget,
      peerRate: handshake.peerParams.maxCheckpointRate,
      signing: config.signing,
      maxUncovered: handshake.peerParams.maxUncovered,
    });
    this.reader = new StatementReader(this);
  }

  get crypto(): CryptoProvider {
    return this.#parts.options.crypto;
  }

  get sid(): Uint8Array {
    return this.#parts.options.handshake.sid;
  }

  get direction(): Direction {
    return this.#parts.chains.receiving;
  }

  get maxRate(): number {
    return this.#parts.options.localParams.maxCheckpointRate;
  }

  get maxUncovered(): number {
    return this.#parts.options.localParams.maxUncovered;
  }

  get own(): PerLane<SendChain> {
    return this.#parts.chains.own;
  }

  get peer(): PerLane<ReceiveChain> {
    return this.#parts.chains.peer;
  }

  get keys(): KeyRing {
    return this.#parts.keys;
  }

  get control(): ControlSender {
    return this.#parts.control;
  }

  get signer(): Signer | undefined {
    return this.verifyInline ? this.#parts.signer : undefined;
  }

  get verifyInline(): boolean {
    return this.#parts.options.inlineSignatures;
  }

  get log(): SessionLogWriter | undefined {
    return this.#parts.log;
  }

  get host(): CheckpointHost {
    return this;
  }

  // Called as methods of their own elsewhere: they must know whose they are.
  get unixTime(): (now: number) => number {
    const { unixOffsetMs } = this.#parts.options;
    return (now) => now + unixOffsetMs;
  }

  get sendControl(): (type: number, body: Uint8Array) => void {
    return (type, body) => this.#parts.sendControl(type, body);
  }

  ownHashOf(k: number): Uint8Array | undefined {
    return this.writer.hashOf(k);
  }

  onOpen(): void {
    this.#parts.incoming.open();
  }

  onVerified(reliable: number, lossy: number): void {
    const { signals, incoming, events } = this.#parts;
    signals.verifiedDue = true;
    incoming.verified(reliable, lossy);
    events.push({ type: 'verified', reliable, lossy });
  }

  onBegun(k: number, lossyThrough: number): void {
    this.#parts.outgoing.noteStatement(k, lossyThrough);
  }

  onSeenByPeer(statements: number): void {
    this.#parts.outgoing.onStatementsSeen(statements);
  }

  onPeerFinal(): void {
    this.#parts.events.push({ type: 'finished' });
  }

  onViolation(code: number): void {
    this.#parts.fail(code, 0, 'statement');
  }
}
