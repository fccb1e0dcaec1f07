import type { DropCounters, DropReason } from '@vcl-protocol/core';

/** What was dropped since it was last asked for. */
export class DropDeltas {
  readonly #drops: DropCounters;
  readonly #told = new Map<string, number>();
  #toldTotal = 0;

  constructor(drops: DropCounters) {
    this.#drops = drops;
  }

  /** Whether there is anything to {@link take}. */
  get any(): boolean {
    return this.#drops.total !== this.#toldTotal;
  }

  /** Calls `visit` for each reason with what came since the last call. */
  take(visit: (reason: DropReason, count: number) => void): void {
    this.#toldTotal = this.#drops.total;
    for (const [reason, total] of Object.entries(this.#drops.snapshot())) {
      const count = total - (this.#told.get(reason) ?? 0);
      if (count === 0) continue;
      this.#told.set(reason, total);
      visit(reason as DropReason, count);
    }
  }
}
