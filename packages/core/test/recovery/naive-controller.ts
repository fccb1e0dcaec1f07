/**
 * The congestion control formulas of the RFCs written out as they stand there: segments and
 * seconds, no cleverness, nothing shared with the product.
 */
export interface NaiveController {
  cwnd: number;
  ssthresh: number;
  sent(bytesInFlight: number, seconds: number): void;
  acked(segments: number, sentAt: number, seconds: number, rtt: number, appLimited: boolean): void;
  lost(sentAt: number, seconds: number): void;
  persistent(): void;
}

/** RFC 9002 appendix B, in segments. */
export class NaiveNewReno implements NaiveController {
  cwnd = 10;
  ssthresh = Number.POSITIVE_INFINITY;
  recoveryStart = Number.NEGATIVE_INFINITY;

  sent(): void {}

  acked(segments: number, sentAt: number, _now: number, _rtt: number, appLimited: boolean): void {
    const inRecovery = sentAt <= this.recoveryStart;
    if (inRecovery || appLimited) return;
    if (this.cwnd < this.ssthresh) {
      this.cwnd = this.cwnd + segments;
    } else {
      this.cwnd = this.cwnd + (1 * segments) / this.cwnd;
    }
  }

  lost(sentAt: number, now: number): void {
    if (sentAt <= this.recoveryStart) return;
    this.recoveryStart = now;
    this.ssthresh = this.cwnd * 0.5;
    this.cwnd = Math.max(this.ssthresh, 2);
    this.ssthresh = Math.max(this.ssthresh, 2);
  }

  persistent(): void {
    this.cwnd = 2;
    this.recoveryStart = Number.NEGATIVE_INFINITY;
  }
}

/** RFC 9438 section 4, in segments and seconds. */
export class NaiveCubic implements NaiveController {
  cwnd = 10;
  ssthresh = Number.POSITIVE_INFINITY;
  recoveryStart = Number.NEGATIVE_INFINITY;
  wMax: number | undefined;
  cwndPrior: number | undefined;
  stage: { epoch: number; cwndEpoch: number; k: number; wMax: number; wEst: number } | undefined;
  lastAck = 0;

  sent(bytesInFlight: number, now: number): void {
    if (bytesInFlight === 0) this.excludeUntil(now);
  }

  acked(segments: number, sentAt: number, now: number, rtt: number, appLimited: boolean): void {
    if (sentAt <= this.recoveryStart) return;
    if (appLimited) {
      this.excludeUntil(now);
      return;
    }
    if (this.cwnd < this.ssthresh) {
      this.cwnd += segments;
      return;
    }
    this.stage ??= this.newStage(now);
    this.lastAck = now;
    const stage = this.stage;
    const reached = this.cwndPrior === undefined || stage.wEst >= this.cwndPrior;
    const alpha = reached ? 1 : (3 * (1 - 0.7)) / (1 + 0.7);
    stage.wEst = stage.wEst + alpha * (segments / this.cwnd);
    const t = now - stage.epoch;
    const cubic = (time: number) => 0.4 * (time - stage.k) ** 3 + stage.wMax;
    if (cubic(t) < stage.wEst) {
      if (stage.wEst > this.cwnd) this.cwnd = stage.wEst;
      return;
    }
    let target = cubic(t + rtt);
    if (target < this.cwnd) target = this.cwnd;
    if (target > 1.5 * this.cwnd) target = 1.5 * this.cwnd;
    this.cwnd = this.cwnd + ((target - this.cwnd) / this.cwnd) * segments;
  }

  lost(sentAt: number, now: number): void {
    if (sentAt <= this.recoveryStart) return;
    this.recoveryStart = now;
    const before = this.stage === undefined ? this.wMax : this.stage.wMax;
    if (before !== undefined && this.cwnd < before) this.wMax = (this.cwnd * (1 + 0.7)) / 2;
    else this.wMax = this.cwnd;
    this.cwndPrior = this.cwnd;
    this.stage = undefined;
    this.ssthresh = Math.max(this.cwnd * 0.7, 2);
    this.cwnd = this.ssthresh;
  }

  persistent(): void {
    this.cwnd = 2;
    this.recoveryStart = Number.NEGATIVE_INFINITY;
    this.wMax = undefined;
    this.cwndPrior = undefined;
    this.stage = undefined;
  }

  private newStage(now: number) {
    let wMax = this.wMax ?? this.cwnd;
    if (wMax < this.cwnd) wMax = this.cwnd;
    const k = ((wMax - this.cwnd) / 0.4) ** (1 / 3);
    return { epoch: now, cwndEpoch: this.cwnd, k, wMax, wEst: this.cwnd };
  }

  private excludeUntil(now: number): void {
    if (this.stage === undefined) return;
    this.stage.epoch += now - this.lastAck;
    this.lastAck = now;
  }
}
