import { MemoryNetwork } from '../../src/index.js';

/** A network in memory that loses about `share` of all datagrams, the same ones for the same seed. */
export function lossyNetwork(share: number, seed: number): MemoryNetwork {
  let state = seed >>> 0;
  const random = (): number => {
    // A linear congruential generator: its low bits are poor, and only the high ones count here.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return new MemoryNetwork({ delivers: () => random() >= share });
}
