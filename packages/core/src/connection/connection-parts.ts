import type { SessionLogWriter } from '../chain/session-log/log-writer.js';
import { StatementReader } from '../chain/statement-reader.js';
import { StatementWriter } from '../chain/statement-writer.js';
import { ChaChaMask } from '../crypto/chacha-block.js';
import type { Signer } from '../crypto/provider.js';
import { Fifo } from '../fifo.js';
import { epochKeyLog } from '../handshake/key-log.js';
import type { OuterKeys } from '../handshake/outer-keys.js';
import type { Role } from '../handshake/registry.js';
import type { ReceiveCredit } from '../message/credit.js';
import { MemoryBudget } from '../message/memory-budget.js';
import { CloseCode } from '../wire/close-codes.js';
import { ControlType, controlMessage, encodeSigner } from '../wire/control-messages.js';
import { type CheckpointHost, Checkpoints } from './checkpoints.js';
import { type CloseInfo, Closing } from './closing.js';
import type { ConnectionEvent } from './connection-event.js';
import { idleTimeoutMs, keyLimits, makeCredit } from './connection-limits.js';
import { ConnectionCounters, type ConnectionOptions } from './connection-options.js';
import { ControlInput } from './control-input.js';
import { ControlSender } from './control-stream.js';
import { DropCounters } from './drop-reason.js';
import { IncomingLanes } from './incoming-lanes.js';
import { KeyRing } from './key-ring.js';
import { Liveness } from './liveness.js';
import { LossEffects } from './loss-effects.js';
import { OutgoingLanes } from './outgoing-lanes.js';
import { PathMoves } from './path-moves.js';
import type { PathSet } from './path-set.js';
import { RekeyExchange } from './rekey-exchange.js';
import { type PerLane, SessionChains, statementSigner } from './session-chains.js';
import { SessionRecording } from './session-recording.js';
import { Signals } from './signals.js';

/** Memory for messages of one peer that are not whole (SPEC 10). */
const PEER_MEMORY_BYTES = 24 * 1024 * 1024;
/** Of 256 sessions so many send a grease frame: 1 in 16 (SPEC 4.1). */
const GREASED = 16;

/**
 * The parts of a connection and what they owe each other. Each part is a machine of its own; this is
 * where one's outcome becomes another's input. The verbs stand in `Connection`.
 */
export class ConnectionParts {
  readonly options: ConnectionOptions;
  readonly role: Role;
  readonly outer: OuterKeys;
  readonly sendMask: ChaChaMask;
  readonly receiveMask: ChaChaMask;
  readonly events: Fifo<ConnectionEvent> = new Fifo();
  readonly drops: DropCounters = new DropCounters();
  readonly counters: ConnectionCounters = new ConnectionCounters();
  readonly control: ControlSender = new ControlSender();
  readonly controlIn: ControlInput;
  readonly closing: Closing;
  readonly loss: LossEffects;
  readonly moves: PathMoves;
  readonly keys: KeyRing;
  readonly rekey: RekeyExchange;
  readonly liveness: Liveness;
  readonly recording: SessionRecording;
  readonly chains: SessionChains;
  readonly checkpoints: Checkpoints;
  readonly signals: Signals;
  readonly outgoing: OutgoingLanes;
  readonly incoming: IncomingLanes;
  /** Lines for the key log that were not fetched yet. */
  readonly keyLogLines: string[];
  /** Message payload bytes that a datagram may carry. */
  readonly maxPayloadBytes: number;
  readonly maxAckDelayMs: number;
  /** The time of the verb that is running. */
  now: number;
  established = false;
  readonly #signer: Signer;

  constructor(options: ConnectionOptions) {
    const { crypto, handshake, config, localParams, now } = options;
    const { role, hpKeys, epoch0 } = handshake;
    this.options = options;
    this.role = role;
    this.now = now;
    this.outer = options.outer;
    this.maxPayloadBytes = config.fragmentSize;
    this.maxAckDelayMs = localParams.maxAckDelayMs;
    this.keyLogLines = [...(handshake.keyLogLines ?? [])];
    this.chains = new SessionChains(crypto, handshake);
    this.sendMask = new ChaChaMask(hpKeys[this.chains.sending]);
    this.receiveMask = new ChaChaMask(hpKeys[this.chains.receiving]);
    this.loss = new LossEffects(this);
    this.closing = new Closing(this);
    this.controlIn = new ControlInput(this);
    this.moves = new PathMoves(this);
    this.keys = new KeyRing(crypto, epoch0, this.chains.sending, keyLimits(options), now);
    this.rekey = new RekeyExchange(this);
    this.liveness = new Liveness(idleTimeoutMs(options), now);
    this.recording = new SessionRecording(options, this.chains);
    this.#signer = statementSigner(crypto, options.identity, config.evidence);
    this.checkpoints = this.#makeCheckpoints();
    const credits: PerLane<ReceiveCredit> = [makeCredit(options), makeCredit(options)];
    const { liveness, moves } = this;
    const verifiedCount = (): number => this.checkpoints.reader.verified;
    this.signals = new Signals({ crypto, liveness, moves, credits, verifiedCount });
    this.outgoing = this.#makeOutgoing();
    this.incoming = this.#makeIncoming(credits);
  }

