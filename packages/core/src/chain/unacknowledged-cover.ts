import type { StateCarrier } from '../state-carrier.js';
/** How many messages each statement covers, until the peer has acknowledged it. */
export class UnacknowledgedCover {
  #totals: number[] = [];
  /** Number of the statement at the head of `#totals`. */
  #head = 0;
  #acknowledged = 0;

  /** Messages covered by an acknowledged statement. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** The next statement covers `total` messages, of both lanes together. */
  push(total: number): void {
    this.#totals.push(total);
  }

  /** Statement `k` has arrived; so have, the control stream being in order, those before it. */
  acknowledge(k: number): void {
    const index = k - this.#head;
    const total = this.#totals[index];
    if (total === undefined) return;
    this.#acknowledged = total;
    this.#totals.splice(0, index + 1);
    this.#head = k + 1;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#totals = [...state.list(this.#totals, (total) => state.number(total ?? 0))];
    this.#head = state.number(this.#head);
    this.#acknowledged = state.number(this.#acknowledged);
  }
}
