import type { StateCarrier } from '../state-carrier.js';

/** Exchanges that a side starts, or bears, at once (SPEC 5.3). */
const OWN_BURST = 32;
const PEER_BURST = 64;
/** The time in which one more may be started, or borne. */
const OWN_INTERVAL_MS = 1_000;
const PEER_INTERVAL_MS = 500;

/**
 * How often keys are exchanged: each exchange costs two X25519 operations and keys, so neither a
 * peer that asks and asks nor one that starts and starts decides. A receiver bears twice what a
 * sender does, which leaves room for exchanges that a stalled path delivers close together.
 */
export class RekeyPace {
  readonly #intervalMs: number;
  readonly #slackMs: number;
  /** When the bucket is full again, had nothing more been taken. */
  #fullAt: number = Number.NEGATIVE_INFINITY;

  /** @param own whether it is for exchanges that this side starts */
  constructor(own: boolean) {
    this.#intervalMs = own ? OWN_INTERVAL_MS : PEER_INTERVAL_MS;
    this.#slackMs = this.#intervalMs * ((own ? OWN_BURST : PEER_BURST) - 1);
  }

  /** When the next exchange is within the pace: in the past if at once. */
  get nextAt(): number {
    return this.#fullAt - this.#slackMs;
  }

  /** Counts an exchange. @returns false when it comes too early, and then nothing is counted */
  take(now: number): boolean {
    if (now < this.nextAt) return false;
    this.#fullAt = Math.max(this.#fullAt, now) + this.#intervalMs;
    return true;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#fullAt = state.number(this.#fullAt);
  }
}
