import type { VCLErrorCode } from '../errors.js';

/** How long the answer to a rotation is waited for. The crate waits for ever (G50). */
const ROTATION_TIMEOUT_MS = 10_000;
const NEVER: number = Number.POSITIVE_INFINITY;

/** What {@link LegacyTimers} work with. Times are milliseconds of a monotonic clock. */
export interface LegacyTimersOptions {
  /** Silence after which the session ends; 0 for never. */
  readonly idleTimeoutMs: number;
  /** How long a missing packet is waited for. */
  readonly gapTimeoutMs: number;
  readonly now: number;
}

/** Why a session has to end. */
export interface LegacyExpiry {
  readonly code: VCLErrorCode;
  readonly message: string;
}

/** What a session waits for, and for how long. */
export class LegacyTimers {
  /** Silence after which the session ends; 0 for never. */
  idleTimeoutMs: number;
  readonly #gapTimeoutMs: number;
  #heardAt: number;
  #gapAt = NEVER;
  #gapBefore = -1;
  #rotationAt = NEVER;

  constructor({ idleTimeoutMs, gapTimeoutMs, now }: LegacyTimersOptions) {
    this.idleTimeoutMs = idleTimeoutMs;
    this.#gapTimeoutMs = gapTimeoutMs;
    this.#heardAt = now;
  }

  /** A genuine packet came: only that counts as a sign of life (G46). */
  onHeard(now: number): void {
    this.#heardAt = now;
  }

  /** @param missing sequence of the packet that others wait for, or undefined when none does */
  onGap(missing: number | undefined, now: number): void {
    if (missing === undefined) this.#gapAt = NEVER;
    else if (this.#gapAt === NEVER || missing !== this.#gapBefore) this.#gapAt = now;
    this.#gapBefore = missing ?? -1;
  }

  /** A rotation was asked for. */
  onRotationSent(now: number): void {
    this.#rotationAt = now;
  }

  /** The answer to a rotation came. */
  onRotationDone(): void {
    this.#rotationAt = NEVER;
  }

  /** When {@link expired} has something to say, at the earliest; Infinity for never. */
  next(): number {
    const { idleAt, gapAt, rotationAt } = this.#deadlines();
    return Math.min(idleAt, gapAt, rotationAt);
  }

  /** @returns why the session has to end, or undefined */
  expired(now: number): LegacyExpiry | undefined {
    const { idleAt, gapAt, rotationAt } = this.#deadlines();
    if (now >= gapAt) {
      const message =
        `packet ${this.#gapBefore} of the peer was lost: on the wire of the Rust crate nothing ` +
        'is sent again, so the session cannot go on. Connect anew';
      return { code: 'ChainValidationFailed', message };
    }
    if (now >= rotationAt) {
      const message =
        `the peer did not answer a key rotation within ${ROTATION_TIMEOUT_MS} ms, so nobody ` +
        'knows which key it uses: connect anew';
      return { code: 'Timeout', message };
    }
    if (now < idleAt) return undefined;
    const message = `the peer was silent for ${this.idleTimeoutMs} ms: ping it, or wait longer`;
    return { code: 'Timeout', message };
  }

  #deadlines(): { idleAt: number; gapAt: number; rotationAt: number } {
    return {
      idleAt: this.idleTimeoutMs === 0 ? NEVER : this.#heardAt + this.idleTimeoutMs,
      gapAt: this.#gapAt + this.#gapTimeoutMs,
      rotationAt: this.#rotationAt + ROTATION_TIMEOUT_MS,
    };
  }
}
