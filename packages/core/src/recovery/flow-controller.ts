import { VCLError } from '../errors.js';
import { AckedSequences } from './acked-sequences.js';
import type { CongestionController } from './congestion/controller.js';
import { createCongestionController } from './congestion/create.js';
import { DeliveryStats } from './delivery-stats.js';
import type { FlowView } from './flow-view.js';
import { InFlightPacket, type RetransmitRequest } from './in-flight-packet.js';
import { RttEstimator } from './rtt.js';

/** Flow window in packets unless another is given (guide, "Flow Control"). */
export const DEFAULT_FLOW_WINDOW = 64;

/** Retransmission timeout before the first sample. */
export const INITIAL_RTO_MS = 200;

/** The retransmission timeout computed from samples is never below this. */
export const MIN_RTO_MS = 50;

/** The retransmission timeout never exceeds this. */
export const MAX_RTO_MS = 60_000;

/** This many timeouts without an acknowledgement between them are persistent congestion. */
const PERSISTENT_TIMEOUTS = 3;

/** Settings of a {@link FlowController}. */
export interface FlowControllerOptions {
  /** The clock, ms from any origin, never going back. */
  readonly now: () => number;
  /** Retransmission timeout before the first sample, above 0; default 200 ms. */
  readonly rtoMs?: number;
}

/**
 * The guide's stand-alone flow controller: sliding window, congestion control, RTT estimate and
 * retransmission timer for numbered packets that are acknowledged one by one. It runs on the very
 * RTT estimator, NewReno controller and statistics of a connection, with a packet as the unit.
 *
 * The window starts at 10 packets and is halved once per round trip with loss (RFC 9002 7); the
 * timeout follows RFC 6298: the first sample sets it, packets sent again give no samples, and it
 * doubles up to 60 s while nothing fresh is acknowledged.
 */
export class FlowController implements FlowView {
  readonly #now: () => number;
  readonly #initialRtoMs: number;
  readonly #rtt = new RttEstimator();
  readonly #congestion: CongestionController = createCongestionController('newreno', 1);
  readonly #stats = new DeliveryStats();
  readonly #inFlight = new Map<number, InFlightPacket>();
  readonly #acked = new AckedSequences();
  #window: number;
  #rtoMs: number;
  #timeoutsInRow = 0;
  #wasFull = false;

  /**
   * @param window most packets in flight, an integer of at least 1; default 64
   * @throws VCLError `InvalidConfig` for a window or timeout out of range
   */
  constructor(window: number | undefined, options: FlowControllerOptions) {
    const rtoMs = options.rtoMs ?? INITIAL_RTO_MS;
    if (!(rtoMs > 0 && rtoMs <= MAX_RTO_MS)) {
      throw new VCLError('InvalidConfig', 'flow control: rtoMs must be above 0 and at most 60,000');
    }
    this.#window = checkedWindow(window ?? DEFAULT_FLOW_WINDOW);
    this.#now = options.now;
    this.#initialRtoMs = rtoMs;
    this.#rtoMs = rtoMs;
  }

  /** A controller with another initial retransmission timeout. */
  static withRto(window: number, rtoMs: number, options: FlowControllerOptions): FlowController {
    return new FlowController(window, { now: options.now, rtoMs });
  }

  canSend(): boolean {
    return this.#inFlight.size < this.effectiveWindow();
  }

