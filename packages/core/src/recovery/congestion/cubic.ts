import type { StateCarrier } from '../../state-carrier.js';
import { CUBIC_BETA, CubicCurve } from './cubic-curve.js';
import { LossBasedController } from './loss-based.js';

/** The window grows by at most this factor in one round trip (RFC 9438 4.2). */
const MAX_GROWTH_PER_RTT = 1.5;

/**
 * CUBIC (RFC 9438) with fast convergence, the Reno-friendly region and classic slow start. Two
 * choices the RFC leaves open: the reduction starts from cwnd instead of the bytes in flight, which
 * 4.6 allows because the window does not grow while it is not used; and an acknowledgement never
 * shrinks the window.
 */
export class Cubic extends LossBasedController {
  readonly name = 'cubic' as const;
  readonly #curve = new CubicCurve();
  readonly #undo = new CubicCurve();

  /** Hands the state over to a record, or takes it from one. */
  override carry(state: StateCarrier): void {
    super.carry(state);
    this.#curve.carry(state);
    this.#undo.carry(state);
  }

  protected override growInAvoidance(bytes: number, now: number, rttMs: number): void {
    const curve = this.#curve;
    const segment = this.maxDatagramBytes;
    if (!curve.running) curve.start(this.cwnd, segment, now);
    curve.growReno(bytes, this.cwnd, segment, now);
    if (curve.windowAt(now, segment) < curve.renoWindow) {
      this.cwnd = Math.max(this.cwnd, curve.renoWindow);
      return;
    }
    const wanted = curve.windowAt(now + rttMs, segment);
    const target = Math.min(Math.max(wanted, this.cwnd), MAX_GROWTH_PER_RTT * this.cwnd);
    this.cwnd += ((target - this.cwnd) * bytes) / this.cwnd;
  }

  protected override reduce(): number {
    this.#undo.copyFrom(this.#curve);
    this.#curve.end(this.cwnd);
    return CUBIC_BETA;
  }

  protected override restore(): void {
    this.#curve.copyFrom(this.#undo);
  }

  protected override forget(): void {
    this.#curve.clear();
  }

  protected override onIdle(now: number): void {
    this.#curve.skipTo(now);
  }
}
