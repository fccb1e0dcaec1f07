import type { CongestionController } from './congestion/controller.js';
import type { LossDetector } from './loss-detector.js';
import type { RttEstimator } from './rtt.js';
import type { SentPackets } from './sent-packets.js';

/**
 * The guide's view of flow and congestion control ("Flow Control"), for reading. A live connection
 * and a stand-alone {@link FlowController} both serve it. Windows are counted in packets, times are
 * ms.
 */
export interface FlowView {
  /** Whether one more packet may be sent now. */
  canSend(): boolean;
  /** How many more packets may be sent now. */
  availableSlots(): number;
  /** The flow window: the most that may be in flight whatever congestion control says. */
  windowSize(): number;
  /** The congestion window; may be fractional. */
  cwnd(): number;
  /** The smaller of both windows, in whole packets, at least 1. */
  effectiveWindow(): number;
  /** Whether congestion control is in slow start. */
  inSlowStart(): boolean;
  /** Packets sent and neither acknowledged nor declared lost. */
  inFlightCount(): number;
  /** The lowest sequence number in flight. */
  oldestUnackedSequence(): number | undefined;
  /** Smoothed round-trip time, or undefined before the first sample. */
  srtt(): number | undefined;
  /** Mean deviation of the round-trip time, or undefined before the first sample. */
  rttvar(): number | undefined;
  /** The retransmission (probe) timeout in force, backoff included. */
  rto(): number;
  /** Packets sent for the first time. */
  totalSent(): number;
  /** Packets acknowledged. */
  totalAcked(): number;
  /** Packets declared lost. */
  totalLost(): number;
  /** Packets whose content was sent again. */
  totalRetransmits(): number;
  /** Lost packets among the last 128 with a known fate, 0 to 1. */
  lossRate(): number;
}

/** The parts of a path that a {@link PathFlowView} reads. */
export interface PathFlowViewOptions {
  readonly loss: LossDetector;
  readonly sent: SentPackets;
  readonly rtt: RttEstimator;
  readonly congestion: CongestionController;
  /** Gives the size of a full datagram on the path. */
  readonly maxDatagramBytes: () => number;
  /** Gives the flow window in bytes (rule D7). */
  readonly windowBytes: () => number;
}

/** {@link FlowView} of a live path. A packet is a full datagram, a sequence a packet number. */
export class PathFlowView implements FlowView {
  readonly #path: PathFlowViewOptions;

  constructor(path: PathFlowViewOptions) {
    this.#path = path;
  }

  canSend(): boolean {
    return this.availableSlots() > 0;
  }

  availableSlots(): number {
    const used = Math.ceil(this.#path.loss.bytesInFlight / this.#path.maxDatagramBytes());
    return Math.max(0, this.effectiveWindow() - used);
  }

  windowSize(): number {
    return Math.floor(this.#path.windowBytes() / this.#path.maxDatagramBytes());
  }

  cwnd(): number {
    return this.#path.congestion.cwndBytes / this.#path.maxDatagramBytes();
  }

  effectiveWindow(): number {
    return Math.max(1, Math.floor(Math.min(this.cwnd(), this.windowSize())));
  }

  inSlowStart(): boolean {
    return this.#path.congestion.inSlowStart;
  }

  inFlightCount(): number {
    return this.#path.loss.packetsInFlight;
  }

  oldestUnackedSequence(): number | undefined {
    return this.#path.sent.outstanding.first?.packetNumber;
  }

  srtt(): number | undefined {
    return this.#path.rtt.hasSample ? this.#path.rtt.smoothed : undefined;
  }

  rttvar(): number | undefined {
    return this.#path.rtt.hasSample ? this.#path.rtt.variance : undefined;
  }

  rto(): number {
    return this.#path.loss.ptoIntervalMs;
  }

  totalSent(): number {
    return this.#path.loss.stats.totalSent;
  }

  totalAcked(): number {
    return this.#path.loss.stats.totalAcked;
  }

  totalLost(): number {
    return this.#path.loss.stats.totalLost;
  }

  totalRetransmits(): number {
    return this.#path.loss.stats.totalRetransmits;
  }

  lossRate(): number {
    return this.#path.loss.stats.lossRate;
  }
}
