import { LossBasedController } from './loss-based.js';

/** The window falls to this part of itself on a congestion event (RFC 9002 appendix B.1). */
const LOSS_REDUCTION_FACTOR = 0.5;

/** NewReno (RFC 9002 7, RFC 5681): one packet more per round trip, half the window on loss. */
export class NewReno extends LossBasedController {
  readonly name = 'newreno' as const;

  protected override growInAvoidance(bytes: number): void {
    this.cwnd += (this.maxDatagramBytes * bytes) / this.cwnd;
  }

  protected override reduce(): number {
    return LOSS_REDUCTION_FACTOR;
  }

  // Everything NewReno knows is the window and the threshold, which the base class keeps.
  protected override restore(): void {}
  protected override forget(): void {}
  protected override onIdle(): void {}
}
