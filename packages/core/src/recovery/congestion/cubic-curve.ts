import type { StateCarrier } from '../../state-carrier.js';

/** Scale of the cubic function, segments per s^3 (RFC 9438 5.1). */
const CUBIC_C = 0.4;

/** CUBIC's multiplicative decrease (RFC 9438 4.6). */
export const CUBIC_BETA = 0.7;

/** Additive increase that makes the Reno estimate as aggressive as Reno (RFC 9438 4.3). */
const RENO_ALPHA: number = (3 * (1 - CUBIC_BETA)) / (1 + CUBIC_BETA);

/**
 * The curve of one congestion avoidance stage (RFC 9438 4.2, 4.3): the cubic function through the
 * window of the last loss, and beside it the window Reno would have. Sizes in bytes, times in ms;
 * the RFC's segments are `maxDatagramBytes`.
 */
export class CubicCurve {
  /** W_max: where the curve is flat; 0 while unknown. */
  #plateau = 0;
  /** cwnd_prior: the window before the latest reduction; 0 while unknown. */
  #prior = 0;
  /** K: time from the start of the stage to the plateau. */
  #timeToPlateauMs = 0;
  /** W_est: the window Reno would have. */
  #renoWindow = 0;
  #startedAt = 0;
  #lastUsedAt = 0;
  #running = false;

  /** Whether a stage is running; a new one starts with the first ACK of congestion avoidance. */
  get running(): boolean {
    return this.#running;
  }

  /** W_est as of the last {@link growReno}. */
  get renoWindow(): number {
    return this.#renoWindow;
  }

  /** Starts a stage at the window `cwnd` (RFC 9438 4.2). */
  start(cwnd: number, maxDatagramBytes: number, now: number): void {
    this.#running = true;
    this.#startedAt = now;
    this.#lastUsedAt = now;
    this.#renoWindow = cwnd;
    if (this.#plateau > cwnd) {
      const segments = (this.#plateau - cwnd) / maxDatagramBytes;
      this.#timeToPlateauMs = Math.cbrt(segments / CUBIC_C) * 1_000;
    } else {
      this.#plateau = cwnd;
      this.#timeToPlateauMs = 0;
    }
  }

  /** W_cubic at `at`. */
  windowAt(at: number, maxDatagramBytes: number): number {
    const seconds = (at - this.#startedAt - this.#timeToPlateauMs) / 1_000;
    return CUBIC_C * seconds * seconds * seconds * maxDatagramBytes + this.#plateau;
  }

  /** Raises W_est for `bytes` acknowledged at the window `cwnd`. */
  growReno(bytes: number, cwnd: number, maxDatagramBytes: number, now: number): void {
    const alpha = this.#renoWindow >= this.#prior ? 1 : RENO_ALPHA;
    this.#renoWindow += (alpha * maxDatagramBytes * bytes) / cwnd;
    this.#lastUsedAt = now;
  }

  /** Ends the stage on a congestion event at the window `cwnd`, with fast convergence (4.7). */
  end(cwnd: number): void {
    this.#plateau = cwnd < this.#plateau ? (cwnd * (1 + CUBIC_BETA)) / 2 : cwnd;
    this.#prior = cwnd;
    this.#running = false;
  }

  /** Takes the time since the curve was last used out of it (RFC 9438 5.8). */
  skipTo(now: number): void {
    if (!this.#running) return;
    this.#startedAt += now - this.#lastUsedAt;
    this.#lastUsedAt = now;
  }

  /** Forgets every stage, as after a timeout (RFC 9438 4.8). */
  clear(): void {
    this.#plateau = 0;
    this.#prior = 0;
    this.#running = false;
  }

  /** Becomes a copy of `other`. */
  copyFrom(other: CubicCurve): void {
    this.#plateau = other.#plateau;
    this.#prior = other.#prior;
    this.#timeToPlateauMs = other.#timeToPlateauMs;
    this.#renoWindow = other.#renoWindow;
    this.#startedAt = other.#startedAt;
    this.#lastUsedAt = other.#lastUsedAt;
    this.#running = other.#running;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#plateau = state.number(this.#plateau);
    this.#prior = state.number(this.#prior);
    this.#timeToPlateauMs = state.number(this.#timeToPlateauMs);
    this.#renoWindow = state.number(this.#renoWindow);
    this.#startedAt = state.number(this.#startedAt);
    this.#lastUsedAt = state.number(this.#lastUsedAt);
    this.#running = state.flag(this.#running);
  }
}
