import { ReceiveCredit } from '../message/credit.js';
import type { ConnectionOptions } from './connection-options.js';
import type { KeyLimits } from './key-ring.js';

/** The smaller of both sides' timeouts that is not off (SPEC 9.1). */
export function idleTimeoutMs({ localParams, handshake }: ConnectionOptions): number {
  const own = localParams.idleTimeoutMs;
  const peer = handshake.peerParams.idleTimeoutMs;
  return own === 0 || peer === 0 ? Math.max(own, peer) : Math.min(own, peer);
}

/** The credit that a lane of this side starts with, and how far it may grow (rule D7). */
export function makeCredit({ config, localParams }: ConnectionOptions): ReceiveCredit {
  const windowBytes = localParams.initialCreditReliableBytes;
  const maxWindowBytes = config.flowWindowAutoTune ? config.receiveWindowMaxBytes : windowBytes;
  const windowMessages = localParams.initialCreditMessages;
  return new ReceiveCredit({ windowBytes, maxWindowBytes, windowMessages });
}

/** When an epoch has to end (SPEC 5.3). */
export function keyLimits({ config }: ConnectionOptions): KeyLimits {
  const { rekeyPackets, rekeyBytes, rekeyIntervalMs } = config;
  return { packets: rekeyPackets, bytes: rekeyBytes, intervalMs: rekeyIntervalMs };
}
