import type { StateCarrier } from '../../state-carrier.js';
/** The congestion control algorithms a path can run. */
export type CongestionAlgorithm = 'newreno' | 'cubic';

/**
 * Congestion control of one path (RFC 9002 7). Sizes are bytes of whole datagrams, times are ms.
 * The controller owns the window only; bytes in flight are counted by the loss detector. Arguments
 * are plain numbers because every packet passes through here.
 */
export interface CongestionController {
  readonly name: CongestionAlgorithm;
  /** Bytes that may be in flight; may be fractional. */
  readonly cwndBytes: number;
  /** Slow start ends at this window; `Infinity` before the first congestion event. */
  readonly ssthreshBytes: number;
  /** Whether the window is still below the slow start threshold. */
  readonly inSlowStart: boolean;

  /**
   * A packet that counts against the window was sent.
   *
   * @param bytesInFlight before this packet
   */
  onSent(bytes: number, bytesInFlight: number, now: number): void;

  /**
   * A packet that counted against the window was acknowledged.
   *
   * @param sentAt when it was sent
   * @param rttMs smoothed round-trip time
   * @param appLimited the window was not the limit, so that it must not grow (RFC 9002 7.8)
   */
  onAcked(bytes: number, sentAt: number, now: number, rttMs: number, appLimited: boolean): void;

  /**
   * Packets were lost; at most one reduction per recovery period (RFC 9002 7.3.2).
   *
   * @param sentAt when the newest of the lost packets was sent
   * @returns whether the window was reduced
   */
  onCongestionEvent(sentAt: number, now: number): boolean;

  /** Nothing got through for 3 PTO: the window falls to its minimum (RFC 9002 7.6.2). */
  onPersistentCongestion(): void;

  /**
   * Every packet whose loss led to the latest reduction was acknowledged after all: the reduction
   * is undone (RFC 9438 4.9.2).
   */
  onSpuriousLoss(): void;

  /** Whether `bytes` more fit into the window. */
  canSend(bytesInFlight: number, bytes: number): boolean;

  /** The datagram size of the same path changed: limits follow, the window stays. */
  setMaxDatagramBytes(bytes: number): void;

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void;

  /** Starts again at the initial window: the path is another one (RFC 9000 9.4). */
  reset(maxDatagramBytes: number): void;
}