  availableSlots(): number {
    return Math.max(0, this.effectiveWindow() - this.#inFlight.size);
  }

  windowSize(): number {
    return this.#window;
  }

  /** Changes the flow window. @throws VCLError `InvalidConfig` unless it is an integer above 0 */
  setWindowSize(window: number): void {
    this.#window = checkedWindow(window);
  }

  cwnd(): number {
    return Math.min(this.#congestion.cwndBytes, this.#window);
  }

  effectiveWindow(): number {
    return Math.max(1, Math.floor(this.cwnd()));
  }

  inSlowStart(): boolean {
    return this.#congestion.inSlowStart;
  }

  inFlightCount(): number {
    return this.#inFlight.size;
  }

  oldestUnackedSequence(): number | undefined {
    let oldest: number | undefined;
    for (const sequence of this.#inFlight.keys()) {
      if (oldest === undefined || sequence < oldest) oldest = sequence;
    }
    return oldest;
  }

  /**
   * Takes a packet that is about to be sent.
   *
   * @returns false, recording nothing, when the window is full or the sequence is in flight already:
   *   do not send it then
   * @throws VCLError `InvalidPacket` unless the sequence is an integer from 0 to 2^53 - 1
   */
  onSend(sequence: number, data: Uint8Array): boolean {
    if (!Number.isSafeInteger(sequence) || sequence < 0) {
      throw new VCLError('InvalidPacket', 'flow control: use an integer from 0 as sequence');
    }
    if (this.#inFlight.has(sequence)) return false;
    if (!this.canSend()) {
      this.#wasFull = true;
      return false;
    }
    const now = this.#now();
    this.#congestion.onSent(1, this.#inFlight.size, now);
    this.#inFlight.set(sequence, new InFlightPacket(sequence, data, now));
    this.#stats.onSent();
    this.#wasFull = !this.canSend();
    return true;
  }

  /** Takes an acknowledgement. @returns whether the sequence was in flight */
  onAck(sequence: number): boolean {
    const packet = this.#inFlight.get(sequence);
    if (packet === undefined) return false;
    const now = this.#now();
    this.#inFlight.delete(sequence);
    this.#acked.add(sequence);
    this.#stats.onAcked();
    this.#timeoutsInRow = 0;
    // Karn: the acknowledgement of a packet sent twice does not say which of the two arrived.
    if (packet.retransmitCount === 0) this.#sampleRtt(now - packet.sentAt, now);
    const isLimited = !this.#wasFull || this.#congestion.cwndBytes >= this.#window;
    this.#congestion.onAcked(1, packet.sentAt, now, this.#rtt.smoothed, isLimited);
    return true;
  }

  /**
   * The packets whose timeout is over; each is to be sent again at once. They count as lost, their
   * timers start again and the timeout doubles.
   */
  timedOutPackets(): RetransmitRequest[] {
    const now = this.#now();
    const requests: RetransmitRequest[] = [];
    let newestSentAt = Number.NEGATIVE_INFINITY;
    for (const packet of this.#inFlight.values()) {
      if (!packet.isTimedOut(this.#rtoMs, now)) continue;
      const { sequence, data, retransmitCount } = packet;
      requests.push({ sequence, data, retransmitCount });
      newestSentAt = Math.max(newestSentAt, packet.sentAt);
      packet.retransmitCount++;
      packet.sentAt = now;
      this.#stats.onLost();
      this.#stats.onRetransmit();
    }
    if (requests.length > 0) this.#onTimeout(newestSentAt, now);
    return requests;
  }

  /** When {@link timedOutPackets} has something to return, in the clock's ms, or `Infinity`. */
  nextTimeout(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const packet of this.#inFlight.values())
      next = Math.min(next, packet.sentAt + this.#rtoMs);
    return next;
  }

  srtt(): number | undefined {
    return this.#rtt.hasSample ? this.#rtt.smoothed : undefined;
  }

  rttvar(): number | undefined {
    return this.#rtt.hasSample ? this.#rtt.variance : undefined;
  }

  rto(): number {
    return this.#rtoMs;
  }

  totalSent(): number {
    return this.#stats.totalSent;
  }

  totalAcked(): number {
    return this.#stats.totalAcked;
  }

  totalLost(): number {
    return this.#stats.totalLost;
  }

  totalRetransmits(): number {
    return this.#stats.totalRetransmits;
  }

  lossRate(): number {
    return this.#stats.lossRate;
  }

  /** Whether `sequence` was acknowledged; of scattered numbers the latest 1,024 runs are known. */
  isAcked(sequence: number): boolean {
    return this.#acked.has(sequence);
  }

  /** Starts anew with the same window and initial timeout. */
  reset(): void {
    this.#inFlight.clear();
    this.#acked.clear();
    this.#stats.reset();
    this.#rtt.reset();
    this.#congestion.reset(1);
    this.#rtoMs = this.#initialRtoMs;
    this.#timeoutsInRow = 0;
    this.#wasFull = false;
  }

  #sampleRtt(latestMs: number, now: number): void {
    this.#rtt.update(latestMs, 0, now);
    this.#rtoMs = Math.min(Math.max(this.#rtt.ptoMs(0), MIN_RTO_MS), MAX_RTO_MS);
  }

  #onTimeout(newestSentAt: number, now: number): void {
    this.#timeoutsInRow++;
    this.#congestion.onCongestionEvent(newestSentAt, now);
    if (this.#timeoutsInRow >= PERSISTENT_TIMEOUTS) this.#congestion.onPersistentCongestion();
    this.#rtoMs = Math.min(2 * this.#rtoMs, MAX_RTO_MS);
  }
}

function checkedWindow(window: number): number {
  if (!Number.isSafeInteger(window) || window < 1) {
    throw new VCLError(
      'InvalidConfig',
      'flow control: the window must be an integer of at least 1',
    );
  }
  return window;
}
