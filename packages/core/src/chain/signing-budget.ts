import { CheckpointBudget } from './checkpoint-budget.js';

/** So long a session waits before it asks again: then half of the burst is back. */
const ASK_AGAIN_MS = 25;

/**
 * What an endpoint spends on signing, for all its sessions together: whoever has something to sign
 * takes from it, so that idle sessions take no share.
 */
export class SigningBudget {
  readonly #budget: CheckpointBudget;

  /** @param ratePerSecond statements a second, above 0 */
  constructor(ratePerSecond: number) {
    this.#budget = new CheckpointBudget(ratePerSecond);
  }

  /** A statement is signed: with a token, or without one when it could wait no longer. */
  take(now: number): void {
    this.#budget.take(now);
  }

  /**
   * When to ask again, in ms; `now` when there is a token. Not the very moment of the next one, for
   * which all sessions would ask at once.
   */
  availableAt(now: number): number {
    return this.#budget.availableAt(now) <= now ? now : now + ASK_AGAIN_MS;
  }
}
