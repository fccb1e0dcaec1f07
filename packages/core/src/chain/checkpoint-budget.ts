import type { StateCarrier } from '../state-carrier.js';

const MS_PER_SECOND = 1_000;

/**
 * A rate of R statements a second stands for a tenth of a core, so a statement is 100/R ms of work
 * and a burst of 5 ms holds R/20 of them (rule A6).
 */
const BURST_SECONDS = 0.05;

/** Swallows the rounding of refills, so that {@link CheckpointBudget.availableAt} keeps its word. */
const ROUNDING = 1e-3;

/** A token bucket for statements: one a signature or a verification. It starts full. */
export class CheckpointBudget {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt = Number.NEGATIVE_INFINITY;

  /**
   * @param ratePerSecond statements a second, above 0
   * @param burst tokens it holds at most; default 5 ms of work, at least 1
   */
  constructor(ratePerSecond: number, burst: number = ratePerSecond * BURST_SECONDS) {
    this.#perMs = ratePerSecond / MS_PER_SECOND;
    this.#burst = Math.max(1, burst);
    this.#tokens = this.#burst;
  }

  /** Takes a token. @returns false, and nothing is taken, when there is none */
  take(now: number): boolean {
    this.#fill(now);
    if (this.#tokens < 1 - ROUNDING) return false;
    this.#tokens -= 1;
    return true;
  }

  /** When the next token can be taken, in ms; `now` when there is one. */
  availableAt(now: number): number {
    this.#fill(now);
    const missing = 1 - this.#tokens;
    return missing <= ROUNDING ? now : now + missing / this.#perMs;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#tokens = state.number(this.#tokens);
    this.#filledAt = state.number(this.#filledAt);
  }

  #fill(now: number): void {
    if (now <= this.#filledAt) return;
    if (this.#filledAt !== Number.NEGATIVE_INFINITY) {
      const earned = (now - this.#filledAt) * this.#perMs;
      this.#tokens = Math.min(this.#burst, this.#tokens + earned);
    }
    this.#filledAt = now;
  }
}
