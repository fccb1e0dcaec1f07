import type { ReliabilityMode } from '../config.js';
import type { MessageReliability } from '../message/reliability.js';
import type { DeliveryStats } from '../recovery/delivery-stats.js';
import type { StateCarrier } from '../state-carrier.js';

/** From this loss rate on, messages with a deadline stop waiting for lost ones before them. */
export const ADAPTIVE_LOSSY_ABOVE = 0.05;
/** Down to this loss rate they keep doing so. */
export const ADAPTIVE_CALM_BELOW = 0.01;
/** A loss rate over fewer packets than this says nothing. */
const MIN_SAMPLES = 32;

/**
 * The rule of `ReliabilityMode.Adaptive`. It starts reliable. A message without a deadline is always
 * reliable. While the loss rate of the last 128 packets is 5 % or more, and until it is 1 % or less,
 * a message *with* a deadline travels as partial: it does not wait for lost messages before it, and
 * it is given up (and reported as a gap) when its deadline or its retries are used up.
 */
export class AdaptiveReliability {
  #isLossy = false;

  /** Whether the path is lossy by the rule above. */
  get isLossy(): boolean {
    return this.#isLossy;
  }

  /** How a message travels under `mode`. @param hasDeadline whether it may be given up */
  resolve(mode: ReliabilityMode, hasDeadline: boolean, stats: DeliveryStats): MessageReliability {
    if (mode !== 'adaptive') return mode;
    this.#observe(stats);
    return this.#isLossy && hasDeadline ? 'partial' : 'reliable';
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#isLossy = state.flag(this.#isLossy);
  }

  #observe(stats: DeliveryStats): void {
    if (stats.sampleCount < MIN_SAMPLES) return;
    if (stats.lossRate >= ADAPTIVE_LOSSY_ABOVE) this.#isLossy = true;
    else if (stats.lossRate <= ADAPTIVE_CALM_BELOW) this.#isLossy = false;
  }
}