  /** The session log, when there is one. */
  get log(): SessionLogWriter | undefined {
    return this.recording.log;
  }

  get paths(): PathSet {
    return this.moves.paths;
  }

  get isEnded(): boolean {
    return this.closing.isEnded;
  }

  /** Whether messages may leave: the handshake is over and the keys are not worn out. */
  get maySendMessages(): boolean {
    return this.established && !this.isEnded && !this.keys.exhausted;
  }

  /** Whether a packet that asks for an acknowledgement should leave. */
  wantsToSend(): boolean {
    if (!this.established) return false;
    if (this.control.wantsToWrite || this.signals.isPending) return true;
    return this.maySendMessages && this.outgoing.wantsToWrite;
  }

  /** Whether the peer still owes an acknowledgement of content. */
  get hasUnacknowledged(): boolean {
    return this.control.backlog > 0 || !this.outgoing.isSettled;
  }

  sendControl(type: number, body: Uint8Array): void {
    this.control.append(controlMessage(type, body));
  }

  /** The session begins: SIGNER, OPEN, spare connection ids, now and then grease. */
  establish(): void {
    if (this.established) return;
    this.established = true;
    const { crypto, handshake, config } = this.options;
    if (config.evidence === 'session') {
      this.sendControl(ControlType.SIGNER, encodeSigner(this.#signer.publicKey));
    } else {
      const peerKey = this.role === 'client' ? handshake.serverKey : handshake.clientKey;
      this.checkpoints.handleSigner(peerKey);
      this.recording.start(this.#signer.publicKey, peerKey, this.now);
    }
    this.moves.fillCids();
    const die = new Uint8Array(1);
    crypto.randomBytes(die);
    this.signals.grease = die[0]! < GREASED;
    this.checkpoints.open(this.now);
    this.events.push({ type: 'established' });
  }

  /** Ends the session because of what the peer did, or of a fault of ours. */
  fail(code: number, frameType: number, reason: string): void {
    this.closing.abort(code, frameType, 0, reason, this.now);
  }

  /** HANDSHAKE_DONE. @returns 0 or a close code */
  onHandshakeDone(): number {
    if (this.role === 'server') return CloseCode.PROTOCOL_VIOLATION;
    this.establish();
    return 0;
  }

  onPing(id: number): void {
    this.liveness.handlePing(id);
    this.events.push({ type: 'ping' });
  }

  onPong(id: number, now: number): void {
    const pong = this.liveness.handlePong(id, now);
    if (pong !== undefined) this.events.push({ type: 'pong', ...pong });
  }

  /** SIGNER: once, before any statement, and in session evidence only. @returns 0 or a close code */
  onSigner(publicKey: Uint8Array): number {
    if (this.options.config.evidence !== 'session' || this.recording.isStarted) {
      return CloseCode.PROTOCOL_VIOLATION;
    }
    const violation = this.checkpoints.handleSigner(publicKey);
    if (violation === 0) {
      this.recording.start(this.#signer.publicKey, publicKey, this.now);
    }
    return violation;
  }

  /** A packet sealed under `epoch` was acknowledged. */
  onAcked(epoch: number): void {
    const { settled } = this.control;
    this.outgoing.onControlSettled(settled);
    this.checkpoints.onControlSettled(settled);
    this.rekey.onAcked(epoch);
  }

  /** Keys of a new epoch are installed. */
  onEpoch(): void {
    const { secrets } = this.keys.newest;
    this.log?.epoch(secrets.epoch, secrets.eth);
    if (!this.options.keyLog) return;
    this.keyLogLines.push(...epochKeyLog(this.options.handshake.sid, secrets));
  }

  /** Keys of a new epoch are in use both ways. */
  onRotated(epoch: number): void {
    this.counters.keyRotations++;
    this.events.push({ type: 'keyRotated', epoch });
  }

  /** CLOSE was sent or received, or the peer is gone. */
  onEnded(remote: boolean, info: CloseInfo): void {
    const { code, applicationCode, reason } = info;
    this.#reportUnverified();
    this.recording.end(info, remote);
    this.events.push({ type: 'closed', code, applicationCode, reason, remote });
  }

  /** Forgets every secret, as far as memory lets itself be wiped (rule K9). */
  wipe(): void {
    this.keys.wipe();
    this.sendMask.wipe();
    this.receiveMask.wipe();
    this.chains.wipe();
    this.options.handshake.exporter.fill(0);
    if (this.options.config.evidence === 'session') this.#signer.wipe();
    this.incoming.clear();
  }

  #makeCheckpoints(): Checkpoints {
    const { crypto, handshake, config, localParams, ownCheckpointRate, inlineSignatures } =
      this.options;
    const { sid, peerParams } = handshake;
    const writer = new StatementWriter({
      crypto,
      sid,
      direction: this.chains.sending,
      ownRate: ownCheckpointRate,
      peerRate: peerParams.maxCheckpointRate,
      signing: config.signing,
      maxUncovered: peerParams.maxUncovered,
    });
    const reader = new StatementReader({
      crypto,
      sid,
      direction: this.chains.receiving,
      maxRate: localParams.maxCheckpointRate,
      maxUncovered: localParams.maxUncovered,
      ownHashOf: (k) => writer.hashOf(k),
    });
    return new Checkpoints({
      crypto,
      writer,
      reader,
      own: this.chains.own,
      peer: this.chains.peer,
      keys: this.keys,
      control: this.control,
      signer: inlineSignatures ? this.#signer : undefined,
      verifyInline: inlineSignatures,
      log: this.log,
      unixTime: (now) => now + this.options.unixOffsetMs,
      sendControl: (type, body) => this.sendControl(type, body),
      host: this.#checkpointHost(),
    });
  }

  #checkpointHost(): CheckpointHost {
    return {
      onOpen: () => this.incoming.open(),
      onVerified: (reliable, lossy) => {
        this.signals.verifiedDue = true;
        this.incoming.verified(reliable, lossy);
        this.events.push({ type: 'verified', reliable, lossy });
      },
      onPeerFinal: () => this.events.push({ type: 'finished' }),
      onViolation: (code) => this.fail(code, 0, 'statement'),
    };
  }

  #makeOutgoing(): OutgoingLanes {
    const { handshake, config } = this.options;
    const { peerParams } = handshake;
    return new OutgoingLanes({
      direction: this.chains.sending,
      leaves: this.chains.leavesOut,
      chains: this.chains.own,
      control: this.control,
      events: this.events,
      counters: this.counters,
      log: this.log,
      creditBytes: [peerParams.initialCreditReliableBytes, peerParams.initialCreditLossyBytes],
      creditMessages: peerParams.initialCreditMessages,
      sendBufferBytes: config.sendBufferBytes,
      sendControl: (type, body) => this.sendControl(type, body),
      mayNumber: () => this.checkpoints.writer.mayNumberMore(),
      onLeaf: (lane) => this.checkpoints.noteLeaf(lane, this.now),
    });
  }

  #makeIncoming(credits: PerLane<ReceiveCredit>): IncomingLanes {
    const { config, localParams, memory } = this.options;
    return new IncomingLanes({
      direction: this.chains.receiving,
      leaves: this.chains.leavesIn,
      chains: this.chains.peer,
      credits,
      memory: new MemoryBudget(PEER_MEMORY_BYTES, memory),
      maxMessageBytes: localParams.maxMessageBytes,
      signed: config.delivery === 'signed',
      events: this.events,
      drops: this.drops,
      counters: this.counters,
      log: this.log,
      rttMs: () => this.paths.active.rtt.smoothed,
      onUncovered: (lane, through) => this.checkpoints.noteUncovered(lane, through),
      onCreditWanted: (lane) => this.signals.forceCredit(lane),
      isBeyondFinal: (lane, n) => this.checkpoints.reader.isBeyondFinal(lane, n),
    });
  }

  /** What was handed over without ever being covered, and what never may be. */
  #reportUnverified(): void {
    const { delivery } = this.incoming;
    const { reader } = this.checkpoints;
    for (const lane of [0, 1] as const) {
      if (this.options.config.delivery === 'signed' || delivery.unverifiedCount(lane) === 0)
        continue;
      this.events.push({ type: 'unverified', lane, from: reader.verifiedThrough(lane) });
    }
    delivery.discardUnverified();
  }
}
