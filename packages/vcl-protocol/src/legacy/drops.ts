import type { LegacyDropReason } from '@vcl-protocol/core';
import type { EventHub } from '../events.js';
import type { VCLMetrics } from '../metrics.js';
import type { RateLimitedLog } from '../rate-limited-log.js';

/** How often drops are told, so that whoever sends junk cannot make events grow with it. */
const INTERVAL_MS = 1_000;

/** Counts what was dropped, and tells it at most once a second. */
export class LegacyDrops {
  readonly #metrics: VCLMetrics<LegacyDropReason>;
  readonly #log: RateLimitedLog;
  readonly #untold = new Map<LegacyDropReason, number>();
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(metrics: VCLMetrics<LegacyDropReason>, log: RateLimitedLog) {
    this.#metrics = metrics;
    this.#log = log;
  }

  /** Something was dropped. */
  record(reason: LegacyDropReason): void {
    this.#metrics.recordDrop(reason);
    this.#untold.set(reason, (this.#untold.get(reason) ?? 0) + 1);
  }

  /** @param now ms; `Infinity` at the end, to tell the rest */
  tell(hub: EventHub, now: number): void {
    if (this.#untold.size === 0 || now < this.#nextAt) return;
    this.#nextAt = now + INTERVAL_MS;
    for (const [reason, count] of this.#untold) {
      this.#log.warn({ reason, count }, 'dropped');
      hub.emit({ type: 'Dropped', reason, count });
    }
    this.#untold.clear();
  }
}
