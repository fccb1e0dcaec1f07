import { VCLError } from '../../errors.js';
import type { CongestionAlgorithm, CongestionController } from './controller.js';
import { Cubic } from './cubic.js';
import { NewReno } from './new-reno.js';

/**
 * Makes the congestion controller of a path, at its initial window of 10 datagrams.
 *
 * @param maxDatagramBytes size of a full datagram on the path, above 0
 * @throws VCLError `InvalidConfig` for an unknown algorithm or a size that is not above 0
 */
export function createCongestionController(
  algorithm: CongestionAlgorithm,
  maxDatagramBytes: number,
): CongestionController {
  if (!(maxDatagramBytes > 0)) {
    throw new VCLError('InvalidConfig', 'congestion control: the datagram size must be above 0');
  }
  switch (algorithm) {
    case 'newreno':
      return new NewReno(maxDatagramBytes);
    case 'cubic':
      return new Cubic(maxDatagramBytes);
    default:
      throw new VCLError('InvalidConfig', "congestion control: use 'newreno' or 'cubic'");
  }
}
