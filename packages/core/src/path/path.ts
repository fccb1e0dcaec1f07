import type { CryptoProvider } from '../crypto/provider.js';
import { VCLError } from '../errors.js';
import { AckRanges } from '../recovery/ack-ranges.js';
import { AckScheduler } from '../recovery/ack-scheduler.js';
import type {
  CongestionAlgorithm,
  CongestionController,
} from '../recovery/congestion/controller.js';
import { createCongestionController } from '../recovery/congestion/create.js';
import { DeliveryStats } from '../recovery/delivery-stats.js';
import { LossDetector, type LossHandler } from '../recovery/loss-detector.js';
import { Pacer } from '../recovery/pacer.js';
import { ReplayWindow } from '../recovery/replay-window.js';
import { RttEstimator } from '../recovery/rtt.js';
import { SentPackets } from '../recovery/sent-packets.js';
import type { StateCarrier } from '../state-carrier.js';
import { PACKET_NUMBER_LIMIT } from '../wire/packet-number.js';
import { CarrierRemote } from './carrier-remote.js';
import type { PathLimits } from './path-limits.js';
import { PathValidation } from './path-validation.js';
import type { RemoteAddress } from './remote-address.js';

/** What a path is made of. */
export interface PathOptions {
  /** The sequence number of its connection ids in both directions (SPEC 6.8). */
  readonly id: number;
  /** The peer's connection id that names the path. */
  readonly cid: Uint8Array;
  readonly remote: RemoteAddress;
  readonly validated: boolean;
  readonly crypto: CryptoProvider;
  readonly congestion: CongestionAlgorithm;
  readonly limits: PathLimits;
  /** How long the peer may hold an acknowledgement back, ms. */
  readonly peerMaxAckDelayMs: number;
  readonly maxAckDelayMs: number;
  readonly handler: LossHandler;
  /** A first round-trip sample in ms, when the handshake gave one. */
  readonly rttMs: number | undefined;
}

/** Every so many packet numbers one is skipped, so that an ACK of it gives an optimistic peer away (rule D6). */
const SKIP_EVERY = 512;

/** What an acknowledgement alone takes as a datagram, at most, in the ordinary case. */
const ACK_PACKET_BYTES = 128;

/** One path: a packet number space, an address, and everything that recovery keeps for it. */
export class Path {
  readonly id: number;
  readonly cid: Uint8Array;
  readonly rtt: RttEstimator;
  readonly congestion: CongestionController;
  readonly pacer: Pacer;
  readonly sent: SentPackets;
  readonly loss: LossDetector;
  readonly stats: DeliveryStats;
  readonly received: AckRanges = new AckRanges();
  readonly replay: ReplayWindow = new ReplayWindow();
  readonly acks: AckScheduler;
  readonly validation: PathValidation;
  /** Whether every record arrives, in order, as long as the carrier lives. */
  readonly isOrdered: boolean;
  readonly maxDatagramBytes: number;
  /** Message payload bytes that a record carries at most. */
  readonly maxPayloadBytes: number;
  /** Probe packets that may leave beyond the congestion window. */
  probes = 0;
  /** Whether this side opened the path and its first record still has to say so. */
  attach = false;
  readonly #crypto: CryptoProvider;
  #skipAt: number;
  #lastSealed = -1;

  constructor(options: PathOptions) {
    const { limits } = options;
    const peerMaxAckDelayMs = limits.maxAckDelayMs ?? options.peerMaxAckDelayMs;
    this.id = options.id;
    this.cid = options.cid;
    this.isOrdered = limits.isOrdered;
    this.maxDatagramBytes = limits.maxDatagramBytes;
    this.maxPayloadBytes = limits.maxPayloadBytes;
    this.#crypto = options.crypto;
    this.rtt = new RttEstimator(options.rttMs);
    this.congestion = createCongestionController(options.congestion, limits.maxDatagramBytes);
    this.pacer = new Pacer(this);
    this.sent = new SentPackets();
    this.stats = new DeliveryStats();
    this.acks = new AckScheduler({
      maxAckDelayMs: limits.maxAckDelayMs ?? options.maxAckDelayMs,
      ...(limits.ackThreshold === undefined ? {} : { threshold: limits.ackThreshold }),
    });
    this.loss = new LossDetector({
      rtt: this.rtt,
      congestion: this.congestion,
      sent: this.sent,
      stats: this.stats,
      maxAckDelayMs: () => peerMaxAckDelayMs,
      handler: options.handler,
      detectsLoss: !limits.isOrdered,
    });
    this.validation = new PathValidation(options.crypto, options.remote, options.validated);
    this.#skipAt = this.#nextSkip(0);
  }

