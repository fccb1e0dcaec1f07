// Random genuine contents of hellos.
import { defaultParams } from '../../../packages/core/dist/handshake/params.js';
import { numberUpTo } from './numbers.mjs';

const X25519 = 0x1d;
const REFUSALS = [0, 0, 0, 1, 10, 12, 13];

/** Values nobody assigns, as the encoders take them; undefined mostly. */
export function drawGreaseValues(random) {
  if (!random.oneIn(4)) return undefined;
  return {
    version: 0x0a0a_0a0a,
    suite: 0x1a1a,
    share: { group: 0x2a2a, share: random.bytes(1 + random.below(16)) },
    param: { id: 27 + 31 * random.below(32), value: random.bytes(random.below(8)) },
    first: random.oneIn(2),
  };
}

/** Parameters within their ranges, at an end often. */
export function drawParams(random) {
  const some = (value, other) => (random.oneIn(3) ? value() : other);
  const base = defaultParams();
  const within = (low, high) => low + numberUpTo(random, high - low);
  return {
    ...base,
    idleTimeoutMs: some(() => within(0, 2 ** 32), base.idleTimeoutMs),
    maxDatagramBytes: some(() => within(512, 65_535), base.maxDatagramBytes),
    maxMessageBytes: some(() => within(1, 25_165_824), base.maxMessageBytes),
    initialCreditReliableBytes: some(() => within(0, 2 ** 30), base.initialCreditReliableBytes),
    initialCreditLossyBytes: some(() => within(0, 2 ** 30), base.initialCreditLossyBytes),
    initialCreditMessages: some(() => within(1, 16_384), base.initialCreditMessages),
    maxAckDelayMs: some(() => within(0, 1_000), base.maxAckDelayMs),
    maxCids: some(() => within(2, 8), base.maxCids),
    maxPaths: some(() => within(1, 8), base.maxPaths),
    maxCheckpointRate: some(() => within(10, 2_000), base.maxCheckpointRate),
    maxUncovered: some(() => within(64, 65_536), base.maxUncovered),
    evidence: random.pick(['identity', 'identity', 'session']),
    signing: random.pick(['group', 'message']),
    delivery: random.pick(['signed', 'authenticated']),
    pq: random.pick(['off', 'off', 'prefer', 'require']),
    carriers: [...random.bytes(1 + random.skewed(3))],
    psk: random.pick([() => 'none', () => 'none', () => 'external', () => random.bytes(16)])(),
  };
}

/** A client hello that a server of this version answers. */
export function drawClientHello(random) {
  return {
    random: random.bytes(32),
    timeMs: numberUpTo(random),
    clientCid: random.bytes(8),
    versions: random.oneIn(4) ? [2, 1] : [1],
    suites: random.oneIn(4) ? [1, 7] : [1],
    shares: [{ group: X25519, share: random.bytes(32) }],
    params: drawParams(random),
  };
}

/** A server hello that a client of this version understands. */
export function drawServerHello(random) {
  return {
    random: random.bytes(32),
    refuse: random.pick(REFUSALS),
    version: random.oneIn(6) ? 2 : 1,
    suite: 1,
    serverCid: random.bytes(8),
    share: { group: X25519, share: random.bytes(32) },
    params: drawParams(random),
  };
}
