import type { SessionLogWriter } from '../chain/session-log/log-writer.js';
import { ChaChaMask } from '../crypto/chacha-block.js';
import type { Signer } from '../crypto/provider.js';
import { Fifo } from '../fifo.js';
import { epochKeyLog } from '../handshake/key-log.js';
import type { OuterKeys } from '../handshake/outer-keys.js';
import type { Role } from '../handshake/registry.js';
import type { ReceiveCredit } from '../message/credit.js';
import { type FlowView, PathFlowView } from '../recovery/flow-view.js';
import { CloseCode } from '../wire/close-codes.js';
import { ControlType, controlMessage, encodeSigner } from '../wire/control-messages.js';
import { AdaptiveReliability } from './adaptive-reliability.js';
import { CheckpointParts } from './checkpoint-parts.js';
import { Checkpoints } from './checkpoints.js';
import { type CloseInfo, Closing } from './closing.js';
import type { ConnectionEvent } from './connection-event.js';
import { idleTimeoutMs, keyLimits, makeCredit } from './connection-limits.js';
import { ConnectionCounters, type ConnectionOptions } from './connection-options.js';
import { ConnectionTimers } from './connection-timers.js';
import { ControlInput } from './control-input.js';
import { ControlSender } from './control-stream.js';
import { DropCounters } from './drop-reason.js';
import { beginEarly } from './early-parts.js';
import { IncomingLanes } from './incoming-lanes.js';
import { KeyRing } from './key-ring.js';
import { IncomingHost, OutgoingHost } from './lane-hosts.js';
import { Liveness } from './liveness.js';
import { LossEffects } from './loss-effects.js';
import { Lanes, OutgoingLanes } from './outgoing-lanes.js';
import type { PacketOutlet } from './packet-outlet.js';
import { PathMoves } from './path-moves.js';
import type { PathSet } from './path-set.js';
import { RekeyExchange } from './rekey-exchange.js';
import { RestingChains } from './resting-chains.js';
import type { KeptParts } from './resting-session.js';
import { type PerLane, statementSigner } from './session-chains.js';
import { SessionRecording } from './session-recording.js';
import { Signals } from './signals.js';

/** Of 256 sessions so many send a grease frame: 1 in 16 (SPEC 4.1). */
const GREASED = 16;
/** Connection ids given up and not yet reported: more than that many paths end with none confirmed. */
const MAX_OWED_RETIREMENTS = 32;
/** While so many events wait to be taken, a ping of the peer adds none. */
const MAX_EVENTS_BEFORE_PING = 64;

/**
 * The parts of a connection and what they owe each other. Each part is a machine of its own; this is
 * where one's outcome becomes another's input. The verbs stand in `Connection`.
 */
export class ConnectionParts {
  readonly options: ConnectionOptions;
  readonly role: Role;
  readonly outer: OuterKeys;
  readonly events: Fifo<ConnectionEvent> = new Fifo();
  readonly drops: DropCounters;
  readonly counters: ConnectionCounters;
  readonly adaptive: AdaptiveReliability = new AdaptiveReliability();
  readonly control: ControlSender = new ControlSender();
  readonly controlIn: ControlInput;
  readonly closing: Closing;
  readonly loss: LossEffects;
  readonly moves: PathMoves;
  readonly keys: KeyRing;
  readonly rekey: RekeyExchange;
  readonly liveness: Liveness;
  readonly recording: SessionRecording;
  readonly chains: RestingChains;
  readonly checkpoints: Checkpoints;
  readonly signals: Signals;
  readonly outgoing: OutgoingLanes;
  readonly incoming: IncomingLanes;
  readonly timers: ConnectionTimers;
  /** Lines for the key log that were not fetched yet. */
  readonly keyLogLines: string[];
  readonly maxAckDelayMs: number;
  /** The time of the verb that is running. */
  now: number;
  established = false;
  /** Signs this side's statements. */
  readonly signer: Signer;
  /** Of a session whose lossy messages are written and read in place. */
  packets: PacketOutlet | undefined;
  // Made when they are used, so that a session at rest has none.
  #sendMask: ChaChaMask | undefined;
  #receiveMask: ChaChaMask | undefined;

  /** @param kept what a session that is woken has already */
  constructor(options: ConnectionOptions, kept?: KeptParts) {
    const { crypto, handshake, config, localParams, now } = options;
    const { role, epoch0 } = handshake;
    this.options = options;
    this.role = role;
    this.now = now;
    this.outer = options.outer;
    this.maxAckDelayMs = localParams.maxAckDelayMs;
    this.drops = kept?.drops ?? new DropCounters();
    this.counters = kept?.counters ?? new ConnectionCounters();
    this.keyLogLines = kept?.keyLogLines ?? [...(handshake.keyLogLines ?? [])];
    this.chains = new RestingChains(crypto, handshake);
    this.loss = new LossEffects(this);
    this.closing = new Closing(this);
    this.controlIn = new ControlInput(this);
    this.moves = new PathMoves(this);
    this.keys = new KeyRing(crypto, epoch0, this.chains.sending, keyLimits(options), now);
    this.rekey = new RekeyExchange(this);
    this.liveness = new Liveness(idleTimeoutMs(options), now);
    this.recording = new SessionRecording(options, this.chains, kept?.log);
    this.signer = kept?.signer ?? statementSigner(crypto, options.identity, config.evidence);
    this.checkpoints = new Checkpoints(new CheckpointParts(this));
    const credits: PerLane<ReceiveCredit> = [makeCredit(options), makeCredit(options)];
    const { liveness, moves } = this;
    const verifiedCount = (): number => this.checkpoints.reader.verified;
    this.signals = new Signals({ crypto, liveness, moves, credits, verifiedCount });
    this.outgoing = new OutgoingLanes(new OutgoingHost(this));
    this.incoming = new IncomingLanes(new IncomingHost(this, credits));
    this.timers = new ConnectionTimers(this);
    if (kept?.packets !== undefined) this.usePackets(kept.packets);
  }

