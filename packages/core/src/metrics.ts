import { SampleWindow } from './sample-window.js';

/** The drop reasons the guide has counters of its own for. */
export type GuideDropReason = 'replay' | 'chain' | 'signature';

/** Options of {@link VCLMetrics}. */
export interface MetricsOptions {
  /** A clock in milliseconds that never goes back; its origin does not matter. */
  readonly now: () => number;
}

/** How many RTT and congestion window samples are kept. */
const WINDOW_SAMPLES = 64;

/**
 * Counters and samples of a connection, or by {@link merge} of many. Counters only grow, until
 * {@link reset}.
 *
 * `Reason` is the union of drop reasons the owner counts, beside the guide's three.
 */
export class VCLMetrics<Reason extends string = string> {
  /** Application bytes sent. */
  bytesSent = 0;
  /** Application bytes received. */
  bytesReceived = 0;
  /** Packets sent, retransmissions not included. */
  packetsSent = 0;
  packetsReceived = 0;
  packetsRetransmitted = 0;
  /** Messages sent in more than one piece. */
  fragmentsSent = 0;
  /** Messages put together from more than one piece. */
  fragmentsReassembled = 0;
  keyRotations = 0;
  handshakes = 0;

  readonly #now: () => number;
  readonly #rttMs = new SampleWindow(WINDOW_SAMPLES);
  readonly #cwnd = new SampleWindow(WINDOW_SAMPLES);
  readonly #dropped = new Map<Reason | GuideDropReason, number>();
  #startedAt: number;

  constructor(options: MetricsOptions) {
    this.#now = options.now;
    this.#startedAt = options.now();
  }

  /** Reading of the clock at construction or at the last {@link reset}. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Counts one packet sent with `bytes` bytes. */
  recordSent(bytes: number): void {
    this.packetsSent++;
    this.bytesSent += bytes;
  }

  /** Counts one packet received with `bytes` bytes. */
  recordReceived(bytes: number): void {
    this.packetsReceived++;
    this.bytesReceived += bytes;
  }

  recordRetransmit(): void {
    this.packetsRetransmitted++;
  }

  recordFragmentSent(): void {
    this.fragmentsSent++;
  }

  recordFragmentReassembled(): void {
    this.fragmentsReassembled++;
  }

  recordKeyRotation(): void {
    this.keyRotations++;
  }

  recordHandshake(): void {
    this.handshakes++;
  }

  /** Adds a round trip time in milliseconds; what is not a finite number >= 0 is ignored. */
  recordRttSample(rttMs: number): void {
    this.#rttMs.add(rttMs);
  }

  /** Adds a congestion window, in packets; what is not a finite number >= 0 is ignored. */
  recordCwnd(packets: number): void {
    this.#cwnd.add(packets);
  }

  /** Counts `count` (default 1) datagrams or messages that were dropped for `reason`. */
  recordDrop(reason: Reason | GuideDropReason, count: number = 1): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count);
  }

  /** The same as `recordDrop('replay')`. */
  recordDropReplay(): void {
    this.recordDrop('replay');
  }

  /** The same as `recordDrop('chain')`. */
  recordDropChain(): void {
    this.recordDrop('chain');
  }

  /** The same as `recordDrop('signature')`. */
  recordDropSignature(): void {
    this.recordDrop('signature');
  }

  /** Drops by reason; a reason that never occurred is absent. A live view. */
  get droppedByReason(): ReadonlyMap<Reason | GuideDropReason, number> {
    return this.#dropped;
  }

  get packetsDroppedReplay(): number {
    return this.#dropped.get('replay') ?? 0;
  }

  get packetsDroppedChain(): number {
    return this.#dropped.get('chain') ?? 0;
  }

  get packetsDroppedSignature(): number {
    return this.#dropped.get('signature') ?? 0;
  }

  /** Drops of all reasons together. */
  totalDropped(): number {
    let total = 0;
    for (const count of this.#dropped.values()) total += count;
    return total;
  }

  /** Retransmitted packets over sent ones, from 0 to 1; 0 when nothing was sent. */
  lossRate(): number {
    if (this.packetsSent === 0) return 0;
    return Math.min(1, Math.max(0, this.packetsRetransmitted / this.packetsSent));
  }

  /** Mean of the last 64 RTT samples in milliseconds, or undefined without a sample. */
  avgRtt(): number | undefined {
    return this.#rttMs.average();
  }

  /** Smallest of the last 64 RTT samples in milliseconds, or undefined without a sample. */
  minRtt(): number | undefined {
    return this.#rttMs.min();
  }

  /** Largest of the last 64 RTT samples in milliseconds, or undefined without a sample. */
  maxRtt(): number | undefined {
    return this.#rttMs.max();
  }

  /** The latest congestion window in packets, or undefined without a sample. */
  currentCwnd(): number | undefined {
    return this.#cwnd.latest();
  }

  /** Mean of the last 64 congestion windows in packets, or undefined without a sample. */
  avgCwnd(): number | undefined {
    return this.#cwnd.average();
  }

  /** Bytes (not bits) sent per second since the start; 0 before any time has passed. */
  throughputSentBps(): number {
    return this.#perSecond(this.bytesSent);
  }

  /** Bytes (not bits) received per second since the start; 0 before any time has passed. */
  throughputRecvBps(): number {
    return this.#perSecond(this.bytesReceived);
  }

  /** Milliseconds since construction or the last {@link reset}. */
  uptime(): number {
    return Math.max(0, this.#now() - this.#startedAt);
  }

  /** Starts over: all counters 0, no samples, the clock read anew. */
  reset(): void {
    this.bytesSent = 0;
    this.bytesReceived = 0;
    this.packetsSent = 0;
    this.packetsReceived = 0;
    this.packetsRetransmitted = 0;
    this.fragmentsSent = 0;
    this.fragmentsReassembled = 0;
    this.keyRotations = 0;
    this.handshakes = 0;
    this.#rttMs.clear();
    this.#cwnd.clear();
    this.#dropped.clear();
    this.#startedAt = this.#now();
  }

  /** Adds the counters of `other` to these and appends its samples; the own start stays. */
  merge(other: VCLMetrics<Reason>): void {
    this.bytesSent += other.bytesSent;
    this.bytesReceived += other.bytesReceived;
    this.packetsSent += other.packetsSent;
    this.packetsReceived += other.packetsReceived;
    this.packetsRetransmitted += other.packetsRetransmitted;
    this.fragmentsSent += other.fragmentsSent;
    this.fragmentsReassembled += other.fragmentsReassembled;
    this.keyRotations += other.keyRotations;
    this.handshakes += other.handshakes;
    for (const [reason, count] of other.#dropped) this.recordDrop(reason, count);
    for (const sample of other.#rttMs.values()) this.#rttMs.add(sample);
    for (const sample of other.#cwnd.values()) this.#cwnd.add(sample);
  }

  #perSecond(bytes: number): number {
    const elapsedMs = this.uptime();
    return elapsedMs === 0 ? 0 : (bytes * 1000) / elapsedMs;
  }
}
