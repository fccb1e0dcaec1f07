// Settings made of bytes: names that exist and others, values of every type.
import { VCLConfig } from '../../../packages/core/dist/config.js';

const NAMES = ['transport', 'reliability', 'delivery', 'signing', 'evidence', 'congestion']
  .concat(['flowWindowAutoTune', 'maxRetries', 'retryIntervalMs', 'fragmentSize', 'flowWindowSize'])
  .concat(['maxMessageBytes', 'messageDeadlineMs', 'sendBufferBytes', 'receiveWindowMaxBytes'])
  .concat(['rekeyIntervalMs', 'rekeyPackets', 'rekeyBytes', 'fragmentsize', '', '__proto__'])
  .concat(['constructor', 'toString', 'a'.repeat(300)]);

const VALUES = [
  ...[undefined, null, true, false, 'udp', 'tcp', 'auto', 'reliable', 'partial', 'unreliable'],
  ...['adaptive', 'signed', 'authenticated', 'group', 'message', 'identity', 'session', 'cubic'],
  ...['newreno', '', '1200', 0, 1, -1, 0.5, 63, 64, 65_000, 65_001, 1_024, 16_384, 2 ** 24],
  ...[2 ** 24 + 1, 2 ** 28, 2 ** 31, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, -0, 1e21, 10n],
  ...[[], {}, () => 1, Symbol('x'), new Date(0), new Uint8Array(3), [1], { toString: null }],
  ...[Object.create(null), 'x'.repeat(500)],
];

/** The whole settings, when the first byte says that they are no object of fields. */
const WHOLES = [null, undefined, 1, 'udp', [], true, () => 1, Object.create(null), new Map()];

/** @returns settings; the same for the same bytes */
export function drawConfig(bytes) {
  const first = bytes[0] ?? 0;
  if (first >= 240) return WHOLES[first % WHOLES.length];
  const presets = Object.values(VCLConfig);
  const config = first < 120 ? {} : presets[first % presets.length]();
  for (let at = 1; at + 1 < bytes.length; at += 2) {
    const name = NAMES[bytes[at] % NAMES.length];
    const value = VALUES[bytes[at + 1] % VALUES.length];
    Object.defineProperty(config, name, { value, enumerable: true, configurable: true });
  }
  return config;
}