  /** Lossy messages come from a port and go there from now on. */
  usePackets(packets: PacketOutlet): void {
    packets.attach(this.outgoing);
    this.packets = packets;
  }

  /** Whether nothing waits that a statement could still cover. A port never says what follows. */
  get isQueueEmpty(): boolean {
    return this.packets === undefined && !this.outgoing.hasUnsent;
  }

  /** The header mask of what is sent (SPEC 3.3). */
  get sendMask(): ChaChaMask {
    this.#sendMask ??= new ChaChaMask(this.options.handshake.hpKeys[this.chains.sending]);
    return this.#sendMask;
  }

  /** The header mask of what is received. */
  get receiveMask(): ChaChaMask {
    this.#receiveMask ??= new ChaChaMask(this.options.handshake.hpKeys[this.chains.receiving]);
    return this.#receiveMask;
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
  wantsToSend(lanes: Lanes = Lanes.Both): boolean {
    if (!this.established) return false;
    const isForBoth = lanes !== Lanes.Lossy;
    if (isForBoth && (this.control.wantsToWrite || this.signals.isPending)) return true;
    return this.maySendMessages && this.outgoing.wantsToWrite(lanes);
  }

  /** Whether the peer still owes an acknowledgement of content. */
  get hasUnacknowledged(): boolean {
    return this.control.backlog > 0 || !this.outgoing.isSettled;
  }

  /** Recovery of the active path, in the guide's terms. */
  flow(): FlowView {
    const { outgoing, paths } = this;
    const { rtt, loss, congestion, sent, maxDatagramBytes } = paths.active;
    return new PathFlowView({
      rtt,
      loss,
      congestion,
      sent,
      maxDatagramBytes: () => maxDatagramBytes,
      windowBytes: () => outgoing.creditBytesLeft + loss.bytesInFlight,
    });
  }

  sendControl(type: number, body: Uint8Array): void {
    this.control.append(controlMessage(type, body));
    if (this.control.isOverfull) {
      this.fail(CloseCode.LIMIT_EXCEEDED, 0, 'what was asked for is not acknowledged');
    }
  }

  /** The session begins: SIGNER, OPEN, spare connection ids, now and then grease. */
  establish(): void {
    if (this.established) return;
    this.established = true;
    const { crypto, handshake, config } = this.options;
    if (config.evidence === 'session') {
      this.sendControl(ControlType.SIGNER, encodeSigner(this.signer.publicKey));
    } else {
      const peerKey = this.role === 'client' ? handshake.serverKey : handshake.clientKey;
      this.checkpoints.handleSigner(peerKey);
      this.recording.start(this.signer.publicKey, peerKey, this.now);
    }
    beginEarly(this);
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
    if (this.events.count < MAX_EVENTS_BEFORE_PING) this.events.push({ type: 'ping' });
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
      this.recording.start(this.signer.publicKey, publicKey, this.now);
    }
    return violation;
  }

  /** A packet sealed under `epoch` was acknowledged. */
  onAcked(epoch: number): void {
    const { settled } = this.control;
    this.liveness.onAcknowledged();
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
    this.moves.release();
    this.#dropMasks();
    this.chains.wipe();
    this.options.handshake.exporter.fill(0);
    for (const key of this.options.handshake.hpKeys) key.fill(0);
    if (this.options.config.evidence === 'session') this.signer.wipe();
    this.incoming.clear();
  }

  /** A record was handled: what it may have made gather that the peer never confirms. */
  onHandled(): void {
    this.liveness.noteWaiting(this.paths.active.loss.packetsInFlight > 0);
    if (this.moves.retired.length <= MAX_OWED_RETIREMENTS) return;
    this.fail(CloseCode.LIMIT_EXCEEDED, 0, 'more paths were given up than that is confirmed');
  }

  /** Another peer needs memory of which this one holds the most. */
  shedMemory(): void {
    this.drops.add('memory-evicted');
    if (!this.incoming.dropOldest()) {
      this.incoming.clear();
      this.fail(CloseCode.LIMIT_EXCEEDED, 0, 'memory is short and this peer holds the most of it');
    }
    this.options.wake();
  }

  /** Whether nothing is under way and only a timer or a packet can change that. */
  get isQuiet(): boolean {
    if (!this.established || this.closing.phase !== 'open' || this.wantsToSend()) return false;
    if (this.hasUnacknowledged || this.rekey.isPending || this.outgoing.hasUnsent) return false;
    if (this.keys.deadline !== Number.POSITIVE_INFINITY) return false;
    return this.paths.all().every((path) => path.isQuiet);
  }

  /** For a time of rest: gives back what can be made or derived again. */
  rest(): void {
    this.#dropMasks();
    this.chains.rest();
    this.control.rest();
    this.incoming.rest();
    for (const path of this.paths.all()) {
      path.rest();
      this.keys.forgetPath(path.id);
    }
  }

  #dropMasks(): void {
    this.#sendMask?.wipe();
    this.#receiveMask?.wipe();
    this.#sendMask = undefined;
    this.#receiveMask = undefined;
  }

  /** What was handed over without ever being covered, and what never may be. */
  #reportUnverified(): void {
    const { reader } = this.checkpoints;
    for (const lane of [0, 1] as const) {
      const from = reader.verifiedThrough(lane);
      if (this.options.config.delivery === 'signed' || !this.incoming.hasUnverified(lane, from))
        continue;
      this.events.push({ type: 'unverified', lane, from });
    }
    this.incoming.delivery.discardUnverified();
  }
}
