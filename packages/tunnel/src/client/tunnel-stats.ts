import type { TunnelState } from '../core/state/client-machine.js';
import type { ObfuscationMode } from './network-hints.js';

/** Figures of a tunnel since it was made (guide: TunnelStats). */
export interface TunnelStats {
  readonly state: TunnelState;
  readonly packetsSent: number;
  /** Bytes of packets, without what the tunnel adds. */
  readonly bytesSent: number;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  /** Packets that waited for too long before the carrier, and those there was no room for. */
  readonly droppedInQueue: number;
  /** Lost datagrams of the last 128 that were sent, 0 to 1. */
  readonly lossRate: number;
  /** Smoothed time of a keepalive and its answer, ms, once there was one. */
  readonly keepaliveRttMs: number | undefined;
  /** Smoothed round trip of the session, ms. */
  readonly rttMs: number | undefined;
  readonly reconnectCount: number;
  /** Milliseconds without a session after the first one. */
  readonly downtimeMs: number;
  /** How long the present session has lasted, ms; 0 without one. */
  readonly uptimeMs: number;
  /** The longest packet in the tunnel, bytes: from a table, not measured. */
  readonly mtu: number;
  readonly obfuscation: ObfuscationMode;
  readonly carrier: string | undefined;
  /** Where the server is. */
  readonly server: string | undefined;
  readonly addresses: readonly string[];
}
