import type { CryptoProvider } from '../crypto/provider.js';
import type { ReceiveCredit } from '../message/credit.js';
import type { LocalCids } from '../path/connection-ids.js';
import type { StateCarrier } from '../state-carrier.js';
import type { Liveness } from './liveness.js';

/** What {@link Signals} reads of its connection. */
export interface SignalsOptions {
  readonly crypto: CryptoProvider;
  readonly liveness: Liveness;
  readonly moves: { readonly localCids: LocalCids; readonly retired: number[] };
  readonly credits: readonly [ReceiveCredit, ReceiveCredit];
  /** How many statements of the peer are verified. */
  readonly verifiedCount: () => number;
}

/** Which of the small frames are due. Each carries the latest state, so losing one only makes it due again. */
export class Signals {
  readonly crypto: CryptoProvider;
  readonly liveness: Liveness;
  readonly localCids: LocalCids;
  /** Sequence numbers of the peer's ids that were given up and have to be reported. */
  readonly retired: number[];
  handshakeDone = false;
  grease = false;
  verifiedDue = false;
  ackThreshold = 2;
  ackFrequencySequence = 0;
  readonly #credits: readonly [ReceiveCredit, ReceiveCredit];
  readonly #forced: [boolean, boolean] = [false, false];
  readonly #verifiedCount: () => number;

  constructor(options: SignalsOptions) {
    this.crypto = options.crypto;
    this.liveness = options.liveness;
    this.localCids = options.moves.localCids;
    this.retired = options.moves.retired;
    this.#credits = options.credits;
    this.#verifiedCount = options.verifiedCount;
  }

  /**
   * Whether a packet should leave for any of them. Not for VERIFIED, which nobody waits for: it
   * goes with whatever leaves next.
   */
  get isPending(): boolean {
    return (
      this.handshakeDone ||
      this.liveness.hasQueued ||
      this.localCids.hasAnnouncement ||
      this.retired.length > 0 ||
      this.creditDue(0) ||
      this.creditDue(1)
    );
  }

  creditDue(lane: number): boolean {
    const index = lane === 0 ? 0 : 1;
    return this.#forced[index] || this.#credits[index].due;
  }

  /** Makes a CREDIT frame due: the last one was lost, or the peer says it is blocked. */
  forceCredit(lane: number): void {
    this.#forced[lane === 0 ? 0 : 1] = true;
  }

  /** The credit of a lane, raised to what may be granted now. */
  takeCredit(lane: number): ReceiveCredit {
    const index = lane === 0 ? 0 : 1;
    this.#forced[index] = false;
    const credit = this.#credits[index];
    credit.grant();
    return credit;
  }

  takeVerified(): number {
    this.verifiedDue = false;
    return this.#verifiedCount();
  }

  /** With none pending: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.handshakeDone = state.flag(this.handshakeDone);
    this.grease = state.flag(this.grease);
    this.verifiedDue = state.flag(this.verifiedDue);
    this.ackThreshold = state.number(this.ackThreshold);
    this.ackFrequencySequence = state.number(this.ackFrequencySequence);
  }
}
