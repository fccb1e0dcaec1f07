import type { StateCarrier } from '../state-carrier.js';
import { type AckBlock, acknowledges, largestOf, smallestOf } from './ack-block.js';
import type { CongestionController } from './congestion/controller.js';
import {
  DESPAIR_OUTSTANDING,
  DESPAIR_PTOS,
  GRANULARITY_MS,
  LOST_RETENTION_PTOS,
  MAX_RETAINED_LOST,
  PACKET_THRESHOLD,
  PERSISTENT_CONGESTION_PTOS,
  TIME_THRESHOLD,
} from './constants.js';
import { DeliveryStats } from './delivery-stats.js';
import { LossEpisodes } from './loss-episodes.js';
import { PacketList } from './packet-list.js';
import { PersistentCongestion } from './persistent-congestion.js';
import { PtoTimer } from './pto-timer.js';
import type { RttEstimator } from './rtt.js';
import type { SentPacket } from './sent-packet.js';
import type { SentPackets } from './sent-packets.js';

/**
 * Learns what became of each tracked packet: exactly one call of `onPacketAcked` or `onPacketLost`,
 * and after a loss at most one late `onPacketAcked`. The record is used again afterwards, so nothing
 * may keep it; no call may send a packet.
 */
export interface LossHandler {
  /** Acknowledged. `packet.state` is `lost` when it had been declared lost before. */
  onPacketAcked(packet: SentPacket): void;
  /** Lost, or its path was dropped: its frames need another packet. */
  onPacketLost(packet: SentPacket): void;
  /** Nothing got through for 3 PTO (the circuit breaker of the tunnel, rule D3). */
  onPersistentCongestion?(): void;
}

/** What a {@link LossDetector} works on; all of it belongs to one path. */
export interface LossDetectorOptions {
  readonly rtt: RttEstimator;
  readonly congestion: CongestionController;
  readonly sent: SentPackets;
  readonly handler: LossHandler;
  /** Gives the peer's max_ack_delay. */
  readonly maxAckDelayMs: () => number;
  /** Counters to feed; default: its own. */
  readonly stats?: DeliveryStats;
  /** False on carriers that repeat by themselves: packets are kept until acknowledged, no more (D2). */
  readonly detectsLoss?: boolean;
}

/** `optimistic`: a number was acknowledged that was never sent; close with PROTOCOL_VIOLATION. */
export type AckVerdict = 'ok' | 'optimistic';

/** What a timeout was: packets were declared lost, a probe is to be sent, or it was not due. */
export type TimeoutVerdict = 'lost' | 'probe' | 'none';

/**
 * Loss detection of one path (RFC 9002 6 and appendix A, constants of rule K3). Feed it packets
 * sent, ACK frames and time; it keeps RTT, congestion window and statistics up to date and says when
 * it wants to be woken.
 */
export class LossDetector {
  readonly stats: DeliveryStats;
  readonly #rtt: RttEstimator;
  readonly #congestion: CongestionController;
  readonly #sent: SentPackets;
  readonly #handler: LossHandler;
  readonly #maxAckDelayMs: () => number;
  readonly #detectsLoss: boolean;
  readonly #pto: PtoTimer;
  readonly #episodes: LossEpisodes;
  readonly #persistent = new PersistentCongestion();
  readonly #acked = new PacketList();
  #bytesInFlight = 0;
  #largestAcked = -1;
  #lossTime: number = Number.POSITIVE_INFINITY;
  #appLimited = false;

  constructor(options: LossDetectorOptions) {
    this.#rtt = options.rtt;
    this.#congestion = options.congestion;
    this.#sent = options.sent;
    this.#handler = options.handler;
    this.#maxAckDelayMs = options.maxAckDelayMs;
    this.#detectsLoss = options.detectsLoss ?? true;
    this.stats = options.stats ?? new DeliveryStats();
    this.#episodes = new LossEpisodes(options.congestion);
    this.#pto = new PtoTimer(options.rtt, options.maxAckDelayMs);
  }

  /** Bytes that take room in the congestion window. */
  get bytesInFlight(): number {
    return this.#bytesInFlight;
  }

  /** Tracked packets with an unknown fate, exempt ones included. */
  get packetsInFlight(): number {
    return this.#sent.outstanding.count;
  }

  /** The largest packet number acknowledged, or -1. */
  get largestAcked(): number {
    return this.#largestAcked;
  }

  /** How many probe timeouts fired since something was acknowledged. */
  get ptoCount(): number {
    return this.#pto.count;
  }

