import { Reassembler as CoreReassembler, type ReassemblerOptions } from '@vcl-protocol/core';

/** Options of {@link Reassembler}. */
export interface ReassemblerSettings extends Omit<ReassemblerOptions, 'now'> {
  /** A monotonic clock in milliseconds. Default `performance.now()`. */
  readonly now?: () => number;
}

/** The reassembler of the core on the clock of the machine, so that `new Reassembler()` works. */
export class Reassembler extends CoreReassembler {
  /** @throws VCLError `InvalidConfig` for a number below its least */
  constructor(options: ReassemblerSettings = {}) {
    super({ ...options, now: options.now ?? (() => performance.now()) });
  }

  /** One that holds another number of incomplete messages. @throws VCLError `InvalidConfig` below 1 */
  static override withMaxPending(
    maxPending: number,
    options: ReassemblerSettings = {},
  ): Reassembler {
    return new Reassembler({ ...options, maxPending });
  }
}
