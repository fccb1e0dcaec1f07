import { VCLMetrics as CoreMetrics } from '@vcl-protocol/core';

/** Options of {@link VCLMetrics}. */
export interface VCLMetricsOptions {
  /** A monotonic clock in milliseconds. Default `performance.now()`. */
  readonly now?: () => number;
}

/** The metrics of the core on the clock of the machine, so that `new VCLMetrics()` works. */
export class VCLMetrics<Reason extends string = string> extends CoreMetrics<Reason> {
  constructor(options: VCLMetricsOptions = {}) {
    super({ now: options.now ?? (() => performance.now()) });
  }
}
