import type { SeededRandom } from '../random.js';

/**
 * Decides which datagrams are lost. Two states (Gilbert 1960): in the bad one everything is lost, in
 * the good one nothing is. The bad state is left with probability 1 / burst and entered with
 * `loss / (burst * (1 - loss))`, which makes the average loss and the mean burst what was asked for.
 */
export class BurstLoss {
  readonly #random: SeededRandom;
  #bad = false;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /**
   * @param loss average share of lost datagrams, 0..1
   * @param burst mean losses in a row; at most 1 means independent losses
   * @returns whether the next datagram is lost; one random number is drawn in every case
   */
  isLost(loss: number, burst: number): boolean {
    const drawn = this.#random.next();
    if (burst <= 1 || loss <= 0 || loss >= 1) {
      this.#bad = drawn < loss;
    } else {
      // Below this mean the good state would have to be left with a probability above 1.
      const reachable = Math.max(burst, loss / (1 - loss));
      const enter = loss / (reachable * (1 - loss));
      this.#bad = this.#bad ? drawn >= 1 / reachable : drawn < enter;
    }
    return this.#bad;
  }
}
