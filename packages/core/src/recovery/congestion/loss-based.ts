import type { StateCarrier } from '../../state-carrier.js';
import { INITIAL_WINDOW_PACKETS, MINIMUM_WINDOW_PACKETS } from '../constants.js';
import type { CongestionAlgorithm, CongestionController } from './controller.js';

/**
 * What NewReno and CUBIC share: slow start, recovery periods, minimum window and the undo of a
 * reduction (RFC 9002 7, appendix B). Subclasses say how the window grows in congestion avoidance
 * and how far it falls.
 */
export abstract class LossBasedController implements CongestionController {
  abstract readonly name: CongestionAlgorithm;
  protected cwnd = 0;
  protected ssthresh: number = Number.POSITIVE_INFINITY;
  protected maxDatagramBytes: number;
  #recoveryStart = Number.NEGATIVE_INFINITY;
  // The window, threshold and recovery period before the latest reduction; window 0 = no undo.
  #undoCwnd = 0;
  #undoSsthresh = 0;
  #undoRecoveryStart = 0;

  constructor(maxDatagramBytes: number) {
    this.maxDatagramBytes = maxDatagramBytes;
    this.cwnd = INITIAL_WINDOW_PACKETS * maxDatagramBytes;
  }

  get cwndBytes(): number {
    return this.cwnd;
  }

  get ssthreshBytes(): number {
    return this.ssthresh;
  }

  get inSlowStart(): boolean {
    return this.cwnd < this.ssthresh;
  }

  onSent(_bytes: number, bytesInFlight: number, now: number): void {
    if (bytesInFlight === 0) this.onIdle(now);
  }

  onAcked(bytes: number, sentAt: number, now: number, rttMs: number, appLimited: boolean): void {
    if (sentAt <= this.#recoveryStart) return;
    if (appLimited) this.onIdle(now);
    else if (this.inSlowStart) this.cwnd += bytes;
    else this.growInAvoidance(bytes, now, rttMs);
  }

  onCongestionEvent(sentAt: number, now: number): boolean {
    if (sentAt <= this.#recoveryStart) return false;
    this.#undoCwnd = this.cwnd;
    this.#undoSsthresh = this.ssthresh;
    this.#undoRecoveryStart = this.#recoveryStart;
    this.#recoveryStart = now;
    const factor = this.reduce();
    this.ssthresh = Math.max(this.cwnd * factor, this.#minimum());
    this.cwnd = this.ssthresh;
    return true;
  }

  onPersistentCongestion(): void {
    this.cwnd = this.#minimum();
    this.#recoveryStart = Number.NEGATIVE_INFINITY;
    this.#undoCwnd = 0;
    this.forget();
  }

  onSpuriousLoss(): void {
    if (this.#undoCwnd > this.cwnd) {
      this.cwnd = this.#undoCwnd;
      this.ssthresh = this.#undoSsthresh;
      this.#recoveryStart = this.#undoRecoveryStart;
      this.restore();
    }
    this.#undoCwnd = 0;
  }

  canSend(bytesInFlight: number, bytes: number): boolean {
    return bytesInFlight + bytes <= this.cwnd;
  }

  setMaxDatagramBytes(bytes: number): void {
    this.maxDatagramBytes = bytes;
    this.cwnd = Math.max(this.cwnd, this.#minimum());
  }

  reset(maxDatagramBytes: number): void {
    this.maxDatagramBytes = maxDatagramBytes;
    this.cwnd = INITIAL_WINDOW_PACKETS * maxDatagramBytes;
    this.ssthresh = Number.POSITIVE_INFINITY;
    this.#recoveryStart = Number.NEGATIVE_INFINITY;
    this.#undoCwnd = 0;
    this.forget();
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.cwnd = state.number(this.cwnd);
    this.ssthresh = state.number(this.ssthresh);
    this.maxDatagramBytes = state.number(this.maxDatagramBytes);
    this.#recoveryStart = state.number(this.#recoveryStart);
    this.#undoCwnd = state.number(this.#undoCwnd);
    this.#undoSsthresh = state.number(this.#undoSsthresh);
    this.#undoRecoveryStart = state.number(this.#undoRecoveryStart);
  }

  /** Raises `cwnd` for `bytes` acknowledged in congestion avoidance. */
  protected abstract growInAvoidance(bytes: number, now: number, rttMs: number): void;

  /** Notes a congestion event at the present `cwnd`. @returns the factor the window falls by */
  protected abstract reduce(): number;

  /** Undoes what the latest {@link reduce} noted. */
  protected abstract restore(): void;

  /** Forgets all that was learned from earlier congestion events. */
  protected abstract forget(): void;

  /** The window is not in use: time until `now` must not count as growth. */
  protected abstract onIdle(now: number): void;

  #minimum(): number {
    return MINIMUM_WINDOW_PACKETS * this.maxDatagramBytes;
  }
}