  get remote(): RemoteAddress {
    return this.validation.remote;
  }

  /** The probe timeout without backoff, ms. */
  get ptoMs(): number {
    return this.loss.ptoMs;
  }

  /** The carrier it runs on, unless that is UDP. */
  get carrier(): CarrierRemote | undefined {
    const { remote } = this.validation;
    return remote instanceof CarrierRemote ? remote : undefined;
  }

  /** Whether nothing can leave: the carrier takes no more for the moment, or is lost. */
  get isBlocked(): boolean {
    const { carrier } = this;
    return carrier !== undefined && (carrier.isFull || carrier.isLost);
  }

  /**
   * Whether the peer may be followed to `to`. From datagrams it may go anywhere, also to an ordered
   * carrier, for a client whose datagrams are dropped may have no fresh id yet. A path stays on the
   * carrier on which it was proved, unless that is lost; its first record may have been copied to another.
   */
  mayMoveTo(to: RemoteAddress): boolean {
    const { carrier } = this;
    if (carrier === undefined) return !(to instanceof CarrierRemote) || this.canRestartOn(to);
    if (!carrier.isLost && this.validation.validated) return false;
    // Whoever copied a record to a carrier does not keep the datagrams that follow from counting.
    const isBack = !this.isOrdered && !this.isLossySide && !(to instanceof CarrierRemote);
    return isBack || this.canRestartOn(to);
  }

  /** Whether `to` is an ordered carrier on which it can go on. */
  canRestartOn(to: RemoteAddress): boolean {
    if (this.isLossySide || !(to instanceof CarrierRemote) || !to.isOrdered) return false;
    return to.maxRecordBytes >= this.maxDatagramBytes;
  }

  /** Whether it carries only what may be lost, beside the ordered side of the same carrier (SPEC 13.4). */
  get isLossySide(): boolean {
    return this.carrier?.orderedSide !== undefined;
  }

  /** Whether the address may be sent a packet that only acknowledges (SPEC 6.9). */
  get maySendAck(): boolean {
    return !this.isBlocked && this.validation.maySend(ACK_PACKET_BYTES);
  }

  /** The number for the next packet; now and then one is left out. */
  takePacketNumber(): number {
    const next = this.sent.nextPacketNumber;
    if (next !== this.#skipAt) return next;
    this.sent.skip(next);
    this.#skipAt = this.#nextSkip(next);
    return next + 1;
  }

  /**
   * Asserts that `packetNumber` was never used on this path: a nonce used twice would give the key
   * away, so a fault here must not get as far as the cipher (SPEC 2.1).
   */
  claimNonce(packetNumber: number): void {
    if (packetNumber <= this.#lastSealed || packetNumber >= PACKET_NUMBER_LIMIT) {
      throw new VCLError('CryptoError', 'a packet number would be used twice: this is a bug');
    }
    this.#lastSealed = packetNumber;
  }

  /** Whether nothing waits to leave or to be acknowledged, in either direction. */
  get isQuiet(): boolean {
    if (this.probes > 0 || this.acks.isPending || this.loss.packetsInFlight > 0) return false;
    return this.validation.isQuiet;
  }

  /** For a time of rest. A packet that is still under way then comes too late. */
  rest(): void {
    this.received.compact();
    this.sent.rest();
    this.replay.closeGaps();
  }

  /** The path leads elsewhere now: what was measured does not hold there (rule D4). */
  resetMeasurements(): void {
    this.rtt.reset();
    this.congestion.reset(this.maxDatagramBytes);
    this.pacer.reset();
  }

  /** Whether nothing of what was sent is remembered. */
  get isSettled(): boolean {
    return this.isQuiet && this.sent.lost.count === 0;
  }

  /** At rest: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.rtt.carry(state);
    this.congestion.carry(state);
    this.pacer.carry(state);
    this.sent.carry(state);
    this.loss.carry(state);
    this.stats.carry(state);
    this.received.carry(state);
    this.replay.carry(state);
    this.acks.carry(state);
    this.validation.carry(state);
    this.probes = state.number(this.probes);
    this.attach = state.flag(this.attach);
    this.#skipAt = state.number(this.#skipAt);
    this.#lastSealed = state.number(this.#lastSealed);
  }

  #nextSkip(from: number): number {
    const random = new Uint8Array(2);
    this.#crypto.randomBytes(random);
    return from + 1 + SKIP_EVERY / 2 + (((random[0]! << 8) | random[1]!) % SKIP_EVERY);
  }
}
