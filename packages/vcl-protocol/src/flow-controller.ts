import { FlowController as CoreFlowController } from '@vcl-protocol/core';

/** Options of {@link FlowController}. */
export interface FlowControllerSettings {
  /** Retransmission timeout before the first sample, above 0. Default 200 ms. */
  readonly rtoMs?: number;
  /** A monotonic clock in milliseconds. Default `performance.now()`. */
  readonly now?: () => number;
}

/** The flow controller of the core on the clock of the machine, so that `new FlowController()` works. */
export class FlowController extends CoreFlowController {
  constructor(window?: number, { rtoMs, now = machineClock }: FlowControllerSettings = {}) {
    super(window, rtoMs === undefined ? { now } : { now, rtoMs });
  }

  /** A controller with another initial retransmission timeout. */
  static override withRto(
    window: number,
    rtoMs: number,
    options: FlowControllerSettings = {},
  ): FlowController {
    return new FlowController(window, { ...options, rtoMs });
  }
}

function machineClock(): number {
  return performance.now();
}