  /** One probe timeout without backoff. */
  get ptoMs(): number {
    return this.#pto.baseMs;
  }

  /** The probe timeout in force, backoff included. */
  get ptoIntervalMs(): number {
    return this.#pto.intervalMs;
  }

  /** When the next packet is lost by time, or `Infinity`. */
  get lossTimeMs(): number {
    return this.#lossTime;
  }

  /** When the probe timeout fires, or `Infinity` with nothing outstanding. */
  ptoDeadlineMs(): number {
    if (!this.#detectsLoss || this.#sent.outstanding.count === 0) return Number.POSITIVE_INFINITY;
    return this.#pto.deadline;
  }

  /** When {@link onTimeout} has something to do, or `Infinity`. */
  nextDeadline(): number {
    return this.#lossTime === Number.POSITIVE_INFINITY ? this.ptoDeadlineMs() : this.#lossTime;
  }

  /** Whether sending stopped for lack of data and not for the window or the pacer (RFC 9002 7.8). */
  setAppLimited(limited: boolean): void {
    this.#appLimited = limited;
  }

  /** Whether data waits for the path, unsent or unacknowledged: the backoff ceiling is 2 s then, else 60 s. */
  setDataQueued(queued: boolean): void {
    this.#pto.setDataQueued(queued);
  }

  /**
   * A packet was sent; its record is complete and belongs to this class from here on.
   *
   * @throws VCLError `InvalidPacket` when its number was used before
   */
  onPacketSent(packet: SentPacket): void {
    if (packet.ackEliciting) {
      this.stats.onSent();
      this.#pto.onSent(packet.sentAt);
      if (packet.countsAgainstWindow) {
        if (this.#detectsLoss) {
          this.#congestion.onSent(packet.size, this.#bytesInFlight, packet.sentAt);
        }
        this.#bytesInFlight += packet.size;
      }
    }
    this.#sent.onSent(packet);
  }

  /** An authenticated ACK frame for this path arrived. */
  onAck(block: AckBlock, now: number): AckVerdict {
    if (block.count === 0) return 'ok';
    if (this.#sent.isOptimistic(block)) return 'optimistic';
    this.#acknowledgeLost(block);
    this.#sent.takeAcked(block, this.#acked);
    if (this.#acked.count > 0) {
      this.#sampleRtt(block, now);
      this.#pto.onAcked();
    }
    this.#largestAcked = Math.max(this.#largestAcked, largestOf(block));
    this.#detectLost(now);
    this.#finishAcked(now);
    this.#forgetLost(now);
    return 'ok';
  }

  /**
   * Time has come. After `probe` the caller sends one or two ack-eliciting packets, whatever the
   * window says, preferably with the frames of the oldest outstanding packet (RFC 9002 6.2.4).
   */
  onTimeout(now: number): TimeoutVerdict {
    this.#forgetLost(now);
    if (now < this.nextDeadline()) return 'none';
    if (this.#lossTime !== Number.POSITIVE_INFINITY) {
      return this.#detectLost(now) > 0 ? 'lost' : 'none';
    }
    this.#pto.onFired(now);
    if (this.#pto.isDespairing) this.#despair(now);
    return 'probe';
  }

  /** A packet of the peer arrived, whatever it says. */
  onHeard(): void {
    this.#pto.onHeard();
  }

  /**
   * The path is dropped: every outstanding packet goes to `onPacketLost`, without any effect on
   * statistics or window, and nothing is remembered of it.
   *
   * @returns how many packets were outstanding
   */
  discardAll(now: number): number {
    const count = this.#sent.outstanding.count;
    for (let packet = this.#sent.outstanding.first; packet !== undefined; ) {
      const newer = packet.next;
      this.#sent.markLost(packet, now);
      this.#handler.onPacketLost(packet);
      packet = newer;
    }
    while (this.#sent.lost.first !== undefined) this.#forget(this.#sent.lost.first);
    this.#bytesInFlight = 0;
    this.#lossTime = Number.POSITIVE_INFINITY;
    this.#persistent.reset();
    this.#pto.reset();
    return count;
  }

  /** With nothing outstanding: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#largestAcked = state.number(this.#largestAcked);
    this.#appLimited = state.flag(this.#appLimited);
    this.#pto.carry(state);
    this.#episodes.carry(state);
    this.#persistent.carry(state);
  }

  #sampleRtt(block: AckBlock, now: number): void {
    const largest = largestOf(block);
    if (largest <= this.#largestAcked) return;
    const newest = this.#acked.last!;
    const isTracked = newest.packetNumber === largest;
    const sentAt = isTracked ? newest.sentAt : this.#sent.untrackedSentAt(largest);
    this.#rtt.update(now - sentAt, Math.min(block.delayMs, this.#maxAckDelayMs()), now);
  }

  /** Losses come before growth, as in RFC 9002 A.7, so the acknowledged packets waited until here. */
  #finishAcked(now: number): void {
    for (let packet = this.#acked.first; packet !== undefined; packet = this.#acked.first) {
      this.#acked.remove(packet);
      this.stats.onAcked();
      if (packet.countsAgainstWindow) {
        this.#bytesInFlight -= packet.size;
        if (this.#detectsLoss) this.#grow(packet, now);
      }
      this.#handler.onPacketAcked(packet);
      this.#sent.release(packet);
    }
  }

  #grow(packet: SentPacket, now: number): void {
    const rttMs = this.#rtt.smoothed;
    this.#congestion.onAcked(packet.size, packet.sentAt, now, rttMs, this.#appLimited);
  }

  /** Declares lost what the thresholds say (RFC 9002 6.1). @returns how many packets */
  #detectLost(now: number): number {
    this.#lossTime = Number.POSITIVE_INFINITY;
    if (!this.#detectsLoss) return 0;
    const delayMs = this.#lossDelayMs();
    const durationMs = PERSISTENT_CONGESTION_PTOS * this.#pto.baseMs;
    let count = 0;
    let isPersistent = false;
    let packet = this.#sent.outstanding.first;
    while (packet !== undefined && packet.packetNumber <= this.#largestAcked) {
      const isFarBehind = this.#largestAcked - packet.packetNumber >= PACKET_THRESHOLD;
      if (!isFarBehind && packet.sentAt + delayMs > now) {
        this.#lossTime = packet.sentAt + delayMs;
        break;
      }
      const newer: SentPacket | undefined = packet.next;
      if (this.#persistent.onLost(packet, this.#rtt.firstSampleAt, durationMs)) isPersistent = true;
      this.#lose(packet, now);
      count++;
      packet = newer;
    }
    if (count > 0) this.#episodes.onLost(this.#sent.lost, count, now);
    if (isPersistent) this.#slowDown();
    return count;
  }

  #lossDelayMs(): number {
    const rttMs = Math.max(this.#rtt.smoothed, this.#rtt.latest);
    return Math.max(TIME_THRESHOLD * rttMs, GRANULARITY_MS);
  }

  #lose(packet: SentPacket, now: number): void {
    if (packet.countsAgainstWindow) this.#bytesInFlight -= packet.size;
    if (!packet.mtuProbe) packet.outcome = this.stats.onLost();
    this.#sent.markLost(packet, now);
    this.#handler.onPacketLost(packet);
  }

  /** Nobody has answered for minutes: the window starts over, and probes do not pile up for ever. */
  #despair(now: number): void {
    if (this.#pto.count === DESPAIR_PTOS) this.#slowDown();
    const { outstanding } = this.#sent;
    while (outstanding.count > DESPAIR_OUTSTANDING) this.#lose(outstanding.first!, now);
    this.#forgetLost(now);
  }

  #slowDown(): void {
    this.#congestion.onPersistentCongestion();
    this.#rtt.restartMin();
    this.#handler.onPersistentCongestion?.();
  }

  /** Late acknowledgements: the content did arrive, and the reduction may have been wrong. */
  #acknowledgeLost(block: AckBlock): void {
    const lowest = smallestOf(block);
    let packet = this.#sent.lost.last;
    while (packet !== undefined && packet.packetNumber >= lowest) {
      const older: SentPacket | undefined = packet.previous;
      if (acknowledges(block, packet.packetNumber)) this.#acknowledgeLate(packet);
      packet = older;
    }
  }

  #acknowledgeLate(packet: SentPacket): void {
    if (!packet.mtuProbe) this.stats.onSpurious(packet.outcome);
    this.#persistent.reset();
    this.#episodes.onLateAck(packet);
    this.#handler.onPacketAcked(packet);
    this.#forget(packet);
  }

  #forgetLost(now: number): void {
    const lost = this.#sent.lost;
    if (lost.first === undefined) return;
    const oldest = now - LOST_RETENTION_PTOS * this.#pto.baseMs;
    while (
      lost.first !== undefined &&
      (lost.count > MAX_RETAINED_LOST || lost.first.lostAt < oldest)
    ) {
      this.#forget(lost.first);
    }
  }

  #forget(packet: SentPacket): void {
    this.#sent.takeLost(packet);
    this.#sent.release(packet);
  }
}
